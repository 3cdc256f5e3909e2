"""The figures of a published database: counted once, kept with their charts until another is published."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl
from msgspec import Struct

from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.case_counts import read_case_counts, read_rows
from regaudit.outlets.desk.charts import Bar, columns_chart, rows_chart
from regaudit.outlets.desk.figure_tables import (
    FigureTable,
    case_table,
    days_table,
    findings_table,
    hour_counts,
    hours_table,
    rates_by,
    step_title,
    verdicts_table,
    waits_tables,
)
from regaudit.outlets.desk.pictures.picture import Picture
from regaudit.outlets.rates import share

_LAST_RUN = "SELECT max_by(night, run_no) AS night, max_by(as_of, run_no) AS as_of FROM main.runs"
_MOST_MONTHS, _MOST_DAYS, _MOST_ROWS, _MOST_VIEWS = 13, 30, 12, 200


class Period(Struct, frozen=True):
    """Which months, both included, and which class of limits are wanted; None: all."""

    first: date | None = None
    last: date | None = None
    limit_class: str | None = None

    def of(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows of a table that are wanted."""
        wanted = pl.lit(value=True)
        if self.first is not None:
            wanted &= pl.col("month") >= self.first
        if self.last is not None:
            wanted &= pl.col("month") <= self.last
        if self.limit_class is not None:
            wanted &= pl.col("limit_class") == self.limit_class
        return table.filter(wanted)


class Figures(Struct, frozen=True, kw_only=True):
    """What was counted of a published database; tables are rows of the SELECTs of their names.

    Attributes:
        night: of the last run.
        as_of: its time.
    """

    night: date
    as_of: datetime
    cases: pl.DataFrame
    days: pl.DataFrame
    waits: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    hours: list[dict[str, Any]]
    verdicts: list[dict[str, Any]]
    views: dict[Any, "View"] = {}
    """What was made of them for pages."""

    @property
    def offices(self) -> list[str]:
        """The offices that there are cases of."""
        return self.cases["office"].unique().sort().to_list()

    @property
    def classes(self) -> list[str]:
        """The classes of limits that there are cases of."""
        return self.cases["limit_class"].unique().sort().to_list()

    @property
    def months(self) -> list[date]:
        """The months in which anything is counted, in order."""
        return self.cases["month"].drop_nulls().unique().sort().to_list()


class View(Struct, frozen=True, kw_only=True):
    """The figures of some offices: tables, and the charts that go with them by the key of the table.

    `is_partial` where what cannot be added up (percentiles of waits) is only told of one office or of all.
    """

    tables: list[FigureTable]
    charts: dict[str, Picture]
    is_partial: bool


def read_offices(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The offices that there are cases of."""
    return [
        office for (office,) in db.execute("SELECT DISTINCT office FROM main.cases ORDER BY 1").fetchall()
    ]


def read_figures(db: duckdb.DuckDBPyConnection, titles: Mapping[str, str]) -> Figures:
    """Count everything; seconds for a million cases.

    Args:
        db: a connection to the published tables.
        titles: classes of limits as people call them.
    """
    night, as_of = db.execute(_LAST_RUN).fetchone() or (date.min, datetime(1, 1, 1))
    counts = read_case_counts(db, titles)
    return Figures(
        night=night,
        as_of=as_of,
        cases=counts.cases,
        days=counts.days,
        waits=read_rows(db, result_sql("figure_waits")),
        findings=read_rows(db, result_sql("figure_findings")),
        hours=read_rows(db, result_sql("figure_hours")),
        verdicts=read_rows(db, result_sql("figure_verdicts")),
    )


Referred = frozenset[tuple[str, str, int]]
"""Rule and office (empty: none) of findings that stand and were referred to others, with their number."""


def view_of(
    figures: Figures, offices: Sequence[str], period: Period, referred: Referred = frozenset()
) -> View:
    """The figures of some offices in a period.

    Args:
        figures: all that was counted.
        offices: whose figures are wanted.
        period: which months and class; hours, waits, findings and judgements are told of all time.
        referred: findings that are hidden, and not counted either.
    """
    cases = period.of(figures.cases.filter(pl.col("office").is_in(list(offices))))
    days = period.of(figures.days.filter(pl.col("office").is_in(list(offices))))
    is_all = set(offices) >= set(figures.offices)
    whose = None if is_all else offices[0] if len(offices) == 1 else ""
    waits = [row for row in figures.waits if row["office"] == whose]
    # What belongs to no office is told of all together.
    found = [
        row
        for row in _shown(figures.findings, referred)
        if row["office"] in offices or (is_all and not row["office"])
    ]
    judged = [row for row in figures.verdicts if row["office"] in offices or (is_all and not row["office"])]
    hours = [row for row in figures.hours if row["office"] in offices]
    tables = [
        case_table(cases, "month", "months", "按月"),
        case_table(cases, "office", "offices", "按登记机构"),
        case_table(cases, "limit_class", "classes", "按时限类别"),
        days_table(days, "month", "days", "办结用时：按月"),
        days_table(days, "limit_class", "class-days", "办结用时：按时限类别"),
        *waits_tables(waits),
        findings_table(found),
        hours_table(hours),
        verdicts_table(judged),
    ]
    charts = {
        "months": _rates(rates_by(cases, "month")[-_MOST_MONTHS:], "months", "月份"),
        "offices": _rates(rates_by(cases, "office"), "offices", "登记机构"),
        "classes": _rates(rates_by(cases, "limit_class"), "classes", "时限类别"),
        "days": _days(days),
        "handovers": _waits(waits),
        "findings": _findings(found),
        "hours": _hours(hours),
    }
    return View(tables=tables, charts=charts, is_partial=whose == "")


def _shown(findings: Sequence[dict[str, Any]], referred: Referred) -> list[dict[str, Any]]:
    less = {(rule, office): number for rule, office, number in referred}
    return [
        row | {"findings": max(row["findings"] - less.get((row["rule"], row["office"] or ""), 0), 0)}
        for row in findings
    ]


def kept_view(figures: Figures, offices: Sequence[str], period: Period, referred: Referred) -> View:
    """As `view_of`; each is made once, and kept as long as what was counted."""
    key = (tuple(offices), period, referred)
    found = figures.views.get(key)
    if found is None:
        found = view_of(figures, offices, period, referred)
        while len(figures.views) >= _MOST_VIEWS:
            figures.views.pop(next(iter(figures.views)), None)
        figures.views[key] = found
    return found


def draw_views(figures: Figures, referred: Callable[[], Referred]) -> None:
    """Make the views that are asked for first: of all offices, and of each."""
    offices = figures.offices
    for whose in (offices, *([office] for office in offices)):
        kept_view(figures, whose, Period(), referred())


def _rates(rates: Sequence[tuple[str, int, int]], key: str, along: str) -> Picture:
    bars = [
        Bar(name=name, value=on_time / dated, words=f"{on_time}/{dated}") for name, on_time, dated in rates
    ]
    if key == "months":
        # Side by side there is no room for both numbers of many months.
        is_many = len(bars) > 6  # noqa: PLR2004 - as many as fit
        bars = [
            Bar(
                name=name,
                value=on_time / dated,
                words=share(on_time, dated) if is_many else f"{on_time}/{dated}",
            )
            for name, on_time, dated in rates
        ]
        return columns_chart(bars, key, "按时率：按月", (along, "按时率"), is_share=True)
    title = f"按时率：按{along}"
    told = [
        Bar(name=bar.name, value=bar.value, words=f"{100 * bar.value:.1f}%（{bar.words}）") for bar in bars
    ]
    return rows_chart(told, key, title, (along, "按时率"), is_share=True)


def _days(days: pl.DataFrame) -> Picture:
    counts: dict[int, int] = {}
    for value, count in days.select("days", "cases").iter_rows():
        least = min(value, _MOST_DAYS)
        counts[least] = counts.get(least, 0) + count
    bars = [
        Bar(name=f"{value}" if value < _MOST_DAYS else f"≥{_MOST_DAYS}", value=count, words=f"{count}")
        for value, count in sorted(counts.items())
    ]
    if len(bars) > _MOST_MONTHS:
        bars = [Bar(name=bar.name, value=bar.value) for bar in bars]
    return columns_chart(bars, "days", "办结用时的分布", ("已用工作日", "件数"))


def _waits(waits: Sequence[dict[str, Any]]) -> Picture:
    between = sorted((row for row in waits if row["from_step"]), key=lambda row: -row["times"])[:_MOST_ROWS]
    bars = []
    for row in between:
        name = f"{step_title(row['from_step'])}→{step_title(row['to_step'])}"
        for kind, value in (("中位数", row["median_minutes"]), ("第90百分位", row["p90_minutes"])):
            bars.append(Bar(name=name, value=value, words=f"{value}", kind=kind))
    return rows_chart(bars, "handovers", "环节之间的等候（最多的几种）", ("自→至", "工作分钟"))


def _findings(findings: Sequence[dict[str, Any]]) -> Picture:
    rows = findings_table(findings).rows[:_MOST_ROWS]
    bars = [
        Bar(name=title, value=1000 * int(found) / int(cases), words=f"{rate}（{found} 个）")
        for title, found, cases, rate, _ in rows
        if int(cases) and int(found) and rate != "—"
    ]
    return rows_chart(bars, "findings", "每千件办件的问题（最多的几条规则）", ("规则", "每千件的问题"))


def _hours(hours: Sequence[dict[str, Any]]) -> Picture:
    counts = {hour: both for hour, both in hour_counts(hours).items() if any(both)}
    span = range(min(counts), max(counts) + 1) if counts else ()
    bars = [
        Bar(name=f"{hour}", value=counts.get(hour, (0, 0))[number], kind=kind)
        for number, kind in enumerate(("工作日", "休息日"))
        for hour in span
    ]
    return columns_chart(bars, "hours", "一日各时的操作", ("时", "操作次数"))
