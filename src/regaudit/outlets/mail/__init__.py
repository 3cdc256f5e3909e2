"""Mails to the supervision posts. They read the ledger's findings, never the rules."""
