"""Damaged files: the log is whole, or said to be broken."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk
from faults import COMMANDS, states, waiting, words_of
from stores import TABLES

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with waiting(tmp_path_factory.mktemp("whole") / "home", "sqlite") as desk:
        yield desk


@pytest.fixture
def victim(whole: Desk, tmp_path: Path) -> Iterator[Desk]:
    with whole.copied(tmp_path / "home") as desk:
        yield desk


def contents(home: Path) -> list[list[Any]]:
    with closing(sqlite3.connect(home / "events.sqlite")) as db:
        return [db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]


def assert_whole_or_told(desk: Desk, expected: list[list[Any]]) -> bool:
    """Whether verify told of damage; where it did not, nothing is missing or different."""
    run = desk.run("verify", "--log-only")
    assert run.status in (0, 1), run
    assert "Traceback" not in run.text
    if run.status == 0:
        assert contents(desk.home) == expected
    return run.status == 1


def test_a_flipped_bit_is_told_or_touches_nothing(victim: Desk) -> None:
    path = victim.home / "events.sqlite"
    content, expected = path.read_bytes(), contents(victim.home)
    chance = random.Random(1)  # noqa: S311 - places, no secrets
    told, used = 0, [at for at, byte in enumerate(content) if byte]
    for _ in range(60):
        at, bit = chance.choice(used), 1 << chance.randrange(8)
        path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
        told += assert_whole_or_told(victim, expected)
    assert told > 40


def test_a_cut_file_is_told(victim: Desk) -> None:
    path = victim.home / "events.sqlite"
    content, expected = path.read_bytes(), contents(victim.home)
    for size in (0, 1, 100, 16_384, 16_385, len(content) // 2, len(content) - 16_384, len(content) - 1):
        path.write_bytes(content[:size])
        assert assert_whole_or_told(victim, expected)
    path.unlink()
    assert victim.run("verify").status == 1
    assert victim.run("nightly").status == 1
    assert not path.exists()


def test_a_damaged_journal_is_told_or_takes_the_transaction_back(victim: Desk) -> None:
    expected = contents(victim.home)
    path, journal = victim.home / "events.sqlite", victim.home / "events.sqlite-journal"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 2")  # so that a half transaction is on the disk
        db.execute("BEGIN")
        values = (
            (number, f"case:x/{number}", "step-recorded", b"{}" * 500) for number in range(10**6, 10**6 + 300)
        )
        db.executemany("INSERT INTO stored_events VALUES (?, ?, 1, ?, ?, zeroblob(32))", values)
        log, rest = path.read_bytes(), journal.read_bytes()
        db.execute("ROLLBACK")
    assert len(rest) > 16_384
    chance = random.Random(2)  # noqa: S311 - places, no secrets
    flips = [(chance.randrange(len(rest)), 1 << chance.randrange(8)) for _ in range(12)]
    damaged = [rest, b"", rest[:27], rest[: len(rest) // 2]]
    damaged += [rest[:at] + bytes([rest[at] ^ bit]) + rest[at + 1 :] for at, bit in flips]
    for content in damaged:
        path.write_bytes(log)
        journal.write_bytes(content)
        told = assert_whole_or_told(victim, expected)
        assert not (told and content == rest)


@pytest.mark.slow
def test_a_damaged_key_stops_writing_and_not_checking(victim: Desk) -> None:
    path, before = victim.home / "keys" / "log.key", states(victim)
    pem = path.read_bytes()
    for content in (None, b"", pem[:70], pem.replace(b"M", b"N", 1)):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        for name in COMMANDS:
            run = victim.run(*words_of(victim, name))
            assert run.status == 1, name
            assert "签名私钥" in run.text
            assert "Traceback" not in run.text
        assert states(victim) == before
        assert victim.facts("verify")["is_whole"]
