"""A quarantine file that comes back corrected: its rows are read as the tables they once stood in.

The mapping is the one of the import that rejected them. Rows that come back are no longer open in that
import's quarantine; what is still wrong is in the new import's.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.errors import RefusedFileError
from regaudit.eventlog.log import EventLog
from regaudit.intake.quarantine import IMPORT, NOTES, ROW, TABLE
from regaudit.sources.files import restore
from regaudit.sources.mapping import CANONICAL, Mapping
from regaudit.sources.tables import ROW_NO, Batch, Table

CLOSED = "closed"


class Resubmission(Struct, frozen=True):
    """A corrected quarantine file: the rows it brings back, its tables, and the mapping that reads them."""

    rows: list[dict[str, Any]]
    tables: list[Table]
    mapping_name: str
    mapping: Mapping | None

    @property
    def count(self) -> int:
        """How many rows come back."""
        return sum(len(entry["row_nos"]) for entry in self.rows)


def resubmission(tables: list[Table], log: EventLog, home: Path) -> Resubmission | None:
    """What a quarantine file brings back; `None` for any other export.

    Raises:
        RefusedFileError: its notes name no import of this workspace, or several that were read differently.
    """
    if len(tables) != 1 or not {IMPORT, TABLE, ROW} <= set(tables[0].columns):
        return None
    [table] = tables
    notes = pl.concat([batch.rows.select(IMPORT, TABLE, ROW) for batch in table.read()] or [_no_notes()])
    found = notes.with_columns(pl.col(IMPORT, ROW).str.strip_chars().cast(pl.Int64, strict=False)).drop_nulls(
        [IMPORT, ROW]
    )
    numbers = found[IMPORT].unique().sort().to_list()
    imports = {
        e.originator_version: vars(e) for e in log.events("imports") if e.originator_version in numbers
    }
    if not imports or len({state["mapping_sha256"] for state in imports.values()}) != 1:
        raise RefusedFileError(
            f"隔离文件的“{IMPORT}”列应是本工作区的导入号,且各行以同一映射导入:请不要改动以“_”开头的列,"
            "也不要把不同的隔离文件合并"
        )
    first = next(iter(imports.values()))
    parts = {part["title"]: part for state in imports.values() for part in state.get("parts", [])}
    titles = notes[TABLE].fill_null("").unique(maintain_order=True).to_list()
    grouped = found.with_columns(pl.col(TABLE).fill_null("")).group_by(IMPORT, TABLE, maintain_order=True)
    return Resubmission(
        rows=[
            {"import_no": number, "table": title, "row_nos": sorted(set(group[ROW].to_list()))}
            for (number, title), group in grouped
        ],
        tables=[
            _part(table, title, parts.get(title, {}).get("columns"), takes_damaged=number == 0)
            for number, title in enumerate(titles)
        ],
        mapping_name=first["mapping"],
        mapping=_mapping(home, first),
    )


def close_files(home: Path, log: EventLog) -> None:
    """Move quarantine files of which every row came back into `quarantine/closed/`."""
    rejected, returned = {}, dict[int, set[tuple[str, int]]]()
    for event in log.events("imports"):
        state = vars(event)
        rejected[event.originator_version] = (state["quarantine_file"], state["quarantined"])
        for entry in state.get("resubmits", []):
            rows = returned.setdefault(entry["import_no"], set())
            rows |= {(entry["table"], row_no) for row_no in entry["row_nos"]}
    for number, rows in returned.items():
        name, count = rejected[number]
        path = home / "quarantine" / name
        if name and len(rows) >= count and path.exists():
            (home / "quarantine" / CLOSED).mkdir(exist_ok=True)
            path.replace(home / "quarantine" / CLOSED / name)


def _mapping(home: Path, state: dict[str, Any]) -> Mapping | None:
    """The mapping that an import was read with, from the archive."""
    if not state["mapping_sha256"] or state["mapping"] == CANONICAL:
        return None
    with tempfile.TemporaryDirectory(dir=home) as folder:
        restore(home / "archive", state["mapping_sha256"], Path(folder) / "mapping")
        content = (Path(folder) / "mapping").read_bytes()
    return msgspec.convert(msgspec.json.decode(content)[0], Mapping)


def _part(table: Table, title: str, columns: list[str] | None, *, takes_damaged: bool) -> Table:
    """The rows of one table of the original export, with the columns that it had.

    Which table a damaged row belongs to cannot be told: one of them takes all.
    """
    own = [c for c in table.columns if c not in NOTES and (columns is None or c in columns)]

    def read() -> Iterator[Batch]:
        for batch in table.read():
            rows = batch.rows.filter(pl.col(TABLE).fill_null("") == title).select(ROW_NO, *own)
            yield Batch(rows, batch.malformed if takes_damaged else [])

    return Table(own, read, table.name, title, table.member)


def _no_notes() -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys((IMPORT, TABLE, ROW), pl.String))
