"""What a mapping names and an export has not: a column renamed on the platform must not go by unseen."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from regaudit.catalogue.kinds import ExportKind, all_columns
from regaudit.sources.canonical.layouts import speaks_of
from regaudit.sources.canonical.mapped_sheets import Sheet, TableMapping, listed
from regaudit.sources.canonical.mapping import Mapping
from regaudit.sources.formats.headers import plain_name


class Read(Struct, frozen=True):
    """A table that a mapping reads: its name for people, its columns, and which of `tables` it is, if any."""

    name: str
    columns: list[str]
    known: TableMapping | None


def absent_columns(mapping: Mapping, kind: ExportKind, tables: list[Read]) -> list[str]:
    """The columns that the mapping names and the tables lack, for people (Chinese).

    What stands under `[[tables]]` is looked for in those, what holds for all tables in any of them. Of lists
    one column must be there. A kind of which the mapping says nothing, such as a roster beside a log, lacks
    nothing.
    """
    told = []
    for table in tables:
        if table.known is not None:
            place = f"表 {table.name} 的 " if table.name else ""
            told += [place + text for text in _lacking(table.known, mapping, kind, [table])]
    is_overruled = mapping.actions and all(table.known and table.known.actions for table in tables)
    if speaks_of(mapping, kind) and not is_overruled:
        told += _lacking(mapping, mapping, kind, tables)
    return list(dict.fromkeys(told))


def _lacking(sheet: Sheet, mapping: Mapping, kind: ExportKind, tables: list[Read]) -> Iterator[str]:
    present = {plain_name(name) for table in tables for name in table.columns}
    optional = {plain_name(name) for name in (*sheet.optional, *mapping.optional)}
    for name, wanted in _named(sheet):
        if name not in kind.columns or (sheet is mapping and _is_overruled(name, tables)):
            continue
        plain = [plain_name(column) for column in wanted]
        if not present.intersection(plain) and not optional.intersection([plain_name(name), *plain]):
            yield f"{'、'.join(wanted)}({kind.title_of(name)})"


def _named(sheet: Sheet) -> Iterator[tuple[str, list[str]]]:
    for name, wanted in sheet.columns.items():
        yield name, listed(wanted)
    for name, parts in sheet.join.items():
        yield from ((name, [part]) for part in parts)
    for action in sheet.actions:
        for name, wanted in action.columns.items():
            yield name, listed(wanted)


def _is_overruled(name: str, tables: Iterable[Read]) -> bool:
    """Whether every table says itself what a canonical column is."""
    return all(table.known is not None and name in dict(_named(table.known)) for table in tables)


def unknown_conditions(mapping: Mapping, tables: list[Read]) -> Iterator[str]:
    """Conditions on columns that neither the tables nor the canonical form have (Chinese)."""
    for table in tables:
        if table.known is not None:
            yield from _unknown(table.known, mapping, [table])
    yield from _unknown(mapping, mapping, tables)


def _unknown(sheet: Sheet, mapping: Mapping, tables: list[Read]) -> Iterator[str]:
    present = {plain_name(name) for table in tables for name in table.columns}
    ours = [(name, *column.names) for name, column in all_columns().items()]
    allowed = {
        plain_name(name) for names in (sheet.optional, mapping.optional, *ours) for name in names
    } | present
    tests = [("[[rules]]", rule.when) for rule in sheet.rules]
    tests += [(f"[[actions]](step = {action.step!r})", action.when) for action in sheet.actions]
    for place, when in tests:
        for name in when:
            if plain_name(name) not in allowed:
                yield f"{place} 的条件 when = {{ {name} = … }}"
