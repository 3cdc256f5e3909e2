"""One case's life as actions: acceptance, reviews, pauses, booking and what follows."""

from dataclasses import dataclass
from random import Random

from regaudit.simulate.actions import NOBODY, Action
from regaudit.simulate.chance import happens
from regaudit.simulate.people import Person, Staff
from regaudit.simulate.plants import (
    NEVER_BOOKED,
    ONE_PERSON,
    STATUTORY_LIMIT,
    Plant,
)
from regaudit.simulate.population import GENERAL, Case, Stop, draw_stop, limit_of
from regaudit.simulate.reviews import ReviewDesk, acceptor_account
from regaudit.simulate.worktime import DAY, HOUR, WorkAxis, due_day

_REASONS = {
    "supplement": "申请材料不齐，通知补正",
    "notice": "依法公告",
    "site_visit": "实地查看",
    "objection": "利害关系人提出异议",
    "suspension": "权属争议，中止办理",
}
_EXPEDITE_REASON = "老年人行动不便，绿色通道"
_EXPLAIN_REASON = "涉企重点项目，经领导批准提前办理"
_LATE_REASON = "系统切换期间积压，逐件补办"
_RESTS_AFTER = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case's actions, and what its dates make of it.

    Attributes:
        actions: Everything that happened up to the as-of day.
        is_open: Neither booked nor refused nor withdrawn by then.
        late: Finished, or still open, after the promised day.
        due_soon: Open, and due on the as-of day or the next working day.
    """

    actions: list[Action]
    is_open: bool
    late: bool
    due_soon: bool


class Narrator:
    """Tells the cases of one office."""

    def __init__(self, rng: Random, staff: Staff, axis: WorkAxis) -> None:
        self._rng = rng
        self._staff = staff
        self._axis = axis
        self._desk = ReviewDesk(rng, staff, axis.end)
        self._serial = 0

    def tell(self, case: Case, review: tuple[int, int], reviewer: Person) -> Outcome:
        """Tells one case to the as-of day; `review` is when its first review began and ended."""
        actions = self._acceptance(case)
        finish: int | None = None
        stops = [case.stop] if case.stop else []
        if case.stop:
            actions += self._pause(case, case.stop)
        if review[0] <= self._axis.end:
            reviewed = self._desk.review(case, review, reviewer)
            ready = reviewed.ready
            actions += self._order_notes(case, review[0])
            actions += reviewed.actions
            if reviewed.approved:
                later = self._later_stop(case, ready, stops)
                if later:
                    stops.append(later)
                    actions += self._pause(case, later)
                    ready = later.ends
                finish = self._finish(case, ready, stops, actions)
            else:
                finish = ready + self._rng.randint(600, HOUR)
                actions.append(
                    Action("refuse", finish, self._one(self._staff.chiefs), reason="不符合登记条件")
                )
        told = [action for action in actions if action.at <= self._axis.end]
        return self._outcome(case, told, finish, stops)

    def _acceptance(self, case: Case) -> list[Action]:
        rng, actions = self._rng, []
        if case.channel in {"online", "bank"} and case.accepted % DAY > HOUR + 600 and not case.batch_no:
            asked = case.accepted - rng.randint(1_800, HOUR)
            sender = self._one(self._staff.banks) if case.channel == "bank" else self._staff.robots[0][0]
            actions.append(Action("precheck_submit", asked, sender))
            answered = asked + rng.randint(300, 1_500)
            actions.append(Action("precheck", answered, self._one(self._staff.acceptors), result="approve"))
        acceptor = NOBODY if case.plant is Plant.BLANK_ACTORS else case.acceptor
        actions.append(Action("accept", case.accepted, acceptor))
        if case.assigned >= 0:
            actions.append(Action("assign", case.assigned, self._staff.robots[0][0]))
        if case.plant is Plant.NONE and not case.batch_no and happens(rng, 0.003):
            actions.append(self._note("expedite", case.accepted + 90, case, _EXPEDITE_REASON))
        return actions

    def _order_notes(self, case: Case, begins: int) -> list[Action]:
        before = begins - self._rng.randint(60, 400)
        match case.plant:
            case Plant.JUMP_BLANK_REASON:
                return [self._note("expedite", before, case, "")]
            case Plant.JUMP_LATE_REASON:
                return [self._note("explain", begins + HOUR, case, _EXPLAIN_REASON)]
            case Plant.JUMP_EXPEDITED:
                return [self._note("expedite", before, case, _EXPEDITE_REASON)]
            case Plant.JUMP_EXPLAINED:
                return [self._note("explain", before, case, _EXPLAIN_REASON)]
            case _:
                return []

    def _note(self, step: str, at: int, case: Case, reason: str) -> Action:
        approver = self._one(self._staff.chiefs) if reason else NOBODY
        return Action(step, at, case.acceptor, reason=reason, approver=approver)

    def _later_stop(self, case: Case, ready: int, stops: list[Stop]) -> Stop | None:
        """A pause between review and booking, which no queue sees."""
        rng = self._rng
        begins = ready + rng.randint(600, 5_000)
        if case.plant is Plant.ON_DUE_PAUSED:
            return Stop("supplement", begins, begins + rng.randint(3, 5) * DAY)
        may = (
            case.lane == GENERAL
            and not case.batch_no
            and not stops
            and case.plant in {Plant.NONE, Plant.LATE}
        )
        if may and begins // DAY <= case.day + _RESTS_AFTER and happens(rng, 0.03):
            return draw_stop(rng, begins)
        return None

    def _pause(self, case: Case, stop: Stop) -> list[Action]:
        actor, approver = case.acceptor, self._one(self._staff.chiefs)
        reason = _REASONS[stop.kind]
        return [
            Action("pause", stop.begins, actor, pause_kind=stop.kind, reason=reason, approver=approver),
            Action("resume", stop.ends, actor, pause_kind=stop.kind),
        ]

    def _finish(self, case: Case, ready: int, stops: list[Stop], actions: list[Action]) -> int | None:
        """Books the case, or withdraws it; null if the plant leaves it open."""
        rng, plant = self._rng, case.plant
        if plant in NEVER_BOOKED:
            return None
        if plant is Plant.NONE and not case.batch_no and happens(rng, 0.008):
            at = ready + rng.randint(900, 5_000)
            actions.append(Action("withdraw", at, case.acceptor, reason="申请人撤回申请"))
            return at
        at = self._booking_moment(case, ready, stops)
        if plant in {Plant.LATE, Plant.LATE_STATUTORY} and happens(rng, 0.5):
            actions.append(self._note("explain", at - 60, case, _LATE_REASON))
        actions.append(Action("book", at, self._booker(case), result=rng.choice(("approve", ""))))
        self._after_booking(case, at, actions)
        return at

    def _booker(self, case: Case) -> int:
        if case.plant is Plant.BLANK_ACTORS:
            return NOBODY
        if case.plant in ONE_PERSON:
            return acceptor_account(case, self._staff) if happens(self._rng, 0.5) else case.acceptor
        if case.plant in {Plant.BLANK_REVIEWER, Plant.ACCEPT_BOOK}:
            return case.acceptor
        return self._one(self._staff.bookers)

    def _booking_moment(self, case: Case, ready: int, stops: list[Stop]) -> int:
        rng = self._rng
        due = self._due(case, stops)
        match case.plant:
            case Plant.LATE:
                day = due + rng.randint(1, 4)
            case Plant.LATE_MAKEUP:
                day = due + 1
            case Plant.LATE_STATUTORY:
                day = case.day + STATUTORY_LIMIT + rng.randint(1, 5)
            case Plant.ON_DUE | Plant.ON_DUE_PAUSED | Plant.ON_DUE_HOLIDAY:
                day = due
            case _:
                lag = 600 + min(DAY, int(rng.expovariate(1 / 5_400)))
                return ready + (lag if (ready + lag) // DAY < due else 600)
        return max(ready + 600, day * DAY + rng.randint(1_200, 24_000))

    def _after_booking(self, case: Case, booked: int, actions: list[Action]) -> None:
        rng, staff = self._rng, self._staff
        at = booked
        if case.registration_type not in {"400", "600", "800"}:
            at += rng.randint(300, HOUR)
            self._serial += 1
            day_only = happens(rng, 0.3)
            issuer = self._one(staff.issuers)
            actions.append(Action("certify", at, issuer, day_only=day_only, serial=self._serial))
            at += rng.randint(600, DAY)
            actions.append(Action("issue", at, self._one(staff.issuers)))
        at += rng.randint(1, 3) * DAY
        actions.append(Action("file", at, self._one(staff.archivists), day_only=happens(rng, 0.7)))

    def _due(self, case: Case, stops: list[Stop]) -> int:
        pauses = [(stop.begins // DAY, stop.ends // DAY) for stop in stops]
        return due_day(case.day, limit_of(case), pauses)

    def _outcome(self, case: Case, told: list[Action], finish: int | None, stops: list[Stop]) -> Outcome:
        end, last = self._axis.end, self._axis.last
        is_open = finish is None or finish > end
        if is_open and any(stop.begins <= end < stop.ends for stop in stops):
            return Outcome(told, is_open=True, late=False, due_soon=False)
        due = self._due(case, [stop for stop in stops if stop.begins <= end])
        finished = last if finish is None or is_open else finish // DAY
        late = finished > due
        return Outcome(told, is_open, late, due_soon=is_open and not late and due <= last + 1)

    def _one(self, persons: list[Person]) -> int:
        return self._rng.choice(self._rng.choice(persons))
