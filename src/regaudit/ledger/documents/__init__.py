"""Documents of the ledger, to be handed over: made as PDF, archived, and made again byte for byte."""
