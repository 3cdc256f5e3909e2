"""Reads an export as an import would, and counts; nothing is written but a draft."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from msgspec.structs import replace

from regaudit.base.errors import RefusedFileError
from regaudit.base.folded_text import folded
from regaudit.catalogue.event_types import ImportRecorded
from regaudit.catalogue.vocabulary import understood_values
from regaudit.intake.alike_subjects import Versions, alike_subjects
from regaudit.intake.preview.drafts import guessed_draft, mapping_draft
from regaudit.intake.preview.facts import (
    BadRow,
    Count,
    Preview,
    ReadExport,
    ReadTable,
    ReasonCount,
    UnreadTable,
)
from regaudit.intake.preview.guesses import likeliest, sample_of
from regaudit.intake.preview.kinds import format_of
from regaudit.intake.quarantine.recognition import IS_OPEN, Recognition
from regaudit.intake.row_import import streams_of
from regaudit.intake.unread_tables import Taken, unread_tables
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.mapping import CANONICAL, Mapping, Offsets, delimiter_of
from regaudit.sources.canonical.offsets import count_offsets
from regaudit.sources.canonical.shapes import Export, Page, Part, known_columns, recognise_export
from regaudit.sources.formats.headers import looks_like_data
from regaudit.sources.formats.open import open_whole
from regaudit.sources.tables import ROW_NO, Table

Reread = Callable[[list[Table]], tuple[list[Table], str, Mapping | None, int] | None]
"""What a corrected quarantine file stands for: tables, mapping's name, mapping, rows; else `None`."""
FIRST_BAD = 10
_MOST_VALUES = 1_000
_MOST_SHOWN_COLUMNS = 200


def survey(
    path: Path,
    *,
    zone: str,
    now: datetime,
    mapping_name: str = CANONICAL,
    mapping: Mapping | None = None,
    rows: int = 5,
    on_bytes: Callable[[int], None] = lambda _: None,
    reread: Reread = lambda _: None,
    recorded: Callable[[], pl.DataFrame] | None = None,
    earlier: Callable[[], list[ImportRecorded]] = list,
    versions: Versions = lambda _: {},
    offsets: Offsets = "",
) -> Preview:
    """What an import of a file or folder would do. Streams it; counts are over the whole.

    Args:
        path: the export.
        zone: the workspace's.
        now: by its wall clock.
        mapping_name: as for an import.
        mapping: as for an import.
        rows: how many canonical rows to show of each kind.
        on_bytes: hears of every piece read.
        reread: what to make of a quarantine file.
        recorded: the rows that went to quarantine so far, as `recorded_rows`; none without a log.
        earlier: the imports so far.
        versions: which streams the log has.
        offsets: what offsets are worth, where the mapping does not say it as it should.

    Raises:
        RefusedFileError: no table is in it at all; a file with tables that are not recognised is told in
            the result.
    """
    if not path.exists():
        raise RefusedFileError(f"找不到文件 {path}:请检查路径,或确认平台已导出")
    if path.is_file() and not path.stat().st_size:
        raise RefusedFileError(f"文件 {path} 是空文件:请重新导出")
    tables = open_whole(path, on_bytes, known_columns(mapping), delimiter_of(mapping))
    returned = reread(tables)
    resubmits = 0
    if returned:
        tables, mapping_name, mapping, resubmits = returned
    found: dict[str, Any] = {"file": path.name, "format": format_of(path), "zone": zone}
    try:
        exports = recognise_export(path.name, tables, mapping_name, mapping, is_returned=bool(returned))
    except RefusedFileError as error:
        # What stands in the place of names may be a person's: nothing is guessed from it, nothing shown.
        named = [table for table in tables if table.columns and not looks_like_data(table.columns)]
        return Preview(
            **found,
            recognised=False,
            resubmits=resubmits,
            exports=[],
            ignored=[],
            problem=str(error),
            unread=[_unread(table, zone) for table in named],
            draft=guessed_draft(path.name, named, zone) if named else "",
        )
    if offsets:
        exports = [replace(each, mapping=replace(each.mapping, offsets=offsets)) for each in exports]
    # Of a corrected quarantine file no row is known.
    known = None if returned or recorded is None else Recognition(recorded, zone)
    last = None if returned else earlier()
    tallies = [_read(export, zone, rows, known, now) for export in exports]
    read = [tally.result(path.name, last, versions) for tally in tallies]
    return Preview(
        **found,
        recognised=True,
        resubmits=resubmits,
        exports=read,
        ignored=exports[0].ignored,
        problem="" if all(export.rows for export in read) else _no_rows(path.name),
        unread=[],
        draft=mapping_draft(path.name, exports, read, zone),
    )


def _no_rows(name: str) -> str:
    return f"文件 {name} 只有表头,没有数据行:请检查导出的时间范围,或是否选错文件"


def _read(export: Export, zone: str, shown: int, known: Recognition | None, now: datetime) -> "_Tally":
    tally = _Tally(export, zone, shown, known, now)
    for page in export.pages(zone):
        tally.add(page)
    return tally


class _Tally:
    """Counts over the pages of an export."""

    def __init__(
        self, export: Export, zone: str, shown: int, known: Recognition | None, now: datetime
    ) -> None:
        self._export, self._zone, self._shown, self._recognition = export, zone, shown, known
        self._offsets: Counter[str] = Counter()
        self._now = now.isoformat()
        self._columns = export.kind.codes
        self._unmapped: dict[str, Counter[str]] = {column: Counter() for column in self._columns}
        self._reasons: Counter[tuple[str, str]] = Counter()
        self._bad: list[BadRow] = []
        self._rows: Counter[int] = Counter()
        self._left_out: Counter[str] = Counter()
        self._first: dict[int, int] = {}
        self._numbers: Counter[str] = Counter()
        self._span: list[str] = []
        self._sample: list[dict[str, str]] = []
        self._streams: set[str] = set()

    def add(self, page: Page) -> None:
        """Take one page."""
        offsets, moved = count_offsets(page.raw, self._export.parts[page.part_no - 1].layout, self._zone)
        self._offsets.update(offsets)
        self._rows[page.part_no] += page.row_count
        self._numbers["footers"] += page.footers
        self._left_out.update(page.left_out)
        bad_rows = self._without_known(page)
        quarantined = len({bad.row_no for bad in bad_rows})
        self._numbers.update(future=page.dated_after(self._export.kind.day, self._now))
        self._numbers.update(
            moved=moved, actions=page.rows.height, skipped=page.skipped, quarantined=quarantined
        )
        if page.part_no not in self._first and page.raw.height:
            self._first[page.part_no] = int(page.raw[ROW_NO][0])
        self._reasons.update({(bad.column, bad.reason): 0 for bad in bad_rows})
        self._reasons.update((bad.column, bad.reason) for bad in bad_rows)
        table = self._export.parts[page.part_no - 1].name
        left = FIRST_BAD - len(self._bad)
        self._bad += [BadRow(table, b.row_no, b.column, b.value, b.reason) for b in bad_rows[:left]]
        self._count_values(page.rows)
        self._count_times(page.rows)
        if self._export.kind.replaces == "nothing":
            raw = page.rows.select(streams_of(self._export.kind).alias("stream")).to_series().unique()
            self._streams.update(folded(raw))
        for row in page.rows.head(self._shown - len(self._sample)).iter_rows(named=True):
            self._sample.append({n: cell for n, cell in row.items() if n != ROW_NO and cell is not None})

    def _without_known(self, page: Page) -> list[Rejected]:
        """What is wrong with rejected rows; those that went to quarantine before are only counted."""
        if self._recognition is None or not page.rejected:
            return page.rejected
        told = self._recognition.told_apart(self._export, page)
        waiting, settled = told.filter(IS_OPEN).height, told.filter(~pl.col(IS_OPEN)).height
        self._numbers.update(waiting=waiting, settled=settled)
        fresh = set(told.filter(pl.col(IS_OPEN).is_null())[ROW_NO])
        return [bad for bad in page.rejected if bad.row_no in fresh]

    def _count_values(self, rows: pl.DataFrame) -> None:
        for column in self._columns:
            known = list(understood_values(column))
            others = rows.filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(known))
            counted = self._unmapped[column]
            for value, count in others.group_by(column, maintain_order=True).len().iter_rows():
                if value in counted or len(counted) < _MOST_VALUES:
                    counted[value] += count

    def _count_times(self, rows: pl.DataFrame) -> None:
        at = rows[self._export.kind.day].drop_nulls() if self._export.kind.day else rows[ROW_NO].clear()
        if not len(at):
            return
        dates = int((at.str.len_bytes() == len("2026-03-02")).sum())
        self._numbers.update(dates=dates, times=len(at) - dates)
        ends = [*self._span, str(at.min()), str(at.max())]
        self._span = [min(ends), max(ends)]

    def _alike(self, versions: Versions) -> list[str]:
        known = versions(self._streams)
        new = pl.Series("stream", sorted(self._streams.difference(known)), dtype=pl.String)
        return alike_subjects(self._export.kind, new, versions) if new.len() else []

    def result(self, file_name: str, earlier: list[ImportRecorded] | None, versions: Versions) -> ReadExport:
        """What was counted, held against earlier imports; None where they say nothing of this export."""
        export = self._export
        rows = [self._rows[number] for number in range(1, len(export.parts) + 1)]
        first_on = self._span[0][: len("2026-03-02")] if self._span else None
        taken = Taken(export=export, file_name=file_name, source="", rows=rows, first_on=first_on)
        unmapped = {
            column: [Count(value, count) for value, count in counted.most_common()]
            for column, counted in self._unmapped.items()
            if counted
        }
        return ReadExport(
            kind=export.kind.name,
            mapping=export.mapping_name,
            mapping_title=export.mapping.title,
            tables=[
                _table(part, self._rows[number], self._first.get(number))
                for number, part in enumerate(export.parts, start=1)
            ],
            absent=export.absent,
            rows=sum(self._rows.values()),
            actions=self._numbers["actions"],
            skipped=self._numbers["skipped"],
            left_out=[Count(rule, rows) for rule, rows in self._left_out.most_common()],
            future=self._numbers["future"],
            unmapped=unmapped,
            dates=self._numbers["dates"],
            times=self._numbers["times"],
            first_at=self._span[0] if self._span else None,
            last_at=self._span[1] if self._span else None,
            quarantined=self._numbers["quarantined"],
            settled=self._numbers["settled"],
            waiting=self._numbers["waiting"],
            reasons=[ReasonCount(c, reason, rows) for (c, reason), rows in self._reasons.most_common()],
            quarantine=self._bad,
            sample=self._sample,
            unread=[] if earlier is None else unread_tables(taken, earlier),
            footers=self._numbers["footers"],
            alike=self._alike(versions),
            offsets=[Count(offset, rows) for offset, rows in self._offsets.most_common()],
            moved=self._numbers["moved"],
            are_offsets=export.mapping.offsets,
        )


def _table(part: Part, rows: int, first_row: int | None) -> ReadTable:
    layout = part.layout
    used = set(layout.used())
    return ReadTable(
        name=part.name,
        header_row=None if first_row is None else first_row - 1,
        rows=rows,
        continues=part.table.continues,
        columns={name: list(sources) for name, sources in (layout.columns | layout.joins).items()},
        constants=layout.constants,
        fills={name: list(sources) for name, sources in layout.fills.items()},
        actions=[
            {
                "step": action.constants[layout.kind.action],
                "columns": {n: list(s) for n, s in action.columns.items() if n in action.own},
            }
            for action in layout.actions
        ],
        unused=[name for name in part.table.columns if name not in used],
    )


def _unread(table: Table, zone: str) -> UnreadTable:
    rows = sample_of(table)
    first = rows.head(3).drop(ROW_NO).iter_rows(named=True)
    return UnreadTable(
        table.name,
        table.columns[:_MOST_SHOWN_COLUMNS],
        likeliest(rows, zone)[1],
        [{name: cell for name, cell in row.items() if cell} for row in first],
    )
