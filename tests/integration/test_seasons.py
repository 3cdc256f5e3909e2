"""Office hours by season: in the reference tables, in the settings' checks, and in a rule."""

from datetime import time

import pytest
from conftest import Desk, step

from regaudit.base.settings import Hours, Office, Season, Settings
from regaudit.warehouse.reference import hours

JUNE_ON = 'from = "06-01"\nto = "09-30"\nhours = ["08:00-12:00"]'
SUMMER = ["08:00-12:00", "14:30-18:00"]


def rows_of(settings: Settings, calendar: str) -> list[tuple[int, int, time]]:
    return [
        (first, last, time(*divmod(opens // 60_000_000, 60)))
        for found, first, last, opens, *_ in hours(settings).iter_rows()
        if found == calendar
    ]


def test_without_seasons_one_row_is_the_whole_year() -> None:
    assert rows_of(Settings(), "*") == [(101, 1231, time(8, 30))]


def test_an_offices_season_then_its_hours_then_the_common_ones() -> None:
    settings = Settings(
        hours=Hours(default=["09:00-17:00"], seasons=[Season("06-01", "09-30", SUMMER)]),
        offices=[
            Office("1", seasons=[Season("11-01", "02-29", ["10:00-16:00"])]),
            Office("2", hours=["07:00-15:00"]),
        ],
    )
    common = [(101, 531, time(9)), (601, 930, time(8)), (1001, 1231, time(9))]
    assert rows_of(settings, "*") == common
    assert rows_of(settings, "1") == [
        (101, 229, time(10)),
        (301, 531, time(9)),
        (601, 930, time(8)),
        (1001, 1031, time(9)),
        (1101, 1231, time(10)),
    ]
    assert rows_of(settings, "2") == [(101, 1231, time(7))]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('from = "06-31"\nto = "09-30"\nhours = ["08:00-12:00"]', "06-31"),
        ('from = "6-1"\nto = "09-30"\nhours = ["08:00-12:00"]', "hours.seasons"),
        ('from = "06-01"\nto = "09-30"\nhours = ["12:00-08:00"]', "12:00-08:00"),
        (f"{JUNE_ON}\n[[hours.seasons]]\n{JUNE_ON}".replace("06-01", "09-30", 1), "09-30"),
    ],
)
def test_a_mistake_is_named(desk: Desk, text: str, word: str) -> None:
    desk.configure(f"[[hours.seasons]]\n{text}\n")
    run = desk.run("check")
    assert run.status == 1
    assert "regaudit.toml" in run.text
    assert word in run.text


def test_working_minutes_follow_the_season(desk: Desk) -> None:
    """Between 11:00 and 15:00 lie 150 working minutes by the common hours, and 90 in summer."""
    desk.configure(
        "[[hours.seasons]]\nfrom = '06-01'\nto = '09-30'\nhours = ['08:30-12:00', '14:30-18:00']\n"
        "[[hours.seasons]]\nfrom = '12-01'\nto = '12-31'\nhours = ['08:30-12:00']\n"
    )
    rows = []
    for day in ("2026-05-20", "2026-06-10", "2026-12-02"):
        for number in range(3):
            rows += [step(f"{day}-{number}", "accept", f"{day} 11:00:00", "li", registration_type="200")]
        rows += [
            step(f"{day}-jump", "accept", f"{day} 15:00:00", "li", registration_type="200"),
            step(f"{day}-jump", "review", f"{day} 15:30:00", "wang", started_at=f"{day} 15:20:00"),
        ]
    desk.ok("nightly", desk.export("a.csv", rows), "--as-of", "2026-12-03")
    leads = dict(desk.query("SELECT case_no, min(lead_minutes) FROM queue_overtakes GROUP BY case_no"))
    assert leads["2026-05-20-jump"] == 150
    assert leads["2026-06-10-jump"] == 90
    assert leads["2026-12-02-jump"] == 60
