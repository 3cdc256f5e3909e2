"""Why a night is not green: put together from what audit, intake and the night's own stages say."""

from datetime import date

import duckdb

from regaudit.audit.light import Light, Reason
from regaudit.catalogue.rules import SEVERITIES, warning_rules
from regaudit.catalogue.sqlfile import result_sql
from regaudit.operation.gather import Gathered

_GRAVE = ("critical", "major")


def reasons_of(
    db: duckdb.DuckDBPyConnection | None,
    tonight: Gathered,
    *,
    on: date,
    unread: list[str],
    quarantined: int,
    quarantined_before: int,
) -> list[Reason]:
    """The reasons of a night; without a warehouse nothing is known of its findings.

    Args:
        db: the warehouse, with the run's results.
        tonight: what came in and what failed.
        on: the night's date.
        unread: what is missing from tonight's imports, a line each.
        quarantined: how many rejected rows of tonight's imports are open.
        quarantined_before: how many of earlier imports are.
    """
    reasons = []
    if count := len(tonight.failures):
        text = f"本夜有 {count} 处运行失败，结果可能不全。"
        reasons.append(Reason(code="failed", light="red", text=text, count=count, office=None))
    if db is not None:
        reasons += _news(db, on)
    if count := len(tonight.missing):
        text = f"应到的导出缺 {count} 个。"
        reasons.append(Reason(code="missing", light="yellow", text=text, count=count, office=None))
    if count := len(unread):
        text = f"导出中有 {count} 处没有读到。"
        reasons.append(Reason(code="unread", light="yellow", text=text, count=count, office=None))
    if count := quarantined + quarantined_before:
        text = f"有 {count} 行待改正，其中本夜新增 {quarantined} 行。"
        reasons.append(Reason(code="quarantined", light="yellow", text=text, count=count, office=None))
    return reasons


def _news(db: duckdb.DuckDBPyConnection, on: date) -> list[Reason]:
    """New findings, by office: grave ones and others apart."""
    found = db.execute(result_sql("new_findings"), {"night": on, "warnings": sorted(warning_rules())})
    counts: dict[tuple[str | None, Light], dict[str, int]] = {}
    for office, severity, count in found.fetchall():
        light: Light = "red" if severity in _GRAVE else "yellow"
        counts.setdefault((office, light), {})[severity] = count
    return [
        Reason(
            code="new",
            light=light,
            text=f"新增{_graded(by_severity)}。",
            count=sum(by_severity.values()),
            office=office,
        )
        for (office, light), by_severity in counts.items()
    ]


def _graded(counts: dict[str, int]) -> str:
    """`严重问题 1 项、重要问题 2 项`."""
    return "、".join(f"{title}问题 {counts[name]} 项" for name, title in SEVERITIES.items() if name in counts)
