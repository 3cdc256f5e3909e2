"""What is read of the published tables for the reports of a period, of all offices at once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
import msgspec
import polars as pl
from msgspec import Struct

from regaudit.base.periods import Period
from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.case_counts import CaseCounts, class_title, read_case_counts, read_rows

TABLES = (
    *("cases", "runs", "nights", "workdays", "missed_exports", "rule_runs", "unknowns", "imports"),
    "steps",
)
"""The published tables that reports are counted from."""
_OPEN: dict[str, Any] = {
    "office": pl.String,
    "limit_class": pl.String,
    "on_date": pl.Date,
    **dict.fromkeys(("still_open", "late", "paused", "unknown"), pl.Int64),
}
_ALL = "*"


class Run(Struct, frozen=True, kw_only=True):
    """The run that is published; as `report_run.sql`."""

    run_no: int
    kind: str
    as_of: Any
    night: date
    log_position: int
    profile: str
    profile_sha256: str
    calendar: str
    begins_on: date | None
    rejected: int


class Counted(Struct, frozen=True, kw_only=True):
    """What was read; lists are rows of the SELECTs of their names.

    Attributes:
        still_open: rows of `report_open.sql` at the end of the period, of the one before, and a year before.
        nights: by period.
    """

    run: Run
    period: Period
    cases: CaseCounts
    still_open: pl.DataFrame
    nights: dict[str, list[dict[str, Any]]]
    exports: list[dict[str, Any]]
    unknowns: list[dict[str, Any]]
    rules: list[dict[str, Any]]

    @property
    def offices(self) -> list[str]:
        """The offices that there are cases of."""
        return self.cases.cases["office"].unique().sort().to_list()

    def worked(self, office: str, key: str = "") -> list[dict[str, Any]]:
        """The working days of an office (empty: of all) in the period of a key, each with its night."""
        rows = self.nights[key or self.period.key]
        calendars = {row["calendar"] for row in rows}
        wanted = office if office in calendars else _ALL
        return [row for row in rows if row["calendar"] == wanted]


def read_run(db: duckdb.DuckDBPyConnection) -> Run | None:
    """The run that is published; None where none is."""
    rows = read_rows(db, result_sql("report_run"))
    return Run(**rows[0]) if rows else None


def read_counted(
    db: duckdb.DuckDBPyConnection, run: Run, period: Period, titles: Mapping[str, str]
) -> Counted:
    """Count what is published for the reports of a period.

    Args:
        db: a connection to the published tables.
        run: the one that is published.
        period: what is reported.
        titles: classes of limits as people call them.
    """
    periods = (period, period.before, period.year_before)
    waiting = read_rows(db, result_sql("report_open"), {"ends": [each.last for each in periods]})
    for row in waiting:
        row["limit_class"] = class_title(titles, row["limit_class"])
    span = {"first": period.first, "last": period.last}
    return Counted(
        run=run,
        period=period,
        cases=read_case_counts(db, titles),
        still_open=pl.DataFrame(waiting, schema=_OPEN),
        nights={
            each.key: [
                _night(row)
                for row in read_rows(
                    db, result_sql("report_nights"), {"first": each.first, "last": each.last}
                )
            ]
            for each in periods
        },
        exports=read_rows(db, result_sql("report_exports"), span),
        unknowns=read_rows(db, result_sql("report_unknowns"), {"last": period.last}),
        rules=read_rows(db, result_sql("report_rules")),
    )


def _night(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "because": msgspec.json.decode(row["because"]) if row["because"] else []}
