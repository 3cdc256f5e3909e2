"""The figures of a published database: counted once, kept with their charts until another is published."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl
from msgspec import Struct

from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.case_counts import read_case_counts, read_rows
from regaudit.outlets.desk.chart_orders import Chart, drawn
from regaudit.outlets.desk.figure_charts import (
    MOST_MONTHS,
    days_chart,
    findings_chart,
    hours_chart,
    rates_chart,
    waits_chart,
)
from regaudit.outlets.desk.figure_tables import (
    FigureTable,
    case_table,
    days_table,
    findings_table,
    hours_table,
    rates_by,
    verdicts_table,
    waits_tables,
)
from regaudit.outlets.desk.pictures.picture import Picture

_LAST_RUN = "SELECT max_by(night, run_no) AS night, max_by(as_of, run_no) AS as_of FROM main.runs"
_MOST_VIEWS = 200


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


class _Draft(Struct, frozen=True, kw_only=True):
    """As a `View`, before its charts are drawn."""

    tables: list[FigureTable]
    charts: dict[str, Chart]
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
Key = tuple[tuple[str, ...], Period, Referred]
"""What a view is of."""


def view_of(
    figures: Figures, offices: Sequence[str], period: Period, referred: Referred = frozenset()
) -> View:
    """The figures of some offices in a period; `referred` findings are hidden, and not counted either.

    Raises:
        RegauditError: the charts cannot be drawn.
    """
    [made] = views_of(figures, [(tuple(offices), period, referred)])
    return made


def views_of(figures: Figures, wanted: Sequence[Key]) -> list[View]:
    """As `view_of`, of many at once: that takes hardly longer than of one."""
    drafts = [_draft(figures, *key) for key in wanted]
    pictures = iter(drawn([chart for draft in drafts for chart in draft.charts.values()]))
    return [
        View(
            tables=draft.tables,
            charts={name: next(pictures) for name in draft.charts},
            is_partial=draft.is_partial,
        )
        for draft in drafts
    ]


def _draft(figures: Figures, offices: Sequence[str], period: Period, referred: Referred) -> _Draft:
    """The figures of some offices in a period, with the charts that are to be drawn of them.

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
        "months": rates_chart(rates_by(cases, "month")[-MOST_MONTHS:], "months", "月份"),
        "offices": rates_chart(rates_by(cases, "office"), "offices", "登记机构"),
        "classes": rates_chart(rates_by(cases, "limit_class"), "classes", "时限类别"),
        "days": days_chart(days),
        "handovers": waits_chart(waits),
        "findings": findings_chart(found),
        "hours": hours_chart(hours),
    }
    return _Draft(tables=tables, charts=charts, is_partial=whose == "")


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
    offices, hidden = figures.offices, referred()
    keys = [(tuple(whose), Period(), hidden) for whose in (offices, *([office] for office in offices))]
    missing = [key for key in dict.fromkeys(keys) if key not in figures.views][:_MOST_VIEWS]
    if missing:
        figures.views.update(zip(missing, views_of(figures, missing), strict=True))
