"""What readers get: mails, the analyst database, the story of a finding. Nothing here computes findings."""
