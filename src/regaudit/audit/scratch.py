"""A place to compute in that nobody else sees: a warehouse of its own, made from the log, removed after.

A trial reads the log beside a night that may be running and takes nothing from it but its events. It touches
neither the workspace's warehouse nor the published database, and appends nothing.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from regaudit.base.errors import RegauditError, WorkspaceBusyError
from regaudit.base.folders import Folders
from regaudit.base.settings import load_settings
from regaudit.eventlog.log import EventLog
from regaudit.warehouse.build import Warehouse


class LogUntil(EventLog):
    """The log as it was when it ended at a position: what follows on it is not mirrored."""

    def __init__(self, home: Path, last: int | None = None) -> None:
        """Open the log in `home` up to position `last`; None is its end now.

        Raises:
            RegauditError: there is no log, or it ends before that position.
        """
        super().__init__(home)
        end = super().position()
        self._last = end if last is None else last
        if self._last > end:
            self.close()
            raise RegauditError(f"事件日志只到位置 {end},达不到 {self._last}:日志被截短或被替换,请从备份核对")

    def position(self) -> int:
        """The last position of this view."""
        return self._last


@contextmanager
def scratch_warehouse() -> Iterator[Warehouse]:
    """An empty warehouse in the system's folder for temporary files: nothing is written to a workspace."""
    with (
        tempfile.TemporaryDirectory(prefix="regaudit-") as folder,
        Warehouse(Path(folder)) as warehouse,
    ):
        _forget(warehouse)
        yield warehouse


@contextmanager
def trial_warehouse(home: Path) -> Iterator[Warehouse]:
    """An empty warehouse in a folder of its own in `.work/`; one trial at a time.

    Raises:
        WorkspaceBusyError: another trial runs in this workspace.
        RegauditError: this user may not write there.
    """
    work, limit = Folders(home).work, load_settings(home).warehouse.memory_limit
    lock = FileLock(work / "trials.lock")
    try:
        work.mkdir(exist_ok=True)
        lock.acquire(timeout=0)
    except PermissionError as error:
        raise RegauditError(
            f"当前用户不能写入 {work},而重算与试算在那里存放临时数据,未作任何改动:"
            "请以运行 regaudit 的账号执行,或请其授予该文件夹的写权限"
        ) from error
    except Timeout as error:
        raise WorkspaceBusyError(f"工作区 {home} 正在另做重算或试算,请等它结束后再试") from error
    try:
        for left in work.glob("trial-*"):  # by one that was killed: this lock says that none runs
            shutil.rmtree(left, ignore_errors=True)
        with (
            tempfile.TemporaryDirectory(prefix="trial-", dir=work) as folder,
            Warehouse(Path(folder), memory_limit=limit) as warehouse,
        ):
            _forget(warehouse)
            yield warehouse
    finally:
        lock.release()


def _forget(warehouse: Warehouse) -> None:
    """Write nothing back when it is closed: its file goes with its folder."""
    warehouse.db.execute("PRAGMA disable_checkpoint_on_shutdown")
