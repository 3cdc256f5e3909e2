"""What makes a row impossible: its reasons, for the person who has to correct it."""

from collections.abc import Iterator

import polars as pl
from msgspec import Struct

from regaudit.catalogue.columns import Column
from regaudit.catalogue.kinds import ExportKind
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.sources.canonical.garbled_text import garbled_faults
from regaudit.sources.canonical.ids import id_faults, value_faults
from regaudit.sources.canonical.layouts import ActionLayout, Layout
from regaudit.sources.canonical.mapping import Mapping
from regaudit.sources.canonical.offsets import as_believed
from regaudit.sources.canonical.times import (
    parse_dates,
    parse_times,
    without_far_ends,
    without_null_dates,
)
from regaudit.sources.tables import ROW_NO

AMBIGUOUS = "__is_ambiguous."
"""Before a column's name: whether other rows have several values for it."""
_CONTROL = r"[\x00-\x1f\x7f]"
_PADDED = "有填充的空字符(NUL),编号不完整:请在平台重新导出"
_UNREAD = {
    r"^\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})(?:\D|$)": (
        "年、月、日的先后无法确定:请在映射的 [times] 中写明格式,如 dd/MM/yyyy HH:mm:ss"
    ),
    r"^(?:\d{1,2}[::]\d{1,2}(?:[::]\d{1,2})?|0?\.\d+)$": (
        "只有钟点,没有日期:请在映射的 [join] 中写明日期和时间各是哪一列"
    ),
    "": "不是可识别的时间,应如 2026-03-02 09:00:00",
}
"""By the beginning of a time that could not be read, what to do; the first that fits."""
Check = tuple[str, pl.Expr, str]
"""Column, condition, reason. `NAME.read` is a time column once read."""


class Rejected(Struct, frozen=True):
    """A row that cannot be imported, and why."""

    row_no: int
    column: str
    value: str
    reason: str


def check(
    rows: pl.DataFrame, layout: Layout, action: ActionLayout, zone: str, mapping: Mapping
) -> tuple[pl.DataFrame, list[Rejected]]:
    """Read the times of canonical rows, and find every reason against them.

    Args:
        rows: `ROW_NO`, the canonical columns as text, and `AMBIGUOUS` columns.
        layout: of the table they come from.
        action: which of the table's actions they are.
        zone: the workspace's zone.
        mapping: the zone of times without an offset, and what offsets are worth.
    """
    times = {}
    for name in layout.kind.moments:
        raw, column = rows[name], layout.kind.columns[name]
        if column.open_ended:
            raw = without_far_ends(raw)
            rows = rows.with_columns(raw)
        formats = layout.times.get(name, ())
        read = (
            parse_dates(raw, formats)
            if column.form == "date"
            else parse_times(as_believed(raw, mapping.offsets), zone, mapping.zone or zone, formats)
        )
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
    for name in layout.kind.moments:
        if rows[name].null_count() < rows[f"{name}.read"].null_count():
            yield from _unread(name)
    for name in filled:
        yield from _spoilt(rows[name], layout.kind.columns[name])
    yield from _unfit(filled, layout.kind)
    for name in filled:
        faults = garbled_faults(rows[name], layout.kind.columns[name])
        yield from ((name, condition, reason) for condition, reason in faults)


def _unread(name: str) -> Iterator[Check]:
    """Why a time could not be read."""
    unread, is_told = pl.col(name).is_not_null() & pl.col(f"{name}.read").is_null(), pl.lit(value=False)
    for pattern, reason in _UNREAD.items():
        is_so = pl.col(name).str.contains(pattern)
        yield name, unread & is_so & ~is_told, reason
        is_told |= is_so


def _spoilt(cells: pl.Series, column: Column) -> Iterator[Check]:
    """What is left of a cell that a spreadsheet or a field of fixed width has changed."""
    faults = id_faults(cells) if column.is_identifier else value_faults(cells)
    yield from ((cells.name, condition, reason) for condition, reason in faults)
    if column.is_identifier:
        yield cells.name, pl.col(cells.name).str.contains("\x00", literal=True), _PADDED


def _unfit(filled: list[str], kind: ExportKind) -> Iterator[Check]:
    """What the kind says of its columns' values."""
    columns = {name: kind.columns[name] for name in filled}
    for name, column in columns.items():
        if column.printable:
            yield name, pl.col(name).str.contains(_CONTROL), "含有控制字符"
    for name, column in columns.items():
        if column.without:
            has_it = pl.col(name).str.contains(column.without, literal=True)
            yield name, has_it, f"{column.title}不能含有“{column.without}”"
    for name, column in columns.items():
        if column.not_before:
            is_before = pl.col(f"{name}.read") < pl.col(f"{column.not_before}.read")
            yield name, is_before, f"{column.title}早于{kind.title_of(column.not_before)}"
    for name, column in columns.items():
        if column.listed:
            known = sorted(set(canonical_values(name).values()))
            yield name, ~pl.col(name).is_in(known), f"{column.title}应为 {'、'.join(known)} 之一"


def _missing(rows: pl.DataFrame, layout: Layout) -> Iterator[Check]:
    for name in layout.kind.required:
        is_missing = pl.col(name).is_null()
        for other, value in layout.kind.columns[name].unless.items():
            is_missing &= ~pl.col(other).eq_missing(value)
        if f"{AMBIGUOUS}{name}" in rows.columns:
            key = "、".join(layout.fills[name])
            several = pl.col(f"{AMBIGUOUS}{name}").fill_null(value=False)
            yield name, is_missing & several, f"必填列为空;同一{key}在其他行有不同的值,无法确定"
            yield name, is_missing & ~several, f"必填列为空,按{key}在其他行也找不到"
        else:
            yield name, is_missing, "必填列为空"
