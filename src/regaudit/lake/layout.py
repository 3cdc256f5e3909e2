"""What lies where in a lake, and in which form.

`log/<log id>/events-<first>-<last>.parquet` hold a log's events, `settings-<hash>.json` what its last run was
judged by, and `head.json` names the files that count with the checkpoint that covers them: it is written
last, so that whatever is cut off before adds nothing. `lake.toml` is the lake's own settings, `checked.json`
what the last check had seen of each log.
"""

from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import quote, unquote

import msgspec
from msgspec import Struct, structs

from regaudit.base.errors import RegauditError
from regaudit.eventlog.tree.notes import (
    Checkpoint,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
)
from regaudit.lake.errors import BrokenLogError, LakeError
from regaudit.lake.storage import Storage

LOGS, HEAD, SETTINGS, SEEN = "log", "head.json", "lake.toml", "checked.json"
FORMAT = 1
SETTINGS_TEXT = """\
# 湖的设置,见 docs/zh/scale.md
[lake]
# 各日志名册中的人员编号是否全省统一:统一的,跨机构的同一人按一个人判断;否则编号只在本日志内有效
shared_person_ids = false
"""


class Part(Struct, frozen=True):
    """A file of events.

    Attributes:
        name: in the log's folder.
        first: its first position.
        last: its last position.
        bytes: how long the file is.
        hidden: the digest of the positions of which it has the leaf hash alone, see `travel.hidden_digest`.
    """

    name: str
    first: int
    last: int
    bytes: int
    hidden: str


class Head(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A log in the lake, as the last addition left it.

    Attributes:
        origin: the log's name in its checkpoints.
        hash: the hash function of its tree.
        key: its first verifier key, as it was when the log was added first.
        checkpoint: the signed note that covers all parts.
        settings: the file of what its last run was judged by, named by its SHA-256.
        added_at: when it was added to last, by the clock of the workspace.
        note: all of this signed by the key in force. The root proves no more than leaves: that no event was
            put away behind its leaf, and whose settings these are, is known by this alone.
    """

    format: int = FORMAT
    origin: str
    hash: str
    key: str
    checkpoint: str
    settings: str
    added_at: str
    parts: list[Part]
    note: str = ""

    @property
    def size(self) -> int:
        """The last position."""
        return self.parts[-1].last if self.parts else 0

    def text(self) -> str:
        """What `note` signs."""
        digest = sha256(msgspec.json.encode(structs.replace(self, note=""))).hexdigest()
        return f"regaudit lake\n{self.origin}\n{self.size}\n{digest}\n"

    def is_signed_by(self, keys: Iterable[VerifierKey]) -> bool:
        """Whether `note` is one of these keys' and says what is here."""
        try:
            note = parse_note(self.note)
        except ValueError:
            return False
        return note.text == self.text() and bool(note.signed_by(keys))

    def point(self) -> Checkpoint:
        """What the checkpoint states; its signature is not verified.

        Raises:
            ValueError: it is no checkpoint.
        """
        return parse_checkpoint(self.checkpoint)

    def verifier(self) -> VerifierKey:
        """The first key.

        Raises:
            ValueError: it is none.
        """
        return parse_verifier_key(self.key)


class Seen(Struct, frozen=True):
    """What a check had seen of a log: how far it went, the root over that, and its first key."""

    size: int
    root: str
    key: str


class LakeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What is decided of a whole lake.

    Attributes:
        shared_person_ids: a person has one id in all logs; otherwise ids belong to their log.
    """

    shared_person_ids: bool = False


class _SettingsFile(Struct, frozen=True, forbid_unknown_fields=True):
    lake: LakeSettings = LakeSettings()


class Lake:
    """A lake, opened; nothing is read or made by that."""

    def __init__(self, place: str) -> None:
        """Open the lake in a folder or at a URI.

        Raises:
            LakeError: there can be none.
        """
        self.storage = Storage(place)

    def log_ids(self) -> list[str]:
        """The ids of all logs that somebody has begun to add."""
        return [unquote(name) for name in self.storage.names(LOGS) if not name.startswith(".")]

    def name(self, log_id: str, file: str) -> str:
        """A file of a log, as the storage has it."""
        return f"{LOGS}/{quote(log_id, safe='')}/{file}"

    def head(self, log_id: str) -> Head | None:
        """What was added of a log; None where nothing was yet.

        Raises:
            BrokenLogError: it cannot be read as such.
        """
        name = self.name(log_id, HEAD)
        try:
            if self.storage.size(name) is None:
                return None
            head = msgspec.json.decode(self.storage.read(name), type=Head)
            head.point(), head.verifier()
        except (msgspec.MsgspecError, ValueError, LakeError) as error:
            raise BrokenLogError("broken", f"{HEAD} 已损坏或不能读取") from error
        if head.format != FORMAT:
            raise BrokenLogError("broken", f"{HEAD} 是较新的程序写成的:请升级本程序")
        return head

    def put_head(self, log_id: str, head: Head) -> None:
        """Let an addition count."""
        self.storage.write(self.name(log_id, HEAD), msgspec.json.format(msgspec.json.encode(head), indent=1))

    def settings(self) -> LakeSettings:
        """The lake's own settings; the usual ones where there is no file.

        Raises:
            LakeError: the file has a mistake.
        """
        if self.storage.size(SETTINGS) is None:
            return LakeSettings()
        try:
            return msgspec.toml.decode(self.storage.read(SETTINGS), type=_SettingsFile).lake
        except (msgspec.MsgspecError, ValueError) as error:
            raise LakeError(
                f"{self.storage.path(SETTINGS)} 有误({error}):请对照 docs/zh/scale.md 改正"
            ) from error

    def begin(self) -> None:
        """Lay the settings of a new lake into it."""
        if self.storage.size(SETTINGS) is None:
            self.storage.write(SETTINGS, SETTINGS_TEXT.encode())

    def seen(self) -> dict[str, Seen]:
        """What the last check had seen of each log.

        Raises:
            LakeError: the file is damaged: what is missing could not be told.
        """
        if self.storage.size(SEEN) is None:
            return {}
        try:
            return msgspec.json.decode(self.storage.read(SEEN), type=dict[str, Seen])
        except (msgspec.MsgspecError, RegauditError) as error:
            raise LakeError(
                f"{self.storage.path(SEEN)} 已损坏,无从知道以前核对过哪些日志:请从备份恢复;"
                "确认各日志齐全后也可删除它重新开始"
            ) from error

    def put_seen(self, seen: dict[str, Seen]) -> None:
        """Note what a check has seen."""
        self.storage.write(SEEN, msgspec.json.format(msgspec.json.encode(seen, order="sorted"), indent=1))
