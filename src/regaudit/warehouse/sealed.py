"""The warehouse that nights follow on: sealed in the log by the run that wrote it, and believed only so.

A run works on a draft. It closes the draft, takes its digest, and puts it in place after the log has the
digest with the run: whatever moment it is cut off at, what lies there is what a run has sealed. A file that
no run has sealed is not read, but built anew from the log.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
from msgspec import Struct

from regaudit.base.archive import sync_folder
from regaudit.base.digests import copy_file, digest_of
from regaudit.base.duck import DatabaseFileError, attach, connect, refuse_writer, remove_database, wal_of
from regaudit.base.errors import MirrorMismatchError
from regaudit.base.folders import Folders
from regaudit.base.in_place import put_in_place, sync_file
from regaudit.base.progress import no_progress
from regaudit.catalogue.event_types import MismatchAcknowledged, RunCompleted
from regaudit.eventlog.log import ACKNOWLEDGEMENTS, EventLog
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.increments import MAIN, begin_anew
from regaudit.warehouse.mirror import compare, has_this_form, kept_blocks

_CLAIM = "SELECT (SELECT max(mirrored) FROM log.progress), (SELECT max(last) FROM log.blocks)"


class Seal(Struct, frozen=True):
    """What a run left in `.work/`, by the SHA-256 of its files; both empty in runs of earlier versions."""

    run_no: int = 0
    warehouse: str = ""
    published: str = ""


class Contradiction(Struct, frozen=True):
    """A file that says otherwise than the log: `key` names it by its content, `text` tells it (Chinese)."""

    key: str
    text: str


class SealedWarehouse(Warehouse):
    """The workspace's own warehouse, on a draft of what its last run sealed. The caller holds the run lock.

    Attributes:
        contradictions: what was found instead of a sealed file.
        notices: what an interruption or an earlier version left (Chinese).
    """

    def __init__(self, home: Path, log: EventLog, *, memory_limit: str = "", rebuild: bool = False) -> None:
        """Open a draft of what the last run sealed, or of nothing: without a sealed file, or to `rebuild`.

        `memory_limit` is as `Warehouse` takes it.

        Raises:
            DatabaseFileError: another process has the warehouse open for writing, or it cannot be opened.
            MirrorMismatchError: the file that lies there mirrors more events than the log has.
        """
        self.contradictions: list[Contradiction] = []
        self.notices: list[str] = []
        self._folders = Folders(home)
        self._seals = read_seals(log)
        self._folders.work.mkdir(exist_ok=True)
        refuse_writer(self._folders.warehouse)
        self._finish()
        self.draft, self.published_draft = map(_draft_of, (self._folders.warehouse, self._folders.published))
        try:
            base = Seal() if rebuild else self._take_warehouse(log)
            if base.run_no:
                self._take_published(base)
            super().__init__(home, self.draft, memory_limit=memory_limit)
            if base.run_no and not self.published_draft.exists():
                # What nobody but analysts gets lies there alone.
                begin_anew(self.db)
        except BaseException:  # an interrupt, too, leaves no draft
            self._remove_drafts()
            raise

    def close(self) -> None:
        """Close it; a draft that is not in place goes."""
        super().close()
        self._remove_drafts()

    def _remove_drafts(self) -> None:
        for draft in (self.draft, self.published_draft):
            remove_database(draft)

    def close_draft(self) -> str:
        """Write the draft back and close it; returns its digest."""
        self.db.execute("USE memory")
        self.db.execute(f"DETACH {MAIN}")
        for draft in (self.draft, self.published_draft):
            sync_file(draft)
        return digest_of(self.draft)

    def put_in_place(self) -> None:
        """Put the drafts, which the log has sealed, in place; from then on the tables can only be read."""
        for draft, target in self._places():
            _put(draft, target)
        sync_folder(self._folders.work)
        attach(self.db, self._folders.warehouse, MAIN, "READ_ONLY")
        self.db.execute(f"USE {MAIN}")

    def _places(self) -> Iterator[tuple[Path, Path]]:
        for target in (self._folders.warehouse, self._folders.published):
            yield _draft_of(target), target

    def _finish(self) -> None:
        """Put in place what a run had sealed when it was cut off; other drafts go."""
        last = self._seals[-1] if self._seals else Seal()
        sealed = {self._folders.warehouse: last.warehouse, self._folders.published: last.published}
        for draft, target in self._places():
            if draft.exists() and sealed[target] and digest_of(draft) == sealed[target]:
                _put(draft, target)
                self.notices.append(
                    f"第 {last.run_no} 次运行在记入日志之后中断:中间数据 {target.name} 已接着就位"
                )
            remove_database(draft)

    def _take_warehouse(self, log: EventLog) -> Seal:
        """The seal of the run whose warehouse the draft now is; without one there is no draft."""
        path = self._folders.warehouse
        self.contradictions += _foreign_wal(path)
        if not path.exists():
            return Seal()
        digest = copy_file(path, self.draft, is_draft=True)
        for seal in reversed(self._seals):
            if digest == seal.warehouse:
                if self._is_of_an_earlier_form(log):
                    return Seal()
                if seal != self._seals[-1]:
                    self.notices.append(
                        f"中间数据 {path.name} 是第 {seal.run_no} 次运行的:其后有运行中断,已接着更新"
                    )
                return seal
        longer = _longer_than(log, self.draft)
        remove_database(self.draft)
        found = _unsealed(path, digest)
        if not any(seal.warehouse for seal in self._seals):
            self.notices.append(f"中间数据 {path.name} 是较早的程序留下的,没有封存:已从日志重建")
        elif found.key in (known := acknowledged(log)):
            self.notices.append(f"{found.text}({known[found.key]})")
        elif longer:
            raise MirrorMismatchError(longer)
        else:
            self.contradictions.append(found)
        return Seal()

    def _is_of_an_earlier_form(self, log: EventLog) -> bool:
        """Whether the draft remembers events in a form of earlier versions: then it goes.

        What it remembers is held against the log before: an upgrade costs no witness.

        Raises:
            MirrorMismatchError: the log is not what it remembers.
        """
        with connect(self.draft, read_only=True) as db:
            if has_this_form(db):
                return False
            blocks = kept_blocks(db)
        compare(blocks, log, blocks[-1].last if blocks else 0, no_progress)
        remove_database(self.draft)
        self.notices.append(
            f"中间数据 {self._folders.warehouse.name} 是较早的程序留下的,格式不同;"
            "它所记的日志与现在的日志一致,已从日志重建"
        )
        return True

    def _take_published(self, base: Seal) -> None:
        """A draft of the private copy, where it is what the same run sealed."""
        path = self._folders.published
        self.contradictions += _foreign_wal(path)
        if not path.exists():
            return
        digest = copy_file(path, self.published_draft, is_draft=True)
        if digest != base.published:
            remove_database(self.published_draft)
            if digest not in {seal.published for seal in self._seals}:
                self.contradictions.append(_unsealed(path, digest))


def read_seals(log: EventLog) -> list[Seal]:
    """The seals of all runs, in their order."""
    runs = log.events("runs", RunCompleted)
    return [Seal(run.originator_version, run.warehouse_sha256, run.published_sha256) for run in runs]


def acknowledged(log: EventLog) -> Mapping[str, str]:
    """By the key of a contradiction, who said why that is so (Chinese)."""
    return {
        key: f"{event.acknowledged_by} 于 {event.acknowledged_at[:10]} 确认:{event.reason}"
        for event in log.events(ACKNOWLEDGEMENTS, MismatchAcknowledged)
        for key in event.keys
    }


def unsealed_files(home: Path, seals: Sequence[Seal]) -> Iterator[Contradiction]:
    """The files in `.work/` that no run has sealed, where any run has sealed some."""
    sealed = {digest for seal in seals for digest in (seal.warehouse, seal.published) if digest}
    for path in (Folders(home).warehouse, Folders(home).published):
        if sealed and path.exists() and (digest := digest_of(path)) not in sealed:
            yield _unsealed(path, digest)


def _draft_of(path: Path) -> Path:
    return path.with_name(f"draft-{path.name}")


def _put(draft: Path, target: Path) -> None:
    # A write-ahead log that somebody left beside the old file would be read into the new one.
    wal_of(target).unlink(missing_ok=True)
    put_in_place(draft, target)


def _unsealed(path: Path, digest: str) -> Contradiction:
    text = (
        f"中间数据 .work/{path.name} 不是任何一次运行封存的那个文件:有人在运行之外改动或换过它。"
        "其内容未被采用,已从事件日志重建;请查明谁能写入工作区"
    )
    return Contradiction(f"{path.stem}:{digest}", text)


def _foreign_wal(path: Path) -> Iterator[Contradiction]:
    if wal_of(path).exists():
        text = (
            f"中间数据 .work/{path.name} 旁有 {wal_of(path).name}:有人在运行之外打开并写过它。"
            "所写的未被采用,该文件将删除;请查明谁能写入工作区"
        )
        yield Contradiction(f"{path.stem}:wal", text)


def _longer_than(log: EventLog, mirror: Path) -> str:
    """That the log was cut (Chinese), where a mirror that no run has sealed holds more than it; else empty.

    The run that sealed it may be among what was cut off: then it is all that still tells of it.
    """
    try:
        with connect(mirror, read_only=True) as db:
            [(mirrored, last)] = db.execute(_CLAIM).fetchall()
    except (DatabaseFileError, duckdb.Error):
        return ""
    if mirrored is None or mirrored != last or mirrored <= log.position():
        return ""
    return (
        f"事件日志比镜像短(镜像 {mirrored} 条):日志被截短或被替换。请保留现场,从备份核对日志;"
        "确认日志无误后用 regaudit verify --acknowledge 原因 记下缘由,或用 regaudit check --rebuild 重建镜像"
    )
