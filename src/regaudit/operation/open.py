"""The only place that wires a workspace's real settings, log, locks, clock and progress."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from regaudit.audit.workspace import Workspace
from regaudit.base.clock import Clock, local_time, system_clock
from regaudit.base.errors import LockLostError, WorkspaceBusyError
from regaudit.base.modes import narrow
from regaudit.base.progress import Progress, no_progress
from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.profiles import load_profile
from regaudit.catalogue.rules import check_profile, load_rules, rules_of
from regaudit.eventlog.held import Held
from regaudit.eventlog.lock import Lock, Writer, hold
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.stores import PATIENCE
from regaudit.intake.scratch_folder import clear_scratch

STEP_PATIENCE = 60
"""Seconds that a person's own step waits while others store events."""
_UNFINISHED = {
    # `published-*` is what earlier versions followed on.
    Lock.RUN: (
        *(".work/publishing-*", ".work/published-*", ".work/draft-*.tmp", ".work/lake-*"),
        "archive/.incoming-run-*",
    ),
    Lock.IMPORT: (".work/import-*", "archive/.incoming-[0-9]*", "quarantine/.incoming-*"),
}


class Stranded(Struct, frozen=True, kw_only=True):
    """A workspace that does not open for `error`: what there is to tell the posts with.

    `log` is None where it cannot be written: then nothing is recorded.
    """

    home: Path
    settings: Settings
    log: EventLog | None
    now: Callable[[], datetime]
    error: Exception


@contextmanager
def open_night(
    home: Path, command: str, *, clock: Clock = system_clock, progress: Progress = no_progress
) -> Iterator[Workspace | Stranded]:
    """Open a workspace for the night, which has to tell the posts when it does not open.

    Raises:
        RegauditError: it is no workspace, or `regaudit.toml` is wrong: there is nobody to tell.
        WorkspaceBusyError: another process runs a night or a check in it.
    """
    settings = load_settings(home)
    with ExitStack() as stack:
        opened: Workspace | Stranded
        try:
            opened = stack.enter_context(
                open_workspace(home, command, clock=clock, progress=progress, checks_log=False)
            )
        except (WorkspaceBusyError, LockLostError):
            raise
        except Exception as error:  # noqa: BLE001 - the posts must hear of any failure whatever
            log = _log_to_record_in(stack, home, command, local_time(clock, settings.zone))
            opened = Stranded(
                home=home,
                settings=settings,
                log=log,
                now=lambda: local_time(clock, settings.zone),
                error=error,
            )
        yield opened


def _log_to_record_in(stack: ExitStack, home: Path, command: str, now: datetime) -> EventLog | None:
    """The locks as far as they can be had, and the log if it takes anything."""
    try:
        held = stack.enter_context(hold(home, command, now, Lock.RUN))
        writer = Writer(command=command, now=lambda: now, held=held)
        log = stack.enter_context(EventLog(home, writer=writer))
        log.check_writable()
    except (WorkspaceBusyError, LockLostError):
        raise
    except Exception:  # noqa: BLE001 - why the night failed is known; its mail is what matters now
        return None
    return log


@contextmanager
def open_workspace(
    home: Path,
    command: str,
    *,
    clock: Clock = system_clock,
    progress: Progress = no_progress,
    checks_log: bool = True,
    locks: Sequence[Lock] = (Lock.RUN,),
) -> Iterator[Workspace]:
    """Open a workspace for writing.

    A night opens one whose log takes nothing more, too: it has to tell the posts. So does who acknowledges
    why that is so.

    Args:
        home: the workspace.
        command: what others who find it busy are told.
        clock: tells the time.
        progress: hears of long work, and of waiting for others.
        checks_log: whether one whose log takes nothing is refused.
        locks: those of a run, an import, or both; none for a step of a person, which waits less for others.

    Raises:
        RegauditError: it is no workspace, or its settings are wrong.
        WorkspaceBusyError: another process holds one of the locks.
        LogError: the log does not end as its last checkpoint says.
        KeyFileError: the private key is missing, damaged, or another log's.
    """
    settings = load_settings(home)
    profile = load_profile(settings.profile, home)
    rules = load_rules()
    check_profile(profile, rules)

    def now() -> datetime:
        return local_time(clock, settings.zone)

    patience = PATIENCE if locks else STEP_PATIENCE
    held = Held()
    writer = Writer(command=command, now=now, patience=patience, tell=progress, held=held)
    with hold(home, command, now(), *locks, among=held), EventLog(home, writer=writer) as log:
        if checks_log:
            log.check_writable()
        _clear(home, locks)
        notices = narrow(home, settings.publish.group) if locks else []
        yield Workspace(
            home=home,
            settings=settings,
            profile=profile,
            rules=rules_of(profile, rules),
            log=log,
            now=now,
            progress=progress,
            notices=notices,
        )


@contextmanager
def importing(workspace: Workspace) -> Iterator[None]:
    """Hold the lock of imports, too.

    Raises:
        WorkspaceBusyError: another process imports; the message says which and since when.
    """
    writer = workspace.log.writer
    with hold(workspace.home, writer.command, workspace.now(), Lock.IMPORT, among=writer.held):
        workspace.log.settle()
        _clear(workspace.home, [Lock.IMPORT])
        yield


def local_now(zone: str) -> datetime:
    """Now on the wall clock of a zone, for commands that open no workspace for writing."""
    return local_time(system_clock, zone)


def _clear(home: Path, locks: Sequence[Lock]) -> None:
    """Remove what processes left that were killed: those whose locks are held here, and traces."""
    for path in (found for lock in locks for pattern in _UNFINISHED[lock] for found in home.glob(pattern)):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    clear_scratch(home)
