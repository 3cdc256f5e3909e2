"""The queue by the letter: every unit against every other. What stands in quotation marks is the
rules' own wording.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from clock_law import LAWFUL, Calendar, Event, finish_of, resume_of, unfinished

TELLING = ("急", "老人就医")
"""Of the reasons that the worlds give, those that say something."""


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
    """Blank where nobody is known."""

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
                resume = resume_of(action, unfinished(actions, finish))
                end = (end_of(resume) if resume.is_date else resume.at) if resume else None
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
    """“a case; the cases of one batch_no that one person or robot accepted within [2] consecutive working
    days and before the first review of any of them together, earliest times”.
    """

    places: list[Place]
    is_known: bool = True

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
        """“`expedite`/`explain` row of B with a reason … at or before s_B”."""
        return any(
            action.step in ("expedite", "explain")
            and action.reason in TELLING
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
    stalled_percent: int = 80
    batch_days: int = 2
    pause_minutes: int = 30
    timed_percent: int = 90


@dataclass
class Verdict:
    """What the rules say: by office and case; the pairs by office, overtaker, overtaken."""

    jumps: dict[tuple[str, str], tuple[bool | None, str | None]] = field(default_factory=dict)
    stalled: dict[tuple[str, str], bool | None] = field(default_factory=dict)
    pairs: dict[tuple[str, str, str], tuple[int, bool]] = field(default_factory=dict)


def acceptance(case: Case) -> Action | None:
    """The first acceptance; at equal times the one that the export has first."""
    accepts = [action for action in case.actions if action.step == "accept"]
    return min(accepts, key=lambda action: action.at, default=None)


def first_review(case: Case) -> Action | None:
    reviews = [action for action in case.actions if action.step == "review"]
    return min(reviews, key=lambda action: action.begun_at, default=None)


def end_of(action: Event) -> datetime:
    return action.at + timedelta(1)


def joins_of(case: Case, office: Office, params: Params, *, is_assigned: bool) -> list[tuple[Action, bool]]:
    """“a = the latest of acceptance and last resume before that review of a lawful pause that lasted at least
    [30] working minutes or ended on a later day (and last assign only where dispatch is assigned)”: each
    with whether its hour is known.
    """
    accepted, review = acceptance(case), first_review(case)
    returned = [action.at for action in case.actions if action.step == "return"]
    finish = finish_of(list(case.actions))
    found = [
        (action, not action.is_date)
        for action in case.actions
        if action is accepted
        or (action.step == "accept" and returned and action.at > min(returned))
        or (action.step == "assign" and is_assigned)
    ]
    open_actions = unfinished(case.actions, finish)
    for pause in case.actions:
        if pause.step != "pause" or pause.kind not in LAWFUL or pause not in open_actions:
            continue
        resume = resume_of(pause, open_actions)
        if resume is None:
            continue
        if resume.at.date() > pause.at.date() or resume.is_date:
            found += [(a, not a.is_date) for a in case.actions if a.step == "resume" and a.at == resume.at]
        elif pause.is_date:
            found.append((replace(pause, at=datetime.combine(resume.at.date(), time())), False))
        elif office.worked(pause.at, resume.at) >= timedelta(minutes=params.pause_minutes):
            found += [(a, True) for a in case.actions if a == resume]
    return [(a, timed) for a, timed in found if review is None or a is accepted or a.at <= review.begun_at]


@dataclass(frozen=True)
class Standing:
    """Where a case stands: its place, or the rows that leave it open."""

    place: Place | None
    doubts: list[Action] = field(default_factory=list)
    is_unaccepted: bool = False


def standing_of(case: Case, office: Office, params: Params, *, is_assigned: bool) -> Standing:
    """What the rows of a case prove."""
    accepted, review = acceptance(case), first_review(case)
    if accepted is None:
        return Standing(None, is_unaccepted=review is not None)
    if review is not None and accepted.at > (end_of(review) if review.is_date else review.begun_at):
        return Standing(None)
    joins = joins_of(case, office, params, is_assigned=is_assigned)
    timed = [action.at for action, is_timed in joins if is_timed]
    # “Rows with date precision take part in date arithmetic only, never in order-within-a-day”
    doubts = [a for a, is_timed in joins if not is_timed and (not timed or a.at.date() >= max(timed).date())]
    if review is not None and review.is_date:
        doubts.append(review)
    if doubts:
        return Standing(None, doubts)
    assigns = [action for action, _ in joins if action.step == "assign"]
    assigner = max(reversed(assigns), key=lambda action: action.at).account if assigns else ""
    if review is None:
        return Standing(Place(case, max(timed), None, "", assigner))
    if review.begun_at < max(timed):
        return Standing(None)
    return Standing(Place(case, max(timed), review.begun_at, review.account, assigner))


def timed_months(cases: Iterable[Case], percent: int) -> set[tuple[str, str, int]]:
    """“Where an office times at least [90 %] of a step's rows of that month”."""
    rows: dict[tuple[str, str, int], list[bool]] = defaultdict(list)
    for case in cases:
        # “Equal rows are one action.”
        for action in dict.fromkeys(case.actions):
            rows[case.office, action.step, action.at.month].append(not action.is_date)
    return {key for key, timed in rows.items() if 100 * sum(timed) >= percent * len(timed)}


def units_of(
    cases: list[Case], standings: dict[tuple[str, str], Standing], office: Office, params: Params
) -> Iterator[Unit]:
    """The units of the cases of one office, limit class and batch."""
    known: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        accepted = acceptance(case)
        assert accepted is not None
        known[accepted.account].append(case)
    place = {case.case_no: standings[case.office, case.case_no].place for case in cases}

    def on(case: Case) -> date:
        accepted = acceptance(case)
        assert accepted is not None
        return accepted.at.date()

    def is_near(a: date, b: date) -> bool:
        first, last = sorted((a, b))
        between = [first + timedelta(n) for n in range(1, (last - first).days + 1)]
        return sum(office.calendar.is_workday(day) for day in between) < params.batch_days

    for acceptor, of_one in known.items():
        if not acceptor:
            # “A blank actor is never equal to another blank actor”, and nobody knows to whom it belongs.
            for case in of_one:
                alone = not any(other is not case and is_near(on(case), on(other)) for other in cases)
                if found := place[case.case_no]:
                    yield Unit([found], is_known=alone)
            continue
        left = sorted(of_one, key=on)
        while left:
            span = [case for case in left if is_near(on(left[0]), on(case))]
            left = left[len(span) :]
            doubtful = any(is_near(on(case), on(other)) for other in known.get("", []) for case in span)
            yield from _parts(
                span, place, is_known=not doubtful, near=is_near, on=on, blanks=known.get("", [])
            )


def _parts(
    span: list[Case],
    place: dict[str, Place | None],
    *,
    is_known: bool,
    near: Callable[[date, date], bool],
    on: Callable[[Case], date],
    blanks: list[Case],
) -> Iterator[Unit]:
    """“before the first review of any of them”: of two cases of a part no other's review began between."""
    parts: dict[int, list[Place]] = defaultdict(list)
    begun = {
        no: found.started_at
        for no, found in place.items()
        if found and found.started_at and any(c.case_no == no for c in span)
    }
    for case in span:
        accepted, found = acceptance(case), place[case.case_no]
        if accepted and found:
            before = sum(at <= accepted.at for no, at in begun.items() if no != case.case_no)
            parts[before].append(found)
    unplaced = [on(case) for case in span if place[case.case_no] is None]
    for places in parts.values():
        unit = Unit(places)
        # “earliest times”: not known while a case of the batch may have come or been taken before.
        is_told = not any(unit.started_at is None or day <= unit.started_at.date() for day in unplaced)
        doubted = not is_known and any(near(on(p.case), on(other)) for other in blanks for p in places)
        yield Unit(places, is_known=is_told and not doubted)


def takers_of(places: Iterable[Place]) -> set[tuple[str, str]]:
    """Office and name of who mostly reviews himself what his assign rows give."""
    given: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for place in places:
        if place.assigner and place.reviewer:
            given[place.case.office, place.assigner].append(place.assigner == place.reviewer)
    return {who for who, own in given.items() if 2 * sum(own) > len(own)}


def _unknown(told: list[Case], standings: dict[tuple[str, str], Standing], params: Params) -> Verdict:
    """What is said of cases whose place nobody knows."""
    said = Verdict()
    months = timed_months(told, params.timed_percent)
    for case in told:
        standing = standings[case.office, case.case_no]
        if standing.is_unaccepted or any(
            (case.office, a.step, a.at.month) in months for a in standing.doubts
        ):
            said.stalled[case.office, case.case_no] = None
            if first_review(case):
                said.jumps[case.office, case.case_no] = (None, None)
    return said


def verdict(
    cases: Iterable[Case], offices: dict[str, Office], params: Params, as_of: datetime, *, is_assigned: bool
) -> Verdict:
    """Judge all cases."""
    told = [replace(case, actions=[a for a in case.actions if a.at <= as_of]) for case in cases]
    standings = {
        (case.office, case.case_no): standing_of(case, offices[case.office], params, is_assigned=is_assigned)
        for case in told
    }
    takers = takers_of(standing.place for standing in standings.values() if standing.place)
    said = _unknown(told, standings, params)
    bundles: dict[tuple[str, str, str, str], list[Case]] = defaultdict(list)
    for case in told:
        if acceptance(case):
            name = ("batch", case.batch_no) if case.batch_no else ("case", case.case_no)
            bundles[case.office, case.limit_class, *name].append(case)
    lanes: dict[tuple[str, str, str], list[Unit]] = defaultdict(list)
    for (office, limit_class, *_), together in bundles.items():
        for unit in units_of(together, standings, offices[office], params):
            desk = unit.desk(takers) if is_assigned else "*"
            if desk and unit.is_known:
                lanes[office, limit_class, desk].append(unit)
                continue
            said.stalled |= dict.fromkeys(((office, no) for no in unit.case_nos), None)
            if unit.started_at is not None:
                said.jumps |= dict.fromkeys(((office, no) for no in unit.case_nos), (None, None))
    for (office, *_), units in lanes.items():
        _judge_lane(office, units, offices[office], params, said)
    return said


def is_stalled(a: int, units: list[Unit], over: set[tuple[int, int]], params: Params) -> bool:
    """“stalled ⇔ ≥ [10] others overtake it and these are ≥ [80 %] of the lane's units begun between the first
    of them and its own first review (or the as-of time)”, while it waited.
    """
    unit = units[a]
    begun = {b: units[b].started_at for b in range(len(units)) if b != a}
    starts = [at for b, at in begun.items() if at and (b, a) in over]
    if len(starts) < params.stalled_after:
        return False
    between = [
        at
        for at in begun.values()
        if at
        and min(starts) <= at
        and (unit.started_at is None or at < unit.started_at)
        and not any(place.is_away(at) for place in unit.places)
    ]
    return 100 * len(starts) >= params.stalled_percent * len(between)


def _judge_lane(office: str, units: list[Unit], at: Office, params: Params, said: Verdict) -> None:
    over = {
        (b, a)
        for b in range(len(units))
        for a in range(len(units))
        if overtakes(units[b], units[a], at, params)
    }
    stalled = [is_stalled(a, units, over, params) for a in range(len(units))]
    for a, unit in enumerate(units):
        said.stalled |= {(office, case_no): stalled[a] for case_no in unit.case_nos}
    for b, unit in enumerate(units):
        if unit.started_at is None:
            continue
        counted = [a for a in range(len(units)) if (b, a) in over and not stalled[a]]
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
