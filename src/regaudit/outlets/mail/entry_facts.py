"""What mails read of the ledger: entries as of the night, and what happened to them."""

from datetime import date, datetime
from typing import Any

import duckdb
from msgspec import Struct

from regaudit.catalogue.sqlfile import result_sql
from regaudit.ledger.states import Light


class EntryFacts(Struct, frozen=True, kw_only=True):
    """An entry as of the night.

    Attributes:
        severity: the gravest of original, noted and adjusted.
        section: 科室, `person` the natural person, that it was given to.
        subjects: the natural persons whom it is about.
        pending: the role whose second judgement it waits for.
        asked_to: the day that an extension is asked to.
        answer_due_on: while it is assigned, the limit of the answer.
        lit_on: since when it has this light.
        due_on: the next limit, `due_limit` its name, `holder` the role that has to act by it.
    """

    entry: str
    title: str
    office: str | None
    subject: str
    severity: str
    state: str
    shown_state: str
    is_final: bool
    summary: str
    section: str
    person: str
    subjects: list[str]
    pending: str
    assigned_at: datetime | None
    is_served: bool
    asked_to: date | None
    is_provisional: bool
    is_excused: bool
    appeal_due_on: date | None
    answer_due_on: date | None
    light: Light
    lit_on: date | None
    due_on: date | None
    due_limit: str
    holder: str


class EntryStep(Struct, frozen=True, kw_only=True):
    """Something that happened to an entry: an opening, a note or a step.

    `run_no` is the night's that did it, 0 where a person did; `position` is 0 for what tonight's run did.
    `is_hidden`: the entry was referred to others since.
    """

    position: int
    entry: str
    change: str
    step: str
    kind: str
    decided_at: datetime
    recorded_at: datetime
    login: str
    person: str
    role: str
    for_login: str
    signed_by: str
    door: str
    system_user: str
    machine: str
    given_to: str
    set_due_on: date | None
    verdict: str
    is_pending: bool
    severity: str
    run_no: int
    is_hidden: bool

    @property
    def key(self) -> str:
        """The word of the step, with what it says where it may say several things: `review:return`."""
        word = self.kind if self.step == "note" else self.verdict
        return f"{self.step}:{word}" if word else self.step


def read_entries(db: duckdb.DuckDBPyConnection, since: int) -> list[EntryFacts]:
    """The entries that mails may tell of: open ones, and those to which something happened since."""
    return [EntryFacts(**row) for row in rows_of(db, "mailed_entries", {"since": since})]


def read_steps(db: duckdb.DuckDBPyConnection, run_no: int, since: int) -> dict[str, list[EntryStep]]:
    """What happened behind a position of the log, by entry, in order; tonight's run is `run_no`."""
    found: dict[str, list[EntryStep]] = {}
    for row in rows_of(db, "mailed_steps", {"run_no": run_no, "since": since}):
        found.setdefault(row["entry"], []).append(EntryStep(**row))
    return found


def rows_of(db: duckdb.DuckDBPyConnection, name: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a select of `projections/results`, by column."""
    cursor = db.execute(result_sql(name), parameters)
    names = [name for name, *_ in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
