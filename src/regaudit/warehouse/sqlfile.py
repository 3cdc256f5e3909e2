"""One SQL file: a TOML head comment, then one SELECT. What it reads is derived from the SELECT itself."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import msgspec
from msgspec import Struct

from regaudit.content import projections_dir

LAYERS = ("staging", "core", "findings")
_HEAD = re.compile(r"\A/\*\n(.*?)\*/\n(.*)\Z", re.DOTALL)


class SqlFile(Struct, frozen=True):
    """A table of the warehouse and the SELECT that makes it."""

    layer: str
    name: str
    head: dict[str, Any]
    select: str
    reads: frozenset[str]

    @property
    def table(self) -> str:
        """Its name in the warehouse: `layer.name`."""
        return f"{self.layer}.{self.name}"


def load_sql_files(folder: Path | None = None) -> list[SqlFile]:
    """Every SQL file of `projections/`, each after those it reads.

    Raises:
        ValueError: a file has no head, is no single SELECT, or files read each other in a circle.
    """
    return list(_load_shipped() if folder is None else _load_folder(folder))


@cache
def _load_shipped() -> tuple[SqlFile, ...]:
    return _load_folder(projections_dir())


def _load_folder(root: Path) -> tuple[SqlFile, ...]:
    paths = [path for layer in LAYERS for path in sorted((root / layer).glob("*.sql"))]
    with duckdb.connect() as db:
        files = {file.table: file for file in (_load(path, db) for path in paths)}
    ordered: dict[str, SqlFile] = {}

    def visit(file: SqlFile, above: tuple[str, ...]) -> None:
        if file.table in above:
            raise ValueError(f"SQL files read each other in a circle: {' → '.join([*above, file.table])}")
        if file.table in ordered:
            return
        for name in sorted(file.reads & files.keys()):
            visit(files[name], (*above, file.table))
        ordered[file.table] = file

    for file in files.values():
        visit(file, ())
    return tuple(ordered.values())


def _load(path: Path, db: duckdb.DuckDBPyConnection) -> SqlFile:
    match = _HEAD.match(path.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{path}: a SQL file starts with a TOML head comment")
    head, select = match.groups()
    try:
        return SqlFile(
            layer=path.parent.name,
            name=path.stem,
            head=tomllib.loads(head),
            select=select.strip(),
            reads=tables_read(select, db),
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def tables_read(select: str, db: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The schema-qualified tables that a SELECT reads, from DuckDB's own parse tree.

    Raises:
        ValueError: it is not one SELECT that DuckDB can parse.
    """
    tree = msgspec.json.decode(db.execute("SELECT json_serialize_sql(?::VARCHAR)", [select]).fetchall()[0][0])
    if tree["error"]:
        raise ValueError(f"not a single SELECT: {tree['error_message']}")
    return frozenset(_base_tables(tree))


def _base_tables(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_base_tables, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(_base_tables, node.values()))
    if node.get("type") == "BASE_TABLE" and node.get("schema_name"):
        found.add(f"{node['schema_name']}.{node['table_name']}")
    return found
