"""Which charts go with the figures: of what, with which words."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from regaudit.outlets.desk.chart_orders import Bar, Chart
from regaudit.outlets.desk.figure_tables import findings_table, hour_counts, step_title
from regaudit.outlets.rates import share

MOST_MONTHS = 13
_MOST_DAYS, _MOST_ROWS = 30, 12


def rates_chart(rates: Sequence[tuple[str, int, int]], key: str, along: str) -> Chart:
    """Shares that were on time, by what the bars are of."""
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
        return Chart(bars=bars, key=key, title="按时率：按月", axes=(along, "按时率"), is_share=True)
    title = f"按时率：按{along}"
    told = [
        Bar(name=bar.name, value=bar.value, words=f"{100 * bar.value:.1f}%（{bar.words}）") for bar in bars
    ]
    return Chart(bars=told, key=key, title=title, axes=(along, "按时率"), is_share=True, is_lying=True)


def days_chart(days: pl.DataFrame) -> Chart:
    """How many cases took how many working days."""
    counts: dict[int, int] = {}
    for value, count in days.select("days", "cases").iter_rows():
        least = min(value, _MOST_DAYS)
        counts[least] = counts.get(least, 0) + count
    bars = [
        Bar(name=f"{value}" if value < _MOST_DAYS else f"≥{_MOST_DAYS}", value=count, words=f"{count}")
        for value, count in sorted(counts.items())
    ]
    if len(bars) > MOST_MONTHS:
        bars = [Bar(name=bar.name, value=bar.value) for bar in bars]
    return Chart(bars=bars, key="days", title="办结用时的分布", axes=("已用工作日", "件数"))


def waits_chart(waits: Sequence[dict[str, Any]]) -> Chart:
    """The waits between steps that occur most."""
    between = sorted((row for row in waits if row["from_step"]), key=lambda row: -row["times"])[:_MOST_ROWS]
    bars = []
    for row in between:
        name = f"{step_title(row['from_step'])}→{step_title(row['to_step'])}"
        for kind, value in (("中位数", row["median_minutes"]), ("第90百分位", row["p90_minutes"])):
            bars.append(Bar(name=name, value=value, words=f"{value}", kind=kind))
    return Chart(
        bars=bars,
        key="handovers",
        title="环节之间的等候（最多的几种）",
        axes=("自→至", "工作分钟"),
        is_lying=True,
    )


def findings_chart(findings: Sequence[dict[str, Any]]) -> Chart:
    """Findings per thousand cases, of the rules that find most."""
    rows = findings_table(findings).rows[:_MOST_ROWS]
    bars = [
        Bar(name=title, value=1000 * int(found) / int(cases), words=f"{rate}（{found} 个）")
        for title, found, cases, rate, _ in rows
        if int(cases) and int(found) and rate != "—"
    ]
    return Chart(
        bars=bars,
        key="findings",
        title="每千件办件的问题（最多的几条规则）",
        axes=("规则", "每千件的问题"),
        is_lying=True,
    )


def hours_chart(hours: Sequence[dict[str, Any]]) -> Chart:
    """How much is done in each hour, on working days and others."""
    counts = {hour: both for hour, both in hour_counts(hours).items() if any(both)}
    span = range(min(counts), max(counts) + 1) if counts else ()
    bars = [
        Bar(name=f"{hour}", value=counts.get(hour, (0, 0))[number], kind=kind)
        for number, kind in enumerate(("工作日", "休息日"))
        for hour in span
    ]
    return Chart(bars=bars, key="hours", title="一日各时的操作", axes=("时", "操作次数"))
