"""The queue by the letter: every unit against every other. What stands in quotation marks is the
rules' own wording.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from clock_law import Calendar, Event, finish_of, resumed_at, unfinished


@dataclass(frozen=True)
class Action(Event):
    """A row of the log with what only the queue needs."""

    started_at: datetime | None = None
    account: str = ""
    reason: str = ""

    @property
    def begun_at(self) -> datetime:
        """“`started_at` of the first review, else its `occurred_at`”."""
        return self.started_at or self.at


@dataclass(frozen=True)
class Case:
    office: str
    case_no: str
    limit_class: str
    batch_no: str
    actions: list[Action]


@dataclass(frozen=True)
class Office:
    """Working days and office hours."""

    calendar: Calendar
    hours: tuple[tuple[time, time], ...]

    def worked(self, a: datetime, b: datetime) -> timedelta:
        """Working time between two moments: of each working day, what of its hours lies between them."""
        total = timedelta()
        for n in range((b.date() - a.date()).days + 1):
            day = a.date() + timedelta(n)
            if self.calendar.is_workday(day):
                for opens, closes in self.hours:
                    begin = max(a, datetime.combine(day, opens))
                    end = min(b, datetime.combine(day, closes))
                    total += max(end - begin, timedelta())
        return total


@dataclass(frozen=True)
class Place:
    """A case in its queue."""

    case: Case
    arrived_at: datetime
    started_at: datetime | None
    reviewer: str
    assigner: str

    def taker(self, takers: set[tuple[str, str]]) -> str:
        """To whom an unreviewed case was dispatched; blank is nobody."""
        return self.assigner if (self.case.office, self.assigner) in takers else ""

    def is_away(self, moment: datetime) -> bool:
        """“paused, returned or closed” at a moment; a date alone counts from the beginning of its day."""
        return any(begin <= moment and (end is None or moment < end) for begin, end in self._absences())

    def _absences(self) -> Iterator[tuple[datetime, datetime | None]]:
        actions = self.case.actions
        finish = finish_of(list(actions))
        for action in actions:
            if action.step == "pause":
                end = resumed_at(action, unfinished(actions, finish))
                if end is None or end > self.arrived_at:
                    yield action.at, end
            if action.step == "return" and (
                action.at >= self.arrived_at
                or (action.is_date and action.at.date() >= self.arrived_at.date())
            ):
                yield action.at, None
        if finish:
            yield finish.at, None


@dataclass(frozen=True)
class Unit:
    """“a case; the cases of one batch_no together, earliest times”."""

    places: list[Place]

    @property
    def arrived_at(self) -> datetime:
        return min(place.arrived_at for place in self.places)

    @property
    def started_at(self) -> datetime | None:
        return min((place.started_at for place in self.places if place.started_at), default=None)

    def desk(self, takers: set[tuple[str, str]]) -> str:
        """“the lane is also per reviewing person”: who began the unit's first review, else who is to."""
        if taken := [(place.started_at, n) for n, place in enumerate(self.places) if place.started_at]:
            return self.places[min(taken)[1]].reviewer
        desks = {place.taker(takers) for place in self.places}
        return desks.pop() if len(desks) == 1 else ""

    @property
    def case_nos(self) -> list[str]:
        return sorted(place.case.case_no for place in self.places)

    @property
    def has_reason(self) -> bool:
        """“`expedite`/`explain` row of B with a non-blank reason … at or before s_B”."""
        return any(
            action.step in ("expedite", "explain")
            and bool(action.reason)
            and self.started_at is not None
            and action.at <= self.started_at
            for place in self.places
            for action in place.case.actions
        )


@dataclass(frozen=True, kw_only=True)
class Params:
    gap_minutes: int
    min_overtaken: int
    stalled_after: int
    critical_overtaken: int


@dataclass
class Verdict:
    """What the rules say: by office and case; the pairs by office, overtaker, overtaken."""

    jumps: dict[tuple[str, str], tuple[bool | None, str | None]] = field(default_factory=dict)
    stalled: dict[tuple[str, str], bool | None] = field(default_factory=dict)
    pairs: dict[tuple[str, str, str], tuple[int, bool]] = field(default_factory=dict)


def place_of(case: Case, as_of: datetime) -> Place | None:
    """Where the case stands in its queue, if its rows prove that."""
    known = [action for action in case.actions if action.at <= as_of]
    case = Case(case.office, case.case_no, case.limit_class, case.batch_no, known)
    accepts = [action for action in known if action.step == "accept"]
    reviews = [action for action in known if action.step == "review"]
    if not accepts:
        return None
    accepted = min(accepts, key=lambda action: action.at)
    review = min(reviews, key=lambda action: action.begun_at, default=None)
    returned_at = min((action.at for action in known if action.step == "return"), default=as_of)
    # “a = the latest of acceptance, last assign and last resume before that review”
    joins = [accepted] + [
        action
        for action in known
        if (action.step in ("assign", "resume") or (action.step == "accept" and action.at > returned_at))
        and (review is None or action.at <= review.begun_at)
    ]
    timed = [join.at for join in joins if not join.is_date]
    # “Rows with date precision take part in date arithmetic only, never in order-within-a-day”
    if not timed or any(join.is_date and join.at.date() >= max(timed).date() for join in joins):
        return None
    assigns = [join for join in joins if join.step == "assign"]
    assigner = max(reversed(assigns), key=lambda action: action.at).account if assigns else ""
    if review is None:
        return Place(case, max(timed), None, "", assigner)
    if review.is_date or review.begun_at < max(timed):
        return None
    return Place(case, max(timed), review.begun_at, review.account, assigner)


def takers_of(places: Iterable[Place]) -> set[tuple[str, str]]:
    """Office and name of who mostly reviews himself what his assign rows give."""
    given: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for place in places:
        if place.assigner and place.reviewer:
            given[place.case.office, place.assigner].append(place.assigner == place.reviewer)
    return {who for who, own in given.items() if 2 * sum(own) > len(own)}


def verdict(
    cases: Iterable[Case], offices: dict[str, Office], params: Params, as_of: datetime, *, is_assigned: bool
) -> Verdict:
    """Judge all cases."""
    places: list[Place] = []
    unplaced: dict[tuple[str, str, str], list[date]] = defaultdict(list)
    for case in cases:
        days = [action.on for action in case.actions if action.at <= as_of]
        if place := place_of(case, as_of):
            places.append(place)
        elif case.batch_no and any(a.step == "accept" and a.at <= as_of for a in case.actions):
            unplaced[case.office, case.limit_class, case.batch_no].append(min(days))
    takers = takers_of(places)
    members: dict[tuple[str, str, str, str], list[Place]] = defaultdict(list)
    for place in places:
        case = place.case
        unit = ("batch", case.batch_no) if case.batch_no else ("case", case.case_no)
        members[case.office, case.limit_class, *unit].append(place)
    said = Verdict()
    lanes: dict[tuple[str, str, str], list[Unit]] = defaultdict(list)
    for (office, limit_class, _, name), together in members.items():
        unit_of_work = Unit(together)
        desk = unit_of_work.desk(takers) if is_assigned else "*"
        # “earliest times”: not known while a case of the batch may have come or been taken before.
        started_at = unit_of_work.started_at
        if desk and not any(
            started_at is None or day <= started_at.date() for day in unplaced[office, limit_class, name]
        ):
            lanes[office, limit_class, desk].append(unit_of_work)
            continue
        said.stalled |= dict.fromkeys(((office, no) for no in unit_of_work.case_nos), None)
        if started_at is not None:
            said.jumps |= dict.fromkeys(((office, no) for no in unit_of_work.case_nos), (None, None))
    for (office, *_), units in lanes.items():
        _judge_lane(office, units, offices[office], params, said)
    return said


def _judge_lane(office: str, units: list[Unit], at: Office, params: Params, said: Verdict) -> None:
    overtaken = {
        (b, a)
        for b in range(len(units))
        for a in range(len(units))
        if overtakes(units[b], units[a], at, params)
    }
    behind = [sum((b, a) in overtaken for b in range(len(units))) for a in range(len(units))]
    for a, unit in enumerate(units):
        # “A unit overtaken by ≥ [10] others is stalled”
        said.stalled |= {(office, case_no): behind[a] >= params.stalled_after for case_no in unit.case_nos}
    for b, unit in enumerate(units):
        if unit.started_at is None:
            continue
        counted = [a for a in range(len(units)) if (b, a) in overtaken and behind[a] < params.stalled_after]
        # “B is a violation ⇔ it overtakes ≥ [3] units that are not stalled and no … reason”
        is_jump = len(counted) >= params.min_overtaken
        is_guilty = is_jump and not unit.has_reason
        severity = "critical" if len(counted) >= params.critical_overtaken else "major"
        for case_no in unit.case_nos:
            said.jumps[office, case_no] = (is_guilty, severity if is_guilty else None)
            for a in counted if is_jump else ():
                lead = at.worked(units[a].arrived_at, unit.arrived_at) // timedelta(minutes=1)
                said.pairs[office, case_no, units[a].case_nos[0]] = (lead, unit.has_reason)


def overtakes(b: Unit, a: Unit, office: Office, params: Params) -> bool:
    """“a_A < a_B with at least [60] working minutes between, and s_B < s_A (or A still unreviewed at the
    as-of time), and A was neither paused, returned nor closed at s_B”."""
    return (
        b.started_at is not None
        and a.arrived_at < b.arrived_at
        and (a.started_at is None or b.started_at < a.started_at)
        and not any(place.is_away(b.started_at) for place in a.places)
        and office.worked(a.arrived_at, b.arrived_at) >= timedelta(minutes=params.gap_minutes)
    )
