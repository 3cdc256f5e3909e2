"""Several who append to one log: each waits for the other, is told so, and builds on what there is."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from stores import BOTH_STORES, ON_POSTGRESQL

from regaudit.base.errors import KeyFileError, LogBusyError, LogError, VersionConflictError
from regaudit.catalogue.event_types import FindingGone
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.lock import Lock, Writer, append_lock, hold
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.eventlog.rotate_key import rotate

NOW = datetime(2026, 3, 31, 23, 0)
SRC = Path(__file__).parents[2] / "src"
HAMMER = """
import sys
from pathlib import Path
from regaudit.catalogue.event_types import FindingGone
from regaudit.eventlog.log import EventLog
with EventLog(Path(sys.argv[1])) as log:
    for number in range(20):
        log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=number)
"""


def gone(stream: str, version: int) -> LogEvent:
    return FindingGone(stream, version, as_of="2026-03-31", run_no=1)


def as_one(log: EventLog, events: list[LogEvent]) -> None:
    log.append_batches([log.stored(events)])


def one_by_one(log: EventLog, events: list[LogEvent]) -> None:
    log.append_all(events)


@BOTH_STORES
def test_versions_of_many_streams_are_those_of_each(folder: Path) -> None:
    make_log(folder)
    streams = [f"finding:{number}" for number in range(3000)]
    with EventLog(folder) as log:
        as_one(log, [gone(stream, version) for stream in streams[::2] for version in (1, 2)])
        as_one(log, [gone("finding:0", 3)])
        assert log.versions([]) == {}
        assert log.versions(["finding:1"]) == {}
        found = log.versions([*streams, *streams])
        assert found == {"finding:0": 3} | dict.fromkeys(streams[2::2], 2)
        assert all(found.get(stream, 0) == log.version(stream) for stream in streams[:20])


@pytest.mark.parametrize("append", [as_one, one_by_one])
@BOTH_STORES
def test_a_version_that_is_taken_is_told_as_such(
    folder: Path, append: Callable[[EventLog, list[LogEvent]], None]
) -> None:
    make_log(folder)
    with EventLog(folder) as log, EventLog(folder) as other:
        expected = log.version("finding:a") + 1
        other.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
        with pytest.raises(VersionConflictError, match="另一个进程刚刚") as refused:
            append(log, [gone("finding:b", 1), gone("finding:a", expected)])
        assert "磁盘" not in str(refused.value)
        assert "未写入任何事件" in str(refused.value)
        assert log.position() == 1
        append(log, [gone("finding:b", 1), gone("finding:a", expected + 1)])
        assert log.versions(["finding:a", "finding:b"]) == {"finding:a": 2, "finding:b": 1}


@pytest.fixture
def elsewhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace on another machine: its own locks, the same log."""
    make_log(folder)
    copy = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    return copy


@ON_POSTGRESQL
def test_what_another_machine_was_faster_with_is_built_upon(folder: Path, elsewhere: Path) -> None:
    made: list[int] = []
    with EventLog(folder) as log, EventLog(elsewhere) as other:

        def make() -> list[LogEvent]:
            version = log.version("finding:a") + 1
            if not made:
                other.append_all([gone("finding:a", version)])
            made.append(version)
            return [gone("finding:a", version)]

        log.append_next(make)
        assert made == [1, 2]
        assert log.version("finding:a") == 2


@ON_POSTGRESQL
def test_a_key_that_another_machine_changed_signs_nothing_more(folder: Path, elsewhere: Path) -> None:
    with EventLog(folder) as log, EventLog(elsewhere) as other:
        rotate(other, "2026-03-31")
        with pytest.raises(KeyFileError, match="不是本日志的"):
            log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
        assert log.position() == 1


@BOTH_STORES
def test_two_that_append_to_one_stream_at_once_lose_nothing(folder: Path) -> None:
    make_log(folder)
    words = [sys.executable, "-c", HAMMER, str(folder)]
    both = [subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(SRC)}) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    with EventLog(folder) as log:
        assert [event.originator_version for event in log.events("finding:a", FindingGone)] == list(
            range(1, 41)
        )
        log.check_writable()


def test_who_waits_is_told_for_whom_and_goes_on_when_it_is_his_turn(tmp_path: Path) -> None:
    make_log(tmp_path)
    told: list[tuple[str, int, int]] = []
    done = threading.Event()

    def other() -> None:
        with append_lock(tmp_path, Writer(command="import", now=lambda: NOW)):
            holding.set()
            done.wait(60)

    holding, holder = threading.Event(), threading.Thread(target=other)
    holder.start()
    assert holding.wait(60)

    def tell(*words: str | int) -> None:
        told.append(words)  # type: ignore[arg-type]
        if len(told) == 2:
            done.set()

    with EventLog(tmp_path, writer=Writer(command="quarantine", patience=60, tell=tell)) as log:
        log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
        assert log.position() == 1
    holder.join()
    for words in ("等待", str(os.getpid()), "regaudit import", "2026-03-31 23:00:00"):
        assert words in told[0][0]
    assert told[0][2] == 60
    assert not (tmp_path / "append.lock.json").exists()


def test_who_waited_long_enough_is_refused_and_nothing_is_stored(tmp_path: Path) -> None:
    make_log(tmp_path)
    with (
        EventLog(tmp_path, writer=Writer(command="quarantine", patience=1)) as log,
        append_lock(tmp_path, Writer(command="import", now=lambda: NOW)),
    ):
        since = time.monotonic()
        with pytest.raises(LogBusyError, match="未写入任何事件") as refused:
            log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
        assert 0.4 < time.monotonic() - since < 20
        assert f"进程号 {os.getpid()},regaudit import" in str(refused.value)
        assert log.position() == 0


def test_a_reader_of_another_program_that_stays_is_waited_for_and_told(tmp_path: Path) -> None:
    make_log(tmp_path)
    code = (
        f"import sqlite3; db = sqlite3.connect({str(tmp_path / 'events.sqlite')!r}); "
        "db.execute('BEGIN'); db.execute('SELECT * FROM log_facts').fetchall(); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        with EventLog(tmp_path, writer=Writer(patience=1)) as log:
            with pytest.raises(LogBusyError, match="占用"):
                log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
            process.communicate(b"\n", timeout=30)
            log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
            assert log.version("finding:a") == 1


def test_a_workspace_in_which_no_lock_can_be_made_takes_nothing(tmp_path: Path) -> None:
    make_log(tmp_path)
    (tmp_path / "append.lock").mkdir()
    with EventLog(tmp_path) as log:
        with pytest.raises(LogError, match="未写入任何事件"):
            log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
        assert log.position() == 0


@BOTH_STORES
def test_a_log_that_is_open_goes_on_with_the_key_that_was_changed_meanwhile(folder: Path) -> None:
    make_log(folder)
    with EventLog(folder) as log:
        log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=1)
        with EventLog(folder) as other:
            key = rotate(other, "2026-03-31")
        log.append(FindingGone, "finding:a", as_of="2026-03-31", run_no=2)
        assert log.signer().verifier == key
        log.check_writable()


def test_each_lock_excludes_its_own_kind_alone(tmp_path: Path) -> None:
    kinds = (Lock.RUN, Lock.IMPORT)
    for held in kinds:
        with hold(tmp_path, "held", NOW, held):
            for other in kinds:
                if other is held:
                    with pytest.raises(Exception, match="regaudit held"), hold(tmp_path, "b", NOW, other):
                        pass
                else:
                    with hold(tmp_path, "b", NOW, other):
                        pass
            with append_lock(tmp_path, Writer(patience=1)):
                pass
