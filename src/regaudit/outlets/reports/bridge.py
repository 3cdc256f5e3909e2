"""The bridge of the ledger: what was open at the beginning of a period, what came, what went, what is open.

Each entry is looked at twice: as it stood when the period began, and as it stood when it ended. So the sum
closes to the unit, whatever happened in between. What counts is the day on which a step was decided, whenever
it was typed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from regaudit.base.clock import night_of
from regaudit.base.periods import Period
from regaudit.catalogue.event_types import EntryDocumented, EntryNoted, EntryOpened, EntryStepped
from regaudit.catalogue.rules import FAMILIES, load_rules
from regaudit.ledger.entry import Entry

BY_HAND, OTHER = "hand", "other"
FAMILY_TITLES = {**FAMILIES, BY_HAND: "人工登记", OTHER: "其他规则"}
"""The families of entries: those of the rules; what people opened; what rules opened that are no more."""
COMES = {"new": "新增", "recurred": "再犯", "followed": "接续", "reopened": "更正后恢复"}
"""How an entry comes into the sum. `reopened`: it was final, and a correction undid that."""
GOES = {
    "struck": "销号",
    "unfounded": "不成立",
    "excused": "说明采纳",
    "quashed": "申诉撤销",
    "referred": "移交",
    "voided": "随夜撤销",
}
"""How it goes out of it: the final state."""
COLUMNS = {"opening": "期初", **COMES, **GOES, "closing": "期末"}
"""The columns of the bridge, in order."""


class Stand(Struct, frozen=True):
    """An entry as it stood before a period (None: it was not there) and at its end."""

    before: Entry | None
    after: Entry

    @property
    def office(self) -> str:
        """Its office; empty without one."""
        return self.after.opened.office or ""

    @property
    def was_open(self) -> bool:
        """Whether anything of it was to be done when the period began."""
        return self.before is not None and not self.before.is_final

    @property
    def is_open(self) -> bool:
        """Whether anything of it is to be done when the period ends."""
        return not self.after.is_final

    @property
    def is_new(self) -> bool:
        """Whether it was opened in the period."""
        return self.before is None

    @property
    def is_hidden(self) -> bool:
        """Whether it was referred: nothing but its number, its state and its days may be told."""
        return self.after.now.state == "referred"

    @property
    def comes_as(self) -> str:
        """How it came into the sum in the period, one of `COMES`; empty where it did not."""
        if self.before is None:
            opened = self.after.opened
            return "recurred" if opened.recurs_of else "followed" if opened.follows else "new"
        return "reopened" if self.before.is_final and self.is_open else ""

    @property
    def goes_as(self) -> str:
        """How it went out of the sum in the period, one of `GOES`; empty where it did not."""
        return self.after.now.state if not self.is_open and (self.was_open or self.is_new) else ""


class BridgeRow(Struct, frozen=True, kw_only=True):
    """A line of the bridge: a family, or all of them (`family` empty)."""

    family: str
    title: str
    counts: dict[str, int]

    @property
    def is_closed(self) -> bool:
        """Whether opening and what came and went make the closing."""
        came = sum(self.counts[name] for name in COMES)
        went = sum(self.counts[name] for name in GOES)
        return self.counts["opening"] + came - went == self.counts["closing"]


def stands_of(entries: Iterable[Entry], period: Period) -> list[Stand]:
    """The entries that were there by the end of a period."""
    found = []
    for entry in entries:
        after = entry_on(entry, period.last)
        if after is not None:
            found.append(Stand(entry_on(entry, period.first - timedelta(1)), after))
    return found


def entry_on(entry: Entry, day: date) -> Entry | None:
    """An entry as it stood at the end of a day, by what was decided until then; None before it was there."""
    told = [event for event in entry.history if not isinstance(event, EntryDocumented)]
    if day_of(told[0]) > day:
        return None
    if all(day_of(event) <= day for event in told[1:]):
        return entry
    return Entry(entry.number, (event for event in told if day_of(event) <= day))


def day_of(event: EntryOpened | EntryNoted | EntryStepped) -> date:
    """The day on which something happened to an entry: of a night, the night's date."""
    at = datetime.fromisoformat(event.at)
    is_night = isinstance(event, EntryNoted) or event.door == "night"
    return night_of(at) if is_night else at.date()


def family_of(entry: Entry) -> str:
    """The family of an entry, one of `FAMILY_TITLES`."""
    rule = entry.opened.rule
    if not rule:
        return BY_HAND
    known = load_rules().get(rule)
    return (known.family if known else "") or OTHER


def bridge_of(stands: Sequence[Stand]) -> list[BridgeRow]:
    """The bridge of some entries: each family that has any, then all of them together."""
    families: dict[str, dict[str, int]] = {}
    for stand in stands:
        counts = families.setdefault(family_of(stand.after), dict.fromkeys(COLUMNS, 0))
        counts["opening"] += stand.was_open
        counts["closing"] += stand.is_open
        for name in (stand.comes_as, stand.goes_as):
            if name:
                counts[name] += 1
    rows = [
        BridgeRow(family=family, title=title, counts=families[family])
        for family, title in FAMILY_TITLES.items()
        if family in families and any(families[family].values())
    ]
    return [*rows, BridgeRow(family="", title="合计", counts=_sum([row.counts for row in rows]))]


def _sum(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(row[name] for row in counts) for name in COLUMNS}
