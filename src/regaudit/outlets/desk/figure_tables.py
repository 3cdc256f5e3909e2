"""The figures as tables that people read: each rate with its numerator and denominator."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from msgspec import Struct

from regaudit.catalogue.vocabulary import value_titles
from regaudit.outlets.case_counts import SUMS
from regaudit.outlets.rates import FEWEST, per_thousand, percentile, share

_CASES = (
    *("受理", "办结", "按时/应计", "按时率", "提前率", "办结已超期", "在办已超期", "时限不明"),
    *("停表/办结", "停表占比", "停表工作日占比", "不予登记", "撤回"),
)


class FigureTable(Struct, frozen=True, kw_only=True):
    """A table of figures.

    Attributes:
        key: tells it apart on its page.
        title: what it shows.
        columns: their titles; the first is what a row is about.
        rows: cells as people read them.
        note: how it is counted.
    """

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def case_table(cases: pl.DataFrame, by: str, key: str, title: str) -> FigureTable:
    """Cases by one of `month`, `office`, `limit_class`, with the sum of all.

    Args:
        cases: rows of `figure_cases.sql`.
        by: the column.
        key: of the table.
        title: of the table.
    """
    sums = cases.group_by(by).agg(pl.col(name).sum() for name in SUMS).sort(by)
    rows = [[name_of(by, row[by]), *_case_cells(row)] for row in sums.iter_rows(named=True)]
    if len(rows) > 1:
        total = cases.select(pl.col(name).sum() for name in SUMS).row(0, named=True)
        rows.append(["合计", *_case_cells(total)])
    names = {"month": "月份", "office": "登记机构", "limit_class": "时限类别"}
    return FigureTable(
        key=key,
        title=title,
        columns=(names[by], *_CASES),
        rows=rows,
        note=""
        if by != "month"
        else "受理按受理月份计，办结的各项按办结月份计，在办已超期按到期月份计。按时率、提前率的分母"
        "（应计）为办结而期限已定的办件；撤回由申请人决定，不计入；没有时限或日历未公布的为时限不明，不算按时。"
        f"分母不足 {FEWEST} 件的不计算比率。",
    )


def rates_by(cases: pl.DataFrame, by: str) -> list[tuple[str, int, int]]:
    """On time and of how many, by `month`, `office` or `limit_class`; what has no denominator left out."""
    sums = cases.group_by(by).agg(pl.col("on_time", "dated").sum()).sort(by)
    return [
        (name_of(by, value), on_time, dated)
        for value, on_time, dated in sums.select(by, "on_time", "dated").iter_rows()
        if dated
    ]


def days_table(days: pl.DataFrame, by: str, key: str, title: str) -> FigureTable:
    """Median and 90th percentile of counted working days, by one of `month`, `office`, `limit_class`."""
    rows = []
    for (value,), part in days.sort(by).group_by([by], maintain_order=True):
        rows.append([name_of(by, value), *_days_cells(part)])
    if len(rows) > 1:
        rows.append(["合计", *_days_cells(days)])
    names = {"month": "办结月份", "office": "登记机构", "limit_class": "时限类别"}
    return FigureTable(
        key=key,
        title=title,
        columns=(names[by], "办结", "中位数（工作日）", "第 90 百分位", "最长"),
        rows=rows,
        note=""
        if by != "month"
        else "已用工作日：受理当日不计，停表不计。中位数与百分位取实有的值：不超过它的至少有一半、九成。"
        "撤回不计。",
    )


def waits_tables(waits: Sequence[dict[str, Any]]) -> list[FigureTable]:
    """The working minutes of steps, and those of handovers; the most frequent first."""
    ordered = sorted(waits, key=lambda row: (-row["times"], row["from_step"] or "", row["to_step"]))
    own = [[step_title(r["to_step"]), *_wait_cells(r)] for r in ordered if r["from_step"] is None]
    between = [
        [f"{step_title(r['from_step'])} → {step_title(r['to_step'])}", *_wait_cells(r)]
        for r in ordered
        if r["from_step"] is not None
    ]
    columns = ("次数", "中位数（工作分钟）", "第 90 百分位")
    return [
        FigureTable(
            key="steps",
            title="各环节用时",
            columns=("环节", *columns),
            rows=own,
            note="自开始时间至操作时间，只计上班时间；没有开始时间的、只有日期的不计。",
        ),
        FigureTable(
            key="handovers",
            title="环节之间的等候",
            columns=("自 → 至", *columns),
            rows=between,
            note="自前一操作至后一操作开始（没有开始时间的，至其操作时间），只计上班时间；停表的时间也在其内。",
        ),
    ]


def findings_table(findings: Sequence[dict[str, Any]]) -> FigureTable:
    """Findings per 1,000 cases by rule, of some offices together; of equal ones by name."""
    rules: dict[str, list[dict[str, Any]]] = {}
    for row in findings:
        rules.setdefault(row["rule"], []).append(row)
    rows = []
    for of_rule in rules.values():
        found, unknown, cases = (
            sum(row[name] for row in of_rule) for name in ("findings", "unknown", "cases")
        )
        rows.append((found, of_rule[0]["title"], unknown, cases))
    rows.sort(key=lambda row: (-row[0], row[1]))
    return FigureTable(
        key="findings",
        title="每千件办件的问题",
        columns=("规则", "问题", "办件", "每千件", "无法判断"),
        rows=[
            [title, f"{found}", f"{cases}", per_thousand(found, cases), f"{unknown}"]
            for found, title, unknown, cases in rows
        ],
        note="现存的问题与全部办件相比；无法判断的既不算问题，也不算清白。一个问题可以涉及几件，账号类的不涉及某一件。"
        "已移交其他机关的不计。",
    )


def hours_table(hours: Sequence[dict[str, Any]]) -> FigureTable:
    """Acts of persons by hour of the day."""
    counts = hour_counts(hours)
    total = sum(work + off for work, off in counts.values())
    return FigureTable(
        key="hours",
        title="一日各时的操作",
        columns=("时", "工作日", "休息日", "占全部"),
        rows=[
            [f"{hour} 时", f"{work}", f"{off}", share(work + off, total)]
            for hour, (work, off) in counts.items()
            if work or off
        ],
        note=f"共 {total} 次操作；只有日期的、机器人的不计。",
    )


def hour_counts(hours: Sequence[dict[str, Any]]) -> dict[int, tuple[int, int]]:
    """Acts on working days and on others, by hour."""
    counts = {hour: [0, 0] for hour in range(24)}
    for row in hours:
        counts[row["hour"]][0 if row["is_workday"] else 1] += row["acts"]
    return {hour: (work, off) for hour, (work, off) in counts.items()}


def verdicts_table(verdicts: Sequence[dict[str, Any]]) -> FigureTable:
    """How often each rule was wrong: judged to be unfounded, of all that was judged."""
    names = ("upheld", "excused", "unfounded", "quashed", "waiting")
    rules: dict[str, list[Any]] = {}
    for row in verdicts:
        sums = rules.setdefault(row["rule"], [row["title"], *[0] * len(names)])
        for number, name in enumerate(names, 1):
            sums[number] += row[name]
    rows = []
    for title, upheld, excused, unfounded, quashed, waiting in sorted(rules.values(), key=lambda row: row[0]):
        judged = upheld + excused + unfounded + quashed
        rows.append(
            [title, f"{unfounded}/{judged}", share(unfounded, judged)]
            + [f"{count}" for count in (quashed, excused, upheld, waiting)]
        )
    return FigureTable(
        key="verdicts",
        title="规则自身的差错",
        columns=("规则", "不成立/已认定", "不成立率", "申诉撤销", "说明采纳", "成立", "待认定"),
        rows=rows,
        note=f"台账中已有认定的各项；不足 {FEWEST} 项的不计算比率。中止、移交、随夜撤销的不计。",
    )


def step_title(step: str) -> str:
    """The Chinese name of a step; an unknown one as it is."""
    return value_titles("step").get(step, step)


def name_of(by: str, value: Any) -> str:
    """What a row is about, for people."""
    if by == "month":
        return f"{value.year}年{value.month}月" if isinstance(value, date) else "（不明）"
    return str(value)


def _case_cells(row: dict[str, Any]) -> list[str]:
    dated, closed = row["dated"], row["closed"]
    return [
        f"{row['accepted']}",
        f"{closed}",
        f"{row['on_time']}/{dated}",
        share(row["on_time"], dated),
        share(row["early"], dated),
        f"{dated - row['on_time']}",
        f"{row['late_open']}",
        f"{row['decided'] - dated}",
        f"{row['paused']}/{closed}",
        share(row["paused"], closed),
        share(row["paused_days"], row["used_days"] + row["paused_days"]),
        f"{row['refused']}",
        f"{row['withdrawn']}",
    ]


def _days_cells(days: pl.DataFrame) -> list[str]:
    counts = list(days.group_by("days").agg(pl.col("cases").sum()).iter_rows())
    told = [percentile(counts, 5), percentile(counts, 9), max((value for value, _ in counts), default=None)]
    return [f"{sum(count for _, count in counts)}", *("" if value is None else f"{value}" for value in told)]


def _wait_cells(row: dict[str, Any]) -> list[str]:
    return [f"{row['times']}", f"{row['median_minutes']}", f"{row['p90_minutes']}"]
