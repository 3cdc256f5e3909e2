"""The command line: parse, call one function, print."""

from regaudit.cli import calendars, exports, profiles, proofs, stores, stories, trials, witnesses
from regaudit.cli.commands import main

__all__ = ["calendars", "exports", "main", "profiles", "proofs", "stores", "stories", "trials", "witnesses"]
