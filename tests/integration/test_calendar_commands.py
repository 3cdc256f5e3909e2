"""`calendar show` and `calendar import`, and what an imported year changes in the nights after."""

import json
from datetime import date
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import chinese_calendar
import pytest
from conftest import Desk, step

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "calendar-2026.csv"
# No notice for 2027 exists yet: a made-up one of the usual form.
NOTICE_2027 = "date,kind,name\n" + "".join(
    f"2027-{day},{kind},{name}\n"
    for name, kind, days in (
        ("元旦", "holiday", ("01-01", "01-02", "01-03")),
        ("春节", "holiday", tuple(f"02-{day:02}" for day in range(5, 13))),
        ("劳动节", "holiday", ("05-01", "05-02", "05-03", "05-04")),
        ("国庆节", "holiday", tuple(f"10-{day:02}" for day in range(1, 8))),
        ("春节", "makeup", ("01-30", "02-20")),
        ("国庆节", "makeup", ("10-09",)),
    )
    for day in days
)
LOCAL = (
    '[[calendar.days]]\non = 2026-03-04\nkind = "closure"\nname = "机房搬迁"\noffices = ["150602"]\n'
    '[[calendar.days]]\non = 2026-03-07\nkind = "workday"\nname = "本地补班"\n'
)


def notice(desk: Desk, text: str = NOTICE_2027, name: str = "notice.csv") -> Path:
    path = desk.home / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_year_is_shown_as_a_picture(desk: Desk) -> None:
    shown = desk.ok("calendar", "show", "2026").out
    for text in (
        "2026 年工作日历",
        "工作日 248 天",
        "10月  工作日 18 天",
        " 1休  2休  3休  4班",
        "14班 15休",
    ):
        assert text in shown, text
    for text in ("春节:2月15日至2月23日,9 天;2月14日、2月28日上班", "国务院办公厅关于2026年"):
        assert text in shown, text
    assert "Traceback" not in shown


@pytest.mark.parametrize("year", [2004, 2008, 2020, 2026])
def test_the_counts_are_those_of_an_independent_calendar(desk: Desk, year: int) -> None:
    facts = desk.facts("calendar", "show", f"{year}")
    days = [date.fromisoformat(day["on_date"]) for day in facts["days"]]
    assert [day["is_workday"] for day in facts["days"]] == [chinese_calendar.is_workday(day) for day in days]
    assert sum(month["workdays"] for month in facts["months"]) == facts["workdays"]
    assert [month["month"] for month in facts["months"]] == list(range(1, 13))
    assert not any(day["is_local"] for day in facts["days"])


def test_local_days_are_marked_and_belong_to_their_office(desk: Desk) -> None:
    desk.configure(LOCAL)
    shown = desk.ok("calendar", "show", "2026", "--office", "150602").out
    for text in (" 4停", " 7工", "本地:3月4日 停(机房搬迁)", "本地:3月7日 工(本地补班)", "机构 150602"):
        assert text in shown, text
    common = desk.facts("calendar", "show", "2026")
    assert [day["on_date"] for day in common["days"] if day["is_local"]] == ["2026-03-07"]
    assert common["workdays"] == 249
    assert desk.facts("calendar", "show", "2026", "--office", "150602")["workdays"] == 248


def test_without_a_workspace_the_shipped_years_are_shown(tmp_path: Path) -> None:
    assert "2026 年工作日历" in Desk(tmp_path).ok("calendar", "show", "2026").out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("show", "2027"), "2004–2026"),
        (("show", "x"), "不是整数"),
        (("show",), "缺少参数"),
        (("import",), "缺少参数"),
        (("fly",), "没有命令"),
    ],
)
def test_wrong_words_are_answered_in_chinese(desk: Desk, words: tuple[str, ...], named: str) -> None:
    run = desk.run("calendar", *words)
    assert run.status == 2, run
    assert named.replace(" ", "") in run.text


def test_the_example_is_known_already_and_another_2026_is_told(desk: Desk) -> None:
    facts = desk.facts("calendar", "import", EXAMPLE)
    assert (facts["status"], facts["year"], facts["path"]) == ("unchanged", 2026, None)
    changed = notice(desk, EXAMPLE.read_text(encoding="utf-8").replace("2026-10-10", "2026-10-11"))
    run = desk.run("calendar", "import", changed)
    assert run.status == 1
    assert "2026-10-10现为上班" in run.text
    assert "--replace" in run.text
    assert not (desk.home / "calendar").exists()
    assert "与原有日历不同" in desk.ok("calendar", "import", changed, "--replace").out
    assert "10班 11 " not in desk.ok("calendar", "show", "2026").out


def test_a_notice_is_imported_into_workspaces_only(tmp_path: Path) -> None:
    run = Desk(tmp_path).run("calendar", "import", EXAMPLE)
    assert run.status == 1
    assert "不是工作区" in run.text
    assert list(tmp_path.iterdir()) == []


def test_a_provisional_due_date_is_fixed_when_its_year_arrives(desk: Desk) -> None:
    """Accepted 30 December 2026, general cases 5 days: 31, then 4 to 7 January 2027 by the notice."""
    case = step("1", "accept", "2026-12-30 09:00:00", registration_type="200")
    told = desk.ok("nightly", desk.export("a.csv", [case]), "--as-of", "2026-12-31")
    assert "2027年的放假安排尚未导入" in told.text
    assert desk.query("SELECT due_state, due_on FROM cases") == [("provisional", None)]
    desk.ok("calendar", "import", notice(desk), "--source", "国办发明电〔2026〕0号")
    told = desk.ok("nightly", "--as-of", "2027-01-07")
    assert "尚未导入" not in told.text
    assert desk.query("SELECT due_state, due_on FROM cases") == [("fixed", date(2027, 1, 7))]
    assert [row[0] for row in desk.query("SELECT calendar FROM runs ORDER BY run_no")] == [
        event.state["calendar"] for event in desk.events("run-completed")
    ]
    first, second = (event.state["calendar"] for event in desk.events("run-completed"))
    assert (first[:5], second[:5]) == ("2026-", "2027-")
    assert desk.facts("calendar", "show", "2027")["sources"] == ["国办发明电〔2026〕0号"]
    desk.ok("nightly", "--as-of", "2027-01-08")
    assert [finding["due_on"] for finding in desk.facts("findings", "--rule", "overdue")] == ["2027-01-07"]


def test_the_mails_of_november_warn_of_a_missing_year(desk: Desk) -> None:
    def mailed(night: str) -> str:
        case = step(night, "accept", f"{night} 09:00:00", registration_type="200")
        desk.ok("nightly", desk.export("a.csv", [case]), "--as-of", night)
        message = message_from_bytes(desk.mails()[-1].read_bytes(), policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    assert "尚未导入" not in mailed("2026-10-30")
    assert "2027 年的放假安排尚未导入" in mailed("2026-11-02")


def test_a_spoiled_calendar_fails_the_night_and_says_so(desk: Desk) -> None:
    desk.ok("calendar", "import", notice(desk))
    kept = desk.home / "calendar" / "2027.csv"
    kept.write_text(kept.read_text(encoding="utf-8").replace("2027-10-01", "2027-10-32"), encoding="utf-8")
    run = desk.run("nightly", "--as-of", "2026-03-10", "--json")
    assert run.status == 1
    [failure] = json.loads(run.out)["failures"]
    assert "2027.csv" in failure
    assert "2027-10-32" in failure


def own(desk: Desk, base: str, *rows: str) -> None:
    (desk.home / "own.csv").write_text("\n".join(["from,to,kind,days,name", *rows]), encoding="utf-8")
    desk.configure(f'[calendar]\nbase = "{base}"\nfile = "own.csv"\n')


@pytest.mark.long
def test_an_own_calendar_decides_and_every_night_is_replayed_by_the_one_it_had(desk: Desk) -> None:
    """A case of 30 days from before the national calendar; one of 5 over a Saturday worked here alone."""
    rows = [
        step("old", "accept", "2003-12-25 09:00:00", registration_type="200"),
        step("new", "accept", "2026-03-06 09:00:00", registration_type="200"),
    ]

    nights = iter(range(1, 10))

    def due(*words: str | Path) -> dict[str, date | None]:
        desk.ok("nightly", *words, "--as-of", f"2026-04-0{next(nights)}")
        return dict(desk.query("SELECT case_no, due_on FROM cases"))

    assert due(desk.export("a.csv", rows)) == {"old": None, "new": date(2026, 3, 13)}
    own(desk, "national", "2003-01-01,2003-12-31,week,一二三四五,")
    assert due() == {"old": date(2004, 2, 11), "new": date(2026, 3, 13)}
    own(desk, "own", "2026-01-01,2026-12-31,week,一二三四五六,", "2026-03-10,,holiday,,馆庆")
    assert due() == {"old": None, "new": date(2026, 3, 13)}
    own(desk, "own", "2026-01-01,2026-12-31,week,一二三四五六,")
    for run_no in "123":
        facts = desk.facts("replay", run_no)
        assert (facts["is_equal"], facts["lacking"]) == (True, [])
        assert "工作日历已变" in "".join(facts["changes"])
    assert due() == {"old": None, "new": date(2026, 3, 12)}
    told = [
        {change["what"] for change in event.state["changes"]} for event in desk.events("settings-changed")
    ]
    assert ["日历·自有(calendar)" in whats for whats in told] == [False, True, True, False]
    assert all("日历·版本" in whats for whats in told[1:])
    shown = desk.ok("calendar", "show", "2026").out
    assert "3月  工作日 26 天" in shown
    run = desk.run("calendar", "import", EXAMPLE)
    assert (run.status, "自有日历own.csv" in run.text) == (1, True)


def test_an_own_calendar_shows_the_days_it_has(desk: Desk) -> None:
    own(desk, "own", "2026-02-02,2026-02-28,week,一三五,", "2026-02-04,2026-02-06,holiday,,馆庆")
    facts = desk.facts("calendar", "show", "2026")
    assert (facts["workdays"], len(facts["days"]), facts["sources"]) == (10, 27, ["自有日历 own.csv"])
    assert "馆庆:2月3日至2月8日" in desk.ok("calendar", "show", "2026").out
    run = desk.run("calendar", "show", "2027")
    assert (run.status, "请在自有日历own.csv中续写" in run.text) == (2, True)
