"""How a mapping reads the tables of an export: which of them, and as what."""

from msgspec import Struct

from regaudit.catalogue.kinds import ExportKind
from regaudit.sources.canonical.absences import Read
from regaudit.sources.canonical.layouts import Lacking, Layout, has_columns, lay_out, title_match
from regaudit.sources.canonical.lookups import given_by
from regaudit.sources.canonical.mapped_sheets import Sheet, TableMapping
from regaudit.sources.canonical.mapping import Mapping
from regaudit.sources.tables import Table


class Reading(Struct, frozen=True):
    """The tables of one kind as a mapping reads them: laid out by index, ignored, or lacking columns.

    `sheets` are the places of those laid out in the mapping's `tables`.
    """

    name: str
    mapping: Mapping
    layouts: dict[int, Layout]
    ignored: set[int]
    lacking: dict[int, Lacking]
    sheets: dict[int, int]

    def tables(self, tables: list[Table]) -> list[Read]:
        """The tables of the export that it reads."""
        known = self.mapping.tables
        return [
            Read(tables[n].name, tables[n].columns, known[no - 1] if (no := self.sheets[n]) else None)
            for n in sorted(self.layouts)
        ]


def best_of(readings: list[Reading]) -> Reading:
    """The one that reads most tables; of equals the first, which is the canonical form or the one given."""
    return max(readings, key=lambda reading: len(reading.layouts))


def read_as(name: str, mapping: Mapping, tables: list[Table], kind: ExportKind) -> Reading:
    """Lay out all tables that the mapping knows, then see which lack what others must give and cannot."""
    reading = Reading(name, mapping, {}, set(), {}, {})
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


def _drop_unfilled(column: str, reading: Reading) -> None:
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
