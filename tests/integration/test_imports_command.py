"""`regaudit imports`: every import with its counts, and the days of each office that no import covers."""

from datetime import date, timedelta
from typing import Any

from conftest import Desk, ordinary_case, step

from regaudit.catalogue.calendar import national_calendar

COUNTS = ("rows_read", "appended", "known", "altered", "quarantined", "quarantine_open", "resubmitted")


def gaps(desk: Desk) -> list[tuple[Any, ...]]:
    return [
        (gap["office"], gap["first_on"], gap["last_on"], gap["workdays"], gap["basis"])
        for gap in desk.facts("imports")["gaps"]
    ]


def days(first: str, last: str) -> list[dict[str, str]]:
    """A case on every working day."""
    table = national_calendar().filter(is_workday=True)["on_date"].to_list()
    wanted = [day for day in table if first <= day.isoformat() <= last]
    return [row for day in wanted for row in ordinary_case(f"{day:%Y%m%d}", day.isoformat())]


def test_an_empty_workspace_has_no_imports(desk: Desk) -> None:
    assert desk.facts("imports") == {"imports": [], "gaps": []}
    assert "导入 0 次" in desk.ok("imports").out


def test_every_import_is_listed_right_after_it(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", ordinary_case("1")), "--covers", "2026-03-02..2026-03-02")
    rows = [*ordinary_case("1")[:1], step("2", "accept", "三月"), step("3", "accept", "2026-03-03 09:00:00")]
    desk.run("import", desk.export("b.csv", rows))
    [path] = (desk.home / "quarantine").glob("*.csv")
    path.write_text(path.read_text("utf-8-sig").replace("三月", "2026-03-03 09:10:00"), "utf-8-sig")
    desk.ok("import", path)
    desk.ok("import", desk.export("roster.csv", [{"account": "li", "person_id": "P1"}]))
    first, second, third, roster = desk.facts("imports")["imports"]
    assert [first[name] for name in COUNTS] == [3, 3, 0, 0, 0, 0, 0]
    assert [second[name] for name in COUNTS] == [3, 1, 1, 0, 1, 0, 0]
    assert [third[name] for name in COUNTS] == [1, 1, 0, 0, 0, 0, 1]
    assert (first["covers_from"], first["covers_to"]) == ("2026-03-02", "2026-03-02")
    assert (second["first_on"], second["last_on"], second["covers_from"]) == (
        "2026-03-02",
        "2026-03-03",
        None,
    )
    assert (roster["kind"], roster["offices"]) == ("roster", [])
    assert [row["import_no"] for row in (first, second, third, roster)] == [1, 2, 3, 4]
    told = desk.run("imports").text
    assert "隔离1(未改正0)" in told
    assert "账号名册" in told


def test_what_a_later_export_lacks_is_counted(desk: Desk) -> None:
    covers = ("--covers", "2026-03-02..2026-03-02")
    desk.ok("import", desk.export("a.csv", ordinary_case("1")), *covers)
    desk.ok("import", desk.export("b.csv", ordinary_case("1")[:2]), *covers)
    assert [row["vanished"] for row in desk.facts("imports")["imports"]] == [0, 1]


def test_declared_periods_show_what_none_of_them_covers(desk: Desk) -> None:
    rows = days("2026-03-02", "2026-03-31")
    early = [row for row in rows if row["occurred_at"] < "2026-03-11"]
    late = [row for row in rows if row["occurred_at"] >= "2026-03-23"]
    desk.ok("import", desk.export("a.csv", early), "--covers", "2026-03-01..2026-03-06")
    desk.ok("import", desk.export("b.csv", late), "--covers", "2026-03-23..2026-03-30")
    # Friday to Monday is no gap: nothing but a weekend lies between.
    desk.ok("import", desk.export("c.csv", early[-3:]), "--covers", "2026-03-09..2026-03-10")
    assert gaps(desk) == [
        ("150602", "2026-03-11", "2026-03-22", 8, "declared"),
        ("150602", "2026-03-31", "2026-03-31", 1, "declared"),
    ]
    assert "声明的期间未涵盖" in desk.ok("imports").out


def test_without_a_declaration_silent_working_days_are_told(desk: Desk) -> None:
    rows = [*days("2026-03-02", "2026-03-06"), *days("2026-03-12", "2026-03-13")]
    desk.ok("import", desk.export("a.csv", rows))
    assert gaps(desk) == [("150602", "2026-03-09", "2026-03-11", 3, "calendar")]
    assert "工作日没有任何操作" in desk.ok("imports").out


def test_holidays_make_up_days_and_closures_are_known(desk: Desk) -> None:
    table = dict(national_calendar().select("on_date", "is_workday").iter_rows())
    makeup = next(
        day for day, is_workday in table.items() if is_workday and day.weekday() > 4 and day.year == 2026
    )
    around = [day for n in range(-6, 7) if table[day := makeup + timedelta(n)] and day != makeup]
    rows = [row for day in around for row in ordinary_case(f"{day:%m%d}", day.isoformat())]
    desk.ok("import", desk.export("a.csv", rows))
    assert gaps(desk) == [("150602", makeup.isoformat(), makeup.isoformat(), 1, "calendar")]
    closure = f'on = {makeup.isoformat()}\nkind = "closure"\nname = "搬迁"\noffices = ["150602"]\n'
    desk.configure(f"[[calendar.days]]\n{closure}")
    assert gaps(desk) == []


def test_each_office_is_measured_by_itself(desk: Desk) -> None:
    other = [row | {"office": "150603"} for row in days("2026-03-02", "2026-03-04")]
    desk.ok("import", desk.export("a.csv", other), "--covers", "2026-03-02..2026-03-04")
    quiet = [*ordinary_case("1", "2026-03-02"), *ordinary_case("2", "2026-03-05")]
    desk.ok("import", desk.export("b.csv", quiet))
    assert gaps(desk) == [("150602", "2026-03-03", "2026-03-04", 2, "calendar")]


def test_days_before_any_known_calendar_count_as_a_plain_week(desk: Desk) -> None:
    monday = date(1995, 6, 5)
    rows = [*ordinary_case("1", monday.isoformat()), *ordinary_case("2", (monday + timedelta(7)).isoformat())]
    desk.ok("import", desk.export("a.csv", rows))
    assert gaps(desk) == [("150602", "1995-06-06", "1995-06-09", 4, "calendar")]


def test_a_period_beyond_all_calendars_does_no_harm(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", ordinary_case("1")), "--covers", "0001-01-01..9999-12-31")
    assert gaps(desk) == []
