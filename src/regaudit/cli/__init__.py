"""The command line: parse, call one function, print."""

from regaudit.cli import calendars, exports, profiles, trials
from regaudit.cli.commands import main

__all__ = ["calendars", "exports", "main", "profiles", "trials"]
