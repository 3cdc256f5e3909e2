"""Every code that stands in a published column, with its Chinese name, as a table for analysts."""

from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl

from regaudit.audit.light import CODES
from regaudit.audit.light import LIGHTS as NIGHT_LIGHTS
from regaudit.catalogue.codes import code_kinds
from regaudit.catalogue.ledger_terms import LIMITS
from regaudit.catalogue.published import coded_columns_of
from regaudit.ledger.documents.wording import KINDS as DOCUMENTS
from regaudit.ledger.states import ASSIGNMENTS, DOORS, KINDS, LIGHTS, NOTES, ROLES, STATES, VERDICTS
from regaudit.ledger.steps import STEPS

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("kind", "code", "title"), pl.String),
    "columns": pl.List(pl.String),
}


def list_codes(db: duckdb.DuckDBPyConnection) -> None:
    """Make `results.codes`: the codes that are known, and the rules and limits of this run."""
    kinds = code_titles()
    kinds["rule"] = dict(db.execute("SELECT rule, title FROM reference.rules").fetchall())
    kinds["limit_class"] = dict(
        db.execute("SELECT limit_class, min_by(title, entry_no) FROM reference.limits GROUP BY 1").fetchall()
    )
    rows = [
        (kind, code, title, sorted(coded_columns_of(kind)))
        for kind, titles in kinds.items()
        for code, title in titles.items()
    ]
    db.register("frame", pl.DataFrame(rows, schema=_COLUMNS, orient="row").to_arrow())
    db.execute("CREATE OR REPLACE TABLE results.codes AS FROM frame")
    db.unregister("frame")


def code_titles() -> dict[str, dict[str, str]]:
    """Kinds of codes → code → Chinese name: all but what a profile names and the rules."""
    own: dict[str, Mapping[Any, str]] = {
        "night_light": NIGHT_LIGHTS,
        "night_reason": {code: title for code, (title, _) in CODES.items()},
        "entry_kind": KINDS,
        "ledger_state": STATES,
        "ledger_light": LIGHTS,
        "ledger_limit": LIMITS,
        "ledger_role": ROLES,
        "ledger_door": DOORS,
        "ledger_step": {step.name: step.title for step in STEPS.values()},
        "ledger_event_kind": KINDS | NOTES | ASSIGNMENTS | DOCUMENTS,
        "verdict": VERDICTS,
    }
    kinds = {kind: dict(titles) for kind, titles in code_kinds().items()}
    for kind, titles in own.items():
        kinds[kind] = kinds.get(kind, {}) | {str(code): title for code, title in titles.items()}
    return kinds
