"""The event log: canonical bytes, own positions, all or nothing, one writer."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores import BOTH_STORES

from regaudit.base.errors import LogError, WorkspaceBusyError
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import FindingGone, StepRecorded
from regaudit.catalogue.events import LogEvent, catalogue, event_class, state_of
from regaudit.catalogue.kinds import export_kinds
from regaudit.eventlog.application import CanonicalJson
from regaudit.eventlog.lock import Lock, hold
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.intake.row_import import Workbench
from regaudit.sources.tables import ROW_NO

STEPS = export_kinds()["steps"]
NOW = datetime(2026, 3, 31, 22, 30)
KEEP_FOLDER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60), deadline=None
)
any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
plain_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)


@st.composite
def actions(draw: st.DrawFn) -> dict[str, str]:
    """A canonical row: any text where any is allowed."""
    optional = [name for name in STEPS.columns if name not in ("case_no", "office", "step", "occurred_at")]
    chosen = draw(st.lists(st.sampled_from(optional), unique=True))
    return {
        "case_no": draw(plain_text),
        "office": draw(plain_text.filter(lambda text: "/" not in text)),
        "step": draw(any_text),
        "occurred_at": draw(st.sampled_from(["2026-03-02", "2026-03-02T09:00:00"])),
        **{name: draw(any_text) for name in chosen},
    }


def frame(rows: list[dict[str, str]]) -> pl.DataFrame:
    columns = {name: pl.Series([row.get(name) for row in rows], dtype=pl.String) for name in STEPS.columns}
    return pl.DataFrame({ROW_NO: pl.Series(range(2, len(rows) + 2), dtype=pl.Int64), **columns})


@KEEP_FOLDER
@given(st.lists(actions(), min_size=1, max_size=5))
def test_bulk_written_states_are_the_transcoders_bytes(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    """Both ways into the log write the same bytes for the same state."""
    with Workbench(tmp_path_factory.mktemp("bench"), import_no=7, kind=STEPS) as bench:
        bench.add(frame(rows))
        stored = [tuple(row.values()) for events in bench.events() for row in events.to_pylist()]
    assert (
        bench.verdict.appended == len(stored) == len({msgspec.json.encode(r, order="sorted") for r in rows})
    )
    transcoder = CanonicalJson()
    for stream, _, topic, state in stored:
        value = transcoder.decode(state)
        action = value["action"]
        assert action in rows
        assert state == transcoder.encode(value)
        assert stream == fold(f"case:{action['office']}/{action['case_no']}")
        assert topic == "step-recorded"


@KEEP_FOLDER
@given(rows=st.lists(actions(), min_size=1, max_size=5))
def test_events_come_back_from_the_log_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    home = tmp_path_factory.mktemp("log")
    make_log(home)
    with EventLog(home) as log:
        streams: dict[str, int] = {}
        events = []
        for row_no, action in enumerate(rows, start=2):
            stream = fold(f"case:{action['office']}/{action['case_no']}")
            streams[stream] = streams.get(stream, 0) + 1
            events.append(
                StepRecorded(
                    stream, streams[stream], action=action, action_id="x", import_no=1, row_no=row_no
                )
            )
        log.append_batches([log.stored(events)])
        log.append_all(
            [
                StepRecorded("single", n + 1, action=a, action_id="x", import_no=1, row_no=2)
                for n, a in enumerate(rows)
            ]
        )
        tables = [row for table in log.read() for row in table.to_pylist()]
        assert [row["position"] for row in tables] == list(range(1, 2 * len(rows) + 1))
        read = [msgspec.json.decode(row["state"])["action"] for row in tables]
        assert read == rows + rows
        assert [event.action for event in log.events("single", StepRecorded)] == rows
        known = [row for table in log.read_streams(streams) for row in table.to_pylist()]
        assert sorted(row["position"] for row in known) == list(range(1, len(rows) + 1))


@BOTH_STORES
def test_every_kind_of_event_in_the_catalogue_goes_in_and_out(folder: Path) -> None:
    make_log(folder)
    with EventLog(folder) as log:
        for topic, kind in catalogue().items():
            place = {"originator_id": topic, "originator_version": 1}
            event = msgspec.convert(kind.example | place, event_class(topic))
            log.append_all([event])
            assert list(log.events(topic, LogEvent)) == [event]
            assert state_of(event) == kind.example


def example(stream: str, version: int) -> FindingGone:
    return FindingGone(stream, version, as_of="2026-03-31", run_no=1)


@BOTH_STORES
def test_an_append_is_all_or_nothing(folder: Path) -> None:
    make_log(folder)
    with EventLog(folder) as log:
        log.append_all([example("a", 1)])
        rows = log.stored((example("b", 1), example("a", 1)))
        with pytest.raises(LogError):
            log.append_batches([rows])
        with pytest.raises(LogError):
            log.append_all([example("b", 1), example("a", 1)])

        def breaks() -> Any:
            yield rows[:1]
            raise RuntimeError("cut off")

        with pytest.raises(RuntimeError):
            log.append_batches(breaks())
        assert log.position() == 1
        log.append_all([example("b", 1)])
        assert [row["position"] for table in log.read() for row in table.to_pylist()] == [1, 2]


REPLACE_BY_NAME = """
REPLACE INTO stored_events
SELECT 999, originator_id, originator_version, topic, state, leaf FROM stored_events WHERE position = 7
"""


def test_nothing_stored_can_be_changed_by_a_slip_of_the_hand(tmp_path: Path) -> None:
    make_log(tmp_path)
    with EventLog(tmp_path) as log:
        log.append_all([example("a", number) for number in range(1, 300)])
        log.append_batches([log.stored([example("b", 1)])])
    tables = ("stored_events", "tree_nodes", "checkpoints", "log_facts")
    with closing(sqlite3.connect(tmp_path / "events.sqlite")) as db:
        before = [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
        statements = [
            *(f"DELETE FROM {table}" for table in tables),
            *(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1" for table in tables),
            *(
                f"UPDATE {table} SET {column} = {column}"
                for table, column in zip(tables, ("state", "hash", "note", "value"), strict=True)
            ),
            REPLACE_BY_NAME,
        ]
        for statement in statements:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)
        assert [db.execute(f"SELECT * FROM {table}").fetchall() for table in tables] == before


@pytest.mark.parametrize(
    "change",
    [
        "",
        "DROP TRIGGER stored_events_no_replace;",
        """
        DROP TRIGGER stored_events_no_replace;
        CREATE TRIGGER stored_events_no_replace BEFORE INSERT ON stored_events BEGIN SELECT 1; END;
        """,
    ],
)
def test_an_append_leaves_the_triggers_as_they_are(tmp_path: Path, change: str) -> None:
    make_log(tmp_path)
    with closing(sqlite3.connect(tmp_path / "events.sqlite")) as db:
        db.executescript(change)
        triggers = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
        ).fetchall()
        with EventLog(tmp_path) as log:
            log.append_batches([log.stored([example("a", 1)])])
            with pytest.raises(ZeroDivisionError):
                log.append_batches(log.stored([example("b", 1 // n)]) for n in (1, 0))
        assert (
            triggers
            == db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1").fetchall()
        )


def test_a_log_that_lost_its_end_takes_nothing_more(tmp_path: Path) -> None:
    make_log(tmp_path)
    with EventLog(tmp_path) as log:
        log.append_all([example("a", number) for number in range(1, 4)])
    with closing(sqlite3.connect(tmp_path / "events.sqlite")) as db:
        db.execute("DROP TRIGGER stored_events_no_delete")
        db.execute("DELETE FROM stored_events WHERE position = 3")
        db.commit()
    with EventLog(tmp_path) as log:
        for append in (
            log.append_all,
            lambda events: log.append_batches([log.stored(events)]),
        ):
            with pytest.raises(LogError, match="末尾缺少记录"):
                append([example("b", 1)])
        with pytest.raises(LogError, match="末尾缺少记录"):
            log.check_writable()
        assert log.position() == 2


def test_no_log_is_made_by_opening_one(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="没有事件日志"):
        EventLog(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_field_that_is_not_in_the_catalogue_stays_out() -> None:
    make = event_class("finding-gone")
    with pytest.raises(TypeError, match="run_no"):
        make("a", 1, as_of="2026-03-31")
    with pytest.raises(TypeError, match="colour"):
        make("a", 1, as_of="2026-03-31", run_no=1, colour="red")


def test_a_second_writer_is_told_who_holds_the_lock_and_since_when(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from datetime import datetime\nfrom pathlib import Path\n"
        "from regaudit.eventlog.lock import Lock, hold\n"
        f"with hold(Path({str(tmp_path)!r}), 'nightly', datetime(2026, 3, 31, 22, 30), Lock.RUN):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    src = Path(__file__).parents[2] / "src"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(src)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(WorkspaceBusyError) as refused, hold(tmp_path, "check", NOW, Lock.RUN):
        pass
    for word in (str(process.pid), "regaudit nightly", "2026-03-31 22:30:00"):
        assert word in str(refused.value)
    process.kill()
    process.communicate(timeout=10)
    # The holder was killed: the lock is free, and its note is no longer believed.
    with hold(tmp_path, "check", NOW, Lock.RUN):
        assert b"check" in (tmp_path / "regaudit.lock.json").read_bytes()
    assert not (tmp_path / "regaudit.lock.json").exists()


def test_a_note_that_cannot_be_read_is_no_harm(tmp_path: Path) -> None:
    with hold(tmp_path, "nightly", NOW, Lock.RUN):
        (tmp_path / "regaudit.lock.json").write_bytes(b"{")
        with pytest.raises(WorkspaceBusyError, match="另一个"), hold(tmp_path, "check", NOW, Lock.RUN):
            pass
