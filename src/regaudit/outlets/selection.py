"""What analysts select from the published database: one table, or what one SELECT says of its tables.

Nothing else can be read, and nothing written: no file, no other database, no variable of this process.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from msgspec import Struct

from regaudit.base.duck import connect
from regaudit.base.errors import RegauditError, UsageError
from regaudit.outlets.query_failures import failure

_MEMORY = "1GB"
_BATCH = 8_192
_CLOSED = (
    "SET threads = 2",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_TABLES = """
SELECT table_name, split_part(coalesce(comment, ''), ':', 1), estimated_size
FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY table_name
"""
_COLUMNS = """
SELECT column_name, coalesce(comment, '') FROM duckdb_columns()
WHERE schema_name = 'main' AND table_name = ? ORDER BY column_index
"""


class Selected(Struct, frozen=True, kw_only=True):
    """What was selected, to be read once.

    Attributes:
        name: the table, or the file of the query.
        schema: names and types of the columns.
        comments: what the columns of a table mean (Chinese); of a query, nothing.
        rows: how many there are; None: not known before they are read.
        batches: some thousand rows at a time.
    """

    name: str
    schema: Any
    comments: dict[str, str]
    rows: int | None
    batches: Iterator[Any]

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.schema.names)


@contextmanager
def selected_table(database: Path, table: str) -> Iterator[Selected]:
    """A published table, in the order in which it lies there.

    Raises:
        UsageError: there is no such table; the message lists those that there are.
        DatabaseFileError: the database cannot be opened.
    """
    with _opened(database) as db:
        tables = {name: (title, size) for name, title, size in db.execute(_TABLES).fetchall()}
        if table not in tables:
            known = "、".join(f"{name}({title})" if title else name for name, (title, _) in tables.items())
            raise UsageError(f"分析数据库中没有表 {table}。有这些表:{known}")
        comments = dict(db.execute(_COLUMNS, [table]).fetchall())
        [(rows,)] = db.execute(f'SELECT count(*) FROM "{table}"').fetchall()
        with _read(db, f'FROM "{table}"', table) as (schema, batches):
            yield Selected(name=table, schema=schema, comments=comments, rows=rows, batches=batches)


@contextmanager
def selected_by(database: Path, sql: str, name: str) -> Iterator[Selected]:
    """What one SELECT says; `name` tells of the query in errors.

    Raises:
        RegauditError: it is no single SELECT, or cannot be answered; the message tells the line.
        DatabaseFileError: the database cannot be opened.
    """
    with _opened(database) as db:
        tables = [table for table, *_ in db.execute(_TABLES).fetchall()]
        try:
            statements = db.extract_statements(sql)
        except duckdb.Error as error:
            raise failure(error, name, tables) from error
        kinds = [statement.type.name for statement in statements]
        if kinds != ["SELECT"]:
            what = (
                "没有语句" if not kinds else f"有 {len(kinds)} 条语句" if kinds[1:] else f"是 {kinds[0]} 语句"
            )
            raise RegauditError(
                f"{name} 应只有一条 SELECT(可以 WITH 开头),它{what}:只能查询,不能写入或改设置"
            )
        with _read(db, sql, name, tables) as (schema, batches):
            yield Selected(name=name, schema=schema, comments={}, rows=None, batches=batches)


@contextmanager
def _opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database, read only, closed to all outside it; what is too large for memory goes to the disk."""
    with TemporaryDirectory(prefix="regaudit-") as folder:
        db = connect(database, read_only=True, memory_limit=_MEMORY, temp_directory=Path(folder))
        try:
            for statement in _CLOSED:
                db.execute(statement)
            yield db
        finally:
            db.close()


@contextmanager
def _read(
    db: duckdb.DuckDBPyConnection, sql: str, name: str, tables: Sequence[str] = ()
) -> Iterator[tuple[Any, Iterator[Any]]]:
    try:
        # What is wrong with it is told with its line here alone.
        db.execute(f"EXPLAIN {sql}")
        reader = db.sql(sql).to_arrow_reader(_BATCH)
    except duckdb.Error as error:
        raise failure(error, name, tables) from error
    names, twice = list(reader.schema.names), set[str]()
    for column in names:
        if names.count(column) > 1:
            twice.add(column)
    if twice:
        raise RegauditError(f"{name}:列名 {'、'.join(sorted(twice))} 不止一个,请用 AS 各取一个名字")
    for field in reader.schema:
        if pa.types.is_interval(field.type):
            raise RegauditError(
                f"{name}:列 {field.name} 是时间间隔,文件中没有这种值。"
                f"请改用 date_diff,或 CAST({field.name} AS VARCHAR)"
            )

    def batches() -> Iterator[Any]:
        try:
            yield from reader
        except duckdb.Error as error:
            raise failure(error, name, tables) from error

    yield reader.schema, batches()
