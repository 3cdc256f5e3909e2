"""The command line: parse, call one function, print."""

from regaudit.cli.commands import main

__all__ = ["main"]
