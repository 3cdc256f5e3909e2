"""One SQL file: a TOML head comment, then one SELECT. What it reads is derived from the SELECT itself."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, structs

from regaudit.base.duck import connect
from regaudit.catalogue.content import projections_dir

LAYERS = ("staging", "core", "findings")
"""Whose tables the warehouse makes, in this order."""
RESULTS = "results"
"""What becomes of violations, and what is asked of published tables: each when somebody needs it."""
_HEAD = re.compile(r"\A/\*\n(.*?)\*/\n(.*)\Z", re.DOTALL)


class SqlText(Struct, frozen=True):
    """A SQL file as it is written: its head and its SELECT."""

    layer: str
    name: str
    head: dict[str, Any]
    select: str

    @property
    def table(self) -> str:
        """Its name in the warehouse: `layer.name`."""
        return f"{self.layer}.{self.name}"


class SqlFile(SqlText, frozen=True):
    """A table of the warehouse, the SELECT that makes it, and the tables that this reads."""

    reads: frozenset[str]


def load_rule_texts() -> list[SqlText]:
    """The SQL files of the rules shipped, for those who need no more than what is written there.

    Raises:
        ValueError: a file has no head.
    """
    return list(_rule_texts())


@cache
def _rule_texts() -> tuple[SqlText, ...]:
    return tuple(_texts(projections_dir(), "findings"))


def result_sql(name: str) -> str:
    """The SELECT of `projections/results/<name>.sql`.

    Raises:
        KeyError: there is no such file.
        ValueError: a file has no head.
    """
    return result_texts()[name]


@cache
def result_texts() -> dict[str, str]:
    """Every SELECT of `projections/results/` by its file's name."""
    return {text.name: text.select for text in _texts(projections_dir(), RESULTS)}


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
    files = {file.table: file for file in _with_reads([t for layer in LAYERS for t in _texts(root, layer)])}
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


def _texts(root: Path, layer: str) -> Iterator[SqlText]:
    for path in sorted((root / layer).glob("*.sql")):
        match = _HEAD.match(path.read_text(encoding="utf-8"))
        if match is None:
            raise ValueError(f"{path}: a SQL file starts with a TOML head comment")
        head, select = match.groups()
        try:
            yield SqlText(layer, path.stem, tomllib.loads(head), select.strip())
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error


def _with_reads(texts: list[SqlText]) -> Iterator[SqlFile]:
    for text, tree in zip(texts, _trees([text.select for text in texts]), strict=True):
        if tree["error"]:
            raise ValueError(f"{text.table}: not a single SELECT: {tree['error_message']}")
        yield SqlFile(**structs.asdict(text), reads=frozenset(_base_tables(tree)))


def _trees(selects: list[str]) -> Iterator[dict[str, Any]]:
    """DuckDB's own parse trees; all at once, since as many statements as files take twice the time."""
    with connect() as db:
        rows = db.execute(
            "SELECT json_serialize_sql(text) FROM (SELECT unnest(?::VARCHAR[]) AS text)", [selects]
        ).fetchall()
    return (msgspec.json.decode(text) for (text,) in rows)


def _base_tables(tree: Any) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node.get("schema_name"):
                yield f"{node['schema_name']}.{node['table_name']}"
            waiting += node.values()
