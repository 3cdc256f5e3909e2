"""Pictures of the desk: what they draw, that table and text say the same, and what the policy allows."""

import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from regaudit.outlets.clock_days import ClockDay, clock_days, round_title
from regaudit.outlets.desk.pictures.calendar_strip import calendar_strip
from regaudit.outlets.desk.pictures.lane import lane_picture
from regaudit.outlets.desk.pictures.nights import NightMark, nights_of, nights_strip
from regaudit.outlets.desk.pictures.picture import INK, Picture, name_of, pattern, text_width
from regaudit.outlets.desk.pictures.switches import switches_picture

SVG = "{http://www.w3.org/2000/svg}"
NIGHT = date(2026, 3, 20)


def at(clock: str, day: int = 20) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02} {clock}")


def unit(case_no: str, role: str, arrived: str, started: str = "", **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "unit": f"case:{case_no}",
        "case_no": case_no,
        "case_nos": [case_no],
        "role": role,
        "arrived_at": at(arrived),
        "started_at": at(started) if started else None,
        "waited_until": at(started) if started else None,
        "lead_minutes": 120,
        "review": {"person_name": "王五"},
    }
    return facts | more


def lane(*units: dict[str, Any]) -> Picture:
    return lane_picture({"lane": "150602/一般", "unit": "case:B9", "gap_minutes": 60, "units": list(units)})


def rects(picture: Picture) -> list[dict[str, str]]:
    return [node.attrib for node in ElementTree.fromstring(picture.svg).iter(f"{SVG}rect")]  # noqa: S314


JUMP = (
    unit("A1", "overtaken", "08:30", "15:00"),
    unit("B9", "self", "11:00", "11:10"),
    unit("C1", "waiting", "09:00"),
)


def all_pictures() -> list[Picture]:
    days = [ClockDay(on_date=NIGHT, what="counted", count=1, words="计时")]
    acts = [
        {"occurred_at": at(c), "terminal": t, "precision": "time"}
        for c, t in (("09:00", "A"), ("09:04", "B"))
    ]
    switch = {"on_date": NIGHT, "minutes": 4.0, "before": acts[0], "after": acts[1]}
    return [
        lane(*JUMP),
        calendar_strip(days, "时钟"),
        switches_picture(acts, [switch], "zhang"),
        nights_strip([NightMark(NIGHT, "green")]),
    ]


@pytest.mark.parametrize("picture", all_pictures(), ids=lambda picture: picture.title)
def test_a_picture_says_what_it_is_and_asks_nothing_that_the_policy_forbids(picture: Picture) -> None:
    root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
    assert root.attrib["role"] == "img"
    title, told = root.attrib["aria-labelledby"].split()
    named = {node.attrib["id"]: node.text for node in root.iter() if "id" in node.attrib}
    assert (named[title], named[told]) == (picture.title, picture.told)
    assert not [node for node in root.iter() if {"style", "onclick", "href"} & set(node.attrib)]
    assert not re.search(r"<(script|style|image|foreignObject)", picture.svg)
    assert all(len(row) == len(picture.columns) for row in picture.rows)
    # Every pattern that is used is there.
    assert set(re.findall(r"url\(#([\w-]+)\)", picture.svg)) <= set(named)


@pytest.mark.parametrize("picture", all_pictures(), ids=lambda picture: picture.title)
def test_a_picture_has_no_colour_that_paper_loses(picture: Picture) -> None:
    for red, green, blue in re.findall(r'"#(..)(..)(..)"', picture.svg):
        assert red == green == blue


@pytest.mark.parametrize("picture", all_pictures(), ids=lambda picture: picture.title)
def test_a_text_of_a_picture_is_not_cut_off_at_its_edge(picture: Picture) -> None:
    root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
    for node in root.iter(f"{SVG}text"):
        wide = text_width(node.text or "", float(node.attrib["font-size"]))
        before = {"middle": wide / 2, "end": wide}.get(node.attrib.get("text-anchor", ""), 0)
        left = float(node.attrib["x"]) - before
        assert 0 <= left <= left + wide <= float(root.attrib["width"]), node.text


def test_the_one_in_question_and_those_overtaken_are_told_apart_without_colour() -> None:
    picture = lane(*JUMP)
    fills = [rect["fill"] for rect in rects(picture) if rect["height"] == "12" and rect["width"] != "14"]
    assert fills == [pattern("lane", "hatch"), INK, "#ffffff"]


def test_a_bar_is_as_long_as_the_wait() -> None:
    bars = [rect for rect in rects(lane(*JUMP)) if rect["height"] == "12" and rect["width"] != "14"]
    waited, jumped, waits = (float(bar["width"]) for bar in bars)
    assert waited / jumped == pytest.approx(390 / 10, rel=0.05)
    # Whoever still waits does so to the right edge: until the last of those in question was taken.
    assert waits / waited == pytest.approx(360 / 390, rel=0.01)


def test_the_lane_is_told_in_words_and_in_a_table() -> None:
    picture = lane(*JUMP)
    assert "本件 B9 自 2026年3月20日 11:00 起等候，2026年3月20日 11:10 开始审核" in picture.told
    assert "被它超越的 1 件：A1 自 2026年3月20日 08:30 起等候，2026年3月20日 15:00 才开始审核" in picture.told
    assert picture.rows[0] == [
        *("A1", "被超越", "2026年3月20日 08:30", "2026年3月20日 15:00", "王五", "120 分钟"),
    ]
    assert picture.rows[2][3] == "仍在等候"


def test_who_left_the_lane_is_not_said_to_wait() -> None:
    picture = lane(JUMP[1], unit("P1", "left", "09:00", waited_until=at("10:00")))
    assert picture.rows[1][3] == "未审核，2026年3月20日 10:00 离队"
    assert "✕ 03-20 10:00" in picture.svg


def test_who_waited_for_weeks_does_not_squeeze_those_in_question() -> None:
    """Of the others what lies before the first of those in question is cut off, and marked."""
    weeks = at("09:00", 1)
    still = unit("P1", "waiting", "09:00") | {"arrived_at": weeks}
    gone = unit("P2", "left", "09:00", waited_until=weeks) | {"arrived_at": weeks}
    plain, crowded = lane(*JUMP), lane(*JUMP, still, gone)
    assert "◀ 在图中时间之前已开始等候" in crowded.svg
    assert "◀" not in plain.svg

    def widths(picture: Picture) -> list[str]:
        return [rect["width"] for rect in rects(picture) if rect["height"] == "12" and rect["width"] != "14"]

    assert widths(crowded)[:3] == widths(plain)
    # Whoever had left before has no bar; whoever waited all the time has one from edge to edge.
    assert len(widths(crowded)) == 4
    assert float(widths(crowded)[3]) >= max(map(float, widths(plain)))
    assert crowded.rows[4][3] == "未审核，2026年3月1日 09:00 离队"


def test_an_empty_lane_is_told() -> None:
    assert lane().told == "队列中没有办件。"
    assert lane().rows == []


def test_what_people_typed_stays_text() -> None:
    picture = lane(unit('<b>&"\x00', "self", "11:00", "11:10"))
    assert "&lt;b&gt;&amp;" in picture.svg
    assert "<b>" not in picture.svg
    ElementTree.fromstring(picture.svg)  # noqa: S314 - it would not be read with a NUL


def test_keys_of_pictures_stay_different() -> None:
    assert name_of("a1b2") == "a1b2"
    assert name_of("甲") != name_of("乙")
    assert re.fullmatch(r"[\w-]+", name_of("甲 (1)"), re.ASCII)


def clock(kinds: str, **marks: int) -> list[ClockDay]:
    """S start, c counted, p paused, w weekend; `due`, `closed`, `as_of` are numbers of days from 0."""
    start = date(2026, 3, 2)
    days: list[dict[str, Any]] = [
        {
            "on_date": start + timedelta(days=number),
            "kind": "weekend" if kind == "w" else "workday",
            "name": None,
            "is_workday": kind != "w",
            "is_start": kind == "S",
            "pauses": [],
            "is_stopped": kind == "p",
            "is_due": number == marks.get("due"),
            "is_statutory_due": False,
            "is_aim": False,
            "is_late": number > marks.get("due", 999),
            "is_closed": number == marks.get("closed"),
            "is_as_of": number == marks.get("as_of"),
        }
        for number, kind in enumerate(kinds)
    ]
    closed = start + timedelta(days=marks["closed"]) if "closed" in marks else None
    one = {"started_on": start, "round_no": 1, "is_last": True, "due_on": None}
    return clock_days(days, one, datetime.combine(closed, datetime.min.time()) if closed else None)


def test_days_of_a_clock_are_counted_once() -> None:
    days = clock("Scpccwwcc", due=3, closed=7)
    assert [day.count for day in days] == [None, 1, None, 2, 3, None, None, 4, None]
    assert [day.what for day in days] == [
        *("start", "counted", "stopped", "counted", "counted", "idle", "idle", "counted", "over"),
    ]


def test_the_strip_shows_what_each_day_was() -> None:
    days = clock("Scpccwwcc", due=3, closed=7)
    picture = calendar_strip(days, "时钟")
    cells = [rect for rect in rects(picture) if rect["width"] == "48"]
    hatch, dots = pattern("calendar", "hatch"), pattern("calendar", "dots")
    paper, grey = "#ffffff", "#d9d9d9"
    assert [cell["fill"] for cell in cells] == [paper, paper, dots, paper, hatch, grey, grey, INK, grey]
    assert [rect["x"] for rect in rects(picture) if rect["stroke-width"] == "4"] == ["198.5"]
    assert picture.told == (
        "时钟：自 2026年3月2日 起算，当日不计；计时 4 个工作日，停表 1 个工作日，2026年3月5日 到期，"
        "2026年3月9日 办结，超出期限的工作日 2 个。"
    )
    assert picture.rows[1] == ["2026年3月3日", "二", "计时", "1"]


def test_an_open_case_ends_at_the_night() -> None:
    assert "截至 2026年3月4日 未办结" in calendar_strip(clock("Scc", as_of=2), "时钟").told


def test_a_long_calendar_is_drawn_at_both_ends_and_told_whole() -> None:
    days = clock("S" + "c" * 300)
    picture = calendar_strip(days, "时钟")
    assert len(picture.rows) == 301
    assert len([rect for rect in rects(picture) if rect["width"] == "48"]) == 7 * 16
    assert "……中间 189 日见表……" in picture.svg


def test_rounds_of_a_clock_are_named() -> None:
    one = {"started_on": NIGHT, "round_no": 2, "is_last": False, "due_on": NIGHT}
    assert round_title(one, 1) == "时钟"
    assert round_title(one, 2) == (
        "时钟第 2 轮(共 2 轮):2026-03-20 补正完成,重新起算,本轮应办结 2026-03-20;已由下一轮取代"
    )


def test_nights_that_did_not_run_are_filled_in_from_the_first_that_did() -> None:
    told = [
        NightMark(NIGHT - timedelta(days=3), "green"),
        NightMark(NIGHT - timedelta(days=1), "red", "新增"),
    ]
    marks = nights_of(told, NIGHT)
    assert [mark.light for mark in marks] == ["green", "missing", "red", "missing"]
    assert len(nights_of([NightMark(NIGHT - timedelta(days=99), "green")], NIGHT)) == 60
    assert nights_of([], NIGHT) == []


def test_of_several_runs_of_a_night_the_last_is_shown() -> None:
    [mark] = nights_of([NightMark(NIGHT, "red"), NightMark(NIGHT, "green")], NIGHT)
    assert mark.light == "green"


def test_the_strip_of_nights_is_told() -> None:
    told = [NightMark(NIGHT - timedelta(days=2), "yellow", "晚到"), NightMark(NIGHT, "green")]
    picture = nights_strip(nights_of(told, NIGHT))
    assert picture.told == (
        "最近 3 晚（2026年3月18日 至 2026年3月20日）：绿灯 1 晚，黄灯 1 晚，红灯 0 晚，没有运行 1 晚。"
        "没有运行的：2026年3月19日。最近一晚 绿灯。"
    )
    assert picture.rows == [
        ["2026年3月18日", "三", "黄", "晚到"],
        ["2026年3月19日", "四", "缺", "这一晚没有运行"],
        ["2026年3月20日", "五", "绿", ""],
    ]
    assert nights_strip([]).told == "还没有一晚运行过。"


def acts_of(*told: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [{"occurred_at": at(c, day), "terminal": t, "precision": "time"} for c, t, day in told]


def switches_of(acts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "on_date": after["occurred_at"].date(),
            "minutes": (after["occurred_at"] - before["occurred_at"]).total_seconds() / 60,
            "before": before,
            "after": after,
        }
        for before, after in pairwise(acts)
        if before["terminal"] != after["terminal"]
        and before["occurred_at"].date() == after["occurred_at"].date()
    ]


def test_switches_are_drawn_between_the_lines_of_terminals() -> None:
    acts = acts_of(("09:00", "A", 20), ("09:04", "B", 20), ("09:30", "B", 20), ("10:00", "A", 20))
    picture = switches_picture(acts, switches_of(acts), "zhang")
    root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
    slanted = [
        n.attrib
        for n in root.iter(f"{SVG}line")
        if n.attrib["y1"] != n.attrib["y2"] and "1.6" in n.attrib.values()
    ]
    assert len(slanted) == 2
    circles = [node.attrib for node in root.iter(f"{SVG}circle") if node.attrib["r"] in ("5", "3.5")]
    assert [circle["r"] for circle in circles] == ["3.5", "5", "3.5", "5"]
    assert picture.rows[0] == ["2026年3月20日", "09:00:00", "A", "09:04:00", "B", "4"]
    assert "在 1 日里从一个终端换到另一个 2 次" in picture.told
    assert "相隔 4 分钟" in picture.told


def test_of_many_days_those_with_most_switches_are_drawn() -> None:
    told = [
        (clock, terminal, day) for day in range(1, 10) for clock, terminal in (("09:00", "A"), ("09:05", "B"))
    ]
    acts = acts_of(*told, ("09:10", "A", 9))
    picture = switches_picture(acts, switches_of(acts), "zhang")
    assert "2026年3月9日：切换 2 次" in picture.svg
    assert "另有 3 日见表" in picture.svg
    assert len(picture.rows) == 10


def test_without_switches_that_is_told() -> None:
    assert switches_picture([], [], "zhang").told == "账号 zhang 没有在同一日从一个终端换到另一个。"
