"""The ledger as tables of the analyst database, at the end of a run."""

from datetime import date

import duckdb

from regaudit.audit.results import make_result
from regaudit.catalogue.sqlfile import result_sql
from regaudit.ledger.code_titles import list_codes
from regaudit.ledger.states import Light


def list_ledger(db: duckdb.DuckDBPyConnection, night: date, *, with_texts: bool) -> None:
    """Make the published tables of the ledger from those of its entries.

    `results.ledger_entries` are the entries on the night, `ledger_events` what happened to them,
    `ledger_states` how long they were in each state, `ledger_findings` which findings they are about,
    `recurrences` who relapsed; `inspections` and `inspection_items` are what was drawn and examined;
    `codes` says what every code that is published means.

    Args:
        db: the warehouse, with the tables of entries as the run leaves them.
        night: the date of which the lights are.
        with_texts: whether what people wrote is published.
    """
    make_result(db, "ledger_entries", {"night": night})
    make_result(db, "ledger_events", {"with_texts": with_texts})
    for name in ("ledger_states", "ledger_findings", "recurrences", "inspections"):
        make_result(db, name)
    make_result(db, "inspection_items", {"with_texts": with_texts})
    list_codes(db)


def turned_entries(
    db: duckdb.DuckDBPyConnection, previous: date | None
) -> list[tuple[str | None, Light, list[str]]]:
    """Entries whose light became yellow, orange or red since a night: office, light, numbers."""
    return db.execute(result_sql("ledger_turned"), {"previous": previous}).fetchall()
