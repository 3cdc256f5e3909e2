"""All stories, and how often each office tells them."""

from dataclasses import dataclass, field

from regaudit.simulate.ensembles import ENSEMBLES
from regaudit.simulate.plants import Plant
from regaudit.simulate.stories_order import ORDER_STORIES
from regaudit.simulate.stories_pace import PACE_STORIES
from regaudit.simulate.stories_persons import PERSON_STORIES
from regaudit.simulate.stories_timing import TIMING_STORIES
from regaudit.simulate.story import Story

STORIES: dict[Plant, Story] = {
    Plant.NONE: Story(few=0),
    **TIMING_STORIES,
    **PACE_STORIES,
    **PERSON_STORIES,
    **ORDER_STORIES,
}

_SCENES_AT_LEAST = {
    Plant.JUMP: 2,
    Plant.PASSED_OVER: 2,
    Plant.SHORT_JUMP: 1,
    Plant.LEFT_BEHIND: 1,
    Plant.JUMP_PAST_PAUSES: 2,
    Plant.JUMP_OLD_BATCH: 2,
}
"""Of the last two every other one is told as its innocent twin."""
_SCENE_RATE = 0.0005
_SMALL, ENOUGH = 40, 300
"""From so many cases on something is planted, and everything is."""


@dataclass(slots=True)
class Quota:
    """How much is planted in one office.

    Attributes:
        singles: Cases of each plant that concerns one case alone.
        ensembles: Numbers of the ensembles, see `ENSEMBLES`, each with its running number.
        scenes: Scenes of each plant that needs a queue, by their running number.
    """

    singles: dict[Plant, int] = field(default_factory=dict)
    ensembles: list[tuple[int, int]] = field(default_factory=list)
    scenes: dict[Plant, list[int]] = field(default_factory=dict)


def share_out(cases: int, offices: int, *, plant: bool) -> list[Quota]:
    """What each office gets: a few of everything, a few percent in all at scale.

    Below 300 cases there is less, below 40 nothing.
    """
    quotas = [Quota() for _ in range(offices)]
    if not plant or cases < _SMALL:
        return quotas
    turn = 0
    told = [(kind, story) for kind, story in STORIES.items() if story.few]
    for place, (kind, story) in enumerate(told):
        for _ in range(_times(cases, place, story.few, story.rate)):
            singles = quotas[turn % offices].singles
            singles[kind] = singles.get(kind, 0) + 1
            turn += 1
    for place, ensemble in enumerate(ENSEMBLES):
        for n in range(_times(cases, 2 * place, ensemble.few, ensemble.rate)):
            quotas[turn % offices].ensembles.append((place, n))
            turn += 1
    for kind, few in _SCENES_AT_LEAST.items():
        for n in range(max(few if cases >= ENOUGH else cases // 100, round(cases * _SCENE_RATE))):
            quotas[turn % offices].scenes.setdefault(kind, []).append(n)
            turn += 1
    return quotas


def _times(cases: int, place: int, few: int, rate: float) -> int:
    """How often to tell a story; the shorter the list may be, the fewer of it."""
    least = few if cases >= ENOUGH else 1 if place < cases // 8 else 0
    return max(least, round(cases * rate))
