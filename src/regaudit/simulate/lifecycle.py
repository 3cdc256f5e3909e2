"""One case's life as actions: acceptance, reviews, pauses, booking and what follows."""

from collections import Counter
from dataclasses import dataclass
from random import Random

from regaudit.simulate.actions import NOBODY, Action
from regaudit.simulate.cases import GENERAL, OTHER_PAUSE, Case, Stop
from regaudit.simulate.chance import happens
from regaudit.simulate.people import Person, Staff
from regaudit.simulate.plants import ONE_PERSON, Plant
from regaudit.simulate.population import draw_stop
from regaudit.simulate.reviews import ReviewDesk, acceptor_account
from regaudit.simulate.stories import STORIES
from regaudit.simulate.story import EXPEDITE_REASON, FILLERS, UNLAWFUL_REASON, Note, Story
from regaudit.simulate.worktime import DAY, HOUR, WorkAxis, due_day

_REASONS = {
    "supplement": "申请材料不齐，通知补正",
    "notice": "依法公告",
    "site_visit": "实地查看",
    "objection": "利害关系人提出异议",
    "suspension": "权属争议，中止办理",
    OTHER_PAUSE: "系统升级",
}
_LATE_REASON = "系统切换期间积压，逐件补办"
_RESTS_AFTER = 2
_EXPEDITED_AT_MOST = 2
"""Cases that a clerk may expedite in a month, planted ones apart."""
_MONTH = 20
_NOTES = ("expedite", "explain")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case's actions, and what they and its dates make of it.

    Attributes:
        actions: Everything that happened up to the as-of day.
        is_open: Neither booked nor refused nor withdrawn by then.
        broken: The rules that the case breaks.
    """

    actions: list[Action]
    is_open: bool
    broken: list[str]


def _tells(reason: str) -> bool:
    return bool(reason) and reason not in FILLERS


def _is_lawful(expedite: Action, notes: list[Action]) -> bool:
    """Whether it names a ground, or an explanation does where it says nothing."""
    if _tells(expedite.reason):
        return expedite.reason != UNLAWFUL_REASON
    return any(note.step == "explain" and note.reason == EXPEDITE_REASON for note in notes)


class Narrator:
    """Tells the cases of one office."""

    def __init__(self, rng: Random, staff: Staff, axis: WorkAxis) -> None:
        self._rng = rng
        self._staff = staff
        self._axis = axis
        self._desk = ReviewDesk(rng, staff, axis.end)
        self._serial = 0
        self._expedited: Counter[tuple[int, int]] = Counter()

    def tell(self, case: Case, review: tuple[int, int], reviewer: Person) -> Outcome:
        """Tells one case to the as-of day; `review` is when its first review began and ended."""
        story = STORIES[case.plant]
        actions = self._acceptance(case, story)
        finish: int | None = None
        stops = [case.stop] if case.stop else []
        if case.stop:
            actions += self._pause(case, case.stop)
        if review[0] <= self._axis.end:
            reviewed = self._desk.review(case, review, reviewer)
            ready = max(reviewed.ready, case.accepted)
            actions += [self._noted(note, case, review[0]) for note in story.notes]
            actions += reviewed.actions
            if reviewed.approved:
                later = self._later_stop(case, story, ready, stops)
                if later:
                    stops.append(later)
                    actions += self._pause(case, later)
                    ready = later.ends
                finish = self._finish(case, story, ready, stops, actions)
            else:
                finish = ready + self._rng.randint(600, HOUR)
                actions.append(
                    Action("refuse", finish, self._one(self._staff.chiefs), reason="不符合登记条件")
                )
        elif not story.has_review:
            finish = self._finish(case, story, case.accepted, stops, actions)
        if story.retell:
            story.retell(self._rng, actions, self._staff)
        if case.doers:
            actions = [each._replace(actor=case.doers.get(each.step, each.actor)) for each in actions]
        told = [action for action in actions if action.at <= self._axis.end]
        return self._outcome(case, story, told, finish, stops)

    def _acceptance(self, case: Case, story: Story) -> list[Action]:
        rng = self._rng
        actions = story.prechecks(rng, case, self._staff) if story.prechecks else self._prechecks(case)
        acceptor = NOBODY if case.plant is Plant.BLANK_ACTORS else case.acceptor
        actions.append(Action("accept", case.accepted, acceptor, shift=case.shift, desk=case.desk))
        if case.assigned >= 0:
            actions.append(Action("assign", case.assigned, self._staff.robots[0][0]))
        if case.plant is Plant.NONE and not case.batch_no and happens(rng, 0.003):
            actions += self._expedite(case)
        return actions

    def _prechecks(self, case: Case) -> list[Action]:
        rng, staff = self._rng, self._staff
        if case.channel not in {"online", "bank"} or case.accepted % DAY <= HOUR + 600 or case.batch_no:
            return []
        asked = case.accepted - rng.randint(1_800, HOUR)
        sender = self._one(staff.banks) if case.channel == "bank" else staff.robots[0][0]
        answered = asked + rng.randint(300, 1_500)
        return [
            Action("precheck_submit", asked, sender),
            Action("precheck", answered, self._one(staff.acceptors), result="approve"),
        ]

    def _expedite(self, case: Case) -> list[Action]:
        """Expedites, unless the clerk did so often enough these days."""
        when = (case.acceptor, case.day // _MONTH)
        self._expedited[when] += 1
        if self._expedited[when] > _EXPEDITED_AT_MOST:
            return []
        return [self._note("expedite", case.accepted + 90, case, EXPEDITE_REASON)]

    def _noted(self, note: Note, case: Case, begins: int) -> Action:
        at = case.accepted + note.after_acceptance if note.after_acceptance else begins - note.before_review
        return self._note(note.step, at, case, note.reason)

    def _note(self, step: str, at: int, case: Case, reason: str) -> Action:
        approver = self._one(self._staff.chiefs) if reason else NOBODY
        return Action(step, at, case.acceptor, reason=reason, approver=approver)

    def _later_stop(self, case: Case, story: Story, ready: int, stops: list[Stop]) -> Stop | None:
        """A pause between review and booking, which no queue sees."""
        rng = self._rng
        begins = ready + rng.randint(600, 5_000)
        if story.stop:
            return story.stop(rng, case, begins)
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
        reason = _REASONS[stop.kind] if stop.reason is None else stop.reason
        return [
            Action("pause", stop.begins, actor, pause_kind=stop.kind, reason=reason, approver=approver),
            Action("resume", stop.ends, actor, pause_kind=stop.kind),
        ]

    def _finish(
        self, case: Case, story: Story, ready: int, stops: list[Stop], actions: list[Action]
    ) -> int | None:
        """Books the case, or withdraws it; null if the plant leaves it open."""
        rng = self._rng
        if story.never_booked:
            return None
        if case.plant is Plant.NONE and not case.batch_no and happens(rng, 0.008):
            at = ready + rng.randint(900, 5_000)
            actions.append(Action("withdraw", at, case.acceptor, reason="申请人撤回申请"))
            return at
        at, shift = self._booking_moment(case, story, ready, stops)
        if story.explained:
            actions.append(self._note("explain", at - 60, case, _LATE_REASON))
        booker = self._booker(case, actions)
        if story.books:
            case.booked = at
            actions.append(Action("book", at, booker, result=rng.choice(("approve", "")), shift=shift))
        self._after_booking(case, at, actions)
        return at if story.books else None

    def _booker(self, case: Case, actions: list[Action]) -> int:
        plant = case.plant
        if plant is Plant.BLANK_ACTORS:
            return NOBODY
        if plant in ONE_PERSON:
            return acceptor_account(case, self._staff) if happens(self._rng, 0.5) else case.acceptor
        if plant is Plant.BLANK_REVIEWER or plant is Plant.ACCEPT_BOOK:
            return case.acceptor
        if plant is Plant.REVIEW_BOOK:
            return next(action.actor for action in actions if action.step == "review")
        return self._one(self._staff.bookers)

    def _booking_moment(self, case: Case, story: Story, ready: int, stops: list[Stop]) -> tuple[int, int]:
        """Moment and shift of a booking: some time after the reviews, before the due day is over."""
        rng = self._rng
        due = self._due(case, stops)
        if case.after:
            ready = max(ready, case.after.booked)
        if story.booking:
            return story.booking(rng, case, ready, due)
        lag = 600 + min(DAY, int(rng.expovariate(1 / 5_400)))
        return ready + (lag if (ready + lag) // DAY < due else 600), 0

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
        pauses = [(stop.begins // DAY, stop.ends // DAY) for stop in stops if stop.kind != OTHER_PAUSE]
        return due_day(case.day, case.limit, pauses)

    def _outcome(
        self, case: Case, story: Story, told: list[Action], finish: int | None, stops: list[Stop]
    ) -> Outcome:
        end, last = self._axis.end, self._axis.last
        broken = list(story.breaks)
        is_open = finish is None or finish > end
        if is_open and any(stop.begins <= end < stop.ends and stop.kind != OTHER_PAUSE for stop in stops):
            return Outcome(told, is_open, broken)
        due = self._due(case, [stop for stop in stops if stop.begins <= end])
        finished = last if finish is None or is_open else finish // DAY
        is_late = finished > due
        if is_late:
            broken.append("overdue")
        elif is_open and due <= last + 1:
            broken.append("due-soon")
        notes = [action for action in told if action.step in _NOTES]
        is_timed = (
            (is_late and not is_open) or "queue-jump" in broken or any(n.step == "expedite" for n in notes)
        )
        if is_timed and not any(_tells(note.reason) for note in notes):
            broken.append("unexplained-timing")
        if any(note.step == "expedite" and not _is_lawful(note, notes) for note in notes):
            broken.append("expedite-unlawful")
        return Outcome(told, is_open, broken)

    def _one(self, persons: list[Person]) -> int:
        return self._rng.choice(self._rng.choice(persons))
