"""Columns into SQLite and out of it again: every value as it was, whatever the pages they go in."""

import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest

from regaudit.eventlog.batches import EVENT_SCHEMA, GROWN_SCHEMA, joined_table
from regaudit.eventlog.sqlite import columns as sqlite_columns

TEXTS = ["a", "鄂尔多斯", "\x00", "a\x00b", "😀" * 9, '"\\\n', "x" * 5_000]
Row = tuple[int, str, int, str, bytes, bytes]


def made(count: int) -> list[Row]:
    """Rows of `GROWN_SCHEMA` with texts of all lengths."""
    chance = random.Random(count)  # noqa: S311 - samples, no secrets
    return [
        (n, f"case:{n}", n**4, chance.choice(TEXTS), chance.choice(TEXTS).encode(), chance.randbytes(32))
        for n in range(1, count + 1)
    ]


def table(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table of `GROWN_SCHEMA`."""
    return pa.table(
        [pa.array(c, t) for c, t in zip(zip(*rows, strict=True), GROWN_SCHEMA.types, strict=True)],
        GROWN_SCHEMA,
    )


def inserted(rows: pa.Table) -> list[Any]:
    """What SQLite has after rows went in, with the types of the values."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE t ({', '.join(GROWN_SCHEMA.names)})")
        for page in sqlite_columns.insert_pages(rows):
            db.execute(sqlite_columns.insert_statement("t", GROWN_SCHEMA), page)
        return db.execute("SELECT * FROM t ORDER BY rowid").fetchall()


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 4_095, 4_096, 4_097, 9_000])
def test_rows_go_in_as_they_are_and_in_order(count: int) -> None:
    rows = made(count)
    assert inserted(table(rows)) == rows


def test_nothing_is_no_page() -> None:
    assert list(sqlite_columns.insert_pages(GROWN_SCHEMA.empty_table())) == []


def test_a_part_of_a_table_and_a_table_of_parts() -> None:
    rows = made(300)
    assert inserted(table(rows).slice(17, 130)) == rows[17:147]
    assert inserted(pa.concat_tables([table(rows[:50]), table(rows[50:])])) == rows


def test_long_values_are_spread_over_more_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = made(500)
    monkeypatch.setattr(sqlite_columns, "_BYTES", 20_000)
    pages = list(sqlite_columns.insert_pages(table(rows)))
    assert len(pages) > 20
    assert sum(int(page[0]) for page in pages) == 500
    assert inserted(table(rows)) == rows


def test_out_again_they_are_the_same() -> None:
    rows = made(700)
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE t ({', '.join(GROWN_SCHEMA.names)})")
        for page in sqlite_columns.insert_pages(table(rows)):
            db.execute(sqlite_columns.insert_statement("t", GROWN_SCHEMA), page)
        [joined] = db.execute(f"SELECT {sqlite_columns.joined_columns(EVENT_SCHEMA)} FROM t").fetchall()
    found = joined_table(joined, EVENT_SCHEMA)
    assert [tuple(row.values()) for row in found.to_pylist()] == [
        (position, stream, version, topic, state.decode())
        for position, stream, version, topic, state, _ in rows
    ]
