"""A quarter of the sample logs, its nights and its ledger: every figure of its reports, counted again."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ledgers
import pytest
import report_law
from conftest import Desk
from ledger_staff import enlist, entries_of, strike, take

from regaudit.catalogue.rules import load_rules

pytestmark = pytest.mark.long
SAMPLE = Path(__file__).parents[2] / "sample_logs"
OWN, OTHER = "150602", "150603"
LIMITS = {"": 5, "mortgage": 3}
TITLES = {"": "一般登记", "mortgage": "抵押登记"}
AS_OF = datetime(2026, 4, 3, 23, 59, 59)
MONTHS = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Nights of a quarter, with steps between them that come and go, are corrected, appealed and referred."""
    desk = Desk(tmp_path_factory.mktemp("quarter") / "home").make()
    files = [SAMPLE / "roster.csv", SAMPLE / "steps.csv"]
    desk.ok("nightly", *files, "--as-of", "2026-01-30")
    enlist(desk)
    desk.ok("nightly", "--as-of", "2026-02-06")
    mine = sorted(
        n for n, e in entries_of(desk).items() if e.opened.office == OWN and e.opened.kind == "finding"
    )
    struck, unfounded, excused, referred, undone, appealed = mine[:6]
    strike(desk, struck, ["2026-02-09"] * 3 + ["2026-02-10"] * 3)
    for entry, verdict in (
        (unfounded, "unfounded"),
        (excused, "excused"),
        (undone, "unfounded"),
        (appealed, "upheld"),
    ):
        take(desk, "2026-02-10", "gang", entry, "assign", to="person:P10", kind="by_date")
        take(desk, "2026-02-11", "ke", entry, "answer")
        take(desk, "2026-02-12", "gang", entry, "judge", verdict=verdict)
        if entries_of(desk)[entry].now.state == "answered":
            take(desk, "2026-02-12", "zhu", entry, "judge", verdict=verdict)
    take(desk, "2026-02-13", "zhu", referred, "refer", to="纪检")
    desk.ok("nightly", "--as-of", "2026-02-28")
    take(desk, "2026-03-03", "shang", undone, "correct")
    take(desk, "2026-02-14", "ke", appealed, "appeal")
    take(desk, "2026-03-05", "zhu2", appealed, "decide", verdict="quashed")
    ledgers.add_entries(desk.home, at="2026-03-04T23:59:59.999999", recurs_of=struck, recurrences=1)
    ledgers.add_entries(desk.home, at="2026-03-04T23:59:59.999999", follows=excused)
    ledgers.add_entries(
        desk.home, at="2026-03-06T10:00:00", door="page", rule="", kind="manual", title="投诉", by="gang"
    )
    desk.ok("nightly", "--as-of", "2026-03-31")
    desk.ok("nightly", "--as-of", "2026-04-03")
    return desk


def reports(desk: Desk, *words: str) -> Iterator[dict[str, Any]]:
    for made in desk.facts("report", "monthly", *words):
        yield json.loads(Path(made["paths"]["json"]).read_text(encoding="utf-8"))


PERIODS = [
    (("--month", "2026-01"), date(2026, 1, 1), date(2026, 1, 31)),
    (("--month", "2026-02"), date(2026, 2, 1), date(2026, 2, 28)),
    (("--month", "2026-03"), date(2026, 3, 1), date(2026, 3, 31)),
    (("--quarter", "2026Q1"), date(2026, 1, 1), date(2026, 3, 31)),
]


@pytest.mark.parametrize(("words", "first", "last"), PERIODS)
def test_the_bridge_closes_and_is_what_the_events_say(
    desk: Desk, words: tuple[str, str], first: date, last: date
) -> None:
    families = {rule.name: rule.family for rule in load_rules().values()}
    events = desk.events()
    for told in reports(desk, *words):
        office = "" if told["office"] == "ALL" else told["office"]
        law = report_law.bridge(events, first, last, families, office)
        *rows, total = told["bridge"]
        for row in told["bridge"]:
            came = sum(row[name] for name in ("new", "recurred", "followed", "reopened"))
            went = sum(row[name] for name in sorted(report_law.FINAL))
            assert row["opening"] + came - went == row["closing"], row
        numbers = {
            row["family"]: {k: v for k, v in row.items() if k not in ("family", "title") and v}
            for row in rows
        }
        assert numbers == {family: +counts for family, counts in law.items() if +counts}
        assert total["closing"] == sum(counts["closing"] for counts in law.values())


def test_each_way_into_and_out_of_the_bridge_was_gone(desk: Desk) -> None:
    february, march = (
        next(r for r in reports(desk, "--month", month) if r["office"] == OWN)["bridge"][-1]
        for month in ("2026-02", "2026-03")
    )
    assert [february[name] for name in ("struck", "unfounded", "excused", "referred")] == [1, 2, 1, 1]
    assert [march[name] for name in ("recurred", "followed", "reopened", "quashed")] == [1, 1, 1, 1]
    assert february["closing"] == march["opening"]


@pytest.fixture(scope="module")
def cases() -> list[report_law.Case]:
    rows = report_law.read_cases(SAMPLE / "steps.csv")
    return [report_law.Case(own, LIMITS, AS_OF) for own in rows.values()]


@pytest.mark.parametrize(("words", "first", "last"), PERIODS)
def test_every_figure_of_cases_is_what_the_rows_say(
    desk: Desk, cases: list[report_law.Case], words: tuple[str, str], first: date, last: date
) -> None:
    compared = 0
    for told in reports(desk, *words):
        for group in told["figures"]:
            wanted = [
                case
                for case in cases
                if group["office"] in ("ALL", case.office)
                and group["limit_class"] in ("", TITLES[case.limit_class])
            ]
            law = report_law.figures(wanted, first, last)
            for measure in group["measures"]:
                part, whole = law[measure["key"]]
                assert_figure(measure, measure["now"], part, whole)
                compared += 1
    assert compared > 100


def assert_figure(
    measure: dict[str, Any], figure: dict[str, Any], part: int | None, whole: int | None
) -> None:
    told = (measure["key"], figure)
    if measure["unit"] == "%":
        assert whole is not None
        assert part is not None
        assert (figure["numerator"], figure["denominator"]) == (part, whole), told
        assert figure["value"] == (round(100 * part / whole, 1) if whole >= 10 else None), told
    elif measure["key"] == "mean_days":
        assert (figure["numerator"], figure["denominator"]) == (part, whole), told
        assert figure["value"] == (round(part / whole, 1) if whole and part is not None else None), told
    else:
        assert (figure["value"], figure["denominator"]) == (part, whole), told


def test_months_before_are_what_their_own_reports_say(desk: Desk) -> None:
    february, march = (
        {g["limit_class"]: g["measures"] for g in told["figures"]}
        for month in ("2026-02", "2026-03")
        for told in reports(desk, "--month", month)
        if told["office"] == OWN
    )
    assert february.keys() == march.keys()
    for name, measures in march.items():
        assert [m["before"] for m in measures] == [m["now"] for m in february[name]]
        assert all(m["year_before"] is None for m in measures)


def test_trend_and_days_are_what_the_rows_say(desk: Desk, cases: list[report_law.Case]) -> None:
    told = next(r for r in reports(desk, "--month", "2026-03") if r["office"] == "ALL")
    assert len(told["trend"]) == 13
    for row in told["trend"][-3:]:
        first = date.fromisoformat(f"{row['month']}-01")
        last = date.fromordinal(MONTHS[MONTHS.index(first) + 1].toordinal() - 1)
        law = report_law.figures(cases, first, last)
        assert (row["on_time"], row["dated"]) == law["on_time"]
        assert row["closed"] == law["closed"][0]
    assert (
        sum(row["cases"] for row in told["days"])
        == report_law.figures(cases, MONTHS[2], date(2026, 3, 31))["mean_days"][1]
    )


def test_nights_are_counted_by_working_days(desk: Desk) -> None:
    february = next(r for r in reports(desk, "--month", "2026-02") if r["office"] == OWN)["nights"]
    # 2026-02-28 is a make-up Saturday, and 2026-02-14 another.
    assert february["now"] == {"ran": 2, "workdays": 16}
    assert "2026-02-14" in february["missing"]
    assert {"2026-02-06", "2026-02-28"}.isdisjoint(february["missing"])
