"""Publishes the analyst database: a finished copy, moved into place in one step.

Readers of the old file keep it until they open the new one; the working file is never shared. The copy is
written in a storage format that DuckDB 1.4 reads too.
"""

import os
import tomllib
from pathlib import Path

import duckdb
from msgspec import Struct, convert

from regaudit.content import projections_dir
from regaudit.intake.workbench import WORK_FOLDER
from regaudit.sources.files import sync_folder

DATABASE = "regaudit.duckdb"
STORAGE_VERSION = "v1.4.0"


class PublishedTable(Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """A table of the analyst database: where it comes from, and what its columns mean."""

    source: str
    title: str
    order: list[str]
    columns: dict[str, str]


def published_tables() -> dict[str, PublishedTable]:
    """The analyst database as `projections/published.toml` describes it."""
    text = (projections_dir() / "published.toml").read_text(encoding="utf-8")
    return convert(tomllib.loads(text), dict[str, PublishedTable])


def publish(db: duckdb.DuckDBPyConnection, home: Path) -> Path:
    """Copy the published tables, with their Chinese comments, and replace the database of last time."""
    target, draft = home / DATABASE, home / WORK_FOLDER / f"publishing-{DATABASE}"
    for leftover in (draft, draft.with_name(draft.name + ".wal")):
        leftover.unlink(missing_ok=True)
    db.execute(f"ATTACH '{_quoted(str(draft))}' AS published (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        for name, table in published_tables().items():
            _copy(db, name, table)
    finally:
        db.execute("DETACH published")
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(target)
    sync_folder(home)
    return target


def _copy(db: duckdb.DuckDBPyConnection, name: str, table: PublishedTable) -> None:
    order = f"ORDER BY {', '.join(table.order)}" if table.order else ""
    columns = ", ".join(table.columns)
    db.execute(f"CREATE TABLE published.main.{name} AS SELECT {columns} FROM {table.source} {order}")
    db.execute(f"COMMENT ON TABLE published.main.{name} IS '{_quoted(table.title)}'")
    for column, comment in table.columns.items():
        db.execute(f"COMMENT ON COLUMN published.main.{name}.{column} IS '{_quoted(comment)}'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
