"""JSON Lines, streamed, and a JSON array of objects, held whole."""

from collections.abc import Callable, Iterator

import duckdb
import msgspec
import polars as pl

from regaudit.base.duck import connect
from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.headers import unique_names
from regaudit.sources.formats.streams import CHUNK, Source, open_text
from regaudit.sources.tables import BATCH_ROWS, ROW_NO, Batch, Malformed, OnBytes, Table

_BLOCK = 8 << 20
_LONGEST_LINE = 64 << 20
_LARGEST_ARRAY, _MOST_OBJECTS = 256 << 20, 3_000_000
_MOST_KEYS, _MOST_CELLS = 2_000, 8_000_000
_IS_OBJECT = "coalesce(CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' END, false)"
Blocks = Callable[[OnBytes], Iterator[pl.DataFrame]]


def open_json_lines(source: Source, encoding: str, on_bytes: OnBytes) -> Table:
    """One JSON object a line; a line that is none is malformed."""
    return _open(lambda heard: _line_blocks(source, encoding, heard), source, on_bytes)


def open_json_array(source: Source, encoding: str, on_bytes: OnBytes) -> Table:
    """The objects of one JSON array.

    Raises:
        RefusedFileError: it is not a JSON array, or too large to be held whole.
    """

    def elements(heard: OnBytes) -> Iterator[pl.DataFrame]:
        with open_text(source, encoding, heard) as text:
            content = text.read(_LARGEST_ARRAY)
            if text.peek(1) or content.count(b"{") > _MOST_OBJECTS:
                raise RefusedFileError(f"文件 {source.name} 的 JSON 数组过大:请导出为 JSON Lines(一行一条)")
        try:
            found = msgspec.json.decode(content, type=list[msgspec.Raw])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise RefusedFileError(
                f"文件 {source.name} 不是完整的 JSON 数组({error}):请重新导出,或导出为 JSON Lines"
            ) from error
        for first in range(0, len(found), BATCH_ROWS):
            yield _numbered_lines([bytes(raw) for raw in found[first : first + BATCH_ROWS]], first + 1)

    return _open(elements, source, on_bytes)


def _open(blocks: Blocks, source: Source, on_bytes: OnBytes) -> Table:
    keys: dict[str, None] = {}
    with connect() as db:
        for lines in blocks(lambda _: None):
            found = _ask(db, lines, f"SELECT DISTINCT unnest(json_keys(line)) FROM lines WHERE {_IS_OBJECT}")
            keys |= dict.fromkeys(sorted(found.to_series()))
            if len(keys) > _MOST_KEYS:
                raise RefusedFileError(
                    f"文件 {source.name} 有 {_MOST_KEYS} 种以上的数据项,不像登记数据:请检查是否选错文件"
                )
    names = list(keys)
    columns = unique_names(names)
    size = min(BATCH_ROWS, _MOST_CELLS // max(len(names), 1))

    def batches() -> Iterator[Batch]:
        picked = "".join(
            f", json_extract_string(line, {_literal(_pointer(name))}) AS c{n}" for n, name in enumerate(names)
        )
        with connect() as db:
            for lines in (part for block in blocks(on_bytes) for part in block.iter_slices(size)):
                good = _ask(db, lines, f"SELECT row_no{picked} FROM lines WHERE {_IS_OBJECT} ORDER BY row_no")
                good.columns = [ROW_NO, *columns]
                bad = _ask(db, lines, f"SELECT * FROM lines WHERE NOT ({_IS_OBJECT}) ORDER BY row_no")
                reason = "这一行不是有效的 JSON 对象"
                yield Batch(good, [Malformed(n, reason, text) for n, text in bad.iter_rows()])

    return Table(columns, batches, title=source.stem)


def _ask(db: duckdb.DuckDBPyConnection, lines: pl.DataFrame, sql: str) -> pl.DataFrame:
    db.register("lines", lines.to_arrow())
    answer: pl.DataFrame = db.sql(sql).pl()
    db.unregister("lines")
    return answer


def _line_blocks(source: Source, encoding: str, on_bytes: OnBytes) -> Iterator[pl.DataFrame]:
    row_no, begun = 1, b""
    with open_text(source, encoding, on_bytes) as text:
        while block := text.read(_BLOCK):
            lines = (begun + block).split(b"\n")
            begun = lines.pop()
            if len(begun) > _LONGEST_LINE:
                limit = _LONGEST_LINE // CHUNK
                raise RefusedFileError(
                    f"文件 {source.name} 第 {row_no + len(lines)} 行超过 {limit} MB:应一行一条,请检查导出"
                )
            yield _numbered_lines(lines, row_no)
            row_no += len(lines)
        if begun:
            yield _numbered_lines([begun], row_no)


def _numbered_lines(lines: list[bytes], first: int) -> pl.DataFrame:
    texts = pl.Series("line", lines, dtype=pl.Binary).cast(pl.String).str.strip_chars_end("\r")
    numbers = pl.int_range(first, first + len(lines), eager=True).alias("row_no")
    return pl.DataFrame([numbers, texts]).filter(pl.col("line").str.strip_chars() != "")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _pointer(name: str) -> str:
    """A key as a JSON pointer (RFC 6901), which takes every key for what it is, `*` and blank included."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
