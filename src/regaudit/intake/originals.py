"""The rows of archived files that events were made of, as they stood there.

The log says which file, table and row; the archive has the file. What was corrected in a quarantine file is
followed back to the row that was rejected.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as MappingOf
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.base.archive import restore
from regaudit.base.errors import RefusedFileError
from regaudit.base.folded_text import fold
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import ImportRecorded
from regaudit.catalogue.events import LogEvent, state_of
from regaudit.catalogue.kinds import export_kinds
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import States, import_states
from regaudit.intake.quarantine.file import IMPORT, NOTES, ROW, TABLE, TEXT
from regaudit.intake.quarantine.resubmission import archived_mapping, noted_table, notes_of, part_no_of
from regaudit.intake.scratch_folder import scratch_folder
from regaudit.sources.canonical.mapping import Mapping, delimiter_of
from regaudit.sources.canonical.shapes import known_columns
from regaudit.sources.formats.headers import plain_name
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO, Table

Place = tuple[int, int, int]
"""Import, table of it (from 1), row of the table."""
Rows = dict[tuple[int, int], dict[str, str]]
OnBytes = Callable[[int], None]


class Original(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row as it stood in the archived file: its cells by column, blank ones left out.

    `unmapped` are the columns that neither the import's mapping nor the kind of its rows knows. `problem`
    (Chinese) says why it cannot be shown. `rejected` is the row of the earlier file that this one, of a
    corrected quarantine file, stands for.
    """

    import_no: int
    file_name: str
    file_sha256: str
    row_no: int
    table: str = ""
    cells: dict[str, str] = {}
    unmapped: list[str] = []
    problem: str = ""
    rejected: "Original | None" = None


def find_originals(
    home: Path, office: str, case_no: str, on_bytes: OnBytes = lambda _: None
) -> dict[int, Original]:
    """The original row of every event of a case, by log position.

    As `stream_originals`.
    """
    stream = f"case:{office}/{case_no}"
    return stream_originals(home, {stream, fold(stream)}, on_bytes)


def stream_originals(
    home: Path, streams: Iterable[str], on_bytes: OnBytes = lambda _: None
) -> dict[int, Original]:
    """The original row of every event of some streams that holds a row of an export, by log position.

    Each archived file is read once, and no further than to the last row wanted. What the archive no longer
    has, or has changed, is told in `problem`; the other rows are found all the same.

    Raises:
        LogError: the log cannot be read.
    """
    with EventLog(home) as log:
        places = dict(place for stream in streams for place in _places(log, stream))
    return find_rows(home, places, on_bytes)


def find_rows(
    home: Path, places: MappingOf[int, Place], on_bytes: OnBytes = lambda _: None
) -> dict[int, Original]:
    """The original rows of events whose places are known, by log position; as `stream_originals`."""
    with EventLog(home) as log:
        states = import_states(log)
    found = _find(home, states, places.values(), on_bytes)
    return {position: found[place] for position, place in places.items()}


def as_facts(original: Original, *, is_whole: bool = True) -> dict[str, Any]:
    """For programs: what is empty is left out.

    Unless it `is_whole`, unmapped columns are only counted, as `hidden`: nobody knows what stands in them.
    """
    facts: dict[str, Any] = msgspec.to_builtins(original)
    unmapped = facts.pop("unmapped", [])
    if unmapped and not is_whole:
        facts["cells"] = {name: cell for name, cell in facts["cells"].items() if name not in unmapped}
        facts["hidden"] = len(unmapped)
    if original.rejected is not None:
        facts["rejected"] = as_facts(original.rejected, is_whole=is_whole)
    return facts


def _places(log: EventLog, stream: str) -> Iterator[tuple[int, Place]]:
    topics = {topic for kind in export_kinds().values() for topic in kind.topics}
    for position, event in log.events_at(stream, LogEvent):
        if event.TOPIC in topics:
            fields = state_of(event)
            yield position, (fields["import_no"], fields.get("part_no", 1), fields["row_no"])


def _find(home: Path, states: States, places: Iterable[Place], on_bytes: OnBytes) -> dict[Place, Original]:
    """All rows, and for those of corrected quarantine files the rows that were rejected."""
    found: dict[Place, Original] = {}
    parents: dict[Place, Place] = {}
    wanted = set(places)
    while wanted:
        by_import: dict[int, set[Place]] = {}
        for place in wanted:
            by_import.setdefault(place[0], set()).add(place)
        for import_no, of_import in sorted(by_import.items()):
            for place, original in _read_import(home, states[import_no], of_import, on_bytes):
                found[place] = original
                if (parent := _rejected_place(states, original)) is not None:
                    parents[place] = parent
        wanted = set(parents.values()) - set(found)
    return {place: _with_rejected(place, found, parents) for place in found}


def _with_rejected(place: Place, found: dict[Place, Original], parents: dict[Place, Place]) -> Original:
    # Each stands in an earlier import than the row that corrects it.
    if (parent := parents.get(place)) is None:
        return found[place]
    return msgspec.structs.replace(found[place], rejected=_with_rejected(parent, found, parents))


def _rejected_place(states: States, original: Original) -> Place | None:
    """Which row of an earlier import the notes of a corrected row name."""
    if not states[original.import_no].resubmits:
        return None
    number, (name, row_no) = notes_of({key: original.cells.get(key) for key in (IMPORT, TABLE, ROW)})
    if not row_no or not 0 < number < original.import_no:
        return None
    return number, part_no_of(states[number], name) or 1, row_no


def _read_import(
    home: Path, state: ImportRecorded, places: set[Place], on_bytes: OnBytes
) -> Iterator[tuple[Place, Original]]:
    """The rows of one import; what is wrong with its archived file is told of each of them."""
    rows: Rows = {}
    mapped = frozenset[str]()
    problems: dict[int, str] = {}
    try:
        mapping = archived_mapping(home, state)
        mapped = _mapped(state, mapping)
        rows = _read_file(home, state, mapping, places, problems=problems, on_bytes=on_bytes)
    except RefusedFileError as error:
        problems = {part_no: str(error) for _, part_no, _ in places}
    for place in places:
        _, part_no, row_no = place
        parts = state.parts
        missing = problems.get(part_no, f"存档文件中没有第 {row_no} 行")
        cells = rows.get((part_no, row_no), {})
        yield (
            place,
            Original(
                import_no=place[0],
                file_name=state.file_name,
                file_sha256=state.file_sha256,
                row_no=row_no,
                table=parts[part_no - 1].name if len(parts) > 1 else "",
                cells=cells,
                unmapped=[name for name in cells if plain_name(name) not in mapped],
                problem="" if (part_no, row_no) in rows else missing,
            ),
        )


def _mapped(state: ImportRecorded, mapping: Mapping | None) -> frozenset[str]:
    """The names of columns that the program knows of an import, as they are compared; raw text is none."""
    kind = export_kinds().get(state.kind)
    names = [name for name in NOTES if name != TEXT]
    names += [name for key, column in (kind.columns if kind else {}).items() for name in (key, *column.names)]
    return frozenset(map(plain_name, [*names, *(mapping.source_columns() if mapping else ())]))


def _read_file(
    home: Path,
    state: ImportRecorded,
    mapping: Mapping | None,
    places: set[Place],
    *,
    problems: dict[int, str],
    on_bytes: OnBytes,
) -> Rows:
    """The wanted rows of an archived file."""
    name = state.file_name if state.file_name not in ("", ".", "..") else "export"
    rows: Rows = {}
    with scratch_folder(home) as folder:
        restore(Folders(home).archive, state.file_sha256, folder / name)
        tables = open_export(folder / name, on_bytes, known_columns(mapping), delimiter_of(mapping))
        for part_no in {part_no for _, part_no, _ in places}:
            table = _table(state, part_no, tables)
            if table is None:
                problems[part_no] = "存档文件的表与导入时读出的不同"
                continue
            numbers = {row_no for _, part, row_no in places if part == part_no}
            rows |= {(part_no, row_no): cells for row_no, cells in _read_rows(table, numbers)}
    return rows


def _table(state: ImportRecorded, part_no: int, tables: list[Table]) -> Table | None:
    """The table of a file that an import called its part `part_no`; `None` where there is none like it."""
    if state.resubmits:
        return noted_table(tables)
    if not state.parts:
        return tables[0] if len(tables) == 1 else None
    part = state.parts[part_no - 1]
    same = (table for table in tables if table.name == part.name)
    return next((table for table in same if set(table.columns) <= set(part.columns)), None)


def _read_rows(table: Table, numbers: set[int]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows with these numbers, read no further than to the last of them."""
    left = set(numbers)
    for batch in table.read():
        for row in batch.rows.filter(pl.col(ROW_NO).is_in(sorted(left))).iter_rows(named=True):
            left.discard(row[ROW_NO])
            yield (
                row[ROW_NO],
                {n: cell for n, cell in row.items() if n != ROW_NO and cell and not cell.isspace()},
            )
        for damaged in batch.malformed:
            if damaged.row_no in left:
                left.discard(damaged.row_no)
                yield damaged.row_no, {TEXT: damaged.text}
        if not left:
            return
