"""Columns on their way out of SQLite and into it, with no work in Python for each event.

SQLite has no arrays. On the way out it joins the values of a column to one. On the way in it is given each
column as one value and cuts it apart; other threads go on meanwhile, for Python's lock is not held.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

_ROWS_ROOT = 64
_ROWS = _ROWS_ROOT**2
_BYTES = 64 << 20
Page = tuple[int | memoryview, ...]
"""Rows as parameters of SQL: how many, their numbers, and each of their columns of texts as one value."""
# A number is given as so many digits behind a 1, which saves filling it up with zeros.
_DIGITS = 18
_WIDTH = 1 + _DIGITS
# Where a text stands is one number: its first byte, from 1, and its length.
_LENGTH_BITS = 32
_NUMBERS = f"""WITH digits(digit) AS (VALUES {",".join(f"({digit})" for digit in range(_ROWS_ROOT))}),
    numbers(n) AS (
        SELECT {_ROWS_ROOT} * high.digit + low.digit FROM digits AS high CROSS JOIN digits AS low
        WHERE {_ROWS_ROOT} * high.digit + low.digit < ?1)"""


def joined_columns(schema: pa.Schema) -> str:
    """SQL for each column's values as one: numbers with commas, texts end to end, their lengths beside."""
    return ", ".join(f"{values}, {lengths}" for values, lengths in map(_joined, schema))


def insert_statement(table: str, schema: pa.Schema) -> str:
    """SQL that inserts the rows of one of `insert_pages` into a table with the columns of `schema`."""
    columns, given = [], 2
    for place, kind in enumerate(schema.types):
        start = f"n * {_WIDTH * len(schema)} + {_WIDTH * place + 2}"
        number = f"CAST(substr(?2, {start}, {_DIGITS}) AS INTEGER)"
        if pa.types.is_integer(kind):
            columns.append(number)
            continue
        given += 1
        value = f"substr(?{given}, {number} >> {_LENGTH_BITS}, {number} & {(1 << _LENGTH_BITS) - 1})"
        columns.append(f"CAST({value} AS TEXT)" if pa.types.is_string(kind) else value)
    return f"{_NUMBERS} INSERT INTO {table} SELECT {', '.join(columns)} FROM numbers"


def insert_pages(rows: pa.Table) -> Iterator[Page]:
    """What `insert_statement` is to be executed with, one after the other, to insert rows.

    Args:
        rows: columns of integers from 0 to 10¹⁷, and of texts or bytes that are nowhere empty.
    """
    for page in _pages(rows.combine_chunks()):
        numbers: list[pa.Array] = []
        texts: list[memoryview] = []
        for column in page.columns:
            values = column.chunk(0)
            if pa.types.is_integer(values.type):
                numbers.append(values)
                continue
            lengths = pc.binary_length(values).cast(pa.int64())
            starts = pc.add(pc.subtract(pc.cumulative_sum(lengths), lengths), 1)
            numbers.append(pc.add(pc.shift_left(starts, _LENGTH_BITS), lengths))
            texts.append(_content(values))
        digits = (pc.add(number, 10**_DIGITS).cast(pa.string()) for number in numbers)
        yield len(page), _content(pc.binary_join_element_wise(*digits, "")), *texts


def _pages(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows in as few tables as SQLite takes: it numbers so many rows, and has a limit for a value."""
    if len(rows) <= _ROWS and (len(rows) == 1 or rows.nbytes <= _BYTES):
        yield from [rows] if len(rows) else []
        return
    size = min(_ROWS, (len(rows) + 1) // 2)
    for start in range(0, len(rows), size):
        yield from _pages(rows.slice(start, size))


def _content(texts: pa.Array) -> memoryview:
    """All values of an array of texts, end to end, as they lie there."""
    _, offsets, values = texts.buffers()
    ends = memoryview(offsets).cast("i")
    return memoryview(values)[ends[texts.offset] : ends[texts.offset + len(texts)]]


def _joined(field: pa.Field) -> tuple[str, str]:
    if pa.types.is_integer(field.type):
        return f"CAST(group_concat({field.name}) AS BLOB)", "NULL"
    lengths = f"group_concat(length(CAST({field.name} AS BLOB)))"
    return f"CAST(group_concat({field.name}, '') AS BLOB)", f"CAST({lengths} AS BLOB)"
