"""Runs a source's query, read-only and streamed, into a Parquet file that is imported like any export."""

import contextlib
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
from msgspec import Struct

from regaudit.base.archive import safe_name
from regaudit.base.errors import RegauditError
from regaudit.base.in_place import put_in_place
from regaudit.base.source_settings import Database, Source
from regaudit.sources.databases.dialects import Connection, Cursor, connect, load_driver, open_session
from regaudit.sources.databases.failures import TableGoneError, explain
from regaudit.sources.databases.statements import bind
from regaudit.sources.databases.values import column_texts
from regaudit.sources.databases.watermarks import Highest, behind, since

OnRows = Callable[[str, int, int], None]
"""Stage (Chinese), rows so far, 0: how many there will be is not known."""


class Fetched(Struct, frozen=True, kw_only=True):
    """A source's rows of tonight: a Parquet file of text columns in the query's order.

    `watermark` is for the next night (a naive local time, ISO 8601), to be kept once the file is imported;
    None without a watermark column. `column` is what the result calls that column, `before` the watermark of
    the night before, `zone` that of times without an offset.
    """

    path: Path
    rows: int
    watermark: str | None
    column: str = ""
    before: str | None = None
    zone: str = ""

    def watermark_with(self, waiting: Collection[int]) -> str:
        """The watermark where some rows, counted from 1, wait in quarantine; empty without a column."""
        reached = behind(
            self.path, self.column, waiting, zone=self.zone, before=self.before, reached=self.watermark
        )
        return reached or ""


class _Page(Struct, frozen=True):
    names: list[str]
    rows: Sequence[Sequence[Any]]


def fetch(
    source: Source,
    home: Path,
    folder: Path,
    *,
    watermark: str | None,
    zone: str,
    now: datetime,
    progress: OnRows,
) -> Fetched:
    """Run the query and write what it returns to `folder/<name>.parquet`, whole or not at all.

    Args:
        source: a source with a query and a database, as `check_sources` lets through.
        home: the workspace, which `password_file` is relative to.
        folder: where the file goes; a file of that name is replaced.
        watermark: as an earlier `Fetched` gave it; None in the first night.
        zone: of times without an offset: the session's, and the watermark's.
        now: local time; later times do not raise the watermark.
        progress: hears of every batch.

    Raises:
        TableGoneError: a table that the query reads is not there.
        RegauditError: the query would write, the driver is missing, or the database failed; the message
            names the source and what to do, and never holds the password.
    """
    target = folder / f"{safe_name(source.name)}.parquet"
    try:
        database = _database(source)
        highest = Highest(database.watermark, watermark, zone, now)
        pages = _Reading(source.query, database, home, zone).pages(since(database, watermark))
        with _replacing(target) as part, contextlib.closing(pages):
            rows, column = _write(pages, part, highest, lambda done: progress(f"取数 {source.name}", done, 0))
            reached = highest.text()
    except RegauditError as error:
        kind = TableGoneError if isinstance(error, TableGoneError) else RegauditError
        raise kind(f"数据源 {source.name}:{error}") from error
    return Fetched(path=target, rows=rows, watermark=reached, column=column, before=watermark, zone=zone)


def _database(source: Source) -> Database:
    if source.database is None:
        raise RegauditError("没有 [sources.database]")
    return source.database


class _Reading:
    """One run of a query.

    What the driver raises is explained, and is neither cause nor context of what we raise: its text may hold
    the password.
    """

    def __init__(self, query: str, database: Database, home: Path, zone: str) -> None:
        self._query, self._database, self._zone = query, database, zone
        self._driver = load_driver(database.kind)
        self._secret = database.password(home)
        self._stage = "connect"

    def pages(self, start: datetime) -> Generator[_Page, None, None]:
        """The result, a batch at a time; the first page may be empty, no other is."""
        statement = bind(self._query, self._database.kind, self._driver.paramstyle, start)
        failure: RegauditError | None = None
        with contextlib.closing(self._pages(*statement)) as pages:
            while failure is None:
                try:
                    page = next(pages, None)
                except Exception as error:  # noqa: BLE001 - drivers share no base class
                    failure = explain(error, self._database, self._stage, self._secret)
                    continue
                if page is None:
                    return
                yield page
        raise failure

    def _pages(self, statement: str, parameters: Any) -> Generator[_Page, None, None]:
        self._stage = "connect"
        connection = connect(self._driver, self._database, self._secret)
        with _ended(connection) as to_end:
            self._stage = "query"
            cursor = open_session(connection, self._driver, self._database, self._zone)
            to_end.append(cursor)
            cursor.execute(statement, *([] if parameters is None else [parameters]))
            rows = cursor.fetchmany(self._database.batch_rows)
            # Of a streamed result, some drivers know the columns only after its first rows.
            names = [str(column[0]) for column in cursor.description or ()]
            yield _Page(names, rows)
            self._stage = "read"
            while rows := cursor.fetchmany(self._database.batch_rows):
                yield _Page(names, rows)


@contextlib.contextmanager
def _ended(connection: Connection) -> Iterator[list[Cursor]]:
    """End the connection, and only then its cursors: a cursor of a live one would read its rows to the end.

    Neither a success nor a failure that was raised needs what closing might have to say.
    """
    cursors: list[Cursor] = []
    try:
        yield cursors
    finally:
        for close in (connection.close, *(cursor.close for cursor in cursors)):
            with contextlib.suppress(Exception):
                close()


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A file that takes the target's place when all went well, and otherwise leaves nothing behind."""
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield part
        put_in_place(part, target)
    except (OSError, pa.ArrowException) as error:
        raise RegauditError(f"取数文件 {target} 无法写入:{error}。请检查磁盘空间与文件权限") from error
    finally:
        part.unlink(missing_ok=True)


def _write(
    pages: Iterator[_Page], part: Path, highest: Highest, on_rows: Callable[[int], None]
) -> tuple[int, str]:
    done = 0
    page: _Page | None = next(pages)
    names = _usable(page.names if page else [])
    mark = highest.position(names)
    schema = pa.schema([(name, pa.string()) for name in names])
    with pa_parquet.ParquetWriter(part, schema, compression="zstd") as writer:
        while page is not None and page.rows:
            columns = list(zip(*page.rows, strict=True))
            if mark is not None:
                highest.see(columns[mark])
            writer.write_batch(_batch(columns, schema))
            done += len(page.rows)
            on_rows(done)
            page = next(pages, None)
    return done, "" if mark is None else names[mark]


def _batch(columns: list[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for name, values in zip(schema.names, columns, strict=True):
        try:
            arrays.append(pa.array(column_texts(name, values), pa.string()))
        except UnicodeError:
            raise RegauditError(f"列 {name} 中有不成文字的字符:请在 options 中设置驱动的字符集") from None
    return pa.record_batch(arrays, schema=schema)


def _usable(names: list[str]) -> list[str]:
    if not names:
        raise RegauditError("查询没有返回任何列:query 应是一条 SELECT")
    if twice := sorted({name or "(空)" for name in names if not name or names.count(name) > 1}):
        raise RegauditError(
            f"查询结果的列名重复或为空:{'、'.join(twice)}。请在 query 中用 AS 给每列不同的名称"
        )
    return names
