"""An opened workspace: what a night, a check and an import work with."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from regaudit.base.progress import Progress
from regaudit.base.settings import Settings
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import Rule
from regaudit.eventlog.log import EventLog


class Workspace(Struct, frozen=True, kw_only=True):
    """An opened workspace: what it was opened for is locked until it is closed.

    `notices` (Chinese): what was put right in opening it.
    """

    home: Path
    settings: Settings
    profile: Profile
    rules: dict[str, Rule]
    log: EventLog
    now: Callable[[], datetime]
    progress: Progress
    notices: list[str] = []
