"""What one person is told of the ledger in one night, before it becomes text and HTML."""

from datetime import date

from msgspec import Struct

from regaudit.ledger.states import LIGHTS, Light
from regaudit.outlets.mail.wording import rank

TASK, WATCHED, NEWS = "task", "watched", "news"
"""What a card is to its reader: he has to act, somebody whom he oversees did not, he should know."""
_KINDS = (TASK, WATCHED, NEWS)


class EntryCard(Struct, frozen=True, kw_only=True):
    """An entry as one person is told of it: what happened, what is asked of him, by when.

    `state` is the shown one (Chinese). `beside` is set where he hears because the one whom the entry is about
    must not be the only one.
    """

    kind: str
    entry: str
    title: str
    office_name: str
    subject: str
    severity: str
    light: Light
    state: str
    summary: str
    happened: list[str]
    task: str
    due_on: date | None
    is_provisional: bool
    is_missed: bool
    beside: bool = False


class Task(Struct, frozen=True, kw_only=True):
    """Something that waits for the reader and of which he was told before."""

    entry: str
    title: str
    text: str
    due_on: date | None
    light: Light


class Typed(Struct, frozen=True, kw_only=True):
    """Steps that were taken in the reader's name: by which door, by whose deputy, on which entries."""

    text: str
    entries: list[str]


class PersonDigest(Struct, frozen=True, kw_only=True):
    """One digest: a natural person and a night.

    Attributes:
        cards: the entries that he is told of, in any order.
        list_title: what his list of things told before is called; `standing` are these.
        typed: steps in his name.
        unserved: entries that were handed over earlier and of which nobody has acknowledged the receipt.
        unreached: who could not be told, and of what (Chinese).
    """

    person: str
    name: str
    to: list[str]
    night: date
    cards: list[EntryCard]
    standing: list[Task] = []
    typed: list[Typed] = []
    unserved: list[str] = []
    unreached: list[str] = []

    @property
    def is_empty(self) -> bool:
        """Nothing in it is new."""
        return not (self.cards or self.typed or self.unreached)

    @property
    def ordered(self) -> list[EntryCard]:
        """The cards, the gravest first."""
        return sorted(self.cards, key=urgency)

    @property
    def light(self) -> Light:
        """The worst light of its cards."""
        order = list(LIGHTS)
        return max((card.light for card in self.cards), key=order.index, default="none")

    @property
    def entries(self) -> list[str]:
        """The numbers of all entries that it tells of."""
        return sorted({
            *(card.entry for card in self.cards),
            *(task.entry for task in self.standing),
            *self.unserved,
            *(number for typed in self.typed for number in typed.entries),
        })  # fmt: skip


def urgency(card: EntryCard) -> tuple[int, int, int, date, str]:
    """The order of cards: the worst light first, then the gravest, what is to be done before what is told."""
    order = list(LIGHTS)
    return (
        -order.index(card.light),
        rank(card.severity),
        _KINDS.index(card.kind),
        card.due_on or date.max,
        card.entry,
    )
