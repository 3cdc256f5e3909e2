"""The ledger on the command line: its list, one entry, and every step."""

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, Run
from ledgers import OFFICE, PEOPLE, add_entries, add_users, today

from regaudit.catalogue.event_types import EntryPerson
from regaudit.eventlog.lock import Lock, hold
from regaudit.ledger.request import Author, Request
from regaudit.ledger.service import Ledger
from regaudit.operation.open import local_now, open_workspace

ASSIGN = ("--to", "person:P5", "--kind", "by_date", "--by", "post1")


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A workspace with the people of an office."""
    add_users(desk.home, PEOPLE)
    return desk


def take(desk: Desk, step: str, *words: str | Path, by: str, status: int = 0) -> Run:
    run = desk.run("ledger", step, *words, "--by", by)
    assert run.status == status, run
    return run


def shown(desk: Desk, entry: str, *words: str) -> Any:
    return desk.facts("ledger", "show", entry, *words)


def to_rectifying(desk: Desk, entry: str) -> None:
    take(desk, "assign", entry, "--to", "section:A科", "--kind", "by_date", by="post1")
    take(desk, "answer", entry, "--text", "情况属实", by="head")
    take(desk, "judge", entry, "--verdict", "upheld", "--text", "证据确凿", by="post1")
    take(desk, "demand", entry, "--text", "限期补正", by="post1")


def test_an_entry_from_listing_to_striking_off(office: Desk) -> None:
    [entry] = add_entries(office.home)
    to_rectifying(office, entry)
    due = today() + timedelta(days=200)
    take(office, "extend", entry, "--to", str(due), "--text", "材料未到", by="head")
    assert shown(office, entry)["asked_to"] == str(due)
    take(office, "extend", entry, "--to", str(due), "--text", "同意", by="lead")
    assert shown(office, entry)["due_on"] == str(due)
    take(office, "report", entry, "--text", "已补正", by="head")
    take(office, "review", entry, "--return", "--text", "缺材料", by="post2")
    take(office, "report", entry, "--text", "材料已补", by="head")
    take(office, "review", entry, "--pass", "--text", "逐件核对", by="post2")
    take(office, "strike", entry, "--text", "同意销号", by="lead")
    facts = shown(office, entry)
    assert (facts["state"], facts["returns"], facts["due_on"], facts["light"]) == ("struck", 1, None, "none")
    told = [
        (event["title"], event.get("by", ""), event.get("verdict", ""))
        for event in facts["history"]
        if event["title"] != "台账文书"
    ]
    assert told == [
        ("挂账", "", ""),
        ("交办", "post1", ""),
        ("说明", "head", ""),
        ("认定", "post1", "upheld"),
        ("责令整改", "post1", ""),
        ("延期", "head", "ask"),
        ("延期", "lead", "grant"),
        ("整改报告", "head", ""),
        ("复核", "post2", "return"),
        ("整改报告", "head", ""),
        ("复核", "post2", "pass"),
        ("销号", "lead", ""),
    ]
    text = office.ok("ledger", "show", entry).text
    assert "状态:销号" in text
    assert "复核·退回" in text
    assert "post2(P2)" in text


def test_an_assignment_is_acknowledged_once_and_not_before_there_is_one(office: Desk) -> None:
    [entry] = add_entries(office.home)
    assert "本项还没有交办,不能签收;现在可以:交办" in take(office, "serve", entry, by="head", status=1).text
    take(office, "assign", entry, "--to", "section:A科", "--kind", "by_date", by="post1")
    take(office, "serve", entry, by="head")
    refused = take(office, "serve", entry, by="head", status=1).text
    assert "最近一次交办已由head于" in refused
    take(office, "dispute", entry, "--text", "不属本科室", by="head")
    take(office, "assign", entry, "--to", "section:A科", "--kind", "by_date", by="post1")
    take(office, "serve", entry, by="head")
    steps = [event["title"] for event in shown(office, entry)["history"]]
    assert steps.count("签收") == 2


def test_an_appeal_is_shown_and_leaves_the_state_beneath(office: Desk) -> None:
    [entry] = add_entries(office.home)
    to_rectifying(office, entry)
    take(office, "appeal", entry, "--text", "不服", by="head")
    facts = shown(office, entry)
    assert (facts["state"], facts["state_beneath"]) == ("appealed", "rectifying")
    for state in ("appealed", "申诉中", "rectifying"):
        assert [row["entry"] for row in office.facts("ledger", "list", "--state", state)] == [entry]
    assert office.facts("ledger", "list", "--state", "销号") == []
    take(office, "decide", entry, "--outcome", "quashed", "--text", "事实不清", by="lead")
    assert shown(office, entry)["state"] == "quashed"


def test_the_list_is_filtered_by_state_light_office_and_whose_turn_it_is(office: Desk) -> None:
    fresh, given = add_entries(office.home, 2)
    [old] = add_entries(office.home, days_ago=60)
    take(office, "assign", given, "--to", "person:P5", "--kind", "at_once", by="post1")

    def listed(*words: str) -> list[str]:
        return [row["entry"] for row in office.facts("ledger", "list", *words)]

    assert listed() == [fresh, given, old]
    assert listed("--light", "red") == listed("--light", "红") == [old]
    assert listed("--state", "已交办") == [given]
    assert listed("--office", OFFICE) == [fresh, given, old]
    assert listed("--office", "150699") == []
    assert listed("--mine", "hand") == [given]
    assert listed("--mine", "post2") == [fresh, old]
    assert listed("--mine", "lead") == []
    [row] = office.facts("ledger", "list", "--state", "assigned")
    wanted = ("rule", "finding_id", "severity", "version", "recurs_of", "subject")
    assert [row[name] for name in wanted] == ["late-entry", "f0002", "major", 2, "", "C0002"]
    run = office.run("ledger", "list", "--state", "办结")
    assert (run.status, "挂账" in run.text) == (2, True)
    assert "红1" in office.ok("ledger", "list").text


def test_a_collective_entry_lists_its_findings(office: Desk) -> None:
    [entry] = add_entries(office.home, kind="history", finding_ids=["a", "b"], case_nos=[])
    assert shown(office, entry)["finding_ids"] == ["a", "b"]
    assert "2项" in office.ok("ledger", "list").text


def test_many_at_once_are_one_event_each_or_none(office: Desk) -> None:
    entries = add_entries(office.home, 150)
    before = len(office.events())
    refused = office.run("ledger", "assign", *entries, "150602-2026-9999", *ASSIGN)
    assert refused.status == 1
    assert "150602-2026-9999:台账中没有这一项。未写入任何记录" in refused.text
    assert len(office.events()) == before
    rows = office.facts("ledger", "assign", *entries, entries[0], *ASSIGN)
    assert rows == [{"entry": entry, "state": "assigned", "version": 2} for entry in entries]
    stored = office.events("entry-stepped")
    assert [event.stream.removeprefix("entry:") for event in stored] == entries
    assert {event.state["door"] for event in stored} == {"command"}


def test_many_at_once_are_of_one_moment_however_long_it_takes(office: Desk) -> None:
    entries = add_entries(office.home, 3)
    ticks = count()

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=next(ticks))

    author = Author(login="post1", door="command", system_user="s", machine="m")
    request = Request(step="assign", to="section:A科", kind="at_once")
    with open_workspace(office.home, "test", clock=clock, locks=()) as workspace:
        outcomes = Ledger(workspace).take(dict.fromkeys(entries, request), author)
    assert [outcome.state for outcome in outcomes] == ["assigned"] * 3
    assert len({event.state["recorded_at"] for event in office.events("entry-stepped")}) == 1


@pytest.mark.parametrize(
    ("words", "by", "why"),
    [
        (("judge", "--verdict", "upheld", "--text", "有"), "post1", "不能认定"),
        (("assign", "--to", "person:P5", "--kind", "by_date"), "hand", "交办须由质量监管岗办理"),
        (("assign", "--to", "P5", "--kind", "by_date"), "post1", "person:人员编号"),
        (("assign", "--to", "person:P5", "--kind", "by_date"), "nobody", "没有用户nobody"),
        (("refer", "--to", "纪检", "--text", "…"), "lead", "请写明移交的理由"),
    ],
)
def test_what_is_refused_writes_nothing(
    office: Desk, tmp_path: Path, words: tuple[str, ...], by: str, why: str
) -> None:
    [entry] = add_entries(office.home)
    paper = tmp_path / "paper.txt"
    paper.write_text("附件", encoding="utf-8")
    events, archived = office.events(), sorted((office.home / "archive").glob("*"))
    step, *rest = words
    run = take(office, step, entry, *rest, "--attach", paper, by=by, status=1)
    assert why in run.text
    assert run.out == ""
    assert office.events() == events
    assert sorted((office.home / "archive").glob("*")) == archived


def test_words_that_are_missing_or_contradict_are_told(office: Desk) -> None:
    [entry] = add_entries(office.home)
    for words in (
        ("assign", entry, "--to", "person:P5"),
        ("review", entry),
        ("extend", entry),
        ("extend", entry, "--to", "2027-01-01", "--refuse"),
        ("suspend", entry, "--text", "等", "--until", "明天"),
        ("judge", entry, "--verdict", "ask"),
    ):
        assert office.run("ledger", *words, "--by", "post1").status == 2, words


def test_a_step_keeps_its_attachments_in_the_archive(office: Desk, tmp_path: Path) -> None:
    [entry] = add_entries(office.home)
    to_rectifying(office, entry)
    papers = [tmp_path / name for name in ("一.txt", "二.txt")]
    for paper in papers:
        paper.write_text(paper.name, encoding="utf-8")
    take(office, "report", entry, "--text", "见附件", "--attach", papers[0], "--attach", papers[1], by="head")
    attached = office.events("entry-stepped")[-1].state["attachments"]
    assert [each["name"] for each in attached] == ["一.txt", "二.txt"]
    assert all((office.home / "archive" / f"{each['sha256']}.zst").exists() for each in attached)
    missing = take(office, "review", entry, "--attach", tmp_path / "无", "--pass", by="post1", status=1)
    assert "找不到附件" in missing.text


def test_a_decision_on_paper_is_typed_with_its_own_time(office: Desk) -> None:
    first, second, third = add_entries(office.home, 3, days_ago=20)
    earlier = today() - timedelta(days=10)
    take(office, "assign", first, *ASSIGN[:-2], "--at", str(earlier), by="post1")
    state = office.events("entry-stepped")[-1].state
    assert state["at"] == f"{earlier}T23:59:59.999999"
    assert state["recorded_at"] > state["at"]
    assert state["is_typed_later"] is True
    assert "补录" in office.ok("ledger", "show", first).text
    take(office, "assign", second, *ASSIGN[:-2], "--at", str(today()), by="post1")
    state = office.events("entry-stepped")[-1].state
    assert (state["at"], state.get("is_typed_later", False)) == (state["recorded_at"], False)
    for at, why in (
        (today() - timedelta(days=30), "时间不能倒置"),
        (today() + timedelta(days=1), "晚于现在"),
    ):
        run = take(office, "assign", third, *ASSIGN[:-2], "--at", str(at), by="post1", status=1)
        assert why in run.text
    assert take(office, "assign", third, *ASSIGN[:-2], "--at", "昨天", by="post1", status=2)


def test_one_person_under_two_logins_cannot_report_and_review(office: Desk) -> None:
    add_users(office.home, {"pa": ("P9", "head", "A科"), "pb": ("P9", "post", "")})
    [entry] = add_entries(office.home)
    to_rectifying(office, entry)
    take(office, "report", entry, "--text", "已改", by="pa")
    run = take(office, "review", entry, "--pass", "--text", "看过", by="pb", status=1)
    assert "报告了整改" in run.text
    assert "review" not in [step["step"] for step in shown(office, entry, "--by", "pb")["steps"]]
    assert "review" in [step["step"] for step in shown(office, entry, "--by", "post2")["steps"]]
    take(office, "review", entry, "--pass", "--text", "看过", by="post2")


def test_a_leader_refuses_an_extension_and_grants_none_that_nobody_asked_for(office: Desk) -> None:
    [entry] = add_entries(office.home)
    to_rectifying(office, entry)
    due = shown(office, entry)["due_on"]
    later = str(today() + timedelta(days=90))
    assert take(office, "extend", entry, "--to", later, "--text", "给", by="lead", status=1)
    assert take(office, "extend", entry, "--refuse", "--text", "不给", by="lead", status=1)
    take(office, "extend", entry, "--to", later, "--text", "请延", by="head")
    take(office, "extend", entry, "--refuse", "--text", "不给", by="lead")
    facts = shown(office, entry)
    assert (facts["due_on"], facts["extensions"], facts["asked_to"]) == (due, 0, None)


def test_a_paper_needs_its_file_and_says_who_signed(office: Desk, tmp_path: Path) -> None:
    """Where nobody may act: it is about every post and leader that there is."""
    [able] = add_entries(office.home)
    subjects = [EntryPerson(person_id=person, role="subject") for person in ("P1", "P2", "P3")]
    [unable] = add_entries(office.home, persons=subjects)
    words = ("--to", "person:P30", "--kind", "at_once", "--signed-by", "P40")
    paper = tmp_path / "批件.txt"
    paper.write_text("同意", encoding="utf-8")
    run = take(office, "assign", able, *words, "--attach", paper, by="post1", status=1)
    assert "有人能办理时,不用书面批准" in run.text
    run = take(office, "assign", unable, *words, by="post1", status=1)
    assert "书面批准须附上签字的文件" in run.text
    take(office, "assign", unable, *words, "--attach", paper, by="post1")
    state = office.events("entry-stepped")[-1].state
    assert (state["by"], state["person"], state["signed_by"]) == ("post1", "P40", "P40")
    assert "书面批准,签字人P40" in office.ok("ledger", "show", unable).text


def test_steps_are_taken_and_read_while_a_night_runs(office: Desk) -> None:
    [entry] = add_entries(office.home)
    with hold(office.home, "nightly", local_now("Asia/Shanghai"), Lock.RUN, Lock.IMPORT):
        assert office.facts("ledger", "assign", entry, *ASSIGN)[0]["state"] == "assigned"
        assert office.facts("ledger", "list")[0]["state"] == "assigned"


def test_what_was_referred_is_hidden_but_from_those_who_may_know(office: Desk) -> None:
    [entry] = add_entries(office.home)
    take(office, "refer", entry, "--to", "纪检监察机关", "--text", "涉嫌违纪", by="lead")
    for words in ((), ("--by", "head"), ("--by", "hand")):
        facts = shown(office, entry, *words)
        assert (facts["entry"], facts["state"], facts["version"]) == (entry, "referred", 2)
        assert (facts["rule"], facts["finding_ids"], facts["summary"], facts["facts"]) == ("", [], "", {})
        text = office.ok("ledger", "show", entry, *words).text + office.ok("ledger", "list", *words).text
        assert not [word for word in ("涉嫌", "纪检", "C0001", "事后补录") if word in text]
    assert shown(office, entry, "--by", "lead")["facts"]["case_nos"] == ["C0001"]


def test_what_nobody_knows_is_told(office: Desk, tmp_path: Path) -> None:
    desk_file = str(tmp_path / "x.xlsx")
    for words in (
        ("show", "150602-2026-0404"),
        ("list", "--light", "紫"),
        ("list", "--mine", "nobody"),
        ("list", "--by", "nobody"),
        ("export", "-o", desk_file, "--by", "nobody"),
    ):
        assert office.run("ledger", *words).status == 2
    [entry] = add_entries(office.home)
    assert office.run("ledger", "show", entry, "--by", "nobody").status == 2
    assert "没有这样的台账" in office.run("ledger", "list", "--office", "150699").err


def test_a_critical_judgement_waits_for_the_leaders(office: Desk) -> None:
    [entry] = add_entries(office.home, severity="critical")
    take(office, "assign", entry, "--to", "section:A科", "--kind", "at_once", by="post1")
    take(office, "answer", entry, "--text", "情况属实", by="head")
    assert shown(office, entry)["limits"][0]["holder"] == "post"
    take(office, "judge", entry, "--verdict", "upheld", "--text", "证据确凿", by="post1")
    facts = shown(office, entry)
    assert (facts["state"], facts["pending"]["verdict"]) == ("answered", "upheld")
    assert facts["limits"][0]["holder"] == "leader"
    assert "待负责人确认" in office.ok("ledger", "show", entry).text
    assert [row["entry"] for row in office.facts("ledger", "list", "--mine", "lead")] == [entry]
    assert office.facts("ledger", "list", "--mine", "post1") == []
    take(office, "judge", entry, "--verdict", "upheld", "--text", "同意", by="lead")
    assert (shown(office, entry)["state"], shown(office, entry)["pending"]) == ("upheld", None)
