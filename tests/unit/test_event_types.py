"""Events as classes: like the catalogue, stored as ever, and read whatever version wrote them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from tooling import tool

from regaudit.base.errors import LogError
from regaudit.catalogue import event_kinds
from regaudit.catalogue.event_types import (
    FindingGone,
    FindingOpened,
    ImportRecorded,
    Part,
    RunCompleted,
    StepRecorded,
)
from regaudit.catalogue.events import (
    LogEvent,
    catalogue,
    event_class,
    made_class,
    read_event,
    state_of,
)
from regaudit.eventlog.batches import NEW_SCHEMA
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log

ROOT = Path(__file__).resolve().parents[2]
OLD_IMPORT = {
    "kind": "steps",
    "file_name": "a.csv",
    "file_sha256": "ab",
    "file_bytes": 9,
    "mapping": "canonical",
    "mapping_sha256": "",
    "strip_name_suffix": False,
    "rows_read": 1,
    "appended": 1,
    "known": 0,
    "altered": 0,
    "quarantined": 0,
    "quarantine_file": "",
    "offices": ["1"],
    "first_on": None,
    "last_on": None,
    "imported_at": "2026-03-31T22:30:00",
}
OLD_RUN = {
    "kind": "nightly",
    "as_of": "2026-03-31T23:59:59",
    "night": "2026-03-31",
    "log_position": 1,
    "profile": "default",
    "profile_sha256": "ab",
    "calendar": "2026",
    "rules": {"overdue": 1},
    "findings_sha256": "cd",
    "findings": 0,
    "finished_at": "2026-03-31T22:31:02",
    "counts": {"overdue": {"examined": 1, "violations": 0, "unknown": 0, "status": "passed"}},
}
VOIDED = """
topic = "certificate-voided"
version = 1
title = "证书作废"
stream = "certificates:{office}"
about = "A blank certificate was voided."

[objects.Serials]
first = { type = "text" }
last = { type = "text or null" }

[fields]
office = { type = "text", about = "whose" }
serials = { type = "array of Serials" }
entry = { type = "map of text", optional = true }
part_no = { type = "integer", optional = true }

[example]
office = "150602"
serials = [{ first = "1", last = "9" }]
"""


@pytest.fixture
def own_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The topic of a kind that has a TOML file and no class."""
    (tmp_path / "certificate-voided.toml").write_text(VOIDED, encoding="utf-8")
    monkeypatch.setattr(event_kinds, "events_dir", lambda: tmp_path)
    catalogue.cache_clear()
    yield "certificate-voided"
    catalogue.cache_clear()
    event_class.cache_clear()


def stored(log: EventLog, *events: tuple[str, int, str, Any]) -> None:
    """Append states as they are, whoever may have written them: stream, version, topic, state."""
    columns = zip(*((*place, msgspec.json.encode(state)) for *place, state in events), strict=True)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, NEW_SCHEMA.types, strict=True)]
    log.append_batches([pa.table(arrays, NEW_SCHEMA)])


def test_the_module_of_classes_is_made_from_the_catalogue() -> None:
    maker = tool("event_classes")
    made = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in (ROOT / maker.FOLDER).glob("*.py")
    }
    assert made == maker.modules(), "run `make docs`, and delete modules that it no longer makes"


@pytest.mark.parametrize("topic", catalogue())
def test_a_class_made_from_the_catalogue_alone_is_like_the_written_one(topic: str) -> None:
    kind = catalogue()[topic]
    written, made = event_class(topic), made_class(kind)
    assert written.__module__.startswith("regaudit.catalogue.event_types.")
    assert (written.__name__, written.TOPIC) == (made.__name__, made.TOPIC)
    fields = [[(f.name, f.required) for f in msgspec.structs.fields(each)] for each in (written, made)]
    assert fields[0] == fields[1]
    place = {"originator_id": "s", "originator_version": 1}
    events = [msgspec.convert(kind.example | place, each) for each in (written, made)]
    assert [state_of(event) for event in events] == [kind.example, kind.example]


def test_a_kind_without_a_written_class_goes_in_and_out(own_kind: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    make_log(home)
    with EventLog(home) as log:
        event = log.append(event_class(own_kind), "certificates:1", office="1", serials=[], part_no=2)
        with pytest.raises(ValueError, match="应为 object 类型,写的是 str"):
            log.append(event_class(own_kind), "certificates:1", office="1", serials=["1"])
        assert list(log.events("certificates:1", LogEvent)) == [event]
        [row] = [row for table in log.read() for row in table.to_pylist()]
    assert row["state"] == '{"office":"1","part_no":2,"serials":[]}'
    read = read_event("s", 1, own_kind, '{"office":"1","serials":[{"first":"1","last":null}]}')
    assert (read.serials[0].last, read.entry, read.part_no) == (None, {}, 0)  # type: ignore[attr-defined]


def test_what_is_optional_and_empty_is_left_out() -> None:
    step = StepRecorded("case:1/A", 1, action={"step": "accept"}, action_id="x", import_no=1, row_no=2)
    assert state_of(step) == {"action": {"step": "accept"}, "action_id": "x", "import_no": 1, "row_no": 2}
    event = msgspec.convert(
        OLD_IMPORT | {"originator_id": "imports", "originator_version": 1}, ImportRecorded
    )
    assert state_of(event) == OLD_IMPORT
    parts = [Part(name="", title="表", columns=["a"])]
    assert state_of(msgspec.structs.replace(event, parts=parts))["parts"] == [
        {"name": "", "title": "表", "columns": ["a"]}
    ]


def test_events_of_earlier_and_of_later_versions_are_read(tmp_path: Path) -> None:
    make_log(tmp_path)
    opened = {k: v for k, v in catalogue()["finding-opened"].example.items() if k != "source"}
    with EventLog(tmp_path) as log:
        stored(
            log,
            ("imports", 1, "import-recorded", OLD_IMPORT),
            ("runs", 1, "run-completed", OLD_RUN),
            ("finding:a", 1, "finding-opened", opened),
            ("finding:a", 2, "finding-gone", {"as_of": "2026-04-01", "run_no": 2, "colour": ["red"]}),
        )
        [past] = log.events("imports", ImportRecorded)
        assert (past.parts, past.resubmits, past.settled, past.source) == ([], [], 0, "")
        [run] = log.events("runs", RunCompleted)
        assert (run.params, run.calendar_sha256, run.counts["overdue"].status) == ({}, "", "passed")
        first, gone = log.events("finding:a", LogEvent)
        assert isinstance(first, FindingOpened)
        assert first.source is None
        assert gone == FindingGone("finding:a", 2, as_of="2026-04-01", run_no=2)
        assert log.events_after("finding:a", 3, FindingGone) == [gone]
        assert log.events_at("finding:a", LogEvent) == [(3, first), (4, gone)]


@pytest.mark.parametrize(
    ("topic", "state", "says"),
    [
        ("finding-gone", {"as_of": "2026-04-01"}, ["缺少 run_no"]),
        ("finding-gone", {"as_of": "2026-04-01", "run_no": "2"}, ["应为 int 类型,写的是 str", "run_no"]),
        ("finding-gone", ["2026-04-01"], ["应为 object 类型,写的是 array"]),
        ("os", {}, ["事件目录中没有 os"]),
        ("mail-sent", catalogue()["mail-sent"].example, ["只有 finding-gone"]),
    ],
)
def test_a_stored_event_that_cannot_be_read_is_named(
    tmp_path: Path, topic: str, state: Any, says: Sequence[str]
) -> None:
    make_log(tmp_path)
    with EventLog(tmp_path) as log:
        log.append(FindingGone, "a", as_of="2026-03-31", run_no=1)
        log.append(FindingGone, "b", as_of="2026-03-31", run_no=1)
        stored(log, ("a", 2, topic, state))
        with pytest.raises(LogError) as told:
            list(log.events("a", FindingGone))
    for word in (*says, "第 3 条记录", "a 流的第 2 个", topic, "regaudit verify"):
        assert word in str(told.value)


def test_a_field_of_another_type_stays_out(tmp_path: Path) -> None:
    make_log(tmp_path)
    wrong: Any = "1"
    with EventLog(tmp_path) as log:
        with pytest.raises(ValueError, match="应为 int 类型,写的是 str"):
            log.append(FindingGone, "a", as_of="2026-03-31", run_no=wrong)
        with pytest.raises(ValueError, match="应为 int 类型,写的是 str"):
            log.stored([FindingGone("a", 1, as_of="2026-03-31", run_no=wrong)])
        assert log.position() == 0
