"""Publishes the analyst database: a finished copy, moved into place in one step.

Readers of the old file keep it until they open the new one; the working file is never shared. The copy is
written in a storage format that DuckDB 1.4 reads too.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from regaudit.base.archive import sync_folder
from regaudit.base.duck import attach, quoted
from regaudit.base.folders import DATABASE, Folders
from regaudit.catalogue.published import PublishedTable, published_tables
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.warehouse.increments import Built, Increment, is_per_case
from regaudit.warehouse.keyed import is_keyed
from regaudit.warehouse.transaction import transaction

STORAGE_VERSION = "v1.4.0"


def draft(db: duckdb.DuckDBPyConnection, home: Path, increment: Increment, files: list[SqlFile]) -> Path:
    """Bring a private copy of the published tables up to date, and make the copy of it that `publish` shows.

    Where the private copy shows the very build that the warehouse has followed on, only the rows of
    touched cases and changed keys are written anew.
    """
    folders = Folders(home)
    copy = folders.work / f"publishing-{DATABASE}"
    # Under a name of its own while it is written: cut off, it shows no build.
    private = folders.work / "publishing-private.duckdb"
    follows = _take_private_copy(folders.work, increment, private)
    in_part = {file.table: file for file in files if follows and (is_per_case(file) or is_keyed(file))}
    attach(db, private, "published", f"STORAGE_VERSION '{STORAGE_VERSION}'", "RECOVERY_MODE NO_WAL_WRITES")
    # In order, threads leave no small pieces between full ones: to join those, a later night writes all anew.
    db.execute("SET preserve_insertion_order = true")
    try:
        with transaction(db):
            for name, table in published_tables().items():
                if table.source in in_part:
                    columns = ", ".join(table.columns)
                    increment.replace(f"published.main.{name}", columns, in_part[table.source])
                else:
                    _create(db, name, table)
    except BaseException:
        with suppress(duckdb.Error):
            db.execute("DETACH published")
        raise
    finally:
        db.execute("SET preserve_insertion_order = false")
    db.execute("DETACH published")
    private = private.replace(_private_path(folders.work, increment.now))
    shutil.copyfile(private, copy)
    with copy.open("rb+") as written:
        os.fsync(written.fileno())
    return copy


def publish(copy: Path, home: Path) -> Path:
    """Put a drafted copy in place of the analyst database of last time, in one step."""
    target = copy.replace(Folders(home).database)
    sync_folder(home)
    return target


def _take_private_copy(folder: Path, increment: Increment, private: Path) -> bool:
    """Put the private copy to be written at `private`, if it shows the build before; others are removed.

    Returns whether it does; else there is nothing at `private`.
    """
    private.unlink(missing_ok=True)
    last = _private_path(folder, increment.last) if increment.last and not increment.is_whole else None
    if follows := last is not None and last.exists():
        last.rename(private)
    for found in folder.glob("published-*"):
        found.unlink()
    return follows


def _private_path(folder: Path, built: Built) -> Path:
    return folder / f"published-{built.name}.duckdb"


def _create(db: duckdb.DuckDBPyConnection, name: str, table: PublishedTable) -> None:
    order = f"ORDER BY {', '.join(table.order)}" if table.order else ""
    columns = ", ".join(table.columns)
    db.execute(
        f"CREATE OR REPLACE TABLE published.main.{name} AS SELECT {columns} FROM {table.source} {order}"
    )
    db.execute(f"COMMENT ON TABLE published.main.{name} IS '{quoted(table.title)}'")
    for column, comment in table.columns.items():
        db.execute(f"COMMENT ON COLUMN published.main.{name}.{column} IS '{quoted(comment)}'")
