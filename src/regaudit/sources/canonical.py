"""Rows of an export → canonical rows, and the reasons why a row cannot be one."""

from typing import Literal

import polars as pl
from msgspec import Struct

from regaudit.errors import RefusedFileError
from regaudit.sources.mapping import Mapping
from regaudit.sources.tables import ROW_NO, Batch
from regaudit.sources.times import parse_dates, parse_times
from regaudit.sources.vocabulary import (
    DATE_COLUMNS,
    ROSTER_COLUMNS,
    ROSTER_REQUIRED,
    STEP_COLUMNS,
    STEP_REQUIRED,
    TIME_COLUMNS,
    canonical_values,
    coded_columns,
    display_name,
)

Kind = Literal["steps", "roster"]
# White space of every sort, the byte-order mark and zero-width characters, at either end of a cell.
_BLANKS = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u202f\u205f\u2060\u3000\ufeff"
)
# What exports write where there is nothing. Only in a number, an office or a step can it be meant.
_FILLERS = ("", "0", "/", "无", "-")
_NEVER_FILLED = ("case_no", "office", "step")
_CONTROL = r"[\x00-\x1f\x7f]"
_DAMAGED = "\ufffd"


class Layout(Struct, frozen=True):
    """Which columns of an export become which canonical ones, and what kind of file it is."""

    kind: Kind
    columns: dict[str, tuple[str, ...]]
    constants: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """All canonical columns of this kind of file."""
        return tuple(STEP_COLUMNS if self.kind == "steps" else ROSTER_COLUMNS)


class Rejected(Struct, frozen=True):
    """A row that cannot be imported, and why."""

    row_no: int
    column: str
    value: str
    reason: str


class Canonical(Struct, frozen=True):
    """A batch made canonical: `rows` has `ROW_NO` and all canonical columns as text, null where blank."""

    rows: pl.DataFrame
    rejected: list[Rejected]


def recognise(file_name: str, found: list[str], mapping: Mapping) -> Layout:
    """Match an export's columns with the canonical ones, by mapping and by name.

    Raises:
        RefusedFileError: it is neither a step log nor a roster; names the columns found and needed.
    """
    by_name = {_plain(name): name for name in reversed(found)}
    candidates: list[tuple[Kind, dict[str, tuple[str, ...]], tuple[str, ...]]] = [
        ("steps", STEP_COLUMNS, STEP_REQUIRED),
        ("roster", ROSTER_COLUMNS, ROSTER_REQUIRED),
    ]
    missing: dict[str, list[str]] = {}
    for kind, canonical, required in candidates:
        columns: dict[str, tuple[str, ...]] = {}
        for name, aliases in canonical.items():
            given = mapping.columns.get(name, [])
            wanted = [given] if isinstance(given, str) else given
            sources = [by_name[_plain(w)] for w in [*wanted, name, *aliases] if _plain(w) in by_name]
            if sources:
                columns[name] = tuple(dict.fromkeys(sources))
        constants = {name: value for name, value in mapping.constants.items() if name in canonical}
        lacking = [name for name in required if name not in columns and name not in constants]
        if not lacking:
            return Layout(kind, columns, constants)
        missing[kind] = lacking
    raise RefusedFileError(
        f"文件 {file_name} 不是办件日志,也不是账号名册。\n"
        f"  找到的列:{'、'.join(found) or '无'}\n"
        f"  办件日志还缺:{_named(missing['steps'])}\n"
        f"  账号名册还缺:{_named(missing['roster'])}\n"
        "  请检查是否选错文件;列名不同时,用 --mapping 给出映射文件"
    )


def make_canonical(batch: Batch, layout: Layout, mapping: Mapping, zone: str) -> Canonical:
    """Pick, clean, translate and check the rows of a batch.

    Args:
        batch: rows as read from the file.
        layout: from `recognise`.
        mapping: values and zone of the export.
        zone: the workspace's zone, which all times are converted to.
    """
    rows = batch.rows.select(ROW_NO, *(_picked(name, layout) for name in layout.names))
    rows = rows.with_columns(*_translated(layout, mapping, rows.columns))
    is_blank = pl.all_horizontal(pl.col(*layout.columns).is_null())
    checked, rejected = _checked(rows.filter(~is_blank), layout.kind, zone, mapping.zone or zone)
    bad = {r.row_no for r in rejected}
    rejected += [Rejected(m.row_no, "", m.text, m.reason) for m in batch.malformed]
    good = checked.filter(~pl.col(ROW_NO).is_in(list(bad))) if bad else checked
    return Canonical(good, sorted(rejected, key=lambda r: r.row_no))


def _plain(name: str) -> str:
    return "".join(name.split()).strip(_BLANKS).lower()


def _named(columns: list[str]) -> str:
    return "、".join(f"{name}({display_name(name)})" for name in columns)


def _picked(name: str, layout: Layout) -> pl.Expr:
    blank = dict.fromkeys(("",) if name in _NEVER_FILLED else _FILLERS, None)
    sources = [
        pl.col(source).cast(pl.String).str.strip_chars(_BLANKS).replace(blank)
        for source in layout.columns.get(name, ())
    ]
    if name in layout.constants:
        sources.append(pl.lit(layout.constants[name]))
    return (pl.coalesce(sources) if sources else pl.lit(None, pl.String)).alias(name)


def _translated(layout: Layout, mapping: Mapping, present: list[str]) -> list[pl.Expr]:
    translated = []
    for name in present:
        values = (canonical_values(name) if name in coded_columns() else {}) | mapping.values.get(name, {})
        if name == "step" and layout.kind == "steps":
            values |= {code.upper(): code for code in canonical_values("step").values()}
        if values:
            translated.append(pl.col(name).replace(values))
    return translated


def _checks(kind: Kind) -> list[tuple[str, pl.Expr, str]]:
    """What makes a row impossible: column, condition, reason. `NAME.read` is a time column once read."""
    required, names = (STEP_REQUIRED, STEP_COLUMNS) if kind == "steps" else (ROSTER_REQUIRED, ROSTER_COLUMNS)
    # A robot is no person; its roster entry may lack one.
    is_robot = pl.col("org_kind").eq_missing("robot") if kind == "roster" else pl.lit(value=False)
    checks = [
        (
            name,
            pl.col(name).is_null() & ~(is_robot if name == "person_id" else pl.lit(value=False)),
            "必填列为空",
        )
        for name in required
    ]
    checks += [
        (
            name,
            pl.col(name).is_not_null() & pl.col(f"{name}.read").is_null(),
            "不是可识别的时间,应如 2026-03-02 09:00:00",
        )
        for name in (*TIME_COLUMNS, *DATE_COLUMNS)
        if name in names
    ]
    checks += [
        (name, pl.col(name).str.contains(_CONTROL), "含有控制字符")
        for name in ("case_no", "office", "account")
        if name in names
    ]
    checks.append(("office", pl.col("office").str.contains("/", literal=True), "登记机构不能含有“/”"))
    if kind == "roster":
        checks.append(
            ("valid_to", pl.col("valid_to.read") < pl.col("valid_from.read"), "停用日期早于启用日期")
        )
        known = sorted(set(canonical_values("org_kind").values()))
        checks.append(("org_kind", ~pl.col("org_kind").is_in(known), f"机构类别应为 {'、'.join(known)} 之一"))
    damaged = "有字符无法解码,文件应为 UTF-8 或 GB18030"
    checks += [(name, pl.col(name).str.contains(_DAMAGED, literal=True), damaged) for name in names]
    return checks


def _checked(
    rows: pl.DataFrame, kind: Kind, zone: str, source_zone: str
) -> tuple[pl.DataFrame, list[Rejected]]:
    """Rows with their times read, and every reason against them."""
    times = {
        name: parse_times(rows[name], zone, source_zone) if name in TIME_COLUMNS else parse_dates(rows[name])
        for name in rows.columns
        if name in (*TIME_COLUMNS, *DATE_COLUMNS)
    }
    both = rows.with_columns(series.alias(f"{name}.read") for name, series in times.items())
    checks = _checks(kind)
    failing = both.select(condition.any().alias(str(i)) for i, (_, condition, _) in enumerate(checks)).row(0)
    rejected = [
        Rejected(row_no, name, value or "", reason)
        for (name, condition, reason), fails in zip(checks, failing, strict=True)
        if fails
        for row_no, value in both.filter(condition).select(ROW_NO, name).iter_rows()
    ]
    return rows.with_columns(series.alias(name) for name, series in times.items()), rejected
