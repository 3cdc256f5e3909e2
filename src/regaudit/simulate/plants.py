"""What is planted: violations, and near misses that must not be taken for one."""

from dataclasses import dataclass, field
from enum import StrEnum

from regaudit.simulate.worktime import WorkAxis

LIMITS = (5, 3)
"""Promised working days of the general and the mortgage lane (profile ordos-2023)."""
STATUTORY_LIMIT = 30

_RATE = 0.0008
_SCENE_RATE = 0.0005
_TINY, _SMALL = 100, 200


class Plant(StrEnum):
    """The story that one case is made to tell."""

    NONE = ""
    WAITING = "waiting: stands in a queue that others jump"

    LATE = "booked after the promise"
    LATE_MAKEUP = "late only if the make-up workday is counted"
    LATE_STATUTORY = "booked after the statutory limit"
    OPEN_LATE = "open after the promise"
    OPEN_STATUTORY = "open after the statutory limit"
    DUE_SOON = "open, due on the as-of day or the next working day"
    ON_DUE = "near miss: booked on the last day"
    ON_DUE_PAUSED = "near miss: in time thanks to a pause"
    ON_DUE_HOLIDAY = "near miss: in time thanks to a holiday"

    ONE_PERSON = "accepted, reviewed and booked through one account"
    ONE_PERSON_TWO_ACCOUNTS = "accepted, reviewed and booked by one person through two accounts"
    ACCEPT_REVIEW = "the acceptor reviewed"
    ACCEPT_REVIEW_RETURNED = "the acceptor returned it, somebody else approved"
    ACCEPT_REVIEW_SECOND = "the acceptor did the second review"
    BLANK_REVIEWER = "near miss: acceptor booked, reviewer unknown"
    BLANK_ACTORS = "near miss: nobody named as acceptor, reviewer or booker"
    ACCEPT_BOOK = "near miss: acceptor booked, somebody else reviewed"

    JUMP = "reviewed before earlier cases"
    JUMP_BLANK_REASON = "the same, expedited with a blank reason"
    JUMP_LATE_REASON = "the same, explained only afterwards"
    JUMP_EXPEDITED = "near miss: jumped with a reason"
    JUMP_EXPLAINED = "near miss: jumped with an explanation"
    SHORT_JUMP = "near miss: overtook cases that came less than an hour before"
    PASSED_OVER = "overtaken by more than ten units"
    PASSED_OVER_OPEN = "the same, not reviewed yet"
    LEFT_BEHIND = "near miss: overtaken by a few units"


ONE_PERSON = frozenset({Plant.ONE_PERSON, Plant.ONE_PERSON_TWO_ACCOUNTS})
ACCEPT_REVIEW = ONE_PERSON | {Plant.ACCEPT_REVIEW, Plant.ACCEPT_REVIEW_RETURNED, Plant.ACCEPT_REVIEW_SECOND}
JUMPS = frozenset({Plant.JUMP, Plant.JUMP_BLANK_REASON, Plant.JUMP_LATE_REASON})
PASSED_OVER = frozenset({Plant.PASSED_OVER, Plant.PASSED_OVER_OPEN})
NEVER_BOOKED = frozenset({Plant.OPEN_LATE, Plant.OPEN_STATUTORY, Plant.DUE_SOON, Plant.PASSED_OVER_OPEN})
PERSONAL = ACCEPT_REVIEW | {Plant.BLANK_REVIEWER, Plant.BLANK_ACTORS, Plant.ACCEPT_BOOK}

_AT_LEAST = {
    Plant.LATE: 3,
    Plant.LATE_MAKEUP: 2,
    Plant.LATE_STATUTORY: 2,
    Plant.OPEN_LATE: 3,
    Plant.OPEN_STATUTORY: 1,
    Plant.DUE_SOON: 4,
    Plant.ON_DUE: 3,
    Plant.ON_DUE_PAUSED: 3,
    Plant.ON_DUE_HOLIDAY: 3,
    Plant.ONE_PERSON: 2,
    Plant.ONE_PERSON_TWO_ACCOUNTS: 2,
    Plant.ACCEPT_REVIEW: 2,
    Plant.ACCEPT_REVIEW_RETURNED: 2,
    Plant.ACCEPT_REVIEW_SECOND: 2,
    Plant.BLANK_REVIEWER: 2,
    Plant.BLANK_ACTORS: 2,
    Plant.ACCEPT_BOOK: 2,
}
_SCENES_AT_LEAST = {Plant.JUMP: 2, Plant.PASSED_OVER: 2, Plant.SHORT_JUMP: 1, Plant.LEFT_BEHIND: 1}


@dataclass(slots=True)
class Quota:
    """How much is planted in one office.

    Attributes:
        singles: Cases of each plant that concerns one case alone.
        scenes: Scenes of each plant that needs a queue, by their running number.
    """

    singles: dict[Plant, int] = field(default_factory=dict)
    scenes: dict[Plant, list[int]] = field(default_factory=dict)


def share_out(cases: int, offices: int, *, plant: bool) -> list[Quota]:
    """What each office gets: a few of everything, a fraction of a percent at scale.

    Below 200 cases there is less, below 100 there are no scenes.
    """
    quotas = [Quota() for _ in range(offices)]
    if not plant:
        return quotas
    turn = 0
    for kind, few in _AT_LEAST.items():
        for _ in range(max(few if cases >= _SMALL else min(1, cases // 40), round(cases * _RATE))):
            singles = quotas[turn % offices].singles
            singles[kind] = singles.get(kind, 0) + 1
            turn += 1
    for kind, few in _SCENES_AT_LEAST.items():
        for n in range(max(few if cases >= _SMALL else cases // _TINY, round(cases * _SCENE_RATE))):
            quotas[turn % offices].scenes.setdefault(kind, []).append(n)
            turn += 1
    return quotas


def acceptance_days(plant: Plant, lane: int, axis: WorkAxis) -> range | list[int]:  # noqa: PLR0911 - a table by plant
    """Days on which a case must be accepted for its plant to come true by the as-of day."""
    limit, last = LIMITS[lane], axis.last
    match plant:
        case Plant.LATE:
            return range(last - limit - 4)
        case Plant.LATE_MAKEUP:
            return [day for day in range(last - limit) if axis.counts_makeup(day, limit)]
        case Plant.LATE_STATUTORY:
            return range(last - STATUTORY_LIMIT - 5)
        case Plant.OPEN_LATE:
            return range(max(0, last - limit - 9), last - limit)
        case Plant.OPEN_STATUTORY:
            return range(max(0, last - STATUTORY_LIMIT - 8), last - STATUTORY_LIMIT)
        case Plant.DUE_SOON:
            return range(max(0, last - limit), max(0, last - limit + 2))
        case Plant.ON_DUE_HOLIDAY:
            return [day for day in range(last - limit) if axis.skips_holiday(day, limit)]
        case Plant.ON_DUE_PAUSED:
            return range(last - limit - 7) if lane == 0 else []
        case _:
            return range(last - limit - 1)


def guilty_of(plant: Plant) -> list[str]:
    """Rules about order and persons that a case with this plant breaks."""
    families = {
        "queue-jump": JUMPS,
        "passed-over": PASSED_OVER,
        "one-person": ONE_PERSON,
        "accept-review-same": ACCEPT_REVIEW,
    }
    return [rule for rule, plants in families.items() if plant in plants]
