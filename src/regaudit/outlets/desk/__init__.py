"""The desk (监管台): the ledger's pages, made on the server for people who never type a command."""
