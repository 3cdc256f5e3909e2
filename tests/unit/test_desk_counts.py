"""What is counted of a published database: once, anew when it is replaced, and never twice at a time."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from regaudit.base.folders import Folders
from regaudit.outlets.desk.kept_counts import KeptCounts
from regaudit.outlets.desk.published import EarlierDatabaseError, NothingPublishedError, Published


def publish(home: Path, rows: int) -> None:
    """Put a database of so many cases in place of the one that is there."""
    beside = home / "beside.duckdb"
    with duckdb.connect(beside) as db:
        db.execute(f"CREATE TABLE cases AS SELECT range AS case_no FROM range({rows})")
    beside.replace(Folders(home).database)


def count(db: duckdb.DuckDBPyConnection) -> int:
    [(number,)] = db.execute("SELECT count(*) FROM main.cases").fetchall()
    return int(number)


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("never")


def test_it_is_counted_once_a_database(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    calls: list[int] = []

    def counted(db: duckdb.DuckDBPyConnection) -> int:
        calls.append(count(db))
        return calls[-1]

    kept = KeptCounts(Published(tmp_path), counted)
    assert (kept.get(), kept.get(), calls) == (3, 3, [3])
    publish(tmp_path, 5)
    # Whoever asks meanwhile is not kept waiting: he is told what was.
    assert kept.get() == 3
    eventually(lambda: kept.get() == 5)
    assert calls == [3, 5]


def test_before_any_night_that_is_said(tmp_path: Path) -> None:
    kept = KeptCounts(Published(tmp_path), count)
    kept.warm()
    with pytest.raises(NothingPublishedError, match="nightly"):
        kept.get()


def test_of_a_database_from_before_it_says_what_to_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever counts behind the readers' backs does not die of it."""
    publish(tmp_path, 3)
    died: list[object] = []

    def missing(db: duckdb.DuckDBPyConnection) -> int:
        return int(db.execute("SELECT max(opens_1) FROM main.cases").fetchall()[0][0])

    kept = KeptCounts(Published(tmp_path), missing)
    monkeypatch.setattr(threading, "excepthook", died.append)
    before = {*threading.enumerate()}
    kept.warm()
    for thread in {*threading.enumerate()} - before:
        thread.join()
    assert not died
    with pytest.raises(EarlierDatabaseError, match="请等下一次夜间作业"):
        kept.get()
    with pytest.raises(EarlierDatabaseError, match="请等下一次夜间作业"):
        Published(tmp_path).rows("SELECT opens_1 FROM main.cases")


def test_many_who_ask_at_once_wait_for_one_count(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    calls, found = [], []
    gate = threading.Event()

    def counted(db: duckdb.DuckDBPyConnection) -> int:
        gate.wait(5)
        calls.append(1)
        return count(db)

    kept = KeptCounts(Published(tmp_path), counted)
    threads = [threading.Thread(target=lambda: found.append(kept.get())) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert (found, calls) == ([3] * 8, [1])


def test_what_does_not_fit_into_memory_stays_in_the_workspace(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    with Published(tmp_path).open() as db:
        [(place,)] = db.execute("SELECT current_setting('temp_directory')").fetchall()
    assert Path(place).is_relative_to(Folders(tmp_path).work)


def test_what_pages_will_ask_for_is_prepared_behind_them(tmp_path: Path) -> None:
    publish(tmp_path, 4)
    prepared: list[int] = []
    kept = KeptCounts(Published(tmp_path), count, prepared.append)
    kept.warm()
    eventually(lambda: prepared == [4])
    assert kept.get() == 4
