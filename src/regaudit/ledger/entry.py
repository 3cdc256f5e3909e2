"""An entry of the ledger as the aggregate that its events make; nothing of it is ever edited.

What follows from the events alone stands here; limits and lights need a calendar, see `clocks`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time

from regaudit.base.clock import night_of
from regaudit.catalogue.event_types import EntryDocumented, EntryNoted, EntryOpened, EntryStepped
from regaudit.ledger.progress import Progress, Turn, evolve, persons_of
from regaudit.ledger.states import FINAL, gravest

EntryEvent = EntryOpened | EntryNoted | EntryStepped | EntryDocumented


class Entry:
    """One entry, folded from its events in order.

    Attributes:
        number: its number.
        version: that of its last event.
        told_version: that of its last event that is no document: who has seen this one knows all.
        opened: what it was opened on.
        steps: the steps that stand, in order; what was corrected does not.
        notes: what nights noted that were not withdrawn.
        documents: what was made of it to be handed over.
        now: where it has come to.
    """

    __slots__ = ("_all", "documents", "notes", "now", "number", "opened", "steps", "told_version", "version")

    opened: EntryOpened
    now: Progress

    def __init__(self, number: str, events: Iterable[EntryEvent] = ()) -> None:
        self.number, self.version, self.told_version = number, 0, 0
        self.steps: list[EntryStepped] = []
        self.notes: list[EntryNoted] = []
        self.documents: list[EntryDocumented] = []
        self._all: list[EntryEvent] = []
        for event in events:
            self.apply(event)

    @property
    def id(self) -> str:
        """Its stream."""
        return f"entry:{self.number}"

    @property
    def history(self) -> Sequence[EntryEvent]:
        """All of its events, those that were corrected too."""
        return self._all

    def apply(self, event: EntryEvent) -> None:
        """Let one more event of its stream be true."""
        self.version = event.originator_version
        self._all.append(event)
        if isinstance(event, EntryDocumented):
            self.documents.append(event)
            return
        self.told_version = event.originator_version
        if isinstance(event, EntryOpened):
            self.opened = event
            self.now = self._beginning()
        elif isinstance(event, EntryNoted):
            self._note(event)
        elif event.step == "correct":
            self._undo(event)
        else:
            self.steps.append(event)
            evolve(self.now, event)

    def _note(self, note: EntryNoted) -> None:
        """What a withdrawn run noted counts no more."""
        if note.kind == "withdrawn":
            self.notes = [each for each in self.notes if each.run_no != note.run_no]
        else:
            self.notes.append(note)

    def _undo(self, correction: EntryStepped) -> None:
        """Fold again, without the last step that stands."""
        del self.steps[-1:]
        now = self._beginning()
        for step in self.steps:
            evolve(now, step)
        now.last_at = datetime.fromisoformat(correction.at)
        self.now = now

    def _beginning(self) -> Progress:
        """As it was opened: by a night on the night's date, whatever the hour."""
        at = datetime.fromisoformat(self.opened.at)
        if self.opened.door == "night":
            at = min(at, datetime.combine(night_of(at), time.max))
        return Progress(since=at, last_at=at, turns=[Turn("listed", at)])

    @property
    def turns(self) -> list[Turn]:
        """The states that it was in; what was corrected never was."""
        return self.now.turns

    @property
    def is_final(self) -> bool:
        """Whether nothing of it is to be done any more; an appeal of it may be pending."""
        return self.now.state in FINAL

    @property
    def is_touched(self) -> bool:
        """Whether a person took a step on it, or opened it."""
        return bool(self.opened.by) or any(isinstance(event, EntryStepped) for event in self._all)

    @property
    def is_appealed(self) -> bool:
        """Whether an appeal waits for its decision."""
        return self.now.appealed_at is not None

    @property
    def shown_state(self) -> str:
        """The state as people see it: `appealed` while an appeal is pending; the state beneath stays."""
        return "appealed" if self.is_appealed else self.now.state

    @property
    def noted_severity(self) -> str:
        """The highest severity that nights noted; empty without any."""
        noted = [note.severity for note in self.notes if note.severity]
        return gravest(*noted) if noted else ""

    @property
    def severity(self) -> str:
        """The highest of the original, the noted and the adjusted severity: rights follow it."""
        return gravest(self.opened.severity, self.noted_severity, self.now.severity)

    @property
    def subjects(self) -> set[str]:
        """The natural persons whom it is about: who answers for it, whom it names, whom it was given to."""
        opened = self.opened
        told = {
            p.person_id for p in opened.persons if p.is_answerable or p.role in ("subject", "held_when_due")
        }
        own = {opened.person_id} - {""}
        given = {self.now.to.removeprefix("person:")} if self.now.to.startswith("person:") else set()
        return told | own | given

    @property
    def actors(self) -> set[str]:
        """The natural persons who took part: who opened it, and who took any step, corrected ones too."""
        took = (persons_of(event) for event in self._all if isinstance(event, EntryStepped))
        return set().union({self.opened.person} - {""}, *took)

    @property
    def section(self) -> str:
        """The section that it was assigned to; empty where none is named."""
        return self.now.to.removeprefix("section:") if self.now.to.startswith("section:") else ""

    @property
    def is_served(self) -> bool:
        """Whether somebody has acknowledged the receipt of its last assignment."""
        last = [step.step for step in self.steps if step.step in ("assign", "serve")]
        return last[-1:] == ["serve"]

    @property
    def finding_ids(self) -> list[str]:
        """Its findings: those it was opened on, and those that nights noted as part of it."""
        parts = [note.finding_id for note in self.notes if note.kind == "part"]
        return list(dict.fromkeys([*self.opened.finding_ids, *parts]))

    @property
    def is_gone(self) -> bool:
        """Whether none of its findings is found any more."""
        last = {note.finding_id: note.kind for note in self.notes if note.kind in ("gone", "back")}
        found = self.finding_ids
        return bool(found) and all(last.get(finding) == "gone" for finding in found)

    @property
    def is_not_run(self) -> bool:
        """Whether its rule ran no longer, or not to its end, when a night looked last."""
        last = [note.kind for note in self.notes if note.kind in ("not_run", "runs")]
        return last[-1:] == ["not_run"]

    def is_final_assignment(self) -> bool:
        """Whether nobody can dispute it any more: it was assigned again after a dispute."""
        return self.now.assignments > 1
