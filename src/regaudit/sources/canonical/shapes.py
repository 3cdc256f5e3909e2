"""What an export is: which of its tables are read, and as what.

A table is what the mapping says of its title or its columns. Without a mapping the canonical columns are
looked for, then the tables of the shipped mappings.
"""

from collections.abc import Iterator

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.catalogue.event_types import UnreadTable
from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.sources.canonical.absences import absent_columns, unknown_conditions
from regaudit.sources.canonical.batches import as_read, counted_alike
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.layouts import Lacking, Layout, has_columns, lay_out
from regaudit.sources.canonical.lookups import Lookups
from regaudit.sources.canonical.mapped_sheets import Sheet
from regaudit.sources.canonical.mapping import (
    CANONICAL,
    Mapping,
    shipped_mappings,
)
from regaudit.sources.canonical.readings import Reading, best_of, read_as
from regaudit.sources.canonical.rows import make_canonical
from regaudit.sources.canonical.unread import none_of_them, not_taken, told_in_words
from regaudit.sources.formats.headers import looks_like_data, plain_name
from regaudit.sources.tables import BLANK_SHEET, ROW_NO, Table


class Page(Struct, frozen=True):
    """A batch made canonical.

    `part_no` is the 1-based place in `Export.parts`. `rows` has `ROW_NO` and all canonical columns as text,
    null where blank; `ROW_NO` repeats where a row stands for several actions. `raw` is the batch as read,
    with the part's columns. `skipped` rows have no action: nothing happened yet, or a rule leaves them out.
    `refused` tells what the rejected rows are about, as `refused_schema`. `left_out` counts the rows that
    rules leave out, by rule; they are among the skipped ones. `footers`
    counts rows below the data that are none.
    """

    part_no: int
    rows: pl.DataFrame
    rejected: list[Rejected]
    raw: pl.DataFrame
    skipped: int
    refused: pl.DataFrame
    left_out: dict[str, int]
    footers: int

    @property
    def row_count(self) -> int:
        """How many rows of the table it is made of; one of several actions may be both good and rejected."""
        if not self.rejected:
            return self.rows[ROW_NO].n_unique() + self.skipped
        rejected = pl.Series([bad.row_no for bad in self.rejected], dtype=pl.Int64)
        return pl.concat([self.rows[ROW_NO].cast(pl.Int64), rejected]).n_unique() + self.skipped

    def dated_after(self, day: str, moment: str) -> int:
        """How many canonical rows have a time (column `day`) behind an ISO moment, and so count later."""
        latest = self.rows[day].max() if day else None
        return int((self.rows[day] > moment).sum()) if isinstance(latest, str) and latest > moment else 0


class Part(Struct, frozen=True):
    """A table that is read.

    `name` is what people are shown, `member` its file in a folder. `columns` are the table's, and after
    them the canonical ones that other rows fill: a quarantined row then carries what it got from them.
    `sheet_no` is the place (from 1) of the table in the mapping's `tables`, 0 where it is none of those.
    """

    name: str
    member: str
    columns: list[str]
    table: Table
    layout: Layout
    sheet_no: int


class Export(Struct, frozen=True):
    """All tables of an export that are of one kind, and the mapping that reads them.

    `unread` are the tables that no `Export` reads, `declared` those that the mapping leaves out, by name;
    only the first of several tells them. `absent` are columns that the mapping names and the tables lack
    (Chinese).
    """

    kind: ExportKind
    parts: list[Part]
    unread: list[UnreadTable]
    declared: list[str]
    mapping_name: str
    mapping: Mapping
    absent: list[str]

    @property
    def ignored(self) -> list[str]:
        """All tables that are not read, with the reason (Chinese)."""
        return [*(f"{name}(映射规定不读取)" for name in self.declared), *map(told_in_words, self.unread)]

    @property
    def added(self) -> list[str]:
        """The columns that came when there were logs already, as far as the tables are read for them."""
        found = {name for part in self.parts for name, _ in part.layout.sources()}
        return [name for name in self.kind.added if name in found]

    def pages(self, zone: str) -> Iterator[Page]:
        """The canonical rows of all parts, in batches, in order; times in `zone`.

        Tables that give others what those lack are read once more, before the first row that needs it.
        """
        lookups = Lookups([(part.table, part.layout) for part in self.parts])
        for part_no, part in enumerate(self.parts, start=1):
            for read in part.table.read():
                batch = counted_alike(read, part.layout) if part.table.counts_from_1904 else read
                made = make_canonical(batch, part.layout, self.mapping, zone, lookups)
                raw = as_read(batch, part.columns, made.filled)
                yield Page(
                    part_no,
                    made.rows,
                    made.rejected,
                    raw,
                    made.skipped,
                    made.refused,
                    made.left_out,
                    len(batch.footers),
                )


def known_columns(mapping: Mapping | None = None) -> frozenset[str]:
    """All names that a header may have: canonical in both languages, all shipped mappings', this one's."""
    kinds = export_kinds().values()
    canonical = [(name, *column.names) for kind in kinds for name, column in kind.columns.items()]
    mappings = [*shipped_mappings().values(), *([mapping] if mapping else [])]
    return frozenset[str]().union(*canonical, *(m.source_columns() for m in mappings))


def recognise_export(
    file_name: str,
    tables: list[Table],
    mapping_name: str = CANONICAL,
    mapping: Mapping | None = None,
    *,
    is_returned: bool = False,
) -> list[Export]:
    """Find what kinds of rows an export has: one `Export` for each kind that is there.

    Args:
        file_name: for messages.
        tables: as opened.
        mapping_name: its name for the log; `canonical` looks for a fitting one among those shipped.
        mapping: how to read the export; `None` likewise.
        is_returned: of rows that come back from quarantine, read by the mapping of then: what it names and
            they lack was told then.

    Raises:
        RefusedFileError: there is none; tells for each table the columns found and needed. Or the mapping has
            conditions on columns that are not there.
    """
    given = [(CANONICAL, Mapping()), *shipped_mappings().items()]
    if mapping is not None and mapping_name != CANONICAL:
        given = [(mapping_name, mapping)]
    kinds = export_kinds()
    readings = {name: [read_as(n, m, tables, kind) for n, m in given] for name, kind in kinds.items()}
    chosen: dict[str, Reading] = {}
    taken: set[int] = set()
    for kind in kinds:
        reading = best_of(readings[kind])
        layouts = {i: layout for i, layout in reading.layouts.items() if i not in taken}
        if layouts:
            chosen[kind] = msgspec.structs.replace(reading, layouts=layouts)
            taken |= set(layouts)
    if not chosen:
        raise RefusedFileError(_refusal(file_name, tables, readings))
    [(first, reading), *_] = chosen.items()
    left = [(number, table) for number, table in enumerate(tables) if number not in taken]
    ignored = set[int]().union(*(found.ignored for found in chosen.values()))
    lacking = {number: lack for found in reversed(chosen.values()) for number, lack in found.lacking.items()}
    unread = [
        told
        for number, table in left
        if number not in ignored
        and (told := not_taken(table, reading.mapping, kinds[first], lacking.get(number)))
    ]
    declared = [table.name for number, table in left if number in ignored]
    for reading in () if is_returned else chosen.values():
        _refuse_unknown(file_name, reading, tables)
    return [
        Export(
            kinds[kind],
            _parts(tables, reading),
            [] if number else unread,
            [] if number else declared,
            reading.name,
            reading.mapping,
            [] if is_returned else absent_columns(reading.mapping, kinds[kind], reading.tables(tables)),
        )
        for number, (kind, reading) in enumerate(chosen.items())
    ]


def _refuse_unknown(file_name: str, reading: Reading, tables: list[Table]) -> None:
    if unknown := list(unknown_conditions(reading.mapping, reading.tables(tables))):
        raise RefusedFileError(
            f"文件 {file_name} 不能按映射 {reading.name} 读取:{';'.join(dict.fromkeys(unknown))} "
            "所说的列,表中没有,也不是标准列:请改正列名;可以没有的列,写进映射的 optional"
        )


def _parts(tables: list[Table], reading: Reading) -> list[Part]:
    parts = []
    for number, layout in sorted(reading.layouts.items()):
        table = tables[number]
        added = [name for name in layout.fills if name not in table.columns]
        columns = [*table.columns, *added]
        parts.append(Part(table.name, table.member, columns, table, layout, reading.sheets[number]))
    return parts


def _refusal(file_name: str, tables: list[Table], readings: dict[str, list[Reading]]) -> str:
    lines = [f"文件 {file_name} {none_of_them()}。"]
    mappings = [reading.mapping for of_kind in readings.values() for reading in of_kind]
    known = frozenset(map(plain_name, known_columns().union(*(m.source_columns() for m in mappings))))
    for number, table in enumerate(tables):
        if table.omitted == BLANK_SHEET:
            continue
        if len(tables) > 1:
            lines.append(f"  表 {table.name}:")
        if table.omitted:
            lines.append(f"  {table.omitted}")
            continue
        lines.append(f"  找到的列:{_shown_columns(table.columns, known)}")
        if any(number in reading.ignored for of_kind in readings.values() for reading in of_kind):
            lines.append("  映射规定不读取此表")
            continue
        for name, kind in export_kinds().items():
            plain = readings[name][0]
            layout = lay_out(table.columns, kind, plain.mapping)
            lacking = plain.lacking.get(number) or layout
            if not has_columns(table.columns, plain.mapping.required):
                lines.append(f"  映射要求这些列:{'、'.join(plain.mapping.required)}")
            elif isinstance(lacking, Lacking):
                lines.append(f"  {kind.title}还缺:{kind.named(lacking.columns)}")
        lines += _hints(number, readings)
    lines.append("  请检查是否选错文件;列名不同时,用 --mapping 给出映射文件")
    return "\n".join(lines)


def _shown_columns(columns: list[str], known: frozenset[str]) -> str:
    """The known ones; what else stands where names should be may be data: a person's name, an id number."""
    shown = [name for name in columns if plain_name(name) in known]
    others = len(columns) - len(shown)
    hint = "像是数据,没有列名:请让导出带上表头" if looks_like_data(columns) else "列名见 regaudit preview"
    return "、".join(shown + ([f"另有 {others} 列不认识({hint})"] if others else [])) or "无"


def _hints(number: int, readings: dict[str, list[Reading]]) -> Iterator[str]:
    """What a shipped mapping that knows the table misses, and how to give it."""
    for of_kinds in zip(*(of_kind[1:] for of_kind in readings.values()), strict=True):
        # A mapping does not say of which kind its exports are: of the one that it gives most columns of.
        reading = max(zip(export_kinds().values(), of_kinds, strict=True), key=_named_columns)[1]
        if (lacking := reading.lacking.get(number)) is None:
            continue
        yield f"  看来是{reading.mapping.title},还缺:{lacking.kind.named(lacking.columns)}"
        if lacking.columns == ("office",):
            yield (
                f'  整个文件属于同一登记机构时,可写一个映射文件:extends = "{reading.name}",'
                '再加 [constants] 和 office = "六位区县代码",用 --mapping 给出'
            )


def _named_columns(read: tuple[ExportKind, Reading]) -> int:
    kind, mapping = read[0], read[1].mapping
    sheets: list[Sheet] = [mapping, *mapping.tables]
    named = {name for sheet in sheets for name in (*sheet.columns, *sheet.constants)}
    named |= {name for sheet in sheets for action in sheet.actions for name in action.columns}
    return len(named & set(kind.columns))
