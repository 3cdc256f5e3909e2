"""A quarantine file that comes back corrected: its rows are read as the tables they once stood in.

The mapping is the one of the import that rejected them. Rows that come back are no longer open in that
import's quarantine; what is still wrong is in the new import's.
"""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.base.archive import restore
from regaudit.base.errors import RefusedFileError
from regaudit.base.folders import Folders
from regaudit.base.in_place import put_in_place
from regaudit.catalogue.event_types import ImportRecorded, Part, ResubmittedRows
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import States, import_states
from regaudit.intake.quarantine.file import (
    CLOSED,
    FILE,
    IMPORT,
    NOTES,
    ROW,
    TABLE,
    TEXT,
    TEXT_MARK,
    unmarked,
    unmarked_names,
)
from regaudit.intake.quarantine.open_rows import RowKey, open_counts, plain_title, rejected_rows, whole_number
from regaudit.sources.canonical.mapping import CANONICAL, Mapping
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO, Batch, Malformed, Table

_UNFILLED = "尚未改正:请按“_原文”把各列填好"
_UNTOUCHED = "以“_”开头的列请保持原样,只改正后面的各列"
Notes = dict[tuple[int, str], dict[int, int]]
"""By import and title of the table: the row that was rejected → the row of the corrected file."""


class Resubmission(Struct, frozen=True):
    """A corrected quarantine file: the rows it brings back, its tables, and the mapping that reads them."""

    rows: list[ResubmittedRows]
    tables: list[Table]
    mapping_name: str
    mapping: Mapping | None
    notes: Notes

    @property
    def count(self) -> int:
        """How many rows come back."""
        return sum(len(entry.row_nos) for entry in self.rows)


def resubmission(tables: list[Table], log: EventLog, home: Path) -> Resubmission | None:
    """What a quarantine file brings back; `None` for any other export.

    Raises:
        RefusedFileError: its notes were changed, are another workspace's, or those of imports that were read
            differently; or some of their columns are not there.
    """
    _refuse_lost_notes(tables)
    if (table := noted_table(tables)) is None:
        return None
    states = import_states(log)
    notes = _read_notes(table, states)
    numbers = sorted({number for number, _ in notes})
    if len({states[number].mapping_sha256 for number in numbers}) != 1:
        raise RefusedFileError("文件中的隔离行来自以不同映射导入的文件:请不要合并隔离文件,逐个改正、逐个导入")
    for (number, title), rows in notes.items():
        _check_rejected(home, states[number], title, rows)
    back = _with_earlier_attempts(home, states, notes)
    names = list(dict.fromkeys(name for _, name in notes))
    known = {column for number in numbers for part in states[number].parts for column in part.columns}
    first = states[numbers[0]]
    return Resubmission(
        rows=[_resubmitted(key, rows, notes.get(key, {})) for key, rows in sorted(back.items())],
        tables=[
            _part(table, name, _parts_named(states, notes, name), known, takes_damaged=name == names[0])
            for name in names
        ],
        mapping_name=first.mapping,
        mapping=archived_mapping(home, first),
        notes=notes,
    )


def _resubmitted(key: tuple[int, str], rows: set[int], noted: dict[int, int]) -> ResubmittedRows:
    ordered = sorted(rows)
    back = [noted.get(row_no, 0) for row_no in ordered]
    return ResubmittedRows(import_no=key[0], table=key[1], row_nos=ordered, as_row_nos=back)


def _refuse_lost_notes(tables: list[Table]) -> None:
    """Refuse a quarantine file that lost columns of its notes: as a plain export its rows would stay open."""
    for table in tables:
        left = [name for name in NOTES if name in table.columns]
        lost = [name for name in NOTES if name not in table.columns]
        if left and lost:
            raise RefusedFileError(
                f"文件有隔离文件的列“{'、'.join(left)}”,但缺少“{'、'.join(lost)}”:空白的列也不能删除。"
                "请从 quarantine/ 重新取用原来的文件,填入改正的内容后再导入;如果确是平台的导出,请改用其他列名"
            )


def close_files(home: Path, log: EventLog) -> None:
    """Move quarantine files of which no row is open any more into `quarantine/closed/`."""
    still_open = open_counts(log)
    for number, state in import_states(log).items():
        name = state.quarantine_file
        path = Folders(home).quarantine / name
        if name and number not in still_open and path.exists():
            (Folders(home).quarantine / CLOSED).mkdir(exist_ok=True)
            with suppress(FileNotFoundError):  # another process has just moved it
                put_in_place(path, Folders(home).quarantine / CLOSED / name)


def noted_table(tables: list[Table]) -> Table | None:
    """The table of a quarantine file; `None` where the export is something else.

    Raises:
        RefusedFileError: there are several, or other tables beside it.
    """
    filled = [table for table in tables if table.columns]
    noted = [table for table in filled if {IMPORT, TABLE, ROW} <= set(table.columns)]
    if noted and len(filled) > 1:
        raise RefusedFileError("隔离文件请逐个导入:一个文件中只能有一张隔离表,不要与其他表放在一起")
    return _with_own_names(noted[0]) if noted else None


def _with_own_names(table: Table) -> Table:
    """The table under the columns of its export: the file marks those that look like formulas."""
    names = unmarked_names(table.columns)

    def read() -> Iterator[Batch]:
        for batch in table.read():
            yield msgspec.structs.replace(
                batch, rows=batch.rows.rename(dict(zip(table.columns, names, strict=True)))
            )

    return msgspec.structs.replace(table, columns=names, read=read) if names != table.columns else table


def notes_of(row: dict[str, str | None]) -> tuple[int, RowKey]:
    """The import, table and row that the notes of a row of a quarantine file name."""
    return whole_number(row[IMPORT]), (plain_title(row[TABLE]), whole_number(row[ROW]))


def archived_mapping(home: Path, state: ImportRecorded) -> Mapping | None:
    """The mapping that an import was read with, from the archive; `None` for the canonical form.

    Raises:
        RefusedFileError: it is not in the archive, or was changed there.
    """
    if not state.mapping_sha256 or state.mapping == CANONICAL:
        return None
    with tempfile.TemporaryDirectory() as folder:
        restore(Folders(home).archive, state.mapping_sha256, Path(folder) / "mapping")
        content = (Path(folder) / "mapping").read_bytes()
    return msgspec.convert(msgspec.json.decode(content)[0], Mapping)


def _read_notes(table: Table, states: States) -> Notes:
    """The notes of all rows, each checked against the imports of this workspace."""
    notes: Notes = {}
    for batch in table.read():
        for row in _filled(batch.rows).select(ROW_NO, IMPORT, FILE, TABLE, ROW).iter_rows(named=True):
            number, (title, row_no) = notes_of(row)
            where = f"隔离文件第 {row[ROW_NO]} 行"
            if not number or not row_no:
                raise RefusedFileError(f"{where}的“{IMPORT}”和“{ROW}”不是原来的数字:{_UNTOUCHED}")
            state = states.get(number)
            if state is None or not state.quarantined or not _is_file(row[FILE], state):
                raise RefusedFileError(
                    f"{where}不是本工作区第 {number} 次导入的隔离行:可能来自另一个工作区,"
                    f"或以“_”开头的列被改动。{_UNTOUCHED}"
                )
            if state.parts and part_no_of(state, title) is None:
                raise RefusedFileError(
                    f"{where}的“{TABLE}”是 {title or '空'},第 {number} 次导入没有这张表:{_UNTOUCHED}"
                )
            notes.setdefault((number, title), {})[row_no] = row[ROW_NO]
    if not notes:
        raise RefusedFileError("隔离文件中没有数据行:请保留要改正的行及其以“_”开头的列")
    return notes


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    """Without the blank rows that a spreadsheet leaves."""
    cells = pl.exclude(ROW_NO).str.strip_chars().str.len_bytes().fill_null(0)
    return rows.filter(pl.any_horizontal(cells > 0))


def _is_file(cell: str | None, state: ImportRecorded) -> bool:
    """Whether the note names the import's file; where the cell was emptied, it cannot say otherwise."""
    return cell is None or plain_title(cell) == plain_title(state.file_name)


def _check_rejected(home: Path, state: ImportRecorded, title: str, rows: dict[int, int]) -> None:
    """Refuse notes that name rows which were not rejected, as far as the quarantine file still tells."""
    rejected = rejected_rows(home, state)
    for row_no, corrected_no in rows.items():
        if rejected is not None and (title, row_no) not in rejected:
            raise RefusedFileError(
                f"隔离文件第 {corrected_no} 行的“{ROW}”是 {row_no},"
                f"但 {state.file_name} 的该行没有被隔离:{_UNTOUCHED}"
            )


def _with_earlier_attempts(home: Path, states: States, notes: Notes) -> dict[tuple[int, str], set[int]]:
    """The rows that come back, and those that earlier corrections of the same rows left in quarantine."""
    back = {key: set(rows) for key, rows in notes.items()}
    waiting = list(back.items())
    while waiting:
        (number, title), rows = waiting.pop()
        for attempt, state in states.items():
            again = any(
                entry.import_no == number and plain_title(entry.table) == title and rows & set(entry.row_nos)
                for entry in state.resubmits
            )
            if not again or not state.quarantined:
                continue
            left = _left_in(home, state, number, title, rows)
            known = back.setdefault((attempt, title), set())
            if left - known:
                waiting.append(((attempt, title), left - known))
                known |= left
    return {key: rows for key, rows in back.items() if rows}


def _left_in(home: Path, state: ImportRecorded, number: int, title: str, rows: set[int]) -> set[int]:
    """The rows that an earlier correction of `rows` left in its own quarantine."""
    rejected = rejected_rows(home, state)
    if rejected is None:
        return set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corrected"
        restore(Folders(home).archive, state.file_sha256, path)
        table = noted_table(open_export(path, lambda _: None, frozenset(NOTES)))
        found = (
            row[ROW_NO]
            for batch in (table.read() if table else ())
            for row in batch.rows.iter_rows(named=True)
            if notes_of(row)[0] == number and notes_of(row)[1][0] == title and notes_of(row)[1][1] in rows
        )
        return {row_no for row_no in found if (title, row_no) in rejected}


def part_no_of(state: ImportRecorded, name: str) -> int | None:
    """The place (from 1) of the table that the notes name, by its name or its title."""
    for titles in ([part.name for part in state.parts], [part.title for part in state.parts]):
        for part_no, title in enumerate(titles, start=1):
            if plain_title(title) == name:
                return part_no
    return None


def _parts_named(states: States, notes: Notes, name: str) -> list[Part]:
    """What the imports that rejected rows of a table say of it."""
    of_imports = [states[number] for number, noted in notes if noted == name]
    return [
        state.parts[part_no - 1] for state in of_imports if (part_no := part_no_of(state, name)) is not None
    ]


def _part(table: Table, name: str, parts: list[Part], known: set[str], *, takes_damaged: bool) -> Table:
    """The rows of one table of the original export, with the columns that it had and any that were added.

    Those `known` from other tables alone are not its own. Which table a damaged row belongs to cannot be
    told: one of them takes all.
    """
    had = {column for part in parts for column in part.columns}
    own = [c for c in table.columns if c not in NOTES and (c in had or c not in known)]
    noted = pl.col(TABLE).fill_null("").str.strip_chars().str.strip_prefix(TEXT_MARK).str.strip_chars()

    def read() -> Iterator[Batch]:
        for batch in table.read():
            rows = _filled(batch.rows).filter(noted == name)
            cells = rows.select(ROW_NO, *map(unmarked, own))
            # A row that did not fit its table comes with its raw text and blank cells: left so, it is no
            # blank row, but one that nobody has corrected.
            is_blank = pl.all_horizontal(pl.exclude(ROW_NO).fill_null("").str.strip_chars() == "")
            left = rows.select(ROW_NO, TEXT).filter(cells.select(is_blank).to_series())
            untouched = [Malformed(row_no, _UNFILLED, text or "") for row_no, text in left.rows()]
            numbers = set(rows[ROW_NO]) if batch.doubts else ()
            doubts = [doubt for doubt in batch.doubts if doubt.row_no in numbers]
            damaged = batch.malformed if takes_damaged else []
            yield Batch(cells.filter(~is_blank), [*damaged, *untouched], doubts)

    return Table(own, read, name, parts[0].title if parts else name, table.member)
