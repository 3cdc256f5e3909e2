"""Which pages of a SQLite file hold which rows, against what SQLite itself tells of its pages."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from hashlib import sha256
from io import FileIO
from pathlib import Path

import pytest
from needs import DBSTAT

from regaudit.eventlog.blocks import Block
from regaudit.eventlog.sqlite.pages import stretches

TABLE = "CREATE TABLE t (n INTEGER PRIMARY KEY, name TEXT, content BLOB)"
PAGE = 1024
# So long a content just lies in one page, with the five bytes of its row's header and the name.
WHOLE = PAGE - 35 - 5 - 1
LENGTHS = {
    "short ones": [10] * 6000,
    "of all lengths up to a page": [number % WHOLE for number in range(1500)],
    "as long as a page takes, each fifth": [WHOLE if number % 5 == 0 else 40 for number in range(1500)],
    "one byte longer, in places": [
        WHOLE + (number % 2001 == 0) * 1 if number % 2001 < 9 else 40 for number in range(6000)
    ],
    "much longer, in places": [9 * PAGE if number % 801 == 7 else 100 for number in range(2000)],
    "nothing but longer ones": [2 * PAGE] * 60,
    "few": [10] * 20,
    "none": [],
}


def made(path: Path, lengths: Sequence[int]) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA page_size = {PAGE}")
        db.execute("CREATE TABLE other (a TEXT UNIQUE)")
        db.execute(TABLE)
        for number, length in enumerate(lengths, start=1):
            db.execute("INSERT INTO t VALUES (?, 'x', zeroblob(?))", (number, length))
            db.execute("INSERT INTO other VALUES (?)", (f"{number * 7919 % 10007:08d}" * 9,))
        db.commit()


def told(path: Path, known: frozenset[Block] = frozenset()) -> list[Block]:
    with closing(sqlite3.connect(path)) as db, FileIO(path) as file:
        [(root, definition)] = db.execute("SELECT rootpage, sql FROM sqlite_master WHERE name = 't'")
        return list(stretches(file, root, definition, known))


@pytest.mark.parametrize("kind", LENGTHS)
def test_pages_are_those_that_sqlite_reads(tmp_path: Path, kind: str) -> None:
    path, lengths = tmp_path / "t.sqlite", LENGTHS[kind]
    made(path, lengths)
    content = path.read_bytes()
    with closing(sqlite3.connect(path)) as db:
        if not db.execute("SELECT sqlite_compileoption_used('ENABLE_DBSTAT_VTAB')").fetchone()[0]:
            DBSTAT.lack()
        pages = db.execute(
            "SELECT pageno, ncell FROM dbstat WHERE name = 't' AND pagetype = 'leaf' ORDER BY path"
        ).fetchall()
    expected, first = [], 1
    for start in range(0, len(pages) - 1, 16):
        taken = pages[start : start + 16]
        if len(taken) < 16 or taken[-1] == pages[-1]:
            break
        end = first + sum(rows for _, rows in taken)
        if all(length <= WHOLE for length in lengths[first - 1 : end - 1]):
            held = b"".join(content[(page - 1) * PAGE : page * PAGE] for page, _ in taken)
            expected.append(Block(first, end - 1, sha256(TABLE.encode() + held).hexdigest()))
        first = end
    assert told(path) == expected == told(path, frozenset(expected))
    assert len(expected) > 3 or kind in ("nothing but longer ones", "few", "none")


def test_what_grows_keeps_its_pages_and_what_changes_does_not(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    made(path, [40] * 3000)
    before = told(path)
    with closing(sqlite3.connect(path)) as db:
        for number in range(3001, 6000):
            db.execute("INSERT INTO t VALUES (?, 'x', zeroblob(40))", (number,))
        db.commit()
    grown = told(path)
    assert grown[: len(before)] == before
    assert len(grown) > 1.8 * len(before)
    for change in ("content = zeroblob(39) || 'x'", "name = 'y'", "name = ''", "n = 999999"):
        with closing(sqlite3.connect(path)) as db:
            db.execute(f"UPDATE t SET {change} WHERE n = 1001")
            changed = told_after_commit(db, path)
        assert not [one for one in changed if one in grown and one.first <= 1001 <= one.last]
        assert [one for one in changed if one in grown]


def told_after_commit(db: sqlite3.Connection, path: Path) -> list[Block]:
    db.commit()
    return told(path)


def test_nothing_is_told_of_what_lies_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "t.sqlite"
    made(path, [40] * 3000)
    before = told(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA writable_schema = on")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, 'name', 'title') WHERE name = 't'")
        db.commit()
    assert not {*told(path)} & {*before}
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    assert told(path) == []
    cut = path.read_bytes()
    for end in (0, 50, PAGE, PAGE * 5, PAGE * 60):
        (tmp_path / "cut.sqlite").write_bytes(cut[:18] + b"\1\1" + cut[20:end] if end > 20 else cut[:end])
        with FileIO(tmp_path / "cut.sqlite") as file:
            assert len(list(stretches(file, 3, TABLE, frozenset()))) < len(before)
