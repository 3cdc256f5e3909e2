"""Cut off, without room, on a failing disk, with damaged files: the log is whole, or said to be broken."""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import SRC, Desk, ordinary_case, step

# Counts every step to the disk that Python itself takes: fsync, rename, removal. At step N the process is
# killed, or the step fails as on a broken or full disk. With N = 0 it counts to the end.
FAULTY = """
import errno, os, resource, signal, sys

sys.path.insert(0, {src!r})
from regaudit.cli import main

how, at, limit, count = {how!r}, {at}, {limit}, 0
fsync = os.fsync

def taken():
    global count
    count += 1
    if count == at and how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return count == at

def failing(handle):
    if taken() and how == "fsync":
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    fsync(handle)

def hook(event, arguments):
    if event in ("os.rename", "os.remove"):
        taken()

os.fsync = failing
sys.addaudithook(hook)
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.argv = ["regaudit", *{words!r}]
try:
    main()
finally:
    print("steps", count, file=sys.stderr)
"""
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
COMMANDS = {
    "import": ("import", "b.csv"),
    "night": ("nightly", "b.csv", "--as-of", "2026-03-12"),
    "change of keys": ("keys", "rotate"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after one night, with an export that waits."""
    desk = Desk(tmp_path_factory.mktemp("whole") / "home")
    desk.ok("init", desk.home, "--profile", "ordos-2023")
    desk.ok("nightly", desk.export("a.csv", [LATE, *ordinary_case("1")]), "--as-of", "2026-03-11")
    desk.export("b.csv", [row for number in range(40) for row in ordinary_case(f"B{number}")])
    return desk.home


@pytest.fixture
def again(whole: Path, tmp_path: Path) -> Callable[[], Desk]:
    """Makes a fresh copy of the workspace."""

    def make() -> Desk:
        home = tmp_path / "home"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(whole, home)
        return Desk(home)

    return make


def faulty(
    desk: Desk, name: str, how: str, at: int = 0, limit: int = 0
) -> "subprocess.CompletedProcess[str]":
    words = [str(desk.home / word) if word.endswith(".csv") else word for word in COMMANDS[name]]
    code = FAULTY.format(src=str(SRC), how=how, at=at, limit=limit, words=[*words, "--home", str(desk.home)])
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def states(desk: Desk) -> list[Any]:
    return [(event.position, event.stream, event.version, event.topic) for event in desk.events()]


def brought(events: list[Any]) -> list[Any]:
    """What the imports brought, wherever it stands."""
    topics = ("step-recorded", "import-recorded")
    return [(stream, version, topic) for _, stream, version, topic in events if topic in topics]


def assert_whole_and_goes_on(desk: Desk, name: str, before: list[Any], after: list[Any]) -> None:
    """The log is as before the command or as after it; run again, the command ends as it should."""
    assert desk.facts("verify", "--log-only")["is_whole"]
    known = states(desk)
    assert known[: len(before)] == before
    words = [desk.home / word if word.endswith(".csv") else word for word in COMMANDS[name]]
    desk.ok(*words)
    assert desk.facts("verify")["is_whole"]
    if name != "change of keys":  # a night that is run again may check once more
        assert brought(states(desk)) == brought(after)
    assert not (desk.home / "keys" / "next.key").exists()
    assert desk.temporary() == []


@pytest.fixture(scope="module")
def ended(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[Any]]]:
    """How many steps each command takes, and what the log then holds."""
    found = {}
    for name in COMMANDS:
        home = tmp_path_factory.mktemp("ended") / "home"
        shutil.copytree(whole, home)
        done = faulty(Desk(home), name, "count")
        assert done.returncode == 0, done.stderr
        found[name] = (int(done.stderr.split()[-1]), states(Desk(home)))
    return found


def stages(steps: int, few: int) -> list[int]:
    """Steps to fail at: all of them, or as many spread from the first to the last."""
    return sorted({1 + round(number * (steps - 1) / (few - 1)) for number in range(few)})


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("how", ["kill", "fsync"])
def test_killed_or_failing_at_every_stage(
    again: Callable[[], Desk], ended: dict[str, tuple[int, list[Any]]], name: str, how: str
) -> None:
    steps, after = ended[name]
    assert steps >= 5
    for at in stages(steps, 7):
        desk = again()
        before = states(desk)
        done = faulty(desk, name, how, at)
        assert done.returncode in ((-9,) if how == "kill" else (0, 1)), (at, done.stderr)
        assert "Traceback" not in done.stderr, (at, done.stderr)
        assert_whole_and_goes_on(desk, name, before, after)


@pytest.mark.parametrize("name", ["import", "night"])
def test_no_room_left_at_every_stage(
    again: Callable[[], Desk], ended: dict[str, tuple[int, list[Any]]], name: str
) -> None:
    """Files may grow to a size and no further: at first none at all, in the end nearly as far as needed."""
    _, after = ended[name]
    size = (again().home / "events.sqlite").stat().st_size
    for limit in (1, size // 4, size - 1, size + 1, size + 16_384, size + 49_152):
        desk = again()
        before = states(desk)
        done = faulty(desk, name, "full", limit=limit)
        assert "Traceback" not in done.stderr, (limit, done.stderr)
        if limit <= size:
            assert done.returncode == 1, (limit, done.stdout)
        assert_whole_and_goes_on(desk, name, before, after)


def contents(home: Path) -> list[list[Any]]:
    tables = ("stored_events", "tree_nodes", "checkpoints", "log_facts")
    with closing(sqlite3.connect(home / "events.sqlite")) as db:
        return [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]


def assert_whole_or_told(desk: Desk, expected: list[list[Any]]) -> bool:
    """Whether verify told of damage; where it did not, nothing is missing or different."""
    run = desk.run("verify", "--log-only")
    assert run.status in (0, 1), run
    assert "Traceback" not in run.text
    if run.status == 0:
        assert contents(desk.home) == expected
    return run.status == 1


def test_a_flipped_bit_is_told_or_touches_nothing(again: Callable[[], Desk]) -> None:
    desk = again()
    path = desk.home / "events.sqlite"
    content, expected = path.read_bytes(), contents(desk.home)
    chance = random.Random(1)  # noqa: S311 - places, no secrets
    told, used = 0, [at for at, byte in enumerate(content) if byte]
    for _ in range(60):
        at, bit = chance.choice(used), 1 << chance.randrange(8)
        path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
        told += assert_whole_or_told(desk, expected)
    assert told > 40


def test_a_cut_file_is_told(again: Callable[[], Desk]) -> None:
    desk = again()
    path = desk.home / "events.sqlite"
    content, expected = path.read_bytes(), contents(desk.home)
    for size in (0, 1, 100, 16_384, 16_385, len(content) // 2, len(content) - 16_384, len(content) - 1):
        path.write_bytes(content[:size])
        assert assert_whole_or_told(desk, expected)
    path.unlink()
    assert desk.run("verify").status == 1
    assert desk.run("nightly").status == 1
    assert not path.exists()


def test_a_damaged_journal_is_told_or_takes_the_transaction_back(again: Callable[[], Desk]) -> None:
    desk = again()
    expected = contents(desk.home)
    path, journal = desk.home / "events.sqlite", desk.home / "events.sqlite-journal"
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
        told = assert_whole_or_told(desk, expected)
        assert not (told and content == rest)


def test_a_damaged_key_stops_writing_and_not_checking(again: Callable[[], Desk]) -> None:
    pem = (again().home / "keys" / "log.key").read_bytes()
    for content in (None, b"", pem[:70], pem.replace(b"M", b"N", 1)):
        desk = again()
        before = states(desk)
        (desk.home / "keys" / "log.key").unlink()
        if content is not None:
            (desk.home / "keys" / "log.key").write_bytes(content)
        for name, words in COMMANDS.items():
            run = desk.run(*(desk.home / word if word.endswith(".csv") else word for word in words))
            assert run.status == 1, name
            assert "签名私钥" in run.text
            assert "Traceback" not in run.text
        assert states(desk) == before
        assert desk.facts("verify")["is_whole"]
