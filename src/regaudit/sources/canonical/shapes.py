"""What an export is: which of its tables are read, and as what.

A table is what the mapping says of its title or its columns. Without a mapping the canonical columns are
looked for, then the tables of the shipped mappings.
"""

from collections.abc import Iterator

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.layouts import Lacking, Layout, has_columns, lay_out, title_match
from regaudit.sources.canonical.lookups import Lookups, given_by
from regaudit.sources.canonical.mapping import (
    CANONICAL,
    Mapping,
    Sheet,
    TableMapping,
    shipped_mappings,
)
from regaudit.sources.canonical.rows import make_canonical
from regaudit.sources.formats.headers import looks_like_data, plain_name
from regaudit.sources.tables import ROW_NO, Table


class Page(Struct, frozen=True):
    """A batch made canonical.

    `part_no` is the 1-based place in `Export.parts`. `rows` has `ROW_NO` and all canonical columns as text,
    null where blank; `ROW_NO` repeats where a row stands for several actions. `raw` is the batch as read,
    with the part's columns. `skipped` rows have no action: nothing happened yet, or a rule leaves them out.
    `refused` tells what the rejected rows are about, as `refused_schema`.
    """

    part_no: int
    rows: pl.DataFrame
    rejected: list[Rejected]
    raw: pl.DataFrame
    skipped: int
    refused: pl.DataFrame


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

    `ignored` are the tables that no `Export` reads, with the reason; only the first of several tells them.
    """

    kind: ExportKind
    parts: list[Part]
    ignored: list[str]
    mapping_name: str
    mapping: Mapping

    def pages(self, zone: str) -> Iterator[Page]:
        """The canonical rows of all parts, in batches, in order; times in `zone`.

        Tables that give others what those lack are read once more, before the first row that needs it.
        """
        lookups = Lookups([(part.table, part.layout) for part in self.parts])
        for part_no, part in enumerate(self.parts, start=1):
            for batch in part.table.read():
                made = make_canonical(batch, part.layout, self.mapping, zone, lookups)
                raw = _raw(batch.rows, part, made.filled)
                yield Page(part_no, made.rows, made.rejected, raw, made.skipped, made.refused)


def _raw(rows: pl.DataFrame, part: Part, filled: pl.DataFrame) -> pl.DataFrame:
    """A batch as read, with what it got from other rows beside it."""
    added = [name for name in part.columns if name not in rows.columns]
    if found := [name for name in added if name in filled.columns]:
        rows = rows.join(filled.select(ROW_NO, *found), on=ROW_NO, how="left", maintain_order="left")
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in added if name not in found)


class _Reading(Struct, frozen=True):
    """The tables of one kind as a mapping reads them: laid out by index, ignored, or lacking columns.

    `sheets` are the places of those laid out in the mapping's `tables`.
    """

    name: str
    mapping: Mapping
    layouts: dict[int, Layout]
    ignored: set[int]
    lacking: dict[int, Lacking]
    sheets: dict[int, int]


def known_columns(mapping: Mapping | None = None) -> frozenset[str]:
    """All names that a header may have: canonical in both languages, all shipped mappings', this one's."""
    kinds = export_kinds().values()
    canonical = [(name, *column.names) for kind in kinds for name, column in kind.columns.items()]
    mappings = [*shipped_mappings().values(), *([mapping] if mapping else [])]
    return frozenset[str]().union(*canonical, *(m.source_columns() for m in mappings))


def recognise_export(
    file_name: str, tables: list[Table], mapping_name: str = CANONICAL, mapping: Mapping | None = None
) -> list[Export]:
    """Find what kinds of rows an export has: one `Export` for each kind that is there.

    Args:
        file_name: for messages.
        tables: as opened.
        mapping_name: its name for the log; `canonical` looks for a fitting one among those shipped.
        mapping: how to read the export; `None` likewise.

    Raises:
        RefusedFileError: there is none; tells for each table the columns found and needed.
    """
    given = [(CANONICAL, Mapping()), *shipped_mappings().items()]
    if mapping is not None and mapping_name != CANONICAL:
        given = [(mapping_name, mapping)]
    kinds = export_kinds()
    readings = {name: [_read(n, m, tables, kind) for n, m in given] for name, kind in kinds.items()}
    chosen: dict[str, _Reading] = {}
    taken: set[int] = set()
    for kind in kinds:
        reading = _best(readings[kind])
        layouts = {i: layout for i, layout in reading.layouts.items() if i not in taken}
        if layouts:
            chosen[kind] = msgspec.structs.replace(reading, layouts=layouts)
            taken |= set(layouts)
    if not chosen:
        raise RefusedFileError(_refusal(file_name, tables, readings))
    ignored = _ignored(tables, taken, [*chosen.values()])
    return [
        Export(kinds[kind], _parts(tables, reading), [] if number else ignored, reading.name, reading.mapping)
        for number, (kind, reading) in enumerate(chosen.items())
    ]


def _best(readings: list[_Reading]) -> _Reading:
    """The one that reads most tables; of equals the first, which is the canonical form or the one given."""
    return max(readings, key=lambda reading: len(reading.layouts))


def _read(name: str, mapping: Mapping, tables: list[Table], kind: ExportKind) -> _Reading:
    """Lay out all tables that the mapping knows, then see which lack what others must give and cannot."""
    reading = _Reading(name, mapping, {}, set(), {}, {})
    filled = mapping.fill.items() if "fill" in kind.takes else ()
    fills = {column: fill.by for column, fill in filled if column in kind.columns}
    for number, table in enumerate(tables):
        match = _sheet(mapping, table)
        if match is None:
            continue
        sheet, known, is_named = match
        if known is not None and known.ignore:
            reading.ignored.add(number)
            continue
        layout = lay_out(table.columns, kind, sheet, fills)
        if isinstance(layout, Layout):
            reading.layouts[number] = layout
            reading.sheets[number] = 0 if known is None else mapping.tables.index(known) + 1
        elif is_named or sheet.required:
            reading.lacking[number] = layout
    for column in fills:
        _drop_unfilled(column, reading)
    return reading


def _drop_unfilled(column: str, reading: _Reading) -> None:
    """Where no table of the export has a column, none can give it to those that need it."""
    if any(given_by(column, layout) for layout in reading.layouts.values()):
        return
    for number, layout in list(reading.layouts.items()):
        if column in layout.fills:
            del reading.layouts[number]
            reading.lacking[number] = Lacking(layout.kind, (column,))


def _sheet(mapping: Mapping, table: Table) -> tuple[Sheet, TableMapping | None, bool] | None:
    """What the mapping says of a table: its sheet, which of its `tables` it is, whether the title told."""
    ranked = [(title_match(table.title, known.names), known) for known in mapping.tables]
    rank = max((rank for rank, _ in ranked), default=(0, 0))
    is_named = rank > (0, 0)
    if is_named:
        fitting = [known for r, known in ranked if r == rank]
    else:
        fitting = [t for t in mapping.tables if t.required and has_columns(table.columns, t.required)]
    if fitting:
        return mapping.sheet(fitting[0]), fitting[0], is_named
    return (mapping, None, False) if has_columns(table.columns, mapping.required) else None


def _parts(tables: list[Table], reading: _Reading) -> list[Part]:
    parts = []
    for number, layout in sorted(reading.layouts.items()):
        table = tables[number]
        added = [name for name in layout.fills if name not in table.columns]
        columns = [*table.columns, *added]
        parts.append(Part(table.name, table.member, columns, table, layout, reading.sheets[number]))
    return parts


def _ignored(tables: list[Table], taken: set[int], readings: list[_Reading]) -> list[str]:
    told = []
    for number, table in enumerate(tables):
        if number in taken:
            continue
        lacking = next((r.lacking[number] for r in readings if number in r.lacking), None)
        if any(number in reading.ignored for reading in readings):
            told.append(f"{table.name}(映射规定不读取)")
        elif lacking is not None:
            told.append(f"{table.name}(缺少{lacking.kind.named(lacking.columns)})")
        else:
            told.append(f"{table.name}({table.omitted or _none_of_them()})")
    return told


def _none_of_them() -> str:
    return f"不是{',也不是'.join(kind.title for kind in export_kinds().values())}"


def _refusal(file_name: str, tables: list[Table], readings: dict[str, list[_Reading]]) -> str:
    lines = [f"文件 {file_name} {_none_of_them()}。"]
    mappings = [reading.mapping for of_kind in readings.values() for reading in of_kind]
    known = frozenset(map(plain_name, known_columns().union(*(m.source_columns() for m in mappings))))
    for number, table in enumerate(tables):
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


def _hints(number: int, readings: dict[str, list[_Reading]]) -> Iterator[str]:
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


def _named_columns(read: tuple[ExportKind, _Reading]) -> int:
    kind, mapping = read[0], read[1].mapping
    sheets: list[Sheet] = [mapping, *mapping.tables]
    named = {name for sheet in sheets for name in (*sheet.columns, *sheet.constants)}
    named |= {name for sheet in sheets for action in sheet.actions for name in action.columns}
    return len(named & set(kind.columns))
