"""Who hears what of the ledger in a night: only what is new to him, due, missed or returned."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.running_text import day_text
from regaudit.ledger.rights import state_title
from regaudit.ledger.states import LIGHTS
from regaudit.outlets.mail.audience import HEAD, LEADER, POST, Audience
from regaudit.outlets.mail.entry_facts import EntryFacts, EntryStep
from regaudit.outlets.mail.person_digest import NEWS, TASK, WATCHED, EntryCard, PersonDigest, Task, Typed
from regaudit.outlets.mail.roles_told import ROLES_TOLD, duty, hears, is_alarmed, omission, silence
from regaudit.outlets.mail.step_texts import few, step_text
from regaudit.outlets.mail.typed_steps import typed_for
from regaudit.outlets.mail.watermarks import Mark, Marks

_MOST_HAPPENED = 5


class Ledger(Struct, frozen=True, kw_only=True):
    """What a night's mails of the ledger are made from.

    `warned_on` gives the day on which a limit of an office begins to be near; `office_name` its name.
    """

    night: date
    entries: Sequence[EntryFacts]
    steps: Mapping[str, Sequence[EntryStep]]
    marks: Marks
    warned_on: Callable[[str | None, date], date]
    office_name: Callable[[str], str]


class _Desk:
    """What gathers for one person."""

    def __init__(self) -> None:
        self.cards: dict[str, EntryCard] = {}
        self.standing: dict[str, Task] = {}
        self.unserved: set[str] = set()
        self.typed: list[Typed] = []
        self.unreached: dict[str, list[str]] = {}

    def add(self, card: EntryCard) -> None:
        """Put a card there; of an entry that he hears of in several roles it is one."""
        known = self.cards.get(card.entry)
        if known is None:
            self.cards[card.entry] = card
            return
        first, other = (known, card) if _weight(known) <= _weight(card) else (card, known)
        happened = list(dict.fromkeys([*known.happened, *card.happened]))
        task = "；".join(dict.fromkeys(text for text in (first.task, other.task) if text))
        self.cards[card.entry] = replace(first, happened=happened, task=task)


def digests_of(audience: Audience, ledger: Ledger) -> list[PersonDigest]:
    """The digests of a night, one for each natural person of whom something is to be told.

    Those of persons without an address are among them, with no address: nobody can be sent these.
    """
    desks: dict[str, _Desk] = defaultdict(_Desk)
    told: dict[str, set[str]] = defaultdict(set)
    for facts in ledger.entries:
        for role in ROLES_TOLD:
            for person in audience.of(role, facts):
                if _put(desks[person], role, person, facts, (audience, ledger)):
                    told[facts.entry].add(person)
    for person, reader in audience.readers.items():
        desks[person].typed = typed_for(reader, ledger.steps, ledger.marks.of(person), ledger.night)
        for number in {number for typed in desks[person].typed for number in typed.entries}:
            told[number].add(person)
    for facts in ledger.entries:
        _tell_beside(facts, told[facts.entry], desks, audience, ledger)
        _tell_unreached(facts, told[facts.entry], desks, audience)
    found = (_digest(person, desk, audience, ledger.night) for person, desk in sorted(desks.items()))
    return [digest for digest in found if not digest.is_empty]


def _put(desk: _Desk, role: str, person: str, facts: EntryFacts, among: tuple[Audience, Ledger]) -> bool:
    """Put an entry before a person as it is to a role; whether anything of it is new to him."""
    audience, ledger = among
    card = _card(role, person, facts, audience, ledger)
    own = duty(role, facts, ledger.night)
    if card is not None:
        desk.add(card)
    elif own is not None:
        desk.standing[facts.entry] = Task(
            entry=facts.entry, title=facts.title, text=own.text, due_on=own.due_on, light=facts.light
        )
    if role in (HEAD, POST) and _is_unserved(facts, ledger.night):
        desk.unserved.add(facts.entry)
    return card is not None


def _card(role: str, person: str, facts: EntryFacts, audience: Audience, ledger: Ledger) -> EntryCard | None:
    """What a person hears of an entry in a role; None where nothing of it is new to him."""
    night, mark = ledger.night, ledger.marks.of(person)
    happened = [
        step_text(step, audience.name_of, night)
        for step in _unseen(ledger.steps.get(facts.entry, ()), person)
        if not mark.knows(step.run_no, step.position) and hears(role, step, facts)
    ]
    own, missing = duty(role, facts, night), omission(role, facts, night)
    if (own is not None or is_alarmed(role, facts)) and _is_newly_lit(facts, mark):
        happened.append(f"转为{LIGHTS[facts.light]}灯{'（有因）' if facts.is_excused else ''}")
    silent_on = silence(role, facts, night)
    if silent_on is not None and _is_after(silent_on, mark):
        happened.append(f"未在 {day_text(silent_on, night)}前收到说明，可以直接认定")
    if missing and facts.due_on is not None and _is_after(facts.due_on, mark):
        happened.append(missing)
    elif not happened and (own is None or not _is_due(own.due_on, facts, mark, ledger)):
        return None
    kind = TASK if own else WATCHED if missing else NEWS
    task, due_on = (own.text, own.due_on) if own else ("", None)
    return _make(facts, ledger, kind=kind, happened=happened, task=task, due_on=due_on)


def _unseen(steps: Sequence[EntryStep], person: str) -> Sequence[EntryStep]:
    """What happened after a person's own last step: what was before he has seen."""
    own = [place for place, step in enumerate(steps) if step.person == person]
    return steps[own[-1] + 1 :] if own else steps


def _make(
    facts: EntryFacts,
    ledger: Ledger,
    *,
    kind: str,
    happened: Sequence[str],
    task: str,
    due_on: date | None = None,
    beside: bool = False,
) -> EntryCard:
    return EntryCard(
        kind=kind,
        entry=facts.entry,
        title=facts.title,
        office_name=ledger.office_name(facts.office) if facts.office else "",
        subject=facts.subject,
        severity=facts.severity,
        light=facts.light,
        state=state_title(facts.shown_state),
        summary=facts.summary,
        happened=list(happened)[-_MOST_HAPPENED:],
        task=task,
        due_on=due_on,
        is_provisional=bool(due_on) and facts.is_provisional,
        is_missed=due_on is not None and due_on < ledger.night,
        beside=beside,
    )


def _is_newly_lit(facts: EntryFacts, mark: Mark) -> bool:
    is_warning = facts.light in ("yellow", "orange", "red") and facts.lit_on is not None
    return is_warning and (mark.night is None or facts.lit_on is None or facts.lit_on > mark.night)


def _is_after(due_on: date, mark: Mark) -> bool:
    """Whether a limit that is missed was not when its reader was told last."""
    return mark.night is None or due_on >= mark.night


def _is_due(due_on: date | None, facts: EntryFacts, mark: Mark, ledger: Ledger) -> bool:
    """Whether a limit is near, or missed, since its reader was told last."""
    if due_on is None:
        return False
    if due_on < ledger.night:
        return _is_after(due_on, mark)
    is_review = facts.due_limit == "review_on" and due_on == facts.due_on
    warned_on = due_on if is_review else ledger.warned_on(facts.office, due_on)
    return warned_on <= ledger.night and (mark.night is None or mark.night < warned_on)


def _is_unserved(facts: EntryFacts, night: date) -> bool:
    if facts.state != "assigned" or facts.assigned_at is None:
        return False
    return not facts.is_served and facts.assigned_at.date() < night


def _tell_beside(
    facts: EntryFacts, told: set[str], desks: dict[str, _Desk], audience: Audience, ledger: Ledger
) -> None:
    """Tell others of an entry where only those hear of it whom it is about."""
    reached = {person for person in told if audience.can_be_written_to(person)}
    if not reached or not reached <= set(facts.subjects):
        return
    cards = [desks[person].cards.get(facts.entry) for person in sorted(reached)]
    happened = list(dict.fromkeys(text for card in cards if card for text in card.happened))
    for role in (HEAD, POST, LEADER):
        others = [
            person
            for person in audience.of(role, facts)
            if person not in facts.subjects and audience.can_be_written_to(person)
        ]
        for person in others:
            desks[person].add(_make(facts, ledger, kind=NEWS, happened=happened, task="", beside=True))
            told.add(person)
        if others:
            return


def _tell_unreached(facts: EntryFacts, told: set[str], desks: dict[str, _Desk], audience: Audience) -> None:
    """Tell the posts who should have heard of an entry and has no address, or no user at all."""
    lost = {person for person in told if not audience.can_be_written_to(person)}
    for person in audience.of(POST, facts) if lost else ():
        for missing in lost - {person}:
            desks[person].unreached.setdefault(missing, []).append(facts.entry)


def _digest(person: str, desk: _Desk, audience: Audience, night: date) -> PersonDigest:
    reader = audience.readers.get(person)
    return PersonDigest(
        person=person,
        name=reader.name if reader else person,
        to=reader.to if reader else [],
        night=night,
        cards=list(desk.cards.values()),
        standing=[task for number, task in sorted(desk.standing.items()) if number not in desk.cards],
        typed=desk.typed,
        unserved=sorted(desk.unserved),
        unreached=[
            f"{unreached_name(missing, audience)}：{few(numbers)}"
            for missing, numbers in sorted(desk.unreached.items())
        ],
    )


def unreached_name(person: str, audience: Audience) -> str:
    """Who could not be told, and why (Chinese)."""
    reader = audience.readers.get(person)
    if reader is None:
        return f"人员 {person} 没有可用的登录名"
    return f"{reader.name}（{'、'.join(reader.logins)}）没有邮件地址"


def _weight(card: EntryCard) -> int:
    return (TASK, WATCHED, NEWS).index(card.kind)
