"""XES event logs: starts, attributes wherever they stand, every writing that XML allows, read once."""

from pathlib import Path

import pytest
from conftest import Desk

from regaudit.sources.formats import xes, xmltags
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO


def event(name: str, at: str, transition: str = "", resource: str = "", instance: str = "") -> str:
    values = {
        "concept:name": name,
        "time:timestamp": at,
        "lifecycle:transition": transition,
        "org:resource": resource,
        "concept:instance": instance,
    }
    return (
        "<event>" + "".join(f'<string key="{k}" value="{v}"/>' for k, v in values.items() if v) + "</event>"
    )


def rows(path: Path, *traces: str, log: str = "<log>") -> list[dict[str, str | None]]:
    path.write_text(log + "".join(f"<trace>{t}</trace>" for t in traces) + "</log>", encoding="utf-8")
    [table] = open_export(path, lambda _: None)
    read = [row for batch in table.read() for row in batch.rows.to_dicts()]
    assert [row.pop(ROW_NO) for row in read] == list(range(1, len(read) + 1))
    return read


def starts(path: Path, *events: str) -> list[str | None]:
    return [row.get("start_timestamp") for row in rows(path, "".join(events))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.xes"


def test_attributes_behind_the_events_are_the_traces_own(path: Path) -> None:
    name = '<string key="concept:name" value="{}"/>'
    first, second = (event("受理", "1") + name.format(n) + event("登簿", "2") for n in "AB")
    assert [row["case:concept:name"] for row in rows(path, first, second, event("受理", "3"))] == [
        *"AABB",
        None,
    ]


def test_writings_that_xml_allows(path: Path) -> None:
    odd = (
        "<event ><!-- <event/> --><string  value='a\tb&amp;&#x53d7;' key='x:y'></string>"
        '<string key="quoted" value=\'say "key=1"\'\n/><![CDATA[<event>]]><?note <event/>?></event>'
    )
    [row] = rows(path, odd, log='<?xml version="1.0"?><x:log xmlns:x="u">'.replace("x:", ""))
    assert row == {"x:y": "a b&受", "quoted": 'say "key=1"'}


def test_an_event_outside_of_all_traces_has_the_attributes_of_none(path: Path) -> None:
    content = f'<log><trace><string key="a" value="1"/>{event("x", "1")}</trace>{event("y", "2")}</log>'
    path.write_text(content, encoding="utf-8")
    [table] = open_export(path, lambda _: None)
    [batch] = table.read()
    assert batch.rows["case:a"].to_list() == ["1", None]
    assert batch.rows["concept:name"].to_list() == ["x", "y"]


def test_traces_that_go_over_many_pages(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xmltags, "_CHUNK", 64)
    monkeypatch.setattr(xmltags, "_PAGE", 64)
    monkeypatch.setattr(xes, "_MOST_CELLS", 10)
    traces = [
        "".join(
            event("审核", f"{n}", "start", "r") + event("审核", f"{n}x", "complete", "r") for n in range(40)
        )
        + f'<string key="n" value="{number}"/>'
        for number in range(3)
    ]
    read = rows(path, *traces)
    assert [row["case:n"] for row in read] == [str(number) for number in range(3) for _ in range(80)]
    assert [row["start_timestamp"] for row in read[1::2]] == [f"{n}" for _ in range(3) for n in range(40)]


class TestStarts:
    def test_the_completion_has_the_start(self, path: Path) -> None:
        pair = event("审核", "09:00", "start", "a"), event("审核", "09:30", "COMPLETE", "a")
        assert starts(path, *pair) == [None, "09:00"]

    def test_of_another_person_or_step_it_has_none(self, path: Path) -> None:
        begun = event("审核", "09:00", "start", "a")
        assert starts(path, begun, event("审核", "10", "complete", "b")) == [None, None]
        assert starts(path, begun, event("登簿", "10", "complete", "a")) == [None, None]

    def test_an_instance_tells_more_than_the_person(self, path: Path) -> None:
        begun = [event("审核", f"0{n}", "start", "a", f"i{n}") for n in (1, 2)]
        done = [event("审核", f"1{n}", "complete", "b", f"i{n}") for n in (2, 1)]
        assert starts(path, *begun, *done) == [None, None, "02", "01"]

    def test_of_several_the_first_is_taken(self, path: Path) -> None:
        begun = [event("审核", at, "start", "a") for at in ("08", "09")]
        assert starts(path, *begun, event("审核", "10", "complete", "a")) == [None, None, "08"]

    def test_a_completion_before_it_has_none(self, path: Path) -> None:
        done = event("审核", "08", "complete", "a")
        assert starts(path, done, event("审核", "09", "start", "a"), done) == [None, None, "09"]

    def test_it_does_not_reach_into_the_next_trace(self, path: Path) -> None:
        read = rows(path, event("审核", "09", "start", "a"), event("审核", "10", "complete", "a"))
        assert not any(row.get("start_timestamp") for row in read)

    def test_one_of_the_file_counts_before_it(self, path: Path) -> None:
        own = event("审核", "10", "complete", "a").replace(
            "</event>", '<string key="start_timestamp" value="07"/></event>'
        )
        assert starts(path, event("审核", "09", "start", "a"), own) == [None, "07"]


def test_a_step_has_started_at(desk: Desk, tmp_path: Path) -> None:
    case = '<string key="concept:name" value="A1"/><string key="office" value="150602"/>'
    times = [f"2026-03-02T{hour}:00:00+08:00" for hour in ("09", "10", "11")]
    events = event("审核", times[0], "start", "wang") + event("审核", times[1], "complete", "wang")
    left = event("登簿", times[2], "start", "zhao")
    rows(tmp_path / "a.xes", case + events + left)
    [result] = desk.facts("import", tmp_path / "a.xes")
    assert (result["appended"], result["skipped"]) == (1, 2)
    [step] = desk.events("step-recorded")
    assert step.state["action"]["started_at"] == "2026-03-02T09:00:00"
