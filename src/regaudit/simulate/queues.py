"""First come, first served: each lane's queue in working time, with several reviewers."""

from heapq import heapify, heapreplace
from random import Random

from regaudit.simulate.cases import Unit
from regaudit.simulate.people import Person
from regaudit.simulate.plants import IF_QUIET, QUICK, Plant
from regaudit.simulate.stories import STORIES
from regaudit.simulate.worktime import DAY, HOUR, NOON

HANDOVER = 20
NEVER = 1 << 40
"""A moment after every export."""
_SECONDS = ((360, 1_200), (260, 720))
_BATCH_SECONDS = (60, 180)
_QUICK_SECONDS = (60, 140)
_LOAD = 0.6
_FEW = 6
_JUMP_COUNT = 3


def reviewers_needed(daily: float, lane: int) -> int:
    """Reviewers that keep a lane's queue short."""
    low, high = _SECONDS[lane]
    return max(2, round(daily * (low + high) / 2 / DAY / _LOAD + 0.5))


def serve(rng: Random, lane: int, units: list[Unit], reviewers: list[Person], closed: set[int]) -> None:
    """Gives every unit of a lane its first reviews.

    Reviews begin in the order in which the units arrive; only planted units leave that order.

    Args:
        rng: Source of chance.
        lane: The lane.
        units: Its units; `reviews` and `reviewer` are filled in.
        reviewers: Who reviews there.
        closed: Days on whose morning nobody takes a unit.
    """
    free = [(0, n) for n in range(len(reviewers))]
    heapify(free)
    queue = sorted((unit for unit in units if _stands(unit)), key=lambda unit: unit.arrives)
    served: list[Unit] = []
    for unit in queue:
        moment, who = free[0]
        begins = _open_at(max(unit.arrives + HANDOVER, moment), closed)
        out_of_turn = unit.jumps_at >= 0
        if out_of_turn and unit.plant in IF_QUIET and _overtakes(unit, served):
            out_of_turn, unit.cases[0].plant = False, Plant.WAITING
        if out_of_turn:
            _review(rng, unit, lane, unit.jumps_at, rng.choice(reviewers))
        else:
            _review(rng, unit, lane, begins, reviewers[who])
            heapreplace(free, (unit.reviews[-1][1], who))
            served.append(unit)
    _hold_back(rng, lane, queue, reviewers)


def _stands(unit: Unit) -> bool:
    """Whether a unit is in the queue; one that is never reviewed is not."""
    if STORIES[unit.plant].has_review:
        return True
    unit.reviews = [(NEVER, NEVER)] * len(unit.cases)
    return False


def _open_at(moment: int, closed: set[int]) -> int:
    day = moment // DAY
    return max(moment, day * DAY + NOON) if day in closed else moment


def _review(rng: Random, unit: Unit, lane: int, begins: int, reviewer: Person) -> None:
    low, high = _BATCH_SECONDS if len(unit.cases) > 1 else _SECONDS[lane]
    if unit.plant in QUICK:
        low, high = _QUICK_SECONDS
    unit.reviewer = reviewer
    unit.reviews = []
    for _ in unit.cases:
        ends = begins + rng.randint(low, high)
        unit.reviews.append((begins, ends))
        begins = ends


def _overtakes(unit: Unit, served: list[Unit]) -> bool:
    """Whether a planned short jump would overtake, by an hour, too many left over from the day before."""
    waiting = 0
    for other in reversed(served):
        if other.reviews[0][0] <= unit.jumps_at:
            break
        waiting += other.since <= unit.since - HOUR
    return waiting >= _JUMP_COUNT


def _hold_back(rng: Random, lane: int, queue: list[Unit], reviewers: list[Person]) -> None:
    """Puts planted stragglers behind the units that pass them."""
    in_turn = [unit for unit in queue if not unit.behind and unit.jumps_at < 0]
    for unit in queue:
        if unit.plant is Plant.PASSED_OVER_OPEN:
            _review(rng, unit, lane, NEVER, reviewers[0])
        elif unit.plant is Plant.PASSED_OVER:
            last = max(other.reviews[0][0] for other in unit.behind)
            _review(rng, unit, lane, last + rng.randint(300, 2_400), rng.choice(reviewers))
        elif unit.plant is Plant.LEFT_BEHIND:
            starts = sorted(other.reviews[0][0] for other in in_turn if other.since >= unit.since + HOUR)
            if len(starts) > _FEW and starts[_FEW] > unit.reviews[0][0]:
                _review(rng, unit, lane, starts[_FEW], rng.choice(reviewers))
