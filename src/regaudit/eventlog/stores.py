"""Which database holds a workspace's log: the only place that tells one from the other."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from eventsourcing.persistence import PersistenceError

from regaudit.base.errors import LogError
from regaudit.base.folders import LOG_FILE, Folders
from regaudit.base.parts import how_to_get
from regaudit.base.settings import Store, load_store
from regaudit.base.store_failures import store_failure
from regaudit.eventlog.application import LogApplication, open_application

PATIENCE = 300
"""Seconds: nobody gives up while a large import is being stored."""


class Opened(NamedTuple):
    """A log's application, and its place for messages."""

    application: LogApplication
    place: str


def open_store(
    home: Path, store: Store | None = None, *, is_new: bool = False, patience: int = PATIENCE
) -> Opened:
    """Open the log of a workspace.

    Args:
        home: the workspace.
        store: where its log is; without it, where the settings say.
        is_new: make the tables where there are none.
        patience: for how many seconds it waits for what others do in it.

    Raises:
        LogError: there is no log, or it cannot be opened or made.
    """
    where = load_store(home) if store is None else store
    if where.url:
        server = load_driver()
        application = server.open_server(where, home, is_new=is_new, patience=patience)
        return Opened(application, application.recorder.datastore.server.place)
    path = Folders(home).log
    if not is_new and not path.is_file():
        raise LogError(
            f"{home} 中没有事件日志 {LOG_FILE}:日志被移走或删除。请从备份恢复;新的工作区用 regaudit init 建立"
        )
    return Opened(open_application(path, is_new=is_new, patience=patience), str(path))


def has_log(home: Path) -> bool:
    """Whether a folder may have a log: a server is not asked."""
    return bool(load_store(home).url) or Folders(home).log.is_file()


def change_mark(home: Path, store: Store) -> tuple[object, ...] | None:
    """What is another one after each transaction on a log; None where only the log itself can tell.

    Asked before the log is read, it tells later whether anything may have been written since: to look at a
    file costs a thousandth of opening the log. A file counts the transactions that ended in it (its bytes
    24 to 27); who waits for one that is under way reads what it wrote.
    """
    if store.url:
        return None
    try:
        with Folders(home).log.open("rb", buffering=0) as file:
            found, counter = os.fstat(file.fileno()), os.pread(file.fileno(), 4, 24)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, counter


def load_driver() -> Any:
    """The module `postgresql.store`, which needs a driver that not everybody has installed.

    Raises:
        LogError: the driver is not there.
    """
    try:
        from regaudit.eventlog.postgresql import store  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise LogError(
            f"store.url 指向 PostgreSQL,但没有可用的驱动({error}):{how_to_get('postgresql')}"
        ) from error
    return store


def is_busy(error: PersistenceError) -> bool:
    """Whether a store gave up waiting for others who have it."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state == "55P03" or "database is locked" in str(error)


def advice(error: PersistenceError) -> str:
    """What to do about a failure of a store (Chinese)."""
    return store_failure(error).advice
