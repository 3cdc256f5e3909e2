"""An ordinary quarter of a well-kept centre: green on every night but those on which something happened.

Two offices of a simulated platform, one that exports every Friday alone, and one with three cases a day.
Meanwhile there are holidays with their make-up Saturdays, a new employee whose roster entry follows a week
later, a row that is quarantined and corrected, and an outage of the platform, whose rows come a day late.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from conftest import Desk, Row, step

from regaudit.simulate import simulate

pytestmark = pytest.mark.long

FIRST, LAST = date(2026, 1, 5), date(2026, 3, 31)
WEEKLY, SMALL = "150621", "150622"
HIRED, LISTED = date(2026, 2, 2), date(2026, 2, 9)
SPOILT = date(2026, 1, 20)
OUTAGE = date(2026, 3, 10)
SETTINGS = f"""\
[[sources]]
name = "平台"
path = "exports/daily/*.csv"
due = "20:00"

[[sources]]
name = "周报"
path = "exports/weekly/*.csv"
office = "{WEEKLY}"
nights = ["fri"]
due = "20:00"
"""
STAFF = {"shou": "受理员", "shen": "审核员", "bu": "登簿员", "xin": "新员工"}


def workdays() -> list[date]:
    days = [FIRST + timedelta(number) for number in range((LAST - FIRST).days + 1)]
    return [day for day in days if chinese_calendar.is_workday(day)]


def small_day(office: str, day: date, last_clerk: str = "shou") -> list[Row]:
    """Three cases, each booked the same afternoon; the last is accepted by a clerk of its own."""
    return [
        {
            **step(f"{office}{day:%m%d}{number}", what, f"{day} {hour:02}:{number * 15:02}:00", account),
            "office": office,
            "unit_no": f"{office}{day:%m%d}{number}",
        }
        for number in range(1, 4)
        for what, hour, account in (
            ("accept", 9, f"{last_clerk if number == 3 else 'shou'}{office}"),
            ("review", 14, f"shen{office}"),
            ("book", 16, f"bu{office}"),
        )
    ]


def roster_rows(simulated: Path, people: Sequence[str]) -> list[Row]:
    with (simulated / "roster.csv").open(encoding="utf-8-sig", newline="") as file:
        rows: list[Row] = list(csv.DictReader(file))
    return rows + [
        {
            "account": f"{login}{office}",
            "person_id": f"{office}-{login}",
            "person_name": STAFF[login],
            "office": office,
            "org_kind": "center",
        }
        for office in (WEEKLY, SMALL)
        for login in people
    ]


@pytest.fixture
def exports(tmp_path: Path) -> dict[date, list[Row]]:
    """What the platform exports of each day."""
    simulate(700, 11, tmp_path / "simulated", start=FIRST, days=(LAST - FIRST).days + 1, plant=False)
    with (tmp_path / "simulated" / "steps.csv").open(encoding="utf-8-sig", newline="") as file:
        rows: defaultdict[date, list[Row]] = defaultdict(list)
        for row in csv.DictReader(file):
            rows[date.fromisoformat(row["occurred_at"][:10])].append(row)
    return rows


def delivered(exports: dict[date, list[Row]]) -> Iterator[tuple[date, list[Row], list[Row]]]:
    """Each working day with what comes that evening: of the platform, and of the weekly office."""
    weekly: list[Row] = []
    late: list[Row] = []
    seen = FIRST
    for day in workdays():
        rows = late + [row for on, rows in exports.items() if seen <= on <= day for row in rows]
        seen = day + timedelta(1)
        rows += small_day(SMALL, day, "xin" if day >= HIRED else "shou")
        weekly += small_day(WEEKLY, day)
        is_friday = day.weekday() == 4
        if day == OUTAGE:
            yield day, [], weekly if is_friday else []
            late = rows
        else:
            yield day, rows, weekly if is_friday else []
            late = []
        if is_friday:
            weekly = []


@pytest.mark.slow
def test_it_is_green_but_for_what_happened(
    desk: Desk, tmp_path: Path, exports: dict[date, list[Row]]
) -> None:
    desk.configure(SETTINGS)
    desk.ok("import", desk.export("roster.csv", roster_rows(tmp_path / "simulated", ["shou", "shen", "bu"])))
    told: dict[date, list[str]] = {}
    for day, rows, weekly in delivered(exports):
        if day == LISTED:
            listed = roster_rows(tmp_path / "simulated", ["shou", "shen", "bu", "xin"])
            desk.ok("import", desk.export("later-roster.csv", listed))
        if day == SPOILT:
            rows = [{**rows[0], "occurred_at": "昨天"}, *rows[1:]]  # noqa: PLW2901 - as it came that evening
        for name, some in (("daily", rows), ("weekly", weekly)):
            if some:
                desk.export(f"exports/{name}/{day}.csv", some)
        run = desk.run("nightly", "--as-of", f"{day} 22:30", "--json")
        if run.facts["because"]:
            told[day] = [reason["code"] for reason in run.facts["because"]]
        if day == SPOILT:
            [rejected] = (desk.home / "quarantine").glob("*.csv")
            corrected = rejected.read_text(encoding="utf-8-sig").replace("昨天", f"{day} 12:00:00")
            (tmp_path / "corrected.csv").write_text(corrected, encoding="utf-8")
            desk.ok("import", tmp_path / "corrected.csv")
    assert told == {
        SPOILT: ["quarantined"],
        OUTAGE: ["missing", "new"],  # an export that is missing is a finding, too
    }
