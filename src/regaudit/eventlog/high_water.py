"""How far this workspace has seen its log, noted outside the store: the last checkpoint that it wrote.

A store can lose its end together with the checkpoints over it, by somebody's hand or by failing over to a
standby that lags, and settings can name another log that once was this one: each is whole in itself. So the
checkpoint of every transaction is noted beside the log, and the log has to extend what is noted.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import msgspec

from regaudit.base.errors import LogError, reason_of
from regaudit.base.folders import MARK_FILE, Folders
from regaudit.base.in_place import put_in_place
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note

KEY = "mark"
"""What the key of a contradiction begins with that somebody acknowledges."""
_RESTORED = (
    "请保留现场,从备份核对日志;确系恢复备份或切换到备用服务器的,"
    "用 regaudit verify --acknowledge 原因 --by 登录名 记下缘由"
)


class HighWater:
    """The mark of the workspace in `home`. The caller holds the lock of appends while it is written."""

    def __init__(self, home: Path) -> None:
        self._path = Folders(home).mark
        self._excused = ""

    def read(self) -> str | None:
        """The note that lies there, with U+FFFD for what is no text; None where there is none.

        Raises:
            LogError: it cannot be read.
        """
        try:
            return self._path.read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LogError(f"{self._path} 无法读取({reason_of(error)}):请检查文件权限与磁盘") from error

    def put(self, note: str) -> None:
        """Note the checkpoint of a transaction that is in the log.

        Raises:
            LogError: it cannot be written; the log is then ahead of it until the next transaction.
        """
        draft = self._path.with_name(f"{MARK_FILE}.incoming")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(note.encode())
                file.flush()
                os.fsync(file.fileno())
            # Where a rename is lost with the power the one before it stays, which the log extends.
            put_in_place(draft, self._path)
        except OSError as error:
            raise LogError(
                f"事件已写入,但未能记入 {self._path}({reason_of(error)}):"
                "请检查磁盘与文件权限,然后重新运行(已有的不会重复写入)"
            ) from error

    def fault(
        self, note: str, origin: str, keys: Sequence[VerifierKey], size: int, root: Callable[[int], bytes]
    ) -> str:
        """Why a log does not extend what is noted (Chinese); empty where it does.

        Args:
            note: as `read` gives it.
            origin: the log's.
            keys: the log's.
            size: how many events it has.
            root: gives its root at a size up to that.

        Raises:
            LogError: `root` does.
        """
        try:
            point, is_signed = parse_checkpoint(note), bool(parse_note(note).signed_by(keys))
        except ValueError:
            is_signed = False
        if not is_signed or point.origin != origin:
            return (
                f"{MARK_FILE} 不是由本日志的密钥签名的检查点:文件被改动,或事件日志被另一个替换"
                f"(store.url 改过的,核对它指向哪一个)。{_RESTORED}"
            )
        if point.size > size:
            return (
                f"本工作区最后写入事件日志时有 {point.size} 条({MARK_FILE}),而事件日志只有 {size} 条:"
                f"日志被截短或换成了旧件。{_RESTORED}"
            )
        if root(point.size) != point.root:
            return (
                f"{MARK_FILE}(第 {point.size} 条处)与事件日志不符:日志被改写,"
                f"或 store.url 指向了它的另一个分支。{_RESTORED}"
            )
        return ""

    def is_excused(self, note: str, acknowledgements: Iterable[bytes]) -> bool:
        """Whether the event that is being appended acknowledges the note, or one of these states does."""
        key = key_of(note)
        said = (msgspec.json.decode(state).get("keys", ()) for state in acknowledgements)
        return key == self._excused or any(key in keys for keys in said)

    @contextmanager
    def excused(self, key: str) -> Iterator[None]:
        """While an event is appended that acknowledges the note with a key."""
        self._excused = key
        try:
            yield
        finally:
            self._excused = ""


def key_of(note: str) -> str:
    """What names a note by its content, where somebody says why the log contradicts it."""
    return f"{KEY}:{sha256(note.encode()).hexdigest()}"
