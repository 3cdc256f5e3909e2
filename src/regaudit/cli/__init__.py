"""The command line: parse, call one function, print."""

from regaudit.cli import calendars, exports, profiles, proofs, stories, trials, witnesses
from regaudit.cli.commands import main

__all__ = ["calendars", "exports", "main", "profiles", "proofs", "stories", "trials", "witnesses"]
