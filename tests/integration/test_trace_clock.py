"""`trace` shows the clock: each round of restarts, what each day was, until when it stood still, and why."""

from typing import Any

import pytest
from conftest import Desk, Row, step

pytestmark = pytest.mark.long

RESTART = 'title = "本地"\nextends = "ordos-2023"\non_supplement = "restart"\n'


def desk_with(desk: Desk, rows: list[Row], as_of: str, profile: str = RESTART) -> Desk:
    (desk.home / "profiles").mkdir()
    (desk.home / "profiles" / "local.toml").write_text(profile, encoding="utf-8")
    desk.configure("", profile="local")
    desk.ok("nightly", desk.export("a.csv", rows), "--as-of", as_of)
    return desk


def pause(case_no: str, on: str, until: str, kind: str) -> list[Row]:
    paused = step(case_no, "pause", f"{on} 09:00:00", pause_kind=kind, reason="x")
    return [paused, *([step(case_no, "resume", f"{until} 09:00:00")] if until else [])]


def days_of(facts: Any, round_no: int) -> dict[str, Any]:
    return {day["on_date"]: day for day in facts["days"] if day["round_no"] == round_no}


def test_each_round_of_restarts_has_its_own_calendar_and_due_day(desk: Desk) -> None:
    rows: list[Row] = [step("1", "accept", "2026-03-02 09:00:00", "li")]
    rows += pause("1", "2026-03-03", "2026-03-10", "supplement")
    rows += pause("1", "2026-03-12", "2026-03-16", "supplement")
    desk_with(desk, rows, "2026-03-26")
    facts = desk.facts("trace", "150602/1")
    assert [(r["round_no"], r["started_on"], r["due_on"], r["is_last"]) for r in facts["rounds"]] == [
        (1, "2026-03-02", "2026-03-18", False),  # 3 March, then 11, 12 March, then 17 and 18
        (2, "2026-03-10", "2026-03-19", False),  # 11, 12 March, then 17 to 19
        (3, "2026-03-16", "2026-03-23", True),
    ]
    assert list(days_of(facts, 1))[0::7] == ["2026-03-02", "2026-03-09"]
    assert [list(days_of(facts, n))[-1] for n in (1, 2, 3)] == ["2026-03-09", "2026-03-15", "2026-03-26"]
    assert [day for day, row in days_of(facts, 3).items() if row["is_late"]] == [
        "2026-03-24",
        "2026-03-25",
        "2026-03-26",
    ]
    told = desk.run("trace", "150602/1").text
    for words in (
        "时钟第1轮(共3轮):2026-03-02受理,本轮应办结2026-03-18;已由下一轮取代",
        "时钟第3轮(共3轮):2026-03-16补正完成,重新起算,本轮应办结2026-03-23",
        "补正完成,重新起算,当日不计",
    ):
        assert words in told


def test_a_day_says_what_it_was_and_until_when_it_stood_still(desk: Desk) -> None:
    rows: list[Row] = [step("1", "accept", "2026-02-12 09:00:00", "li")]
    rows += pause("1", "2026-02-13", "2026-02-26", "notice")
    rows += pause("1", "2026-02-24", "", "site_visit")
    rows += pause("1", "2026-03-02", "2026-03-04", "系统故障")
    desk_with(desk, rows, "2026-03-09", 'title = "本地"\nextends = "weihai-2018"\n')
    facts = desk.facts("trace", "150602/1")
    days = days_of(facts, 1)
    stopped = [day for day, row in days.items() if row["is_stopped"] and row["is_workday"]]
    assert stopped == ["2026-02-14", "2026-02-24", "2026-02-25", "2026-02-26"]
    assert [(p["pause_kind"], p["until_on"]) for p in days["2026-02-25"]["pauses"]] == [
        ("notice", "2026-02-26"),
        ("site_visit", "2026-02-26"),
    ]
    [idle] = days["2026-03-03"]["pauses"]
    assert (idle["pause_kind"], idle["is_lawful"]) == ("系统故障", False)
    told = desk.run("trace", "150602/1").text
    for words in (
        "调休上班(春节),停表(公告,至2026-02-26)",
        "节假日(春节)",
        "计时(另有暂停不停表:系统故障,至2026-03-04)",
        "争取时限到期",
        "截至日",
    ):
        assert words in told, words


@pytest.mark.parametrize(
    ("accepted", "rows", "words"),
    [
        ("2026-03-02", pause("1", "2026-03-03", "", "notice"), "停表,待恢复后确定"),
        ("2026-03-02", pause("1", "2026-03-03", "", "notice"), "停表(公告,尚未恢复)"),
        ("2026-12-28", [], "应办结日期在日历尚未公布的年份"),
        ("", [step("1", "review", "2026-03-02 09:00:00")], "没有受理记录,未起算"),
        ("2026-03-02", [step("1", "refuse", "2026-03-10 09:00:00")], "超期,办结"),
        ("2026-03-02", [step("1", "withdraw", "2026-03-03 09:00:00")], "2026-03-0309:00:00撤回"),
    ],
)
def test_what_is_not_settled_is_said_in_words(desk: Desk, accepted: str, rows: list[Row], words: str) -> None:
    first = [step("1", "accept", f"{accepted} 09:00:00")] if accepted else []
    told = desk_with(desk, [*first, *rows], "2026-12-30", 'title = "本地"\nextends = "ordos-2023"\n')
    shown = told.run("trace", "150602/1")
    assert words in shown.text.replace("│", ""), shown.out
