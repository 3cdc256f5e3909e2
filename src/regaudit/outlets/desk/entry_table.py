"""The entries of the ledger as they stand now, in a table in memory that pages filter, sort and count."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl
from msgspec import Struct

from regaudit.base.duck import connect
from regaudit.base.folded_text import fold
from regaudit.base.settings import Settings
from regaudit.catalogue.event_types import NightJudged
from regaudit.catalogue.rules import load_rules
from regaudit.catalogue.sqlfile import result_sql
from regaudit.eventlog.log import EventLog
from regaudit.ledger.people import People
from regaudit.ledger.rows import EntryRow, on_day
from regaudit.ledger.states import LIGHTS
from regaudit.ledger.tables import TABLES, create
from regaudit.ledger.workdays import Calendars
from regaudit.outlets.desk.current import Current
from regaudit.outlets.desk.entry_filter import EntryFilter, Page
from regaudit.outlets.desk.entry_scope import scope_of, turns_of
from regaudit.outlets.desk.viewer import Viewer

_TABLE = "entry_rows"
_ASKED = (
    *(
        "entry",
        "rule",
        "title",
        "office",
        "subject",
        "subjects",
        "gravest",
        "state",
        "shown_state",
        "is_final",
    ),
    *("since", "opened_at", "assigned_at", "due_on", "limit", "holder", "judge_due_on", "judge_holder"),
    *("appeal_due_on", "blue_on", "yellow_on", "orange_on", "red_on", "section", "person"),
)
"""What of a row the query asks; all else of it stands in memory."""
_SCHEMA = {
    **{name: TABLES[_TABLE][name] for name in _ASKED},
    "section_of": pl.String,
    "series": pl.String,
    "serial": pl.Int64,
    "told": pl.String,
}
_LIGHTS = list(LIGHTS)
_PIECE = 2_000
_KEPT = 256
"""Answers that are kept at once."""
_COUNTED = "SELECT state, light_rank, count(*) FROM ({}) GROUP BY ALL"


class Standing(Struct, frozen=True, kw_only=True):
    """What the rows of the ledger are counted and seen by.

    Attributes:
        day: the day of lights: today, or that of a night that ran ahead of the clock.
        latest: up to when a step may have been decided: now, or that night's time.
    """

    settings: Settings
    people: People
    calendars: Calendars
    day: date
    latest: datetime


class EntryTable:
    """The entries of a workspace; threads may share it."""

    def __init__(self, home: Path, settings: Settings, current: Current) -> None:
        self._home, self._settings, self._current = home, settings, current
        self._lock, self._of_answers, self._db = Lock(), Lock(), connect(memory_limit="200MB", threads=1)
        self._db.execute("CREATE SCHEMA results")
        self._rows: Mapping[str, EntryRow] = {}
        self._listed: Mapping[str, EntryRow] = {}
        self._choices: dict[str, dict[str, list[str]]] = {}
        self._answers: OrderedDict[tuple[str, str], list[Any]] = OrderedDict()
        self._people: People | None = None
        self._last_night: datetime | None = None

    def standing(self, now: datetime) -> Standing:
        """Bring the table up to what the log has, if it has more.

        Raises:
            RegauditError: the settings are wrong.
            LogError: the log cannot be read.
        """
        with self._lock:
            people, rows = self._current.people(), self._current.rows()
            if rows is not self._listed or people is not self._people:
                self._follow(rows, people)
            latest = now if self._last_night is None else max(now, self._last_night)
        day = latest.date()
        return Standing(
            settings=self._settings,
            people=people,
            calendars=self._current.view(day).calendars,
            day=day,
            latest=latest,
        )

    def page(self, wanted: EntryFilter, viewer: Viewer, day: date) -> Page:
        """The rows of one page, and how many there are by state and light."""
        sql, values = result_sql("desk_entries"), self._values(wanted, viewer, day)
        counts = self._answered(_COUNTED.format(sql), values)
        by_state: dict[str, int] = {}
        by_light: dict[str, int] = {}
        for state, rank, number in counts:
            by_state[state] = by_state.get(state, 0) + number
            by_light[_LIGHTS[rank]] = by_light.get(_LIGHTS[rank], 0) + number
        skipped = (wanted.page - 1) * wanted.size
        return Page(
            rows=list(self._ordered(wanted, viewer, day, f"LIMIT {wanted.size} OFFSET {skipped}")),
            total=sum(by_state.values()),
            by_state=by_state,
            by_light=by_light,
        )

    def rows(self, wanted: EntryFilter, viewer: Viewer, day: date) -> Iterator[EntryRow]:
        """Every row of a view, in its order."""
        return self._ordered(wanted, viewer, day, "")

    def choices(self, viewer: Viewer, day: date) -> dict[str, list[str]]:
        """The offices, sections and rules of the entries that somebody sees, for the filters."""
        values = self._values(EntryFilter(), viewer, day)
        key, choices = repr(values), self._choices
        if key not in choices:
            choices[key] = self._found_choices(values)
        return choices[key]

    def _found_choices(self, values: dict[str, Any]) -> dict[str, list[str]]:
        found = (
            self._db.cursor()
            .execute(
                """SELECT list_sort(list_distinct(list(coalesce(office, '')))),
                list_sort(list_distinct(list(section_of) FILTER (is_open))),
                list_sort(list_distinct(list(rule) FILTER (is_open)))
                """
                f"FROM ({result_sql('desk_entries')})",
                values,
            )
            .fetchall()
        )
        named = zip(("office", "section", "rule"), found[0], strict=True)
        return {name: [each for each in listed or [] if each] for name, listed in named}

    def _ordered(self, wanted: EntryFilter, viewer: Viewer, day: date, limit: str) -> Iterator[EntryRow]:
        sql = f"SELECT entry FROM ({result_sql('desk_entries')}) ORDER BY {wanted.order} {limit}"
        values = self._values(wanted, viewer, day)
        # The whole of a view is asked for once, a page again and again.
        found = self._answered(sql, values) if limit else self._db.cursor().execute(sql, values).fetchall()
        # Rows that the query found stand in these, or in later ones.
        rows = self._rows
        return (on_day(rows[number], day) for (number,) in found)

    def _answered(self, sql: str, values: dict[str, Any]) -> list[Any]:
        """What a query finds; asked again of the same entries it is known."""
        key, answers = (sql, repr(values)), self._answers
        found = answers.get(key)
        if found is None:
            found = self._db.cursor().execute(sql, values).fetchall()
            with self._of_answers:
                answers[key] = found
                while len(answers) > _KEPT:
                    answers.popitem(last=False)
        return found

    def _values(self, wanted: EntryFilter, viewer: Viewer, day: date) -> dict[str, Any]:
        return {"day": day, **scope_of(viewer), "turns": turns_of(viewer), **wanted.parameters()}

    def _follow(self, rows: Mapping[str, EntryRow], people: People) -> None:
        known = self._listed if people is self._people else {}
        # Whoever asks the table meanwhile finds what it has.
        self._rows = rows
        # After a night every row is another object, and few say anything else.
        changed = [row for number, row in rows.items() if known.get(number) != row]
        if known and len(changed) < len(rows):
            self._replace(_frame(changed, people))
        else:
            self._create([*rows.values()], people)
        with EventLog(self._home) as log:
            last = log.last_event("nights", NightJudged)
        self._last_night = None if last is None else datetime.fromisoformat(last.as_of)
        # Whoever asked the table as it was puts his answer where nobody looks any more.
        self._listed, self._people, self._choices, self._answers = rows, people, {}, OrderedDict()

    def _create(self, rows: list[EntryRow], people: People) -> None:
        """Make the table anew; who looks meanwhile sees the old one, and the rows are told piece by piece."""
        with self._db.cursor() as db:
            db.begin()
            create(db, _TABLE, _frame(rows[:_PIECE], people))
            for first in range(_PIECE, len(rows), _PIECE):
                db.register("frame", _frame(rows[first : first + _PIECE], people).to_arrow())
                db.execute(f"INSERT INTO results.{_TABLE} BY NAME FROM frame")
            db.commit()

    def _replace(self, frame: pl.DataFrame) -> None:
        if not len(frame):
            return
        with self._db.cursor() as db:
            db.register("frame", frame.to_arrow())
            db.begin()
            db.execute(f"DELETE FROM results.{_TABLE} WHERE entry IN (SELECT entry FROM frame)")
            db.execute(f"INSERT INTO results.{_TABLE} BY NAME FROM frame")
            db.commit()


def _frame(rows: Iterable[EntryRow], people: People) -> pl.DataFrame:
    """Rows as the table has them."""
    sections, titles = _sections(people), {name: rule.title for name, rule in load_rules().items()}
    told = []
    for row in rows:
        series, _, serial = row.entry.rpartition("-")
        words = (
            *(row.entry, row.title, titles.get(row.rule, ""), row.subject, row.summary, row.case_no),
            *(row.batch_no, row.account, row.person_id, row.person, row.section, row.basis),
        )
        told.append(
            {name: getattr(row, name) for name in _ASKED}
            | {
                "section_of": row.section or sections.get(row.person, ""),
                "series": series,
                "serial": int(serial) if serial.isdigit() else 0,
                "told": searched(" ".join(words)),
            }
        )
    return pl.DataFrame(told, schema=_SCHEMA)


def searched(text: str) -> str:
    """A text as it is looked for: full-width and capital letters are no others."""
    return fold(text).casefold()


def _sections(people: People) -> dict[str, str]:
    """The section of each natural person who handles in one alone."""
    found: dict[str, set[str]] = {}
    for user in people.users.values():
        for held in user.held:
            if held.role == "handler" and held.section:
                found.setdefault(user.person_id, set()).add(held.section)
    return {person: next(iter(names)) for person, names in found.items() if len(names) == 1}
