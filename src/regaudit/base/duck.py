"""The one way to open DuckDB."""

from pathlib import Path

import duckdb


def connect(
    path: Path | None = None,
    *,
    read_only: bool = False,
    memory_limit: str = "",
    temp_directory: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a database file or, without a path, one in memory.

    Args:
        path: the file; it is made where there is none, unless it is only read.
        read_only: several processes may read a file that nobody writes.
        memory_limit: as DuckDB writes it (`1200MB`); empty is DuckDB's own.
        temp_directory: where what does not fit into memory goes.

    Raises:
        duckdb.Error: the file cannot be opened, or is no database.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        # Nothing is fetched from anywhere: a closed network has nothing to fetch from.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if memory_limit:
        settings["memory_limit"] = memory_limit
    if temp_directory is not None:
        settings["temp_directory"] = str(temp_directory)
    db = duckdb.connect(path or ":memory:", read_only=read_only, config=settings)
    db.execute("SET enable_progress_bar = false")  # it would print into our output
    return db


def quoted(text: str) -> str:
    """A text as it stands between quotation marks in SQL."""
    return text.replace("'", "''")
