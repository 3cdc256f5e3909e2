"""What is counted of the published cases, month by month: for the desk's figures and for reports alike."""

from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl
from msgspec import Struct

from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.sqlfile import result_sql

SUMS = (
    *("accepted", "closed", "decided", "dated", "on_time", "early", "late_open", "paused", "refused"),
    *("withdrawn", "used_days", "paused_days"),
)
"""The columns of `figure_cases.sql` that are added up."""
_KEYS = {"office": pl.String, "limit_class": pl.String, "month": pl.Date}
_NO_CASES = pl.DataFrame(schema=_KEYS | dict.fromkeys(SUMS, pl.Int64))
_NO_DAYS = pl.DataFrame(schema=_KEYS | {"days": pl.Int64, "cases": pl.Int64})


class CaseCounts(Struct, frozen=True):
    """Rows of `figure_cases.sql` and `figure_days.sql`, with the classes of limits as people call them."""

    cases: pl.DataFrame
    days: pl.DataFrame


def read_case_counts(db: duckdb.DuckDBPyConnection, titles: Mapping[str, str]) -> CaseCounts:
    """Count the published cases, and how many working days they took.

    Args:
        db: a connection to the published tables.
        titles: classes of limits as people call them.
    """
    cases, days = read_rows(db, result_sql("figure_cases")), read_rows(db, result_sql("figure_days"))
    return CaseCounts(
        cases=_titled(pl.DataFrame(cases, schema_overrides=_KEYS), titles) if cases else _NO_CASES,
        days=_titled(pl.DataFrame(days, schema_overrides=_KEYS), titles) if days else _NO_DAYS,
    )


def read_rows(
    db: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query as dicts."""
    cursor = db.execute(sql, parameters or {})
    names = [name for name, *_ in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def class_title(titles: Mapping[str, str], limit_class: str) -> str:
    """A class of limits as people call it."""
    return titles.get(limit_class) or limit_class or "(无时限类别)"


def class_titles(profile: Profile) -> dict[str, str]:
    """The classes of limits of a profile, as people call them."""
    return {limit.limit_class: limit.title for limit in profile.limits if limit.of == "case"}


def part_title(part: str, titles: Mapping[str, str]) -> str:
    """A part of an inspection as people call it: of a stratum its office and its class of limits."""
    office, slash, limit_class = part.partition("/")
    return f"{office} {class_title(titles, limit_class)}" if slash else part


def _titled(table: pl.DataFrame, titles: Mapping[str, str]) -> pl.DataFrame:
    told = {name: class_title(titles, name) for name in table["limit_class"].unique()}
    return table.with_columns(pl.col("limit_class").replace_strict(told, return_dtype=pl.String))
