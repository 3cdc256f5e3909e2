"""Who may do what at a time in a workspace: three locks, with the holder's name beside each.

A *run* (night, check) makes the warehouse and publishes. An *import* judges rows against the log until they
are stored. An *append* is a transaction: everything that is stored takes that lock, for as long as it is
being stored. Who takes several takes them in this order.

A lock that was taken can be lost: a server or a firewall ends an idle connection, somebody deletes a file. So
whoever holds one proves it before anything is signed or mailed.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from enum import Enum
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from regaudit.base.errors import LockLostError, LogBusyError, LogError, WorkspaceBusyError, reason_of
from regaudit.base.folders import APPEND_LOCK, IMPORT_LOCK, RESIDENT_LOCK, RUN_LOCK
from regaudit.base.progress import Progress, no_progress
from regaudit.base.settings import load_store
from regaudit.eventlog.held import NOTHING_MORE, Held, Proof
from regaudit.eventlog.stores import PATIENCE, load_driver

_LOOK_SECONDS = 0.02
_TELL_SECONDS = 0.5


class Lock(Enum):
    """What can be locked; the value is the file in the workspace."""

    RUN = RUN_LOCK
    IMPORT = IMPORT_LOCK
    APPEND = APPEND_LOCK
    RESIDENT = RESIDENT_LOCK


_DOING = {Lock.RUN: "夜间作业或检查", Lock.IMPORT: "导入"}
# A run's has had its number since it was the only one.
_ON_SERVER = {Lock.RUN: "", Lock.IMPORT: " import"}


class Holder(msgspec.Struct):
    """Who holds the lock."""

    pid: int
    command: str
    since: str


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """Who appends: what others who wait are told, and how it waits itself.

    `patience` is how many seconds it waits for what others are storing, `tell` hears of it meanwhile. What it
    appends counts only while it has the locks that it `held` when it began.
    """

    command: str = ""
    now: Callable[[], datetime] | None = None
    patience: int = PATIENCE
    tell: Progress = no_progress
    held: Held = msgspec.field(default_factory=Held)


@contextmanager
def hold(home: Path, command: str, now: datetime, *locks: Lock, among: Held | None = None) -> Iterator[Held]:
    """Hold locks of the workspace; the system frees them even if the process is killed.

    A log on a server has those of runs and imports there, too, for workspaces on other machines.

    Args:
        home: the workspace.
        command: what others who find them held are told.
        now: since when.
        locks: which.
        among: what is held already, which they are added to.

    Raises:
        LogError: the server does not answer, or does not let us in.
        WorkspaceBusyError: another process holds one; the message says which and since when.
    """
    held = among or Held()
    with ExitStack() as stack:
        for lock in locks:
            stack.enter_context(held.also(stack.enter_context(local_lock(home, command, now, lock))))
            if proof := stack.enter_context(server_lock(home, command, lock)):
                stack.enter_context(held.also(proof))
        yield held


@contextmanager
def local_lock(home: Path, command: str, now: datetime, lock: Lock) -> Iterator[Proof]:
    """Hold a lock of this machine; gives the proof.

    Raises:
        WorkspaceBusyError: another process holds it; the message says which and since when.
    """
    file = FileLock(home / lock.value)
    try:
        file.acquire(timeout=0)
    except Timeout as error:
        raise WorkspaceBusyError(_busy_message(home, lock)) from error
    with _noted(home, file, lock, Holder(os.getpid(), command, f"{now:%Y-%m-%d %H:%M:%S}")) as proof:
        yield proof


@contextmanager
def server_lock(home: Path, command: str, lock: Lock) -> Iterator[Proof | None]:
    """A lock on the server that holds the log; none where the log is a file, or it is an append's.

    An append on a server takes the log's table, see `postgresql.recorder`.

    Raises:
        LogError: the server does not answer, does not let us in, or takes no events.
        WorkspaceBusyError: another process holds it.
    """
    store = load_store(home)
    if not store.url or lock not in _ON_SERVER:
        yield None
        return
    with load_driver().server_lock(store, home, command, _ON_SERVER[lock]) as proof:
        yield proof


@contextmanager
def append_lock(home: Path, writer: Writer) -> Iterator[None]:
    """Hold the lock of appends, waiting for others as long as the writer's patience lasts.

    Raises:
        LogBusyError: they take longer; the message says who and since when.
        LogError: the lock's file cannot be written.
    """
    file = FileLock(home / APPEND_LOCK)
    since = f"{writer.now():%Y-%m-%d %H:%M:%S}" if writer.now else ""
    with ExitStack() as stack:
        try:
            _wait(home, file, writer)
            holder = Holder(os.getpid(), writer.command, since)
            proof = stack.enter_context(_noted(home, file, Lock.APPEND, holder))
        except OSError as error:
            file.release()
            raise LogError(
                f"工作区 {home} 不能写入({reason_of(error)}),未写入任何事件:请检查文件权限和磁盘"
            ) from error
        stack.enter_context(writer.held.also(proof))
        yield


def _wait(home: Path, file: FileLock, writer: Writer) -> None:
    looks = max(1, round(writer.patience / _TELL_SECONDS))
    for look in range(looks):
        try:
            file.acquire(timeout=_TELL_SECONDS if look else 0, poll_interval=_LOOK_SECONDS)
        except Timeout:
            waited = round(look * _TELL_SECONDS)
            writer.tell(f"等待{_who(home, Lock.APPEND)}写完事件日志", waited, writer.patience)
        else:
            return
    raise LogBusyError(
        f"事件日志正由{_who(home, Lock.APPEND)}写入,等待 {writer.patience} 秒仍未写完,"
        "未写入任何事件:请稍后再试"
    )


@contextmanager
def _noted(home: Path, file: FileLock, lock: Lock, holder: Holder) -> Iterator[Proof]:
    """While the lock, which has been taken, is held: who holds it stands beside it. Gives the proof."""
    note, path = _note(home, lock), home / lock.value
    mine = _identity(path)

    def prove() -> None:
        if mine is None or _identity(path) != mine:
            raise LockLostError(
                f"锁文件 {path} 在运行中被删除或换掉,{NOTHING_MORE}。"
                "请查明是谁动了它(锁文件无需也不应删除:进程一结束,系统自会放开),再重新运行"
            )

    try:
        note.write_bytes(msgspec.json.encode(holder))
        yield prove
    finally:
        # Beside a lock that was taken from us stands the name of another.
        if _identity(path) == mine:
            # Windows keeps a file that is just being read; it says nothing where the lock is free.
            with suppress(PermissionError):
                note.unlink(missing_ok=True)
        file.release()


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file it is that has this name; while it is open, no other is called the same."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _note(home: Path, lock: Lock) -> Path:
    return home / f"{lock.value}.json"


def _holder(home: Path, lock: Lock) -> Holder | None:
    try:
        return msgspec.json.decode(_note(home, lock).read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


def _who(home: Path, lock: Lock) -> str:
    holder = _holder(home, lock)
    if holder is None:
        return "另一个进程"
    since = f",自 {holder.since} 起" if holder.since else ""
    return f"另一个进程(进程号 {holder.pid},regaudit {holder.command}{since})"


def _busy_message(home: Path, lock: Lock) -> str:
    holder = _holder(home, lock)
    if lock is Lock.RESIDENT:
        who = f":进程号 {holder.pid},自 {holder.since} 起" if holder else ""
        return f"工作区 {home} 已有一个 regaudit schedule 常驻运行{who}。同一工作区只能运行一个,未启动"
    what = f"({_DOING[lock]})" if lock in _DOING else ""
    if holder is None:
        return f"工作区 {home} 正被另一个 regaudit 进程写入{what},请稍后再试"
    return (
        f"工作区 {home} 正被另一个进程写入{what}:进程号 {holder.pid}(regaudit {holder.command}),"
        f"自 {holder.since} 起。请等它结束后再试"
    )
