"""File formats → batches of text columns with row numbers.

CSV (comma, semicolon or tab), JSON Lines and Parquet, plain or gzip. Nothing is guessed about types:
`00123` and `NA` stay what they are. Rows that do not fit the table are handed over as malformed, never
dropped.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
from msgspec import Struct

from regaudit.errors import RefusedFileError
from regaudit.sources.files import Utf8Stream, detect_encoding, open_plain

_BLOCK = 8 << 20
_BATCH_ROWS = 65_536
_UNSUPPORTED = {
    b"PK\x03\x04": "Excel 工作簿或 ZIP 压缩包",
    b"\xd0\xcf\x11\xe0": "旧版 Excel 工作簿",
}
_PARQUET_MAGIC = b"PAR1"
ROW_NO = "__row_no"
_IS_OBJECT = "coalesce(CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' END, false)"
OnBytes = Callable[[int], None]


class Malformed(Struct, frozen=True):
    """A row that does not fit its table: number, reason (Chinese), and its text as it stands in the file."""

    row_no: int
    reason: str
    text: str


class Batch(Struct, frozen=True):
    """Some rows: text columns named as in the file plus `ROW_NO`, and the malformed ones among them."""

    rows: pl.DataFrame
    malformed: list[Malformed]


class Table(Struct, frozen=True):
    """A table of an export: its columns in order, and how to read its rows, as often as asked.

    `name` is the sheet, archive member, file of a folder or XML table; empty where the export is one table.
    """

    columns: list[str]
    read: Callable[[], Iterator[Batch]]
    name: str = ""


def open_export(path: Path, on_bytes: OnBytes) -> list[Table]:
    """Open an export of any supported format; `on_bytes` hears of every piece read.

    Raises:
        RefusedFileError: the format is not supported, or there is no header or no row.
    """
    with open_plain(path) as stream:
        head = stream.read(4096)
    for magic, name in _UNSUPPORTED.items():
        if head.startswith(magic):
            raise RefusedFileError(f"文件 {path.name} 是{name},不能直接导入:请另存为 CSV(UTF-8)后再导入")
    if head.startswith(_PARQUET_MAGIC):
        return [_open_parquet(path, on_bytes)]
    encoding = detect_encoding(path)
    if b"\x00" in head and encoding != "utf-16":
        raise RefusedFileError(f"文件 {path.name} 不是文本文件:支持 CSV、JSON Lines、Parquet")
    if head.decode(encoding, "ignore").lstrip("\ufeff \r\n\t").startswith("{"):
        return [_open_json_lines(path, encoding, on_bytes)]
    return [_open_csv(path, encoding, on_bytes)]


def _open_parquet(path: Path, on_bytes: OnBytes) -> Table:
    damaged = f"Parquet 文件 {path.name} 不完整或已损坏:请重新导出"
    try:
        with path.open("rb") as raw:
            is_plain = raw.read(4) == _PARQUET_MAGIC
        with open_plain(path) as stream:
            source = path if is_plain else io.BytesIO(stream.read())
        parquet = pa_parquet.ParquetFile(source)
    except (pa.ArrowException, OSError) as error:
        raise RefusedFileError(damaged) from error

    def batches() -> Iterator[Batch]:
        row_no = 1
        pages = parquet.iter_batches(batch_size=_BATCH_ROWS)
        while True:
            try:
                batch = next(pages, None)
            except (pa.ArrowException, OSError) as error:
                raise RefusedFileError(damaged) from error
            if batch is None:
                return
            on_bytes(batch.nbytes)
            frame = pl.DataFrame(pl.from_arrow(batch)).with_columns(pl.all().cast(pl.String))
            yield Batch(_numbered(frame, row_no), [])
            row_no += frame.height

    return Table(list(parquet.schema_arrow.names), batches)


def _open_json_lines(path: Path, encoding: str, on_bytes: OnBytes) -> Table:
    keys: dict[str, None] = {}
    for lines in _line_blocks(path, encoding, lambda _: None):
        found = _ask(lines, f"SELECT DISTINCT unnest(json_keys(line)) AS name FROM lines WHERE {_IS_OBJECT}")
        keys |= dict.fromkeys(sorted(found["name"]))
    columns = list(keys)

    def batches() -> Iterator[Batch]:
        for lines in _line_blocks(path, encoding, on_bytes):
            picked = ", ".join(
                f"json_extract_string(line, {_literal(_json_path(name))}) AS {_quoted(name)}"
                for name in columns
            )
            good = _ask(
                lines,
                f"SELECT row_no AS {ROW_NO}, {picked} FROM lines WHERE {_IS_OBJECT} ORDER BY row_no",
            )
            bad = _ask(lines, f"SELECT row_no, line FROM lines WHERE NOT ({_IS_OBJECT}) ORDER BY row_no")
            yield Batch(
                good, [Malformed(n, "这一行不是有效的 JSON 对象", text) for n, text in bad.iter_rows()]
            )

    return Table(columns, batches)


def _ask(lines: pl.DataFrame, sql: str) -> pl.DataFrame:
    with duckdb.connect() as db:
        db.register("lines", lines.to_arrow())
        answer: pl.DataFrame = db.sql(sql).pl()
    return answer


def _line_blocks(path: Path, encoding: str, on_bytes: OnBytes) -> Iterator[pl.DataFrame]:
    with open_plain(path) as stream, io.BufferedReader(Utf8Stream(stream, encoding, on_bytes)) as text:
        row_no = 1
        while lines := text.readlines(_BLOCK):
            block = pl.Series("line", lines, dtype=pl.Binary).cast(pl.String).str.strip_chars_end("\r\n")
            frame = (
                block.to_frame()
                .with_row_index("row_no", offset=row_no)
                .with_columns(pl.col("row_no").cast(pl.Int64))
            )
            row_no += frame.height
            yield frame.filter(pl.col("line").str.strip_chars() != "")


def _open_csv(path: Path, encoding: str, on_bytes: OnBytes) -> Table:
    with open_plain(path) as stream, io.BufferedReader(Utf8Stream(stream, encoding, lambda _: None)) as text:
        header = text.readline().decode()
    delimiter = max(",\t;", key=header.count)
    columns = _unique(_header_cells(header, delimiter))
    if not any(columns):
        raise RefusedFileError(f"文件 {path.name} 第 1 行不是表头:第 1 行应是列名,请检查导出设置")
    balanced = _quotes_balanced(path, encoding)

    def batches() -> Iterator[Batch]:
        with (
            open_plain(path) as stream,
            io.BufferedReader(Utf8Stream(stream, encoding, on_bytes), _BLOCK) as utf8,
        ):
            yield from _read_csv(utf8, columns, delimiter, balanced=balanced)

    return Table(columns, batches)


def _read_csv(stream: IO[bytes], columns: list[str], delimiter: str, *, balanced: bool) -> Iterator[Batch]:
    malformed: list[Malformed] = []

    def keep(row: Any) -> str:
        if row.text.strip():
            reason = f"应有 {row.expected_columns} 列,实有 {row.actual_columns} 列"
            malformed.append(Malformed(row.number, reason, row.text))
        bad_numbers.append(row.number)
        return "skip"

    bad_numbers: list[int] = []
    options = {
        "read_options": pa_csv.ReadOptions(
            use_threads=False, block_size=_BLOCK, column_names=columns, skip_rows=1
        ),
        "parse_options": pa_csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if balanced else False,
            newlines_in_values=balanced,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        "convert_options": pa_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
        ),
    }
    try:
        reader = pa_csv.open_csv(pa.PythonFile(stream, "r"), **options)
        row_no = 2
        for batch in reader:
            frame = pl.DataFrame(pl.from_arrow(batch))
            last = row_no + frame.height
            skipped: list[int] = []
            while bad_numbers and bad_numbers[0] <= last + len(skipped):
                skipped.append(bad_numbers.pop(0))
            numbers = pl.int_range(row_no, last + len(skipped), eager=True)
            numbered = frame.insert_column(0, numbers.filter(~numbers.is_in(skipped)).alias(ROW_NO))
            row_no = last + len(skipped)
            frame, swallowed = _split_off_quote_damage(numbered, columns, delimiter, balanced=balanced)
            yield Batch(frame, [*malformed, *swallowed])
            malformed.clear()
        if malformed:
            yield Batch(
                pl.DataFrame(schema={ROW_NO: pl.Int64, **dict.fromkeys(columns, pl.String)}), list(malformed)
            )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        raise RefusedFileError(f"CSV 无法解析:{error}。请检查引号与换行,或另存为 CSV(UTF-8)") from error


def _split_off_quote_damage(
    rows: pl.DataFrame, columns: list[str], delimiter: str, *, balanced: bool
) -> tuple[pl.DataFrame, list[Malformed]]:
    """Take out rows that a stray quotation mark spoiled: what they swallowed must not vanish unseen."""
    texts = pl.concat_str(pl.col(columns), separator=delimiter)
    if balanced:
        spoiled = pl.any_horizontal(
            pl.col(c).str.contains("\n", literal=True)
            & (pl.col(c).str.count_matches(delimiter, literal=True) >= len(columns) - 1)
            for c in columns
        )
        suspects = (
            rows.select(s=spoiled).to_series()
            if len(columns) > 1
            else pl.repeat(False, rows.height, eager=True)
        )
    else:
        suspects = rows.select(s=texts.str.contains('"', literal=True)).to_series()
    if not suspects.any():
        return rows, []
    bad = rows.filter(suspects).select(ROW_NO, text=texts)
    reason = "引号不成对,可能吞并了相邻的行"
    return rows.filter(~suspects), [Malformed(n, reason, text) for n, text in bad.iter_rows()]


def _quotes_balanced(path: Path, encoding: str) -> bool:
    quotes = 0
    with open_plain(path) as stream, Utf8Stream(stream, encoding, lambda _: None) as text:
        while chunk := text.read(_BLOCK):
            quotes += chunk.count(b'"')
    return quotes % 2 == 0


def _header_cells(line: str, delimiter: str) -> list[str]:
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(line.rstrip("\r\n").encode() + b"\n"),
            read_options=pa_csv.ReadOptions(autogenerate_column_names=True),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter),
            convert_options=pa_csv.ConvertOptions(strings_can_be_null=False, null_values=[]),
        )
    except pa.ArrowInvalid:
        return []
    return [
        "" if cell.as_py() is None else str(cell.as_py()).strip()
        for column in table.columns
        for cell in column
    ]


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for position, name in enumerate(names, start=1):
        label = name or f"第{position}列"
        seen[label] = seen.get(label, 0) + 1
        result.append(label if seen[label] == 1 else f"{label}#{seen[label]}")
    return result if any(names) else []


def _numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    return frame.insert_column(0, pl.int_range(first, first + frame.height, eager=True).alias(ROW_NO))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _json_path(name: str) -> str:
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
