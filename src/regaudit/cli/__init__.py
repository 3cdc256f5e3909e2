"""The command line: parse, call one function, print."""

from regaudit.cli.main import main

__all__ = ["main"]
