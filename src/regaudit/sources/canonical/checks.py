"""What makes a row impossible: its reasons, for the person who has to correct it."""

from collections.abc import Iterator

import polars as pl
from msgspec import Struct

from regaudit.catalogue.vocabulary import DATE_COLUMNS, TIME_COLUMNS, canonical_values
from regaudit.sources.canonical.layouts import REQUIRED, ActionLayout, Layout
from regaudit.sources.canonical.times import parse_dates, parse_times, without_null_dates
from regaudit.sources.tables import ROW_NO

AMBIGUOUS = "__is_ambiguous."
"""Before a column's name: whether other rows have several values for it."""
_CONTROL = r"[\x00-\x1f\x7f]"
_DAMAGED = "\ufffd"
Check = tuple[str, pl.Expr, str]
"""Column, condition, reason. `NAME.read` is a time column once read."""


class Rejected(Struct, frozen=True):
    """A row that cannot be imported, and why."""

    row_no: int
    column: str
    value: str
    reason: str


def check(
    rows: pl.DataFrame, layout: Layout, action: ActionLayout, zone: str, source_zone: str
) -> tuple[pl.DataFrame, list[Rejected]]:
    """Read the times of canonical rows, and find every reason against them.

    Args:
        rows: `ROW_NO`, the canonical columns as text, and `AMBIGUOUS` columns.
        layout: of the table they come from.
        action: which of the table's actions they are.
        zone: the workspace's zone.
        source_zone: the zone of times without an offset.
    """
    times = {}
    for name in (*TIME_COLUMNS, *DATE_COLUMNS):
        if name in layout.names:
            raw = rows[name]
            read = parse_times(raw, zone, source_zone) if name in TIME_COLUMNS else parse_dates(raw)
            if read.null_count() > raw.null_count():
                rows = rows.with_columns(without_null_dates(raw).alias(name))
            times[name] = read
    both = rows.with_columns(series.alias(f"{name}.read") for name, series in times.items())
    checks = list(_checks(both, layout))
    failing = both.select(condition.any().alias(str(i)) for i, (_, condition, _) in enumerate(checks)).row(0)
    rejected = [
        Rejected(row_no, name, value or "", _told(name, reason, action))
        for (name, condition, reason), fails in zip(checks, failing, strict=True)
        if fails
        for row_no, value in both.filter(condition).select(ROW_NO, name).iter_rows()
    ]
    good = rows.select(ROW_NO, *layout.names).with_columns(s.alias(name) for name, s in times.items())
    return good, rejected


def _told(name: str, reason: str, action: ActionLayout) -> str:
    """Where a row has several times and persons, the reason says which one."""
    return f"{action.columns[name][0]}:{reason}" if name in action.own and name in action.columns else reason


def _checks(rows: pl.DataFrame, layout: Layout) -> Iterator[Check]:
    filled = [name for name in layout.names if rows[name].null_count() < rows.height]
    yield from _missing(rows, layout)
    for name in (*TIME_COLUMNS, *DATE_COLUMNS):
        if name in filled:
            unread = pl.col(name).is_not_null() & pl.col(f"{name}.read").is_null()
            yield name, unread, "不是可识别的时间,应如 2026-03-02 09:00:00"
    for name in ("case_no", "office", "account"):
        if name in filled:
            yield name, pl.col(name).str.contains(_CONTROL), "含有控制字符"
    yield "office", pl.col("office").str.contains("/", literal=True), "登记机构不能含有“/”"
    if layout.kind == "roster":
        yield "valid_to", pl.col("valid_to.read") < pl.col("valid_from.read"), "停用日期早于启用日期"
        known = sorted(set(canonical_values("org_kind").values()))
        yield "org_kind", ~pl.col("org_kind").is_in(known), f"机构类别应为 {'、'.join(known)} 之一"
    for name in filled:
        damaged = pl.col(name).str.contains(_DAMAGED, literal=True)
        yield name, damaged, "有字符无法解码,文件应为 UTF-8 或 GB18030"


def _missing(rows: pl.DataFrame, layout: Layout) -> Iterator[Check]:
    for name in REQUIRED[layout.kind]:
        is_missing = pl.col(name).is_null()
        if name == "person_id":
            # A robot is no person; its roster entry may lack one.
            is_missing &= ~pl.col("org_kind").eq_missing("robot")
        if f"{AMBIGUOUS}{name}" in rows.columns:
            key = "、".join(layout.fills[name])
            several = pl.col(f"{AMBIGUOUS}{name}").fill_null(value=False)
            yield name, is_missing & several, f"必填列为空;同一{key}在其他行有不同的值,无法确定"
            yield name, is_missing & ~several, f"必填列为空,按{key}在其他行也找不到"
        else:
            yield name, is_missing, "必填列为空"
