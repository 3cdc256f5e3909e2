"""The desk (监管台): the web page of the ledger."""
