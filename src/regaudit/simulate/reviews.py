"""A case's reviews: nodes, returns and refusals, and who is planted to do them."""

from dataclasses import dataclass
from random import Random

from regaudit.simulate.actions import NOBODY, UNKNOWN, Action
from regaudit.simulate.cases import GENERAL, Case
from regaudit.simulate.chance import happens, pick
from regaudit.simulate.people import Person, Staff
from regaudit.simulate.plants import ACCEPT_REVIEW, ONE_PERSON, QUICK, Plant
from regaudit.simulate.stories import STORIES

_PLAIN = "plain"
_COURSES = {_PLAIN: 925, "returned": 30, "refused": 12, "date only": 25, "name only": 8}
"""How an unplanted case's first review goes, in thousandths."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The reviews of a case, the moment after which it can be booked, and whether it may be."""

    actions: list[Action]
    ready: int
    approved: bool


class ReviewDesk:
    """Tells the reviews of one office's cases."""

    def __init__(self, rng: Random, staff: Staff, end: int) -> None:
        self._rng = rng
        self._staff = staff
        self._end = end

    def review(self, case: Case, first: tuple[int, int], reviewer: Person) -> Reviewed:
        """All reviews of a case; `first` is when the first one begins and ends.

        A first review that the export would cut in two ends with the as-of day.
        """
        rng, plant = self._rng, case.plant
        begins, ends = first[0], min(first[1], self._end)
        course = pick(rng, _COURSES) if plant is Plant.NONE and not case.batch_no else _PLAIN
        if plant is Plant.ACCEPT_REVIEW_RETURNED:
            course = "returned"
        two_nodes = self._has_two_nodes(case, course)
        by, node, result = (
            self._first_reviewer(case, reviewer),
            "初审" if two_nodes else "审核",
            self._approval(),
        )
        if course == "date only":
            # Reviewed once, so that no later review with a time could be taken for the first.
            return Reviewed(
                [Action("review", ends, by, day_only=True, node=node, result=result)], ends, approved=True
            )
        result = {"returned": "return", "refused": "reject"}.get(course, result)
        started = begins
        if happens(rng, 0.08):
            # A platform that knows one moment only: then it is the one that the queue gave.
            started, ends = UNKNOWN, begins
        actions = [
            Action("review", ends, by, started, nameless=course == "name only", node=node, result=result)
        ]
        if STORIES[plant].sent_back:
            return Reviewed([actions[0]._replace(result="return")], ends, approved=True)
        if course == "returned":
            actions.append(self._again(ends + rng.randint(1_800, 12_000), rng.choice(reviewer), node))
        if two_nodes:
            actions.append(
                self._again(actions[-1].at + rng.randint(300, 5_000), self._second_reviewer(case), "核定")
            )
        return Reviewed(actions, actions[-1].at, approved=course != "refused")

    def _has_two_nodes(self, case: Case, course: str) -> bool:
        if case.plant is Plant.ACCEPT_REVIEW_SECOND:
            return True
        usual = case.lane == GENERAL and not case.batch_no and happens(self._rng, 0.4)
        return usual and case.plant not in QUICK and course not in {"refused", "date only"}

    def _approval(self) -> str:
        return self._rng.choice(("approve", ""))

    def _again(self, begins: int, by: int, node: str) -> Action:
        ends = begins + self._rng.randint(240, 900)
        return Action("review", ends, by, begins, node=node, result=self._approval())

    def _first_reviewer(self, case: Case, reviewer: Person) -> int:
        if case.plant in {Plant.BLANK_REVIEWER, Plant.BLANK_ACTORS}:
            return NOBODY
        if case.plant in ACCEPT_REVIEW and case.plant is not Plant.ACCEPT_REVIEW_SECOND:
            return acceptor_account(case, self._staff)
        return self._rng.choice(reviewer)

    def _second_reviewer(self, case: Case) -> int:
        if case.plant is Plant.BLANK_ACTORS:
            return NOBODY
        if case.plant in ONE_PERSON or case.plant is Plant.ACCEPT_REVIEW_SECOND:
            return acceptor_account(case, self._staff)
        return self._rng.choice(self._rng.choice(self._staff.chiefs))


def acceptor_account(case: Case, staff: Staff) -> int:
    """An account of the person who accepted the case: another one if its plant says so."""
    if case.plant is Plant.ONE_PERSON_TWO_ACCOUNTS:
        person = next(person for person in staff.acceptors if case.acceptor in person)
        return next(account for account in person if account != case.acceptor)
    return case.acceptor
