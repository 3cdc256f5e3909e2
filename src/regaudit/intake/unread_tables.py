"""What of an export was not read, held against what its source gave before."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from regaudit.catalogue.event_types import ImportRecorded, UnreadTable
from regaudit.sources.canonical.shapes import Export
from regaudit.sources.canonical.unread import (
    EMPTY,
    MISSING,
    UNRECOGNISED,
    lacking_steps,
    named_table,
    standing_name,
    steps_given,
    told_in_words,
)

LAST = 5
"""How many imports of a source tell what it gives."""
_NOW_EMPTY, _NOW_MISSING = "以前有数据,这次只有表头", "以前读取过,这次导出中没有"
_NOW_UNREAD = "以前读取过,这次"


def missing_from(event: ImportRecorded) -> list[str]:
    """What is missing from an import, each on one line (Chinese)."""
    lines = [told_in_words(table) for table in event.unread]
    if event.absent:
        lines.append(f"映射所写的列不在导出中:{'、'.join(event.absent)}")
    return [f"{event.file_name}:{line}" for line in lines]


class Taken(Struct, frozen=True, kw_only=True):
    """An export as it was taken in: its file, its source as far as it is known, and the rows of each part.

    `first_on` is the day (ISO) of its earliest row, None where rows have none.
    """

    export: Export
    file_name: str
    source: str
    rows: Sequence[int]
    first_on: str | None

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Title and rows of each table that was read."""
        return [(part.table.title, rows) for part, rows in zip(self.export.parts, self.rows, strict=True)]


def unread_tables(taken: Taken, earlier: Iterable[ImportRecorded]) -> list[UnreadTable]:
    """What is missing from an import; sheets of which nobody knows what they are only while they are new.

    `earlier` are the imports before it.
    """
    export = taken.export
    others = [event for event in earlier if event.kind == export.kind.name and not event.resubmits]
    same = [event for event in others if (event.source, event.mapping) == (taken.source, export.mapping_name)]
    last = [event for event in same if _undated(event.file_name) == _undated(taken.file_name)][-LAST:]
    found = _with_lost(taken, last)
    told = [table for table in found if table.tables or not _is_usual(table, last)]
    if len(export.parts) + len(export.unread) + len(export.declared) > 1:
        # What another source gives is not lacking here.
        beside = [part for event in others if event.source != taken.source for part in event.parts]
        given = [(part.title, part.rows) for part in beside]
        told += lacking_steps(export.mapping, export.kind, taken.parts, given, told)
    return told


def _undated(file_name: str) -> str:
    return "".join(char for char in file_name if not char.isdigit())


def _is_usual(table: UnreadTable, last: Sequence[ImportRecorded]) -> bool:
    """Whether a sheet of no kind stood there in all of the last imports."""
    words = told_in_words(table)
    return table.why == UNRECOGNISED and len(last) == LAST and all(words in e.ignored for e in last)


def _with_lost(taken: Taken, last: Sequence[ImportRecorded]) -> list[UnreadTable]:
    """The tables not taken, and those that the last imports all had, or were told to lack, and this lacks."""
    export = taken.export
    found = list(export.unread)
    present = {standing_name(export.mapping, title) for title, _ in taken.parts}
    filled = {standing_name(export.mapping, title) for title, rows in taken.parts if rows}
    had = [_tables_of(export, event) for event in last]
    had_rows = [_filled_of(event) for event in last if any(part.rows for part in event.parts)]
    for name, shown in had[-1].items() if had else ():
        is_empty = name in present
        was_there = bool(had_rows) and all(name in names for names in had_rows) if is_empty else True
        if name in filled or not was_there or not all(name in names for names in had):
            continue
        here = next((n for n, table in enumerate(found) if _called(export, table) == name), None)
        # A message of XML has no element, and a night's own export no row, where nothing happened.
        says_nothing = is_empty or taken.file_name.lower().endswith(".xml")
        if here is None and says_nothing and not _goes_back(taken, last[-1]):
            continue
        known = named_table(export.mapping, name)
        if any(name in table.tables for table in found) or (known and known.ignore):
            continue
        steps = steps_given(export.mapping, known, export.kind)
        if here is not None:
            reason = f"{_NOW_UNREAD}{found[here].reason}"
            found[here] = replace(found[here], tables=[name], steps=steps, reason=reason)
            continue
        why, reason = (EMPTY, _NOW_EMPTY) if is_empty else (MISSING, _NOW_MISSING)
        found.append(UnreadTable(name=shown, why=why, reason=reason, tables=[name], steps=steps))
    return found


def _goes_back(taken: Taken, last: ImportRecorded) -> bool:
    """Whether an export holds the days that the last one held: then what that had must be here as well."""
    return (taken.first_on or "") <= (last.first_on or "")


def _called(export: Export, table: UnreadTable) -> str:
    return standing_name(export.mapping, PurePosixPath(table.name).stem)


def _tables_of(export: Export, event: ImportRecorded) -> dict[str, str]:
    """The tables of an export, those included that it was told to lack, with their names for people.

    One that came as a single table may come under any name.
    """
    read = {part.table or standing_name(export.mapping, part.title): part.name for part in event.parts}
    lost = {name: table.name for table in event.unread for name in table.tables}
    return read | lost if len(event.parts) > 1 or lost else {}


def _filled_of(event: ImportRecorded) -> set[str]:
    """Those that had rows, those included that it was told to lack."""
    lost = {name for table in event.unread for name in table.tables}
    return {part.table for part in event.parts if part.rows} | lost
