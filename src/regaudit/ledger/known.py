"""Which rules go on the ledger, as a table beside a run's violations."""

from collections.abc import Mapping
from typing import Any

import duckdb
import polars as pl

from regaudit.audit.ledger_nights import Night
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import goes_on_ledger, load_rules
from regaudit.ledger.tables import create

_RULES: dict[str, Any] = {
    "rule": pl.String,
    "version": pl.Int64,
    "is_on": pl.Boolean,
    "is_lasting": pl.Boolean,
    "part_of": pl.List(pl.String),
    "is_changed": pl.Boolean,
}


def load_entry_rules(db: duckdb.DuckDBPyConnection, profile: Profile, changed: Mapping[str, bool]) -> None:
    """Make `results.entry_rules`: which go on the ledger, and whether each is another than last night."""
    rules = [
        (
            *(rule.name, rule.version, goes_on_ledger(rule, profile), rule.lasting, rule.part_of),
            changed.get(rule.name, True),
        )
        for rule in load_rules().values()
    ]
    create(db, "entry_rules", pl.DataFrame(rules, schema=_RULES, orient="row"))


def changed_rules(night: Night, last: RunCompleted | None, run: RunCompleted) -> dict[str, bool]:
    """Of each rule of a run, whether its version, its parameters or the profile differ from the last night's.

    `last` is the last counting night of an earlier date than `night`; without one nothing has changed.
    """
    if last is None or night.previous is None:
        return dict.fromkeys(run.rules, False)
    is_other = last.profile_sha256 != run.profile_sha256
    return {
        rule: is_other or last.rules.get(rule) != version or last.params.get(rule) != run.params.get(rule)
        for rule, version in run.rules.items()
    }
