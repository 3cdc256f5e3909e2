"""What this machine and this workspace lack, each with what to do."""
