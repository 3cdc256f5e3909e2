"""Scenes: mornings on which a planted case overtakes others, or is overtaken.

A lane that is closed for a morning (a staff meeting, say) holds its queue until 13:30; whoever is
reviewed before that has jumped it. Scenes of one lane are days apart, so that they do not mix.
"""

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from regaudit.simulate.cases import GENERAL, MORTGAGE, Unit
from regaudit.simulate.plants import Plant
from regaudit.simulate.population import Population
from regaudit.simulate.stories import Quota
from regaudit.simulate.worktime import DAY

_DAYS_APART = 3
_ROOM = 10
_LARGEST = 20
_REASONED = (Plant.JUMP_EXPEDITED, Plant.JUMP_EXPLAINED)
_UNREASONED = (Plant.JUMP_BLANK_REASON, Plant.JUMP_LATE_REASON)


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
            stage.units += (
                _short_jump(rng, people, slot) if kind is Plant.SHORT_JUMP else _jump(rng, people, slot, n)
            )
    return stage


def _jump(rng: Random, people: Population, slot: Slot, n: int) -> list[Unit]:
    """Four or five cases wait from early morning; three that come an hour later are reviewed first."""
    lane, morning = slot.lane, slot.day * DAY
    units = _waiting(rng, people, lane, rng.randint(4, 5), (morning + 300, morning + 2_400))
    plants = [Plant.JUMP, _UNREASONED[n % 2], _REASONED[n % 2]]
    for plant in plants:
        accepted = morning + rng.randint(7_200, 9_000)
        if plant is Plant.JUMP and n % 3 == 1:
            unit = people.batch(lane, accepted, rng.randint(5, 7), plant)
        else:
            unit = people.single(lane, accepted, plant)
        unit.jumps_at = unit.arrives + rng.randint(600, 1_200)
        units.append(unit)
    return units


def _short_jump(rng: Random, people: Population, slot: Slot) -> list[Unit]:
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
