"""Imports one file, whole or not at all.

Either its events, its import event, its archive copy and its quarantine are all there, or the log is as it
was.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import polars as pl
from msgspec import Struct

from regaudit.catalogue import event_class
from regaudit.errors import RefusedFileError
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.recorder import Row
from regaudit.intake.ahead import Ahead
from regaudit.intake.quarantine import QuarantineWriter
from regaudit.intake.workbench import Verdict, Workbench
from regaudit.sources.canonical import Kind, Layout, make_canonical, recognise
from regaudit.sources.files import ArchivedFile, archive
from regaudit.sources.mapping import CANONICAL, Mapping
from regaudit.sources.tables import ROW_NO, Table, open_export
from regaudit.sources.vocabulary import ROSTER_COLUMNS

Progress = Callable[[str, int, int], None]
"""Stage (Chinese), units done, units in all (0 = not known)."""


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Shows nothing."""


class ImportResult(Struct, frozen=True, kw_only=True):
    """What an import did; `rows_read = appended + known + altered + quarantined`."""

    file: str
    kind: str
    import_no: int
    rows_read: int
    appended: int
    known: int
    altered: int
    quarantined: int
    quarantine_file: str
    was_known_file: bool = False


class Importer:
    """Imports files into the log of one workspace. The caller holds the writer lock."""

    def __init__(
        self,
        home: Path,
        log: EventLog,
        zone: str,
        now: Callable[[], datetime],
        progress: Progress = no_progress,
    ) -> None:
        self._home, self._log, self._zone, self._now, self._progress = home, log, zone, now, progress

    def run(self, path: Path, mapping_name: str = CANONICAL, mapping: Mapping | None = None) -> ImportResult:
        """Import a step log or an accounts roster.

        A file whose very bytes were imported before under the same mapping adds nothing, not even an
        import event.

        Raises:
            RefusedFileError: the file as a whole cannot be imported.
            LogError: the log could not be written; it is as it was.
        """
        mapping = mapping or Mapping()
        file = archive(path, self._home / "archive")
        fingerprint = mapping.fingerprint(self._zone)
        if earlier := self._known_file(file, fingerprint):
            return earlier
        columns: list[str] = []
        done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self._progress("读取", done, file.size)

        [table] = open_export(path, on_bytes)
        columns.extend(table.columns)
        layout = recognise(path.name, columns, mapping)
        quarantine = QuarantineWriter(self._home / "quarantine", path.name, columns)
        try:
            pages = self._pages(table, layout, mapping, quarantine)
            job = _Job(
                kind=layout.kind,
                file=file,
                mapping_name=mapping_name,
                mapping=mapping,
                fingerprint=fingerprint,
                quarantine=quarantine,
            )
            return (
                self._import_steps(job, pages) if layout.kind == "steps" else self._import_roster(job, pages)
            )
        finally:
            quarantine.discard()

    def _known_file(self, file: ArchivedFile, fingerprint: str) -> ImportResult | None:
        """The earlier import of these very bytes, if importing them again could change nothing."""
        latest_roster: ImportResult | None = None
        for event in self._log.events("imports"):
            state = vars(event)
            same = (state["file_sha256"], state["mapping_sha256"]) == (file.sha256, fingerprint)
            result = ImportResult(
                file=file.path.name,
                kind=state["kind"],
                import_no=state["originator_version"],
                rows_read=state["rows_read"],
                appended=0,
                known=state["rows_read"] - state["quarantined"],
                altered=0,
                quarantined=state["quarantined"],
                quarantine_file=state["quarantine_file"],
                was_known_file=True,
            )
            if state["kind"] == "roster":
                latest_roster = result if same else None
            elif same:
                return result
        return latest_roster

    def _pages(
        self, table: Table, layout: Layout, mapping: Mapping, quarantine: QuarantineWriter
    ) -> Iterator[pl.DataFrame]:
        for batch in table.read():
            made = make_canonical(batch, layout, mapping, self._zone)
            quarantine.add(batch.rows, made.rejected)
            yield made.rows

    def _import_steps(self, job: "_Job", pages: Iterable[pl.DataFrame]) -> ImportResult:
        with Workbench(self._home) as bench:
            rows_read = 0
            for page in Ahead(pages):
                bench.add(page)
                rows_read += page.height
            if rows_read + job.quarantine.count == 0:
                raise RefusedFileError(f"文件 {job.file.path.name} 只有表头,没有数据行:请检查导出的时间范围")
            self._progress("比对", 0, 0)
            if self._log.position():
                bench.add_existing(self._log.read_streams(bench.streams()))
            verdict = bench.judge()
            import_no = self._log.version("imports") + 1
            return self._record(job, rows_read, verdict, bench.events(import_no), import_no)

    def _import_roster(self, job: "_Job", pages: Iterable[pl.DataFrame]) -> ImportResult:
        rows = pl.concat(
            [*pages, pl.DataFrame(schema={ROW_NO: pl.Int64, **dict.fromkeys(ROSTER_COLUMNS, pl.String)})]
        )
        if rows.height + job.quarantine.count == 0:
            raise RefusedFileError(f"文件 {job.file.path.name} 只有表头,没有账号:请检查导出")
        unique = rows.unique(subset=list(ROSTER_COLUMNS), keep="first", maintain_order=True)
        entries = [
            (row[ROW_NO], {name: row[name] for name in ROSTER_COLUMNS if row[name] is not None})
            for row in unique.iter_rows(named=True)
        ]
        import_no = self._log.version("imports") + 1
        is_known = _as_set(entry for _, entry in entries) == _as_set(self._roster_in_force())
        if is_known:
            entries = []
        verdict = Verdict(
            appended=len(entries),
            known=rows.height - len(entries),
            altered=0,
            offices=sorted(rows["office"].drop_nulls().unique().to_list()),
            first_on=None,
            last_on=None,
        )
        make = event_class("roster-entry-recorded")
        events = [
            self._log.stored_row(
                make(f"roster:{import_no}", n, entry=entry, import_no=import_no, row_no=row_no)
            )
            for n, (row_no, entry) in enumerate(entries, start=1)
        ]
        return self._record(job, rows.height, verdict, iter([events]), import_no)

    def _roster_in_force(self) -> list[dict[str, str]]:
        latest = max(
            (
                event.originator_version
                for event in self._log.events("imports")
                if vars(event)["kind"] == "roster" and vars(event)["appended"]
            ),
            default=0,
        )
        return [vars(event)["entry"] for event in self._log.events(f"roster:{latest}")]

    def _record(
        self,
        job: "_Job",
        good_rows: int,
        verdict: Verdict,
        batches: Iterator[list[Row]],
        import_no: int,
    ) -> ImportResult:
        """Append the events and the import event in one transaction."""
        quarantine_file = job.quarantine.finish(import_no)
        event = event_class("import-recorded")(
            "imports",
            import_no,
            kind=job.kind,
            file_name=job.file.path.name,
            file_sha256=job.file.sha256,
            file_bytes=job.file.size,
            mapping=job.mapping_name,
            mapping_sha256=job.fingerprint,
            strip_name_suffix=job.mapping.strip_name_suffix,
            rows_read=good_rows + job.quarantine.count,
            appended=verdict.appended,
            known=verdict.known,
            altered=verdict.altered,
            quarantined=job.quarantine.count,
            quarantine_file=quarantine_file,
            offices=verdict.offices,
            first_on=verdict.first_on,
            last_on=verdict.last_on,
            imported_at=self._now().isoformat(),
        )
        self._log.append_batches(self._counted(batches, verdict, [self._log.stored_row(event)]))
        return ImportResult(
            file=job.file.path.name,
            kind=job.kind,
            import_no=import_no,
            rows_read=good_rows + job.quarantine.count,
            appended=verdict.appended,
            known=verdict.known,
            altered=verdict.altered,
            quarantined=job.quarantine.count,
            quarantine_file=quarantine_file,
        )

    def _counted(
        self, batches: Iterator[list[Row]], verdict: Verdict, last: list[Row]
    ) -> Iterator[list[Row]]:
        done, total = 0, verdict.appended + verdict.altered
        for rows in Ahead(batches):
            yield rows
            done += len(rows)
            self._progress("写入", done, total)
        yield last


class _Job(Struct, frozen=True):
    """One file to import, and how."""

    kind: Kind
    file: ArchivedFile
    mapping_name: str
    mapping: Mapping
    fingerprint: str
    quarantine: QuarantineWriter


def _as_set(entries: Iterable[dict[str, str]]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(entry.items()) for entry in entries}
