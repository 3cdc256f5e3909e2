"""The inspections of a period, where the published database has any."""

from collections.abc import Sequence
from typing import Any

import duckdb

from regaudit.base.periods import Period
from regaudit.outlets.case_counts import read_rows

TABLE = "inspections"
_HAS_TABLE = "SELECT count(*) FROM information_schema.tables WHERE table_name = ? AND table_schema = 'main'"


def read_inspections(db: duckdb.DuckDBPyConnection) -> list[dict[str, Any]] | None:
    """The published inspections; None where the database has no such table."""
    found = db.execute(_HAS_TABLE, [TABLE]).fetchone()
    return read_rows(db, f"FROM main.{TABLE} ORDER BY ALL") if found and found[0] else None


def inspections_of(
    rows: Sequence[dict[str, Any]] | None, office: str, period: Period
) -> list[dict[str, Any]] | None:
    """Those of an office (or of all) in the months of a period; None where nothing is known of any."""
    if rows is None:
        return None
    months = {f"{month:%Y-%m}" for month in period.months}
    return [
        row for row in rows if str(row.get("month"))[:7] in months and office in ("ALL", row.get("office"))
    ]
