"""屡改屡犯: how often whoever answers for a rule's findings had an entry struck off that another followed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import duckdb

from regaudit.catalogue.event_types import EntryOpened

WITHIN = timedelta(days=365)
"""A strike-off that is followed later than that counts no more, and neither does an older relapse."""


class Relapses:
    """The entries of a ledger, by rule and by whoever answers: person, account, else case."""

    def __init__(self, rows: Iterable[tuple[str, str, date, date | None]]) -> None:
        """From rule, key, the day on which an entry was opened, and that on which it was struck off."""
        self._struck: dict[tuple[str, str], list[date]] = defaultdict(list)
        self._opened: dict[tuple[str, str], list[date]] = defaultdict(list)
        for rule, key, opened, struck in rows:
            self._opened[rule, key].append(opened)
            if struck is not None:
                self._struck[rule, key].append(struck)

    def count(self, opening: EntryOpened, on: date) -> int:
        """How many struck entries within twelve months another followed, one that is opened now included."""
        return max((self._of(key, on) for key in keys_of(opening)), default=0)

    def _of(self, key: tuple[str, str], on: date) -> int:
        followers = sorted([*self._opened.get(key, []), on])
        count = 0
        for struck in self._struck.get(key, []):
            after = next((day for day in followers if day >= struck), None)
            count += after is not None and after - struck <= WITHIN and on - after <= WITHIN
        return count


def read_relapses(db: duckdb.DuckDBPyConnection) -> Relapses:
    """Those of whom any entry was struck off, from the tables of a run."""
    struck = "SELECT rule, answers FROM results.entry_keys WHERE struck_on IS NOT NULL"
    return Relapses(
        db.execute(
            f"SELECT rule, answers, opened_on, struck_on FROM results.entry_keys SEMI JOIN ({struck}) "
            "USING (rule, answers)"
        ).fetchall()
    )


def keys_of(opening: EntryOpened) -> Iterator[tuple[str, str]]:
    """Under which keys an entry counts: each answerable person, else its account, else its cases."""
    rule = opening.rule
    answerable = sorted({who.person_id for who in opening.persons if who.is_answerable})
    if not rule:
        return
    if answerable:
        yield from ((rule, f"person:{person}") for person in answerable)
    elif opening.account:
        yield (rule, f"account:{opening.account}")
    else:
        yield from ((rule, f"case:{opening.office}/{case}") for case in opening.case_nos)
