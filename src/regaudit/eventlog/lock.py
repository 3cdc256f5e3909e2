"""One writer at a time: a lock on the workspace, with the holder's name beside it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from regaudit.errors import WorkspaceBusyError


class Holder(msgspec.Struct):
    """Who holds the lock."""

    pid: int
    command: str
    since: str


@contextmanager
def writer_lock(home: Path, command: str, now: datetime) -> Iterator[None]:
    """Hold the workspace's writer lock; the system frees it even if the process is killed.

    Raises:
        WorkspaceBusyError: another process holds it; the message says which and since when.
    """
    lock = FileLock(home / "regaudit.lock")
    note = home / "regaudit.lock.json"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise WorkspaceBusyError(_busy_message(home, note)) from error
    try:
        note.write_bytes(msgspec.json.encode(Holder(os.getpid(), command, f"{now:%Y-%m-%d %H:%M:%S}")))
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _busy_message(home: Path, note: Path) -> str:
    try:
        holder = msgspec.json.decode(note.read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return f"工作区 {home} 正被另一个 regaudit 进程写入,请稍后再试"
    return (
        f"工作区 {home} 正被另一个进程写入:进程号 {holder.pid}(regaudit {holder.command}),"
        f"自 {holder.since} 起。请等它结束后再试"
    )
