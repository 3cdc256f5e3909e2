"""Imports one export, whole or not at all.

Either its events, its import event, its archive copy and its quarantine are all there, or the log is as it
was. Rows of several kinds in one export (a step log and a roster) are as many imports in one transaction.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.admission import admit
from regaudit.base.archive import ArchivedFile, archive, archive_content
from regaudit.base.archive_id import archive_id
from regaudit.base.errors import RefusedFileError
from regaudit.base.folders import Folders
from regaudit.base.prefetch import Ahead
from regaudit.base.progress import Progress, no_progress
from regaudit.catalogue.event_types import ImportRecorded, LeftOut
from regaudit.catalogue.kinds import OFFICE
from regaudit.eventlog.log import EventLog
from regaudit.intake.alike_subjects import alike_subjects
from regaudit.intake.import_draft import import_draft
from regaudit.intake.imports import import_states
from regaudit.intake.known_file import earlier_import
from regaudit.intake.persons import RosterPersons
from regaudit.intake.quarantine.file import NOTES, QuarantineWriter
from regaudit.intake.quarantine.rejections import Rejections
from regaudit.intake.quarantine.resubmission import Resubmission, close_files, resubmission
from regaudit.intake.results import ImportResult, Origin, result_of
from regaudit.intake.row_import import Verdict, Workbench
from regaudit.intake.unknown_values import UnknownTally
from regaudit.intake.unread_tables import Taken, unread_tables
from regaudit.intake.useless_exports import garbled_rows, refuse_useless
from regaudit.intake.vanished_rows import vanished_rows
from regaudit.intake.whole_import import all_rows, entry_events
from regaudit.sources.canonical.mapping import CANONICAL, Mapping, delimiter_of
from regaudit.sources.canonical.rows import DAY, refused_schema
from regaudit.sources.canonical.shapes import Export, Page, known_columns, recognise_export
from regaudit.sources.formats.open import open_whole


class _Job(Struct, frozen=True, kw_only=True):
    """One kind of rows of an export; `draft` is its import event as long as none of them is counted.

    `earlier` are the imports before it. Rows dated behind `now` (ISO) count later. `left_out` counts those
    that the mapping leaves out, by rule, `part_rows` those of each part.
    """

    export: Export
    rejections: Rejections
    draft: ImportRecorded
    earlier: list[ImportRecorded]
    now: str
    origin: Origin
    left_out: Counter[str] = msgspec.field(default_factory=Counter)
    part_rows: Counter[int] = msgspec.field(default_factory=Counter)
    unknown: UnknownTally


class _Prepared(Struct, frozen=True, kw_only=True):
    """At most `total` events to append; then `finish` gives the import's own event and its result."""

    batches: Iterable[pa.Table]
    total: int
    finish: Callable[[], tuple[ImportRecorded, ImportResult]]


def _no_counts() -> dict[str, int]:
    return {"rows": 0, "skipped": 0, "future": 0, "footers": 0, "garbled": 0}


class Importer:
    """Imports files into the log of one workspace. The caller holds the import lock."""

    def __init__(
        self,
        home: Path,
        log: EventLog,
        zone: str,
        now: Callable[[], datetime],
        progress: Progress = no_progress,
    ) -> None:
        self._home, self._log, self._zone, self._now, self._progress = home, log, zone, now, progress

    def run(
        self,
        path: Path,
        mapping_name: str = CANONICAL,
        mapping: Mapping | None = None,
        origin: Origin | None = None,
    ) -> list[ImportResult]:
        """Import a file or folder: all kinds of rows that are in it.

        A file whose very bytes were imported before under the same mapping adds nothing, not even an
        import event.

        Raises:
            RefusedFileError: the file as a whole cannot be imported.
            LogError: the log could not be written; it is as it was.
        """
        admit(path, self._home)
        file = archive(path, Folders(self._home).archive)
        known = known_columns(mapping) | set(NOTES)
        tables = open_whole(path, self._reading(file.size), known, delimiter_of(mapping))
        returned = resubmission(tables, self._log, self._home)
        if returned:
            tables, mapping_name, mapping = returned.tables, returned.mapping_name, returned.mapping
        exports = recognise_export(path.name, tables, mapping_name, mapping, is_returned=bool(returned))
        # A source's claim moves on with the nights; an old file that lies there still does not move with it.
        claim = origin.covers if origin and not origin.source else None
        if returned and claim:
            raise RefusedFileError(
                f"文件 {path.name} 是改正后的隔离文件,只有被隔离的行,不涵盖任何期间:请去掉 --covers"
            )
        results: list[ImportResult] = []
        with ExitStack() as stack:
            prepared: list[_Prepared] = []
            for export in exports:
                fingerprint = export.mapping.fingerprint(self._zone)
                if earlier := earlier_import(self._log, path.name, (file.sha256, fingerprint), export, claim):
                    results.append(earlier)
                    continue
                job = self._job(file, export, origin or Origin(), returned, before=len(prepared))
                stack.callback(job.rejections.discard)
                prepared.append(self._whole(job) if export.kind.is_whole else self._rows(job, stack))
            if prepared:
                self._log.append_batches(self._events(prepared, results))
        if returned:
            close_files(self._home, self._log)
        return results

    def _reading(self, size: int) -> Callable[[int], None]:
        done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            # Tables that complete others are read twice.
            done = min(done + count, size)
            self._progress("读取", done, size)

        return on_bytes

    def _job(
        self,
        file: ArchivedFile,
        export: Export,
        origin: Origin,
        returned: Resubmission | None,
        *,
        before: int,
    ) -> _Job:
        import_no = self._log.version("imports") + 1 + before
        columns = [column for part in export.parts for column in part.columns]
        quarantine = QuarantineWriter(Folders(self._home).quarantine, import_no, file.path.name, columns)
        # Rows that come back are noted once, by the first import that the file makes.
        back = (returned.rows if not before else []) if returned else None
        draft = import_draft(
            import_no,
            file,
            export,
            origin,
            mapping_sha256=archive_content(export.mapping.content(self._zone), Folders(self._home).archive),
            archive=archive_id(self._home),
            back=back,
        )
        rejections = Rejections(self._log, quarantine, export, self._zone, returned)
        return _Job(
            export=export,
            rejections=rejections,
            draft=draft,
            earlier=list(import_states(self._log).values()),
            now=self._now().isoformat(),
            origin=origin,
            unknown=UnknownTally(export.kind),
        )

    def _pages(self, job: _Job, counts: dict[str, int]) -> Iterator[Page]:
        """The pages of canonical rows; the rejected go to quarantine or are known, all are counted."""
        for page in job.export.pages(self._zone):
            job.rejections.take(page)
            counts["skipped"] += page.skipped
            counts["rows"] += page.row_count
            counts["garbled"] += garbled_rows(page)
            counts["footers"] += page.footers
            job.part_rows[page.part_no] += page.row_count
            counts["future"] += page.dated_after(job.export.kind.day, job.now)
            job.left_out.update(page.left_out)
            job.unknown.add(page.rows)
            yield page

    def _rows(self, job: _Job, stack: ExitStack) -> _Prepared:
        kind = job.export.kind
        persons = RosterPersons(self._log)
        bench = stack.enter_context(Workbench(self._home, job.draft.originator_version, kind, persons))
        counts = _no_counts()
        is_one = len(job.export.parts) == 1
        refused = [pl.DataFrame(schema=refused_schema(kind))]
        for page in Ahead(self._pages(job, counts)):
            bench.add(page.rows, None if is_one else page.part_no)
            refused.append(page.refused)
        refuse_useless(job.draft.file_name, job.origin, counts)
        self._progress("比对", 0, 0)
        if self._log.position():
            bench.add_existing(self._log.read_streams(bench.streams()))
        bench.verdict.alike = alike_subjects(kind, bench.new_streams(), self._log.versions)
        told = pl.concat(refused).select(*kind.subject, DAY).unique()
        lacking = vanished_rows(self._log, bench, job.draft, told)
        counts["vanished"] = len(lacking)
        batches = chain(bench.events(), [lacking])
        return self._prepared(job, counts, bench.verdict, batches, bench.rows)

    def _whole(self, job: _Job) -> _Prepared:
        kind, counts = job.export.kind, _no_counts()
        rows = all_rows(kind, (page.rows for page in self._pages(job, counts)))
        refuse_useless(job.draft.file_name, job.origin, counts)
        events = entry_events(self._log, kind, rows, job.draft.originator_version, job.draft.resubmits)
        verdict = Verdict(
            appended=len(events),
            known=rows.height - len(events),
            offices=set(rows[OFFICE].drop_nulls()) if OFFICE in kind.columns else set(),
        )
        return self._prepared(job, counts, verdict, [self._log.stored(events)], len(events))

    def _prepared(
        self,
        job: _Job,
        counts: dict[str, int],
        verdict: Verdict,
        batches: Iterable[pa.Table],
        total: int,
    ) -> _Prepared:
        quarantine_file = job.rejections.finish()
        rejected = self._log.stored(job.rejections.events(job.draft.originator_version))

        def finish() -> tuple[ImportRecorded, ImportResult]:
            return self._finished(job, counts, verdict, quarantine_file)

        return _Prepared(batches=chain(batches, [rejected]), total=total, finish=finish)

    def _finished(
        self, job: _Job, counts: dict[str, int], verdict: Verdict, quarantine_file: str
    ) -> tuple[ImportRecorded, ImportResult]:
        """The import's own event and its result; `verdict` is final once its events are read."""
        rejections = job.rejections
        export, draft, first_on = job.export, job.draft, min(verdict.days, default=None)
        rows = [job.part_rows[number] for number in range(1, len(draft.parts) + 1)]
        taken = Taken(
            export=export, file_name=draft.file_name, source=draft.source, rows=rows, first_on=first_on
        )
        event = replace(
            draft,
            parts=[replace(part, rows=count) for part, count in zip(draft.parts, rows, strict=True)],
            unread=unread_tables(taken, job.earlier) if not draft.resubmits else [],
            watermark=job.origin.reached(job.rejections.open_row_nos),
            footers=counts["footers"],
            rows_read=counts["rows"],
            appended=verdict.appended,
            known=verdict.known,
            altered=verdict.altered,
            rewritten=verdict.rewritten,
            extended=verdict.extended,
            quarantined=rejections.quarantined,
            settled=rejections.settled,
            waiting=rejections.waiting,
            skipped=counts["skipped"],
            left_out=[LeftOut(rule=rule, rows=rows) for rule, rows in sorted(job.left_out.items())],
            future=counts["future"],
            unknown=job.unknown.told(),
            quarantine_file=quarantine_file,
            offices=sorted(verdict.offices),
            first_on=first_on,
            last_on=max(verdict.days, default=None),
            imported_at=self._now().isoformat(),
        )
        result = replace(result_of(event), vanished=counts.get("vanished", 0), alike=verdict.alike)
        return event, result

    def _events(self, prepared: list[_Prepared], results: list[ImportResult]) -> Iterator[pa.Table]:
        """All events in order, each import's own after its rows; its result is added to `results`."""
        done, total = 0, sum(part.total for part in prepared)
        for part in prepared:
            for events in part.batches:
                yield events
                done += len(events)
                self._progress("写入", done, total)
            event, result = part.finish()
            yield self._log.stored([event])
            results.append(result)
