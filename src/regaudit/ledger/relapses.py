"""屡改屡犯: how often whoever answers for a rule's findings had an entry struck off that another followed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from regaudit.catalogue.event_types import EntryOpened
from regaudit.ledger.entry import Entry

WITHIN = timedelta(days=365)
"""A strike-off that is followed later than that counts no more, and neither does an older relapse."""


class Relapses:
    """The struck entries of a ledger, by rule and by whoever answers: person, account, else case."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._struck: dict[tuple[str, str], list[date]] = defaultdict(list)
        self._opened: dict[tuple[str, str], list[date]] = defaultdict(list)
        for entry in entries:
            opened = entry.opened
            if entry.now.state == "voided" or opened.kind == "history":
                continue
            for key in keys_of(opened):
                self._opened[key].append(datetime.fromisoformat(opened.at).date())
                if entry.now.state == "struck":
                    self._struck[key].append(entry.now.since.date())

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
