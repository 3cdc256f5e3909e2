"""One writer at a time: a lock on the workspace, with the holder's name beside it."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from regaudit.base.errors import WorkspaceBusyError
from regaudit.base.folders import RESIDENT, WRITER
from regaudit.base.settings import load_store
from regaudit.eventlog.stores import load_driver


class Holder(msgspec.Struct):
    """Who holds the lock."""

    pid: int
    command: str
    since: str


@contextmanager
def writer_lock(home: Path, command: str, now: datetime) -> Iterator[None]:
    """Hold the workspace's writer lock; the system frees it even if the process is killed.

    A log on a server has a lock there, too, for workspaces on other machines.

    Raises:
        LogError: the server does not answer, or does not let us in.
        WorkspaceBusyError: another process holds it; the message says which and since when.
    """
    with local_lock(home, command, now), server_lock(home, command):
        yield


@contextmanager
def local_lock(home: Path, command: str, now: datetime, name: str = WRITER) -> Iterator[None]:
    """Hold a lock of this machine, by default the writer's; `name` is its file in the workspace.

    Raises:
        WorkspaceBusyError: another process holds it; the message says which and since when.
    """
    lock = FileLock(home / name)
    note = home / f"{name}.json"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise WorkspaceBusyError(_busy_message(home, note, name)) from error
    try:
        note.write_bytes(msgspec.json.encode(Holder(os.getpid(), command, f"{now:%Y-%m-%d %H:%M:%S}")))
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def server_lock(home: Path, command: str) -> AbstractContextManager[object]:
    """The lock on the server that holds the log; none where the log is a file.

    Raises:
        LogError: the server does not answer, or does not let us in.
        WorkspaceBusyError: another process holds it.
    """
    store = load_store(home)
    lock: AbstractContextManager[object] = (
        load_driver().server_lock(store, home, command) if store.url else nullcontext()
    )
    return lock


def _busy_message(home: Path, note: Path, name: str) -> str:
    try:
        holder = msgspec.json.decode(note.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        holder = None
    if name == RESIDENT:
        who = f":进程号 {holder.pid},自 {holder.since} 起" if holder else ""
        return f"工作区 {home} 已有一个 regaudit schedule 常驻运行{who}。同一工作区只能运行一个,未启动"
    if holder is None:
        return f"工作区 {home} 正被另一个 regaudit 进程写入,请稍后再试"
    return (
        f"工作区 {home} 正被另一个进程写入:进程号 {holder.pid}(regaudit {holder.command}),"
        f"自 {holder.since} 起。请等它结束后再试"
    )
