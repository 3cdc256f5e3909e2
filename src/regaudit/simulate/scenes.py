"""Scenes: mornings on which a planted case overtakes others, or is overtaken.

A lane that is closed for a morning (a staff meeting, say) holds its queue until 13:30; whoever is
reviewed before that has jumped it. Scenes of one lane are days apart, so that they do not mix.
"""

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from regaudit.simulate.cases import GENERAL, MORTGAGE, Stop, Unit
from regaudit.simulate.plants import Plant
from regaudit.simulate.population import Population
from regaudit.simulate.stories import Quota
from regaudit.simulate.worktime import DAY

_DAYS_APART = 3
_ROOM = 10
_LARGEST = 20
_REASONED = (Plant.JUMP_EXPEDITED, Plant.JUMP_EXPLAINED)
_UNREASONED = (Plant.JUMP_BLANK_REASON, Plant.JUMP_LATE_REASON, Plant.JUMP_FILLER_REASON)


class Slot(NamedTuple):
    """Where and when a scene plays."""

    lane: int
    day: int


@dataclass(slots=True)
class Stage:
    """The scenes of one office: their units, and the mornings on which a lane is closed."""

    units: list[Unit] = field(default_factory=list)
    closed: set[Slot] = field(default_factory=set)

    @property
    def cases(self) -> int:
        """Cases in all scenes."""
        return sum(len(unit.cases) for unit in self.units)


def set_scenes(rng: Random, people: Population, quota: Quota, last: int, room: int) -> Stage:
    """Sets an office's scenes, as many as fit into its days and half of its `room` cases."""
    stage = Stage()
    slots = [Slot(lane, day) for lane in (GENERAL, MORTGAGE) for day in range(2, last - 8, _DAYS_APART)]
    rng.shuffle(slots)
    wanted = [(n, kind) for kind, numbers in quota.scenes.items() for n in numbers]
    for n, kind in sorted(wanted, key=lambda scene: scene[0]):
        if not slots or stage.cases + _LARGEST > room // 2:
            break
        if kind is Plant.PASSED_OVER and n == 0 and last > _ROOM:
            slot = Slot(GENERAL, last - 3)  # later than any of the slots
            stage.units += _passing(rng, people, slot, [Plant.PASSED_OVER_OPEN], 12)
            continue
        slot = slots.pop()
        if kind is Plant.PASSED_OVER:
            stage.units += _passing(rng, people, slot, [Plant.PASSED_OVER, Plant.PASSED_OVER], 12)
        elif kind is Plant.LEFT_BEHIND:
            stage.units += _passing(rng, people, slot, [Plant.LEFT_BEHIND], 7)
        else:
            stage.closed.add(slot)
            stage.units += _MORNINGS[kind](rng, people, slot, n)
    return stage


def _jump(rng: Random, people: Population, slot: Slot, n: int) -> list[Unit]:
    """Four or five cases wait from early morning; three that come an hour later are reviewed first."""
    lane, morning = slot.lane, slot.day * DAY
    units = _waiting(rng, people, lane, rng.randint(4, 5), (morning + 300, morning + 2_400))
    plants = [Plant.JUMP, _UNREASONED[n % len(_UNREASONED)], _REASONED[n % 2]]
    for plant in plants:
        accepted = morning + rng.randint(7_200, 9_000)
        if plant is Plant.JUMP and n % 3 == 1:
            unit = people.batch(lane, accepted, rng.randint(5, 7), plant)
        else:
            unit = people.single(lane, accepted, plant)
        unit.jumps_at = unit.arrives + rng.randint(600, 1_200)
        units.append(unit)
    return units


def _past_pauses(rng: Random, people: Population, slot: Slot, n: int) -> list[Unit]:
    """Four cases are paused, for some minutes or most of the morning; one that came later is taken first."""
    lane, morning = slot.lane, slot.day * DAY
    units = _waiting(rng, people, lane, 4, (morning + 300, morning + 1_500))
    for unit in units:
        case = unit.cases[0]
        begins = unit.arrives + 60
        length = rng.randint(300, 1_200) if n % 2 == 0 else morning + rng.randint(6_600, 7_000) - begins
        case.stop = Stop("supplement", begins, begins + length)
        unit.arrives = case.stop.ends
        if n % 2:
            unit.since = unit.arrives
    plant = Plant.AFTER_PAUSES if n % 2 else Plant.JUMP_PAST_PAUSES
    jumper = people.single(lane, morning + rng.randint(7_200, 8_400), plant)
    jumper.jumps_at = jumper.arrives + rng.randint(600, 1_200)
    return [*units, jumper]


def _batched(rng: Random, people: Population, slot: Slot, n: int) -> list[Unit]:
    """A case that came late is taken first: under an old batch's number, or as part of an early one."""
    lane, morning = slot.lane, slot.day * DAY
    units = _waiting(rng, people, lane, 4, (morning + 900, morning + 2_400))
    if n % 2:
        batch = people.batch(lane, morning + 300, 5, Plant.EARLY_BATCH)
        late = morning + rng.randint(7_200, 8_400)
        batch.cases[-1].accepted = late
        batch.arrives = late + 60
        batch.jumps_at = batch.arrives + rng.randint(600, 1_200)
        return [*units, batch]
    old = people.batch(lane, max(0, slot.day - 4) * DAY + rng.randint(600, 12_000), 5, Plant.WAITING)
    jumper = people.single(lane, morning + rng.randint(7_200, 8_400), Plant.JUMP_OLD_BATCH)
    jumper.cases[0].acceptor = old.cases[0].acceptor
    jumper.cases[0].batch_no = old.cases[0].batch_no
    jumper.jumps_at = jumper.arrives + rng.randint(600, 1_200)
    return [old, *units, jumper]


def _short_jump(rng: Random, people: Population, slot: Slot, _: int) -> list[Unit]:
    """A case overtakes four that came less than an hour before it."""
    lane, morning = slot.lane, slot.day * DAY
    units = _waiting(rng, people, lane, 4, (morning + 300, morning + 600))
    jumper = people.single(lane, morning + rng.randint(2_900, 3_000), Plant.SHORT_JUMP)
    jumper.jumps_at = morning + 4_200
    return [*units, jumper]


def _passing(rng: Random, people: Population, slot: Slot, plants: list[Plant], others: int) -> list[Unit]:
    """Cases of early morning are put aside until others, who came an hour and more later, are reviewed."""
    lane, morning = slot.lane, slot.day * DAY
    passing = _waiting(rng, people, lane, others, (morning + 6_300, morning + 22_000))
    stragglers = [people.single(lane, morning + rng.randint(300, 1_500), plant) for plant in plants]
    for unit in stragglers:
        unit.behind = passing
    return [*stragglers, *passing]


def _waiting(rng: Random, people: Population, lane: int, count: int, window: tuple[int, int]) -> list[Unit]:
    return [people.single(lane, rng.randint(*window), Plant.WAITING) for _ in range(count)]


_MORNINGS = {
    Plant.JUMP: _jump,
    Plant.SHORT_JUMP: _short_jump,
    Plant.JUMP_PAST_PAUSES: _past_pauses,
    Plant.JUMP_OLD_BATCH: _batched,
}
"""Scenes of a morning on which the lane is closed."""
