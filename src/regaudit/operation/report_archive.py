"""Reports as they are kept: in the log, in the archive, and as files for people in `reports/`."""

import os
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from regaudit.audit.workspace import Workspace
from regaudit.base.archive import archive_content, restore, safe_name, sync_folder
from regaudit.base.archive_id import archive_id
from regaudit.base.errors import RefusedFileError, RegauditError, UnreadableFileError
from regaudit.base.folders import Folders
from regaudit.base.in_place import put_in_place
from regaudit.base.periods import Period
from regaudit.catalogue.event_types import ReportMade
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.ledger.declarations import REPORTS
from regaudit.ledger.request import Author

MONTHLY, ZERO = "monthly", "zero"
"""The kinds of reports."""
_BY = "run-report-"
Files = dict[str, bytes]
"""The files of a report by their kind."""


class MadeReport(Struct, frozen=True, kw_only=True):
    """A report as it lies in `reports/`.

    Attributes:
        event: what the log has of it.
        paths: where its files are, by their kind.
        is_new: whether it was not there before.
    """

    event: ReportMade
    paths: dict[str, Path]
    is_new: bool

    @property
    def correction(self) -> int:
        """The number of the correction; 0 for the report itself."""
        return self.event.originator_version - 1 if self.event.kind == MONTHLY else 0


class ReportArchive:
    """The reports of an opened workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._log = workspace, workspace.log
        self._folders = Folders(workspace.home)

    def events_of(self, kind: str, period: str, office: str) -> list[ReportMade]:
        """A report of an office and a period with what followed it, in order."""
        return list(self._log.events(stream_of(kind, period, office), ReportMade))

    def draft(self, kind: str, period: Period, office: str, author: Author, **facts: Any) -> ReportMade:
        """The event of a report that is made now, without its files."""
        stream = stream_of(kind, period.key, office)
        size, note = self._log.last_checkpoint()
        return ReportMade(
            stream,
            self._log.version(stream) + 1,
            kind=kind,
            period=period.key,
            office=office,
            files={},
            archive=archive_id(self._workspace.home),
            checkpoint_size=size,
            checkpoint=parse_checkpoint(note).fingerprint(),
            made_at=self._workspace.now().isoformat(),
            by=author.login,
            door=author.door,
            system_user=author.system_user,
            machine=author.machine,
            **facts,
        )

    def content(self, event: ReportMade, again: Callable[[ReportMade], Files], maker: str) -> Files:
        """The files of a report: their archived copies, or made again.

        Args:
            event: what the log has of it.
            again: makes them from the log as it was.
            maker: what makes them here.

        Raises:
            RefusedFileError: there is no copy, and what is made again is not the same.
            NoPressError: it would have to be made again, and typst or a font is missing.
        """
        try:
            return {kind: self._archived(digest) for kind, digest in event.files.items()}
        except UnreadableFileError:
            raise
        except RefusedFileError as error:
            files = again(event)
            if hashes(files) != event.files:
                raise RefusedFileError(
                    f"{error}。按当时的日志重新制作的 {event.period} {event.office} 报告与当时的不同:"
                    f"当时由 {event.maker} 制作,本机是 {maker}"
                ) from error
        for digest in event.files.values():
            # A copy that is no longer what it was would be taken for the one that is there.
            (self._folders.archive / f"{digest}.zst").unlink(missing_ok=True)
        self.keep(files)
        return files

    def keep(self, files: Mapping[str, bytes]) -> None:
        """Put files into the archive."""
        for content in files.values():
            archive_content(content, self._folders.archive, by=_BY)

    def record(self, events: Sequence[ReportMade]) -> None:
        """Store the events of new reports, in one transaction.

        Raises:
            RegauditError: somebody made one of them meanwhile.
        """

        def make() -> Sequence[ReportMade]:
            if any(self._log.version(e.originator_id) != e.originator_version - 1 for e in events):
                raise RegauditError("别人同时出具了同一份报告:请再运行一次,即给出那一份")
            return events

        if events:
            self._log.append_next(make)

    def put(self, event: ReportMade, files: Mapping[str, bytes], *, is_new: bool) -> MadeReport:
        """Copies for people in `reports/`, each whole or not at all."""
        self._folders.reports.mkdir(mode=0o700, exist_ok=True)
        paths = {}
        for kind, content in files.items():
            path = self._folders.reports / f"{file_stem(event)}.{kind}"
            write_whole(path, content)
            paths[kind] = path
        return MadeReport(event=event, paths=paths, is_new=is_new)

    def _archived(self, digest: str) -> bytes:
        with TemporaryDirectory(prefix="regaudit-") as folder:
            path = Path(folder) / "kept"
            restore(self._folders.archive, digest, path)
            return path.read_bytes()


def stream_of(kind: str, period: str, office: str) -> str:
    """The stream of a report."""
    return f"{REPORTS}{period}/{office}" + ("" if kind == MONTHLY else f"/{kind}")


def file_stem(event: ReportMade) -> str:
    """What the files of a report are called, without the kind: `2026-03-150602`."""
    stem = f"{event.period}-{safe_name(event.office)}"
    if event.kind != MONTHLY:
        return f"{stem}-{event.kind}"
    number = event.originator_version - 1
    return f"{stem}-correction-{number}" if number else stem


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of files."""
    return {kind: sha256(content).hexdigest() for kind, content in files.items()}


def write_whole(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, whole or not at all."""
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    draft.write_bytes(content)
    draft.chmod(0o600)
    put_in_place(draft, path)
    sync_folder(path.parent)
