"""The figures of the desk against plain Python over the published tables of the sample logs."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sample_site import EVERYWHERE, OWN, SEES_CASES, SampleSite, percentile

from regaudit.catalogue.vocabulary import value_titles
from regaudit.outlets.desk.figure_tables import FigureTable, verdicts_table
from regaudit.outlets.desk.figure_views import Figures, Period, View, view_of

pytestmark = pytest.mark.long
Rows = list[dict[str, Any]]
CLASSES = {"general": "一般登记", "mortgage": "抵押登记"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSite:
    return SampleSite(Path(tmp_path_factory.mktemp("sample")) / "home")


@pytest.fixture(scope="module")
def figures(sample: SampleSite) -> Figures:
    return sample.site.desk.figures.get()


@pytest.fixture(scope="module")
def view(figures: Figures) -> View:
    return view_of(figures, figures.offices, Period())


def table(view: View, key: str) -> FigureTable:
    return next(table for table in view.tables if table.key == key)


def cells(view: View, key: str) -> dict[str, dict[str, str]]:
    """The cells of a table by row and column."""
    found = table(view, key)
    return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.rows}


def month(at: datetime | date) -> str:
    return f"{at.year}年{at.month}月"


def counted(cases: Rows, key: Any, night: date) -> dict[str, Counter[str]]:
    """The numbers of each row of the tables of cases; `key` names the row of a case in a month."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        if case["accepted_at"]:
            found[key(case, case["accepted_at"])]["受理"] += 1
        is_fixed = case["due_state"] == "fixed" and case["due_on"] is not None
        if case["closed_at"] is None:
            if is_fixed and case["due_on"] < night:
                found[key(case, case["due_on"])]["在办已超期"] += 1
            continue
        sums, closed_on = found[key(case, case["closed_at"])], case["closed_at"].date()
        sums["办结"] += 1
        sums["停表"] += (case["paused_days"] or 0) > 0
        sums["停表日"] += case["paused_days"] or 0
        sums["用日"] += case["used_days"] or 0
        sums["撤回"] += case["close_kind"] == "withdraw"
        sums["不予登记"] += case["close_kind"] == "refuse"
        if case["close_kind"] != "withdraw":
            sums["应计"] += is_fixed
            sums["时限不明"] += not is_fixed
            sums["按时"] += is_fixed and closed_on <= case["due_on"]
            sums["提前"] += is_fixed and closed_on < case["due_on"]
    return found


def percent(part: int, whole: int) -> str:
    return "—" if whole < 10 else f"{100 * part / whole:.1f}%"


def same(told: dict[str, str], sums: Counter[str]) -> None:
    """A row of a table of cases says what was counted."""
    whole = sums["停表日"] + sums["用日"]
    assert told == {
        next(iter(told)): next(iter(told.values())),
        **{name: f"{sums[name]}" for name in ("受理", "办结", "在办已超期", "时限不明", "不予登记", "撤回")},
        "按时/应计": f"{sums['按时']}/{sums['应计']}",
        "按时率": percent(sums["按时"], sums["应计"]),
        "提前率": percent(sums["提前"], sums["应计"]),
        "办结已超期": f"{sums['应计'] - sums['按时']}",
        "停表/办结": f"{sums['停表']}/{sums['办结']}",
        "停表占比": percent(sums["停表"], sums["办结"]),
        "停表工作日占比": percent(sums["停表日"], whole),
    }


@pytest.mark.parametrize(
    ("key", "of"),
    [
        ("months", lambda _, at: month(at)),
        ("offices", lambda case, _: case["office"]),
        ("classes", lambda case, _: CLASSES[case["limit_class"]]),
    ],
)
def test_cases_are_counted_as_plain_python_does(sample: SampleSite, view: View, key: str, of: Any) -> None:
    [run] = sample.rows("SELECT night FROM runs ORDER BY run_no DESC LIMIT 1")
    found = counted(sample.rows("SELECT * FROM cases"), of, run["night"])
    told = cells(view, key)
    assert set(told) - {"合计"} == set(found)
    assert len(found) > 1
    for name, sums in found.items():
        same(told[name], sums)
    same(told["合计"], sum(found.values(), Counter()))


def test_what_may_not_be_counted_as_on_time_is_there(sample: SampleSite) -> None:
    """The sample has late ones, open and closed, withdrawals and pauses: else little would be proved."""
    told = counted(sample.rows("SELECT * FROM cases"), lambda *_: "", date(2026, 4, 3))[""]
    assert min(told["撤回"], told["停表"], told["在办已超期"], told["应计"] - told["按时"]) > 0


def test_a_period_a_class_and_an_office_narrow_the_figures(sample: SampleSite, figures: Figures) -> None:
    narrowed = view_of(figures, [OWN], Period(date(2026, 2, 1), date(2026, 3, 1), "抵押登记"))
    cases = sample.rows("SELECT * FROM cases WHERE office = ? AND limit_class = 'mortgage'", [OWN])
    found = counted(cases, lambda _, at: month(at), date(2026, 4, 3))
    told = cells(narrowed, "months")
    assert set(told) == {"2026年2月", "2026年3月", "合计"}
    for name in ("2026年2月", "2026年3月"):
        same(told[name], found[name])


def test_working_days_are_told_by_nearest_rank(sample: SampleSite, view: View) -> None:
    days: dict[str, list[int]] = defaultdict(list)
    for case in sample.rows("SELECT * FROM cases WHERE closed_at IS NOT NULL AND close_kind <> 'withdraw'"):
        if case["used_days"] is not None:
            for name in (month(case["closed_at"]), "合计"):
                days[name].append(case["used_days"])
    assert cells(view, "days") == {
        name: {
            "办结月份": name,
            "办结": f"{len(values)}",
            "中位数（工作日）": f"{percentile(values, 0.5)}",
            "第 90 百分位": f"{percentile(values, 0.9)}",
            "最长": f"{max(values)}",
        }
        for name, values in days.items()
    }


class Hours:
    """Working time of offices, added up a day at a time."""

    def __init__(self, sample: SampleSite) -> None:
        self.days: dict[str, dict[date, dict[str, Any]]] = defaultdict(dict)
        for row in sample.rows("SELECT * FROM workdays"):
            self.days[row["calendar"]][row["on_date"]] = row

    def minutes(self, office: str, begun: datetime, ended: datetime) -> int:
        days, day, total = self.days.get(office, self.days["*"]), begun.date(), timedelta()
        while day <= ended.date():
            told, midnight = days[day], datetime.combine(day, datetime.min.time())
            for number in ("1", "2") if told["is_workday"] else ():
                opens, closes = (
                    midnight + timedelta(microseconds=told[f"{word}_{number}"])
                    for word in ("opens", "closes")
                )
                total += max(min(closes, ended) - max(opens, begun), timedelta())
            day += timedelta(days=1)
        return total // timedelta(minutes=1)


def waits(sample: SampleSite) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Working minutes of steps and of handovers, by what the tables call them."""
    hours, titles = Hours(sample), value_titles("step")
    steps: dict[str, list[int]] = defaultdict(list)
    between: dict[str, list[int]] = defaultdict(list)
    cases: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in sample.rows("SELECT * FROM steps WHERE precision = 'time' AND evidence = 'recorded'"):
        cases[row["office"], row["case_no"]].append(row)
    for (office, _), rows in cases.items():
        before = None
        for row in sorted(rows, key=lambda row: (row["occurred_at"], row["position"])):
            name, begun = titles.get(row["step"], row["step"]), row["started_at"] or row["occurred_at"]
            if row["started_at"]:
                steps[name].append(hours.minutes(office, begun, row["occurred_at"]))
            if before is not None:
                from_name, ended = titles.get(before["step"], before["step"]), before["occurred_at"]
                waited = hours.minutes(office, ended, max(begun, ended))
                between[f"{from_name} → {name}"].append(waited)
            before = row
    return steps, between


def test_steps_and_handovers_are_told_in_working_minutes(sample: SampleSite, view: View) -> None:
    for key, found in zip(("steps", "handovers"), waits(sample), strict=True):
        told = table(view, key).rows
        assert {row[0]: list(row[1:]) for row in told} == {
            name: [f"{len(values)}", f"{percentile(values, 0.5)}", f"{percentile(values, 0.9)}"]
            for name, values in found.items()
        }
        assert len(told) == len(found) > 0


def test_waits_of_some_offices_alone_are_not_added_up(figures: Figures) -> None:
    one = view_of(figures, [OWN], Period())
    assert not one.is_partial
    assert (
        table(one, "handovers").rows != table(view_of(figures, figures.offices, Period()), "handovers").rows
    )
    more = figures.cases.with_columns(office=pl.lit("150699"))
    three = Figures(
        night=figures.night,
        as_of=figures.as_of,
        cases=pl.concat([figures.cases, more]),
        days=figures.days,
        waits=figures.waits,
        findings=figures.findings,
        hours=figures.hours,
        verdicts=figures.verdicts,
    )
    two = view_of(three, ["150602", "150603"], Period())
    assert two.is_partial
    assert not table(two, "handovers").rows


def test_findings_are_held_against_all_cases(sample: SampleSite, view: View) -> None:
    cases = len(sample.rows("SELECT * FROM cases"))
    found = Counter(row["rule"] for row in sample.rows("SELECT * FROM findings WHERE state <> 'gone'"))
    unknown = Counter(row["rule"] for row in sample.rows("SELECT * FROM unknowns"))
    titles = {row["rule"]: row["title"] for row in sample.rows("SELECT * FROM rule_runs")}
    told = cells(view, "findings")
    assert set(told) == set(titles.values())
    for rule, title in titles.items():
        assert told[title] == {
            "规则": title,
            "问题": f"{found[rule]}",
            "办件": f"{cases}",
            "每千件": f"{1000 * found[rule] / cases:.1f}",
            "无法判断": f"{unknown[rule]}",
        }
    assert any(not found[rule] for rule in titles), "a rule that found nothing is told, too"


def test_hours_of_the_day_are_told(sample: SampleSite, view: View) -> None:
    work = {
        row["on_date"]: row["is_workday"]
        for row in sample.rows("SELECT * FROM workdays WHERE calendar = '*'")
    }
    acts = sample.rows(
        "SELECT * FROM steps WHERE precision = 'time' AND evidence = 'recorded' AND NOT is_robot"
    )
    found = Counter((row["occurred_at"].hour, work[row["occurred_at"].date()]) for row in acts)
    told = cells(view, "hours")
    assert {name: (row["工作日"], row["休息日"]) for name, row in told.items()} == {
        f"{hour} 时": (f"{found[hour, True]}", f"{found[hour, False]}")
        for hour in sorted({h for h, _ in found})
    }
    assert f"共 {len(acts)} 次操作" in table(view, "hours").note


def verdict(state: str, entries: int, rule: str = "overdue") -> Rows:
    return [
        {"rule": rule, "title": "超期", "office": OWN, "entries": entries}
        | {
            name: entries * (name == state)
            for name in ("upheld", "excused", "unfounded", "quashed", "waiting")
        }
    ]


def test_entries_are_counted_by_what_became_of_them(sample: SampleSite, view: View) -> None:
    entries = sample.rows("SELECT * FROM ledger_entries WHERE rule <> ''")
    waiting = Counter(row["title"] for row in entries if row["state"] == "listed")
    assert {name: row["待认定"] for name, row in cells(view, "verdicts").items()} == {
        title: f"{count}" for title, count in waiting.items()
    }


def test_a_rule_is_wrong_as_often_as_it_was_judged_to_be() -> None:
    rows = verdict("upheld", 6) + verdict("unfounded", 3) + verdict("quashed", 1) + verdict("waiting", 9)
    [row] = verdicts_table(rows).rows
    assert row == ["超期", "3/10", "30.0%", "1", "0", "6", "9"]
    [row] = verdicts_table(verdict("unfounded", 9)).rows
    assert row[:3] == ["超期", "9/9", "—"], "of fewer than ten no percentage is told"


def shown(words: Iterable[str], text: str) -> None:
    for word in words:
        assert word in text, word


def test_the_page_has_charts_with_their_tables(sample: SampleSite) -> None:
    text = sample.browser("post1").page("/figures")
    shown(("按时办结", "规则自身的差错", "每千件", "2026年4月3日", "第 90 百分位"), text)
    assert text.count("<svg") == 7
    assert "style=" not in text
    # A post of one office is told of this one alone.
    assert "150603" not in text


def test_who_sees_all_offices_may_choose_one(sample: SampleSite) -> None:
    browser = sample.browser("sup")
    assert "150603" in browser.page("/figures")
    assert "150603</th>" not in browser.page("/figures?office=150602&class=&from=&to=")
    assert browser.get("/figures?from=2026-3").status_code == 400


@pytest.mark.parametrize("login", [*SEES_CASES, "head"])
def test_figures_are_open_to_those_who_may_see_them(sample: SampleSite, login: str) -> None:
    assert sample.browser(login).get("/figures").status_code == 200


@pytest.mark.parametrize("login", ["hand", "sys", "sec"])
def test_figures_are_closed_to_others(sample: SampleSite, login: str) -> None:
    assert sample.browser(login).get("/figures").status_code == 404
    assert "/figures" not in sample.browser(login).page("/")


def test_figures_of_another_office_are_not_there(sample: SampleSite) -> None:
    assert sample.browser("post1").get("/figures?office=150603").status_code == 404
    assert {"sup", "aud"} <= set(EVERYWHERE)
