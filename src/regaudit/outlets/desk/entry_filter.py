"""Which entries a page of the ledger shows, and in which order: read from its address and written back."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.folded_text import fold
from regaudit.catalogue.rules import FAMILIES, SEVERITIES
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.states import LIGHTS, STATES
from regaudit.outlets.desk.families import rules_in

SIZES: Final = (50, 200, 500)
"""How many rows a page may have."""
_FIRST: Final = "series, serial"
_SHOWN: Final = "CASE WHEN is_open THEN {} END"
_GRAVITY: Final = "CASE gravest WHEN 'critical' THEN 3 WHEN 'major' THEN 2 WHEN 'minor' THEN 1 ELSE 0 END"
SORTS: Final = {
    "entry": (_FIRST,),
    "title": (_SHOWN.format("title"), _FIRST),
    "subject": (_SHOWN.format("subject"), _FIRST),
    "severity": (_SHOWN.format(_GRAVITY), _FIRST),
    "state": ("shown_state", _FIRST),
    "light": ("light_rank", _FIRST),
    "unit": (_SHOWN.format("concat(office, ' ', section_of, ' ', person)"), _FIRST),
    "due": ("due_on", _FIRST),
    "since": ("since", _FIRST),
}
"""What the table is sorted by, by the name of the column."""
_MOST_WORDS: Final = 8
_LONGEST: Final = 100
_DIGITS: Final = 6
Given = Iterable[tuple[str, str]]


class EntryFilter(Struct, frozen=True, kw_only=True):
    """Which entries are wanted; what is empty is all. What an address says amiss is left out.

    Attributes:
        states: shown states, or states beneath a pending appeal; `appealed` too.
        person: a natural person whom an entry is about or was given to.
        since: opened on this day or later.
        text: words, all of which stand in the entry.
        is_mine: only those whose next limit the viewer has to meet.
        is_open_only: without those that are final and not appealed.
        sort: a name of `SORTS`; with `-` before it the other way round.
    """

    offices: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    lights: frozenset[str] = frozenset()
    person: str = ""
    since: date | None = None
    text: str = ""
    is_mine: bool = False
    is_open_only: bool = False
    sort: str = "-light"
    page: int = 1
    size: int = SIZES[0]

    @property
    def order(self) -> str:
        """What follows ORDER BY."""
        down = " DESC" if self.sort.startswith("-") else ""
        first, *more = SORTS[self.sort.lstrip("-")]
        return ", ".join([f"{first}{down} NULLS LAST" if first != _FIRST else _ordered(down), *more])

    def parameters(self) -> dict[str, object]:
        """What `desk_entries.sql` is given of it."""
        rules = [*self.rules, *rules_in(self.families)]
        return {
            "states": sorted(self.states),
            "lights": [rank for rank, light in enumerate(LIGHTS) if light in self.lights],
            "wanted_offices": sorted(self.offices),
            "wanted_sections": sorted(self.sections),
            "rules": sorted(rules) or ([""] if self.families else []),
            "severities": sorted(self.severities),
            "whose": fold(self.person) or None,
            "since": self.since,
            "is_open_only": self.is_open_only,
            "is_mine": self.is_mine,
            "words": fold(self.text).casefold().split()[:_MOST_WORDS],
        }

    def query(self, **other: object) -> str:
        """The address of this view, or of one that is otherwise as given; defaults are left out."""
        told = replace(self, **other)
        pairs = [
            (name, value)
            for name in ("office", "section", "rule", "family", "severity", "state", "light")
            for value in sorted(getattr(told, _PLURALS[name]))
        ]
        pairs += [
            (name, value)
            for name, value, default in (
                ("person", told.person, ""),
                ("since", told.since.isoformat() if told.since else "", ""),
                ("text", told.text, ""),
                ("mine", "1" if told.is_mine else "", ""),
                ("open", "1" if told.is_open_only else "", ""),
                ("sort", told.sort, "-light"),
                ("page", str(told.page), "1"),
                ("size", str(told.size), str(SIZES[0])),
            )
            if value != default
        ]
        return urlencode(pairs)

    def sorted_by(self, name: str) -> "EntryFilter":
        """The view sorted by a column, the other way round where it is already."""
        turned = f"-{name}" if self.sort == name else name
        return replace(self, sort=turned, page=1)


class Page(Struct, frozen=True, kw_only=True):
    """The rows of a page, how many there are in all, and by state and light."""

    rows: list[EntryRow]
    total: int
    by_state: Mapping[str, int]
    by_light: Mapping[str, int]


_PLURALS: Final = {
    "office": "offices",
    "section": "sections",
    "rule": "rules",
    "family": "families",
    "severity": "severities",
    "state": "states",
    "light": "lights",
}
_KNOWN: Final = {
    "family": frozenset(FAMILIES),
    "severity": frozenset(SEVERITIES),
    "state": frozenset((*STATES, "appealed")),
    "light": frozenset(LIGHTS),
}


def read_filter(given: Given) -> EntryFilter:
    """The view that an address names."""
    many: dict[str, set[str]] = {name: set() for name in _PLURALS}
    once: dict[str, str] = {}
    for name, raw in given:
        value = raw.strip()[:_LONGEST]
        if name in many and value and value in _KNOWN.get(name, (value,)):
            many[name].add(value)
        elif name not in many:
            once[name] = value
    sort = once.get("sort", "")
    size = _number(once.get("size"), SIZES[0])
    return EntryFilter(
        **{_PLURALS[name]: frozenset(values) for name, values in many.items()},
        person=once.get("person", ""),
        since=_day(once.get("since", "")),
        text=once.get("text", ""),
        is_mine=bool(once.get("mine")),
        is_open_only=bool(once.get("open")),
        sort=sort if sort.removeprefix("-") in SORTS else "-light",
        page=max(_number(once.get("page"), 1), 1),
        size=size if size in SIZES else SIZES[0],
    )


def _ordered(down: str) -> str:
    return ", ".join(f"{column}{down}" for column in _FIRST.split(", "))


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _DIGITS else default


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
