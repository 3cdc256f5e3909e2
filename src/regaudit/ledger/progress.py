"""Where an entry has come to by the steps that stand, and how each step moves it."""

from datetime import date, datetime

from msgspec import Struct, field

from regaudit.catalogue.event_types import EntryStepped
from regaudit.ledger.steps import STEPS, VOID


class Pending(Struct, frozen=True):
    """A judgement of a critical entry that waits for the other's of the same verdict.

    `level` is `post` for the first, and turns with each one that says otherwise. The other's confirms what it
    says of severity and day, unless it says so itself.
    """

    verdict: str
    persons: frozenset[str]
    level: str
    severity: str = ""
    due: str | None = None


class Turn(Struct, frozen=True):
    """A state that an entry came into, when, and by which step; None: it was opened in it."""

    state: str
    at: datetime
    by: EntryStepped | None = None


class Progress(Struct, kw_only=True):
    """Where an entry has come to.

    Attributes:
        state: one of `STATES`.
        since: when it came into that state.
        to: whom it was assigned to: `person:ID` or `section:NAME`.
        kind: at_once or by_date.
        answer_due: the day that the assignment set for the answer; None: the profile's limit.
        assignments: how often it was assigned.
        assigned_at: when, the last time.
        pending: the post's judgement of a critical entry that waits for the leader's.
        severity: as a judgement or decision adjusted it; empty: as it was.
        report_due: the day by which it is to be rectified, as it was set at `report_set_at`.
        asked: how often an extension was asked for; `asked_to` is the day that is asked for now.
        granted: how often it was granted.
        returns: how often a review sent it back.
        suspended_from: the state beneath a suspension, `suspended_since` when it began.
        rests: spans in which its limits rested.
        appealed_at: when the appeal was made that waits for its decision; None without any.
        appealed_for: the `weighed_at` against which it was made: nobody appeals twice against the same.
        weighed_at: when the judgement, or a later step that weighs more, was taken: an appeal counts from it.
        lasts_until: an excused state that lasts is excused up to this day.
        excuse: a good reason for the limit that was missed is on record.
        last_at: when its last step was taken.
        turns: the states that it was in, in their order.
    """

    state: str = "listed"
    since: datetime
    to: str = ""
    kind: str = ""
    answer_due: date | None = None
    assignments: int = 0
    assigned_at: datetime | None = None
    pending: Pending | None = None
    severity: str = ""
    report_due: date | None = None
    report_set_at: datetime | None = None
    asked: int = 0
    asked_at: datetime | None = None
    asked_to: date | None = None
    granted: int = 0
    returns: int = 0
    returned_at: datetime | None = None
    suspended_from: str = ""
    suspended_since: datetime | None = None
    review_on: date | None = None
    rests: list[tuple[date, date]] = field(default_factory=list)
    appealed_at: datetime | None = None
    appealed_for: datetime | None = None
    weighed_at: datetime | None = None
    lasts_until: date | None = None
    excuse: bool = False
    last_at: datetime
    turns: list[Turn] = field(default_factory=list)
    reporters: set[str] = field(default_factory=set)
    reviewers: set[str] = field(default_factory=set)

    @property
    def beneath(self) -> str:
        """The state, beneath a suspension that lasts."""
        return self.suspended_from if self.state == "suspended" else self.state


def evolve(now: Progress, event: EntryStepped) -> None:
    """Let a step be true."""
    at = datetime.fromisoformat(event.at)
    now.last_at = at
    step = event.step
    handle = _HANDLERS.get(step)
    if handle is not None:
        handle(now, event, at)
    target = "voided" if step == VOID else _target(now, event)
    if target and target != now.state:
        if target != "suspended" and step != "resume":
            now.excuse = False
        if step not in ("suspend", "resume"):
            now.since = at
        if target == "referred":  # nobody here decides an appeal any more
            now.appealed_at = None
        now.state = target
        now.turns.append(Turn(target, at, event))


def persons_of(event: EntryStepped) -> set[str]:
    """The natural persons who count as having taken a step: a deputy, and for whom he did."""
    return {event.person, event.for_person} - {""}


def _target(now: Progress, event: EntryStepped) -> str:
    if event.step == "resume":
        return now.suspended_from
    if event.step == "judge" and now.pending is not None:
        return ""
    to = STEPS[event.step].to
    return to.get(event.verdict, to.get("", ""))


def _assign(now: Progress, event: EntryStepped, at: datetime) -> None:
    now.to, now.kind = event.to, event.kind
    now.answer_due = _day(event.due)
    now.assignments += 1
    now.assigned_at = at


def _judge(now: Progress, event: EntryStepped, at: datetime) -> None:
    """A judgement that its event says to be provisional waits for another of the same verdict."""
    if event.is_pending:
        level = "leader" if now.pending is not None and now.pending.level == "post" else "post"
        now.pending = Pending(event.verdict, frozenset(persons_of(event)), level, event.severity, event.due)
        return
    confirmed, now.pending = now.pending, None
    now.severity = event.severity or (confirmed.severity if confirmed else "") or now.severity
    now.weighed_at = at
    due = event.due or (confirmed.due if confirmed else None)
    now.lasts_until = _day(due) if event.verdict == "excused" else None


def _demand(now: Progress, event: EntryStepped, at: datetime) -> None:
    now.report_due, now.report_set_at, now.weighed_at = _day(event.due), at, at


def _extend(now: Progress, event: EntryStepped, at: datetime) -> None:
    if event.verdict == "ask":
        now.asked += 1
        now.asked_at, now.asked_to = at, _day(event.due)
    else:
        if event.verdict == "grant":
            now.granted += 1
            now.report_due, now.report_set_at = _day(event.due) or now.asked_to, at
            now.excuse = False
        now.asked_to = None


def _report(now: Progress, event: EntryStepped, _at: datetime) -> None:
    now.reporters |= persons_of(event)


def _review(now: Progress, event: EntryStepped, at: datetime) -> None:
    now.reviewers |= persons_of(event)
    if event.verdict == "return":
        now.returns += 1
        now.returned_at = at
        now.report_due, now.report_set_at = _day(event.due), at


def _appeal(now: Progress, _event: EntryStepped, at: datetime) -> None:
    now.appealed_at, now.appealed_for = at, now.weighed_at


def _decide(now: Progress, event: EntryStepped, _at: datetime) -> None:
    """What is changed never weighs more: no appeal against it counts from here."""
    now.appealed_at = None
    if event.verdict == "changed":
        now.severity = event.severity or now.severity


def _suspend(now: Progress, event: EntryStepped, at: datetime) -> None:
    now.suspended_from, now.suspended_since, now.review_on = now.state, at, _day(event.due)


def _resume(now: Progress, _event: EntryStepped, at: datetime) -> None:
    if now.suspended_since is not None:
        now.rests = [*now.rests, (now.suspended_since.date(), at.date())]
    now.suspended_since = now.review_on = None


def _delay(now: Progress, _event: EntryStepped, _at: datetime) -> None:
    now.excuse = True


_HANDLERS = {
    "assign": _assign,
    "judge": _judge,
    "demand": _demand,
    "extend": _extend,
    "report": _report,
    "review": _review,
    "appeal": _appeal,
    "decide": _decide,
    "suspend": _suspend,
    "resume": _resume,
    "delay": _delay,
}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
