"""Makes the reports of periods, archives them and records them: each is an event of its own stream.

Made again they are what they were: the archive has them, and what it lost is built from the log as it was.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.archive import archive_content, restore, safe_name, sync_folder
from regaudit.base.archive_id import archive_id
from regaudit.base.errors import RefusedFileError, RegauditError, UnreadableFileError, UsageError
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import ReportMade
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.ledger.request import Author
from regaudit.operation.report_sources import Shelf, check_over, past_shelf, present_shelf
from regaudit.outlets.reports.changes import changes_of
from regaudit.outlets.reports.periods import Period, period_of
from regaudit.outlets.reports.report_book import make_workbook
from regaudit.outlets.reports.report_facts import ALL, Sources, encoded, report_facts
from regaudit.outlets.reports.report_paper import report_press

STREAM = "report:"
"""What the streams of reports begin with."""
MONTHLY = "monthly"
KINDS = ("json", "xlsx", "pdf")
"""What a monthly report is made of, in this order: the others are made from the JSON."""
_BY = "run-report-"


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
        return self.event.originator_version - 1


class Reports:
    """The monthly reports of an opened workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._log = workspace, workspace.log
        self._folders = Folders(workspace.home)

    def make(self, period: Period, author: Author, *, office: str = "", reason: str = "") -> list[MadeReport]:
        """The reports of a period: of one office, or of each and of all together.

        Args:
            period: what is reported.
            author: who has them made.
            office: whose; `ALL`: all together; empty: each, and all together.
            reason: why they are corrected; empty: what was made before is given again.

        Raises:
            RegauditError: the period is not over, there is no such office, or there is nothing to correct.
            NoPressError: typst or a font is missing.
            RefusedFileError: what was made before cannot be made again.
        """
        with ExitStack() as stack:
            opened: list[Shelf] = []

            def shelf() -> Shelf:
                if not opened:
                    opened.append(stack.enter_context(present_shelf(self._workspace)))
                return opened[0]

            offices = [office] if office else [*_offices(shelf()), ALL]
            known = {each: self.events_of(period, each)[-1:] for each in offices}
            wanted = [each for each in offices if reason or not known[each]]
            if reason and not all(known.values()):
                lacking = "、".join(each for each in offices if not known[each])
                raise UsageError(f"{lacking} 还没有{period.title}的报告,无可更正:请先不带 --correct 出具")
            drafts = self._drafted(shelf(), period, wanted, author, reason) if wanted else {}
        self._record(drafts)
        return [
            self._put(drafts[each][0], drafts[each][1], is_new=True)
            if each in drafts
            else self._put(known[each][0], self.content(known[each][0]), is_new=False)
            for each in offices
        ]

    def events_of(self, period: Period, office: str) -> list[ReportMade]:
        """The report of an office and a period with its corrections, in order."""
        return list(self._log.events(f"{STREAM}{period.key}/{office}", ReportMade))

    def content(self, event: ReportMade) -> dict[str, bytes]:
        """The files of a report: their archived copies, or made again from the log.

        Raises:
            RefusedFileError: there is no copy, and what is made again is not the same.
            NoPressError: it would have to be made again, and typst or a font is missing.
        """
        try:
            return {kind: self._archived(digest) for kind, digest in event.files.items()}
        except UnreadableFileError:
            raise
        except RefusedFileError as error:
            files = self._again(event)
            if hashes(files) != event.files:
                raise RefusedFileError(
                    f"{error}。按当时的日志重新制作的 {event.period} {event.office} 报告与当时的不同:"
                    f"当时由 {event.maker} 制作,本机是 {report_press().maker}"
                ) from error
        for kind, content in files.items():
            # A copy that is no longer what it was would be taken for the one that is there.
            (self._folders.archive / f"{event.files[kind]}.zst").unlink(missing_ok=True)
            archive_content(content, self._folders.archive, by=_BY)
        return files

    def _again(self, event: ReportMade) -> dict[str, bytes]:
        """A report made again: its run computed again, the ledger read up to where it was."""
        period = period_of(event.period)
        with past_shelf(self._workspace, event.run_no) as shelf:
            sources = shelf.sources(self._workspace, period, event.log_position)
            return self._files(shelf, sources, period, event)

    def _drafted(
        self, shelf: Shelf, period: Period, offices: Sequence[str], author: Author, reason: str
    ) -> dict[str, tuple[ReportMade, dict[str, bytes]]]:
        """New reports with their files, archived but not recorded."""
        check_over(period, shelf.run)
        position = self._log.position()
        sources = shelf.sources(self._workspace, period, position)
        _check_offices(offices, sources.counted.offices)
        size, note = self._log.last_checkpoint()
        settings = self._workspace.settings
        names = {each: settings.office_name(each) for each in sources.counted.offices}
        drafts = {}
        for office in offices:
            earlier = self.events_of(period, office)
            event = ReportMade(
                f"{STREAM}{period.key}/{office}",
                len(earlier) + 1,
                kind=MONTHLY,
                period=period.key,
                office=office,
                reason=reason,
                files={},
                archive=archive_id(self._workspace.home),
                run_no=shelf.run.originator_version,
                log_position=position,
                checkpoint_size=size,
                checkpoint=parse_checkpoint(note).fingerprint(),
                made_at=self._workspace.now().isoformat(),
                by=author.login,
                door=author.door,
                system_user=author.system_user,
                machine=author.machine,
                names=names,
                maker=report_press().maker,
            )
            files = self._files(shelf, sources, period, event)
            for content in files.values():
                archive_content(content, self._folders.archive, by=_BY)
            drafts[office] = replace(event, files=hashes(files)), files
        return drafts

    def _files(self, shelf: Shelf, sources: Sources, period: Period, event: ReportMade) -> dict[str, bytes]:
        """The files of a report; of a correction, with what it changes.

        Raises:
            RegauditError: it is a correction, and nothing has changed.
        """
        facts = report_facts(sources, event.office, shelf.basis(event), is_over=check_over(period, shelf.run))
        if event.originator_version > 1:
            facts["correction"] = self._correction(shelf, period, event, facts)
        content = encoded(facts)
        told = msgspec.json.decode(content)
        made_at = datetime.fromisoformat(event.made_at)
        return {
            "json": content,
            "xlsx": make_workbook(told, made_at),
            "pdf": report_press().set(told, made_at),
        }

    def _correction(
        self, shelf: Shelf, period: Period, event: ReportMade, facts: Mapping[str, Any]
    ) -> dict[str, Any]:
        former = self.events_of(period, event.office)[event.originator_version - 2]
        old = msgspec.json.decode(self.content(former)["json"])
        since = old["basis"]["run_position"]
        changes = changes_of(old, msgspec.to_builtins(facts), shelf.brought(period, since), all_name=ALL)
        if not changes:
            raise RegauditError(
                f"{event.period} {event.office}:按现在的日志重算,各项数字与上一份相同,无可更正。"
                "未写入任何记录"
            )
        return {
            "number": event.originator_version - 1,
            "reason": event.reason,
            "of": former.files["json"],
            "changes": changes,
        }

    def _record(self, drafts: Mapping[str, tuple[ReportMade, dict[str, bytes]]]) -> None:
        """Store the events of new reports, in one transaction.

        Raises:
            RegauditError: somebody made one of them meanwhile.
        """

        def make() -> Sequence[ReportMade]:
            events = [event for event, _ in drafts.values()]
            if any(self._log.version(e.originator_id) != e.originator_version - 1 for e in events):
                raise RegauditError("别人同时出具了同一份报告:请再运行一次,即给出那一份")
            return events

        if drafts:
            self._log.append_next(make)

    def _archived(self, digest: str) -> bytes:
        with TemporaryDirectory(prefix="regaudit-") as folder:
            path = Path(folder) / "kept"
            restore(self._folders.archive, digest, path)
            return path.read_bytes()

    def _put(self, event: ReportMade, files: Mapping[str, bytes], *, is_new: bool) -> MadeReport:
        """Copies for people in `reports/`, each whole or not at all."""
        self._folders.reports.mkdir(mode=0o700, exist_ok=True)
        paths = {}
        for kind, content in files.items():
            path = self._folders.reports / f"{file_stem(event)}.{kind}"
            write_whole(path, content)
            paths[kind] = path
        return MadeReport(event=event, paths=paths, is_new=is_new)


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
    draft.replace(path)
    sync_folder(path.parent)


def _offices(shelf: Shelf) -> list[str]:
    return [
        office
        for (office,) in shelf.db.execute("SELECT DISTINCT office FROM main.cases ORDER BY 1").fetchall()
    ]


def _check_offices(wanted: Sequence[str], known: Sequence[str]) -> None:
    unknown = [office for office in wanted if office not in (*known, ALL)]
    if unknown:
        raise UsageError(
            f"没有登记机构 {'、'.join(unknown)} 的业务。有业务的登记机构:{'、'.join(known[:20]) or '无'}"
        )
