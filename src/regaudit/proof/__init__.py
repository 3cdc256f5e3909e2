"""Proofs that travel: what the log shows to somebody who has neither the log nor a reason to trust it."""
