"""CSV with any delimiter and encoding, streamed; title rows and stray quotes included."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from threading import Event, Lock
from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv
from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.cutends import without_cut_row
from regaudit.sources.formats.footers import without_footers
from regaudit.sources.formats.headers import (
    Header,
    find_header,
    known_cells,
    plain_name,
    unique_names,
    without_repeats,
)
from regaudit.sources.formats.streams import Source
from regaudit.sources.formats.surveys import survey
from regaudit.sources.tables import ROW_NO, Batch, Malformed, OnBytes, Table, no_rows

_BLOCK = 4 << 20
_MOST_COLUMNS = 16_384
_SAMPLE = 1 << 20
_DELIMITERS = ",\t;|^~\x01"
"""What is recognised by itself, the likeliest first; others take the setting."""
_SNIFFED_ROWS = 200
_GRACE_SECONDS = 0.2


class _Feed:
    """What Arrow reads from, in a thread of its own, ahead of what it is asked for.

    Where it is left early, that thread must have ended before the interpreter does: it would take the process
    down. `stop` lets it find the end of the file, and waits for that.
    """

    closed = False

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock, self._ended = Lock(), Event()
        self._is_stopped = False

    def read(self, size: int) -> bytes:
        with self._lock:
            content = b"" if self._is_stopped else self._stream.read(size)
        if not content:
            self._ended.set()
        return content

    def stop(self) -> None:
        with self._lock:
            self._is_stopped = True
        # A thread that is as far ahead as it may be does not ask again.
        self._ended.wait(_GRACE_SECONDS)

    def close(self) -> None:
        self.closed = True


class _Layout(Struct, frozen=True):
    """How the rows stand in the file; `lines` are the physical lines up to the end of the header.

    Most exports are `unquoted`: no quotation mark at all, so that no cell can hold a line break or have
    swallowed its neighbours.
    """

    delimiter: str
    balanced: bool
    unquoted: bool
    header: Header
    columns: list[str]
    lines: int


def open_delimited(
    source: Source, encoding: str, known: frozenset[str], on_bytes: OnBytes, delimiter: str = ""
) -> Table:
    """A CSV file as a table.

    Args:
        source: the file.
        encoding: as detected.
        known: names that help to find the header.
        on_bytes: hears of every piece read.
        delimiter: the one character between cells; empty: it is found out.

    Raises:
        RefusedFileError: there is no header; when read: quotes or line breaks are beyond repair.
    """
    found = survey(source, encoding)
    if found.longest > _BLOCK:
        # Not left to Arrow, which finds out while it reads ahead: a process that ends then is torn down.
        raise RefusedFileError(
            f"文件 {source.name} 第 {found.longest_line} 行是一行超过 {_BLOCK >> 20} MB 的文字,"
            "不能按 CSV 解析:"
            "请检查引号与换行是否缺失,或重新导出"
        )
    with found.open(source, encoding, lambda _: None) as text:
        layout = _find_layout(_sample(text), known, delimiter or _DELIMITERS, quotes=found.quotes)
    if layout is None:
        raise RefusedFileError(f"文件 {source.name} 没有表头:数据上方应有一行列名,请检查导出设置")

    if len(layout.columns) > _MOST_COLUMNS:
        raise RefusedFileError(
            f"文件 {source.name} 第 {layout.header.bottom + 1} 行的表头超过 {_MOST_COLUMNS} 列,不像登记数据:"
            "请检查换行是否缺失、是否选错文件"
        )

    def batches() -> Iterator[Batch]:
        # Arrow reads many blocks ahead: what it has given is what is done.
        with found.open(source, encoding, lambda _: None) as text:
            read = _read(text, layout, source.name)
            if not found.is_ended:
                read = without_cut_row(read, layout.columns, layout.delimiter)
            for batch in without_footers(read, len(layout.columns), layout.delimiter):
                on_bytes(_BLOCK)
                yield batch

    return Table(layout.columns, batches, title=source.stem)


def _sample(text: "io.BufferedReader[Any]") -> str:
    """The first rows of the file, whole lines only."""
    sample = text.read(_SAMPLE)
    is_all = not text.peek(1)
    end = max(sample.rfind(b"\n"), sample.rfind(b"\r"))
    return sample[: None if is_all or end < 0 else end + 1].decode("utf-8", "replace")


def _find_layout(sample: str, known: frozenset[str], delimiters: str, *, quotes: int) -> _Layout | None:
    balanced = quotes % 2 == 0
    plain = frozenset(map(plain_name, known))
    candidates = []
    for order, delimiter in enumerate(delimiters):
        rows, ends = _split(sample, delimiter, balanced=balanced)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        [(_, agreeing)] = widths.most_common(1) or [(0, 0)]
        score = (max((known_cells(row, plain) for row in rows), default=0), agreeing, -order)
        candidates.append((score, delimiter, rows, ends))
    _, delimiter, rows, ends = max(candidates, key=lambda candidate: candidate[0])
    header = find_header(rows, known)
    if header is None:
        return None
    columns = _columns(header, [row for row in rows[header.bottom + 1 :] if row])
    return _Layout(delimiter, balanced, quotes == 0, header, columns, ends[header.bottom])


def _split(sample: str, delimiter: str, *, balanced: bool) -> tuple[list[list[str]], list[int]]:
    """The sample's rows, and the physical line each one ends on."""
    lines = io.StringIO(sample, newline="")
    reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if balanced else csv.QUOTE_NONE)
    rows, ends = [], []
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) == _SNIFFED_ROWS:
                break
    except csv.Error:
        # A cell too long for the sniffer ends the sample; the rows before it tell enough.
        pass
    return rows, ends


def _columns(header: Header, rows: list[list[str]]) -> list[str]:
    """Names for as many columns as the rows have, where they differ from the header in blank ends only."""
    names = header.columns
    named = max(n for n, cells in enumerate(zip(*header.rows, strict=True), start=1) if any(cells))
    widths = Counter(map(len, rows))
    width = widths.most_common(1)[0][0] if widths else len(names)
    if width < named or any(cell.strip() for row in rows if len(row) == width for cell in row[len(names) :]):
        return names
    return unique_names([*names[:width], *[""] * (width - len(names))])


def _read(stream: IO[bytes], layout: _Layout, name: str) -> Iterator[Batch]:
    columns = layout.columns
    malformed: list[Malformed] = []
    bad_numbers: list[int] = []
    above = layout.header.bottom + 1

    def keep(row: Any) -> str:
        # Arrow counts the skipped header by lines, we by rows.
        number = row.number - layout.lines + above
        if row.text.strip():
            reason = f"应有 {row.expected_columns} 列,实有 {row.actual_columns} 列"
            malformed.append(Malformed(number, reason, row.text))
        bad_numbers.append(number)
        return "skip"

    feed, row_no = _Feed(stream), above + 1
    try:
        for batch in _batches(feed, layout, keep):
            frame = pl.DataFrame(pl.from_arrow(batch))
            last = row_no + frame.height
            skipped: list[int] = []
            while bad_numbers and bad_numbers[0] <= last + len(skipped):
                skipped.append(bad_numbers.pop(0))
            numbers = pl.int_range(row_no, last + len(skipped), eager=True)
            counted = frame.insert_column(0, numbers.filter(~numbers.is_in(skipped)).alias(ROW_NO))
            row_no = last + len(skipped)
            good, swallowed = (counted, []) if layout.unquoted else _split_off_quote_damage(counted, layout)
            # Arrow reads ahead: the malformed rows of blocks to come are told with those.
            due = [row for row in malformed if row.row_no < row_no]
            del malformed[: len(due)]
            yield Batch(without_repeats(good, layout.header), [*due, *swallowed])
    except pa.ArrowInvalid as error:
        if "straddling" in str(error):
            raise RefusedFileError(
                f"文件 {name} 第 {row_no} 行之后有一行超过 {_BLOCK >> 20} MB,不能按 CSV 解析:"
                "请检查引号与换行是否缺失,或重新导出"
            ) from error
        if "Empty CSV" not in str(error):
            raise RefusedFileError(
                f"文件 {name} 不能按 CSV 解析:{error}。请检查引号与换行,或另存为 CSV(UTF-8)"
            ) from error
    finally:
        feed.stop()
    if malformed:
        yield Batch(no_rows(columns), list(malformed))


def _batches(feed: _Feed, layout: _Layout, keep: Any) -> Any:
    return pa_csv.open_csv(
        pa.PythonFile(feed, "r"),
        read_options=pa_csv.ReadOptions(
            use_threads=False, block_size=_BLOCK, column_names=layout.columns, skip_rows=layout.lines
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char='"' if layout.balanced else False,
            newlines_in_values=layout.balanced and not layout.unquoted,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(layout.columns, pa.string()),
            strings_can_be_null=False,
            check_utf8=False,  # the stream is our own encoding
        ),
    )


def _plain_text(rows: pl.DataFrame) -> pl.DataFrame:
    """`="00123"`, which keeps Excel from taking text for a number, as the text it stands for."""
    wrapped = [c for c in rows.columns if c != ROW_NO and rows[c].str.starts_with('="').any()]
    return rows.with_columns(pl.col(wrapped).str.replace(r'^="([^"]*)"$', "${1}")) if wrapped else rows


def _split_off_quote_damage(rows: pl.DataFrame, layout: _Layout) -> tuple[pl.DataFrame, list[Malformed]]:
    """Take out rows that a stray quotation mark spoiled: what they swallowed must not vanish unseen."""
    columns, delimiter = layout.columns, layout.delimiter
    texts = pl.concat_str(pl.col(columns), separator=delimiter)
    if layout.balanced and len(columns) == 1:
        return _plain_text(rows), []
    if layout.balanced:
        spoiled = pl.any_horizontal(
            pl.col(c).str.contains("\n", literal=True)
            & (pl.col(c).str.count_matches(delimiter, literal=True) >= len(columns) - 1)
            for c in columns
        )
    else:
        spoiled = texts.str.contains('"', literal=True)
    suspects = rows.select(s=spoiled).to_series()
    if not suspects.any():
        return _plain_text(rows), []
    bad = rows.filter(suspects).select(ROW_NO, text=texts)
    reason = "引号不成对,可能吞并了相邻的行"
    return _plain_text(rows.filter(~suspects)), [Malformed(n, reason, text) for n, text in bad.iter_rows()]
