"""Stories about cases that are handled too fast, and about hours at which nobody should be at work.

Offices work overtime on days of odd number only, and break their hours on days of even number, so that no
overtime excuses what was planted.
"""

from dataclasses import replace
from random import Random

from regaudit.simulate.actions import Action
from regaudit.simulate.cases import CANCELLATION, GENERAL, LIMITS, SEIZURE, TRANSFER, Case
from regaudit.simulate.people import Staff
from regaudit.simulate.plants import Plant
from regaudit.simulate.story import Cast, Story, early_enough, on_day, place
from regaudit.simulate.worktime import DAY, HOUR, NOON, WorkAxis

_QUICKLY = 30
_GRACE = 1_800
_DAY_OFF_AT_TEN = 59_401
"""Seconds from the last one of working hours to ten o'clock of the day after."""


def _by(kind: str, *, robot: bool = False) -> Cast:
    def cast(rng: Random, case: Case, staff: Staff) -> None:
        case.registration_type = kind
        person = staff.robots[0] if robot else rng.choice(staff.acceptors)
        case.acceptor = rng.choice(person)

    return cast


def _within_ten_minutes(rng: Random, case: Case, _: int, __: int) -> tuple[int, int]:
    return case.accepted + rng.randint(310, 595), 0


def _after_ten_minutes(rng: Random, case: Case, _: int, __: int) -> tuple[int, int]:
    return case.accepted + rng.randint(600, 690), 0


_FAST = Story(
    within=(1_800, 11_000),
    lanes=(GENERAL,),
    channel="window",
    cast=_by(TRANSFER),
    quick=_QUICKLY,
    booking=_within_ten_minutes,
)
_FAST_STORIES = {
    Plant.FAST: replace(_FAST, breaks=("too-fast",)),
    Plant.FAST_OVERNIGHT: replace(_FAST, breaks=("too-fast",), within=(26_720, 26_900)),
    Plant.FAST_ENOUGH: replace(_FAST, booking=_after_ten_minutes),
    Plant.FAST_SEIZURE: replace(_FAST, cast=_by(SEIZURE)),
    Plant.FAST_CANCELLATION: replace(_FAST, cast=_by(CANCELLATION)),
    Plant.FAST_ROBOT: replace(_FAST, channel="online", cast=_by(TRANSFER, robot=True)),
}


def _even(lane: int, axis: WorkAxis) -> range:
    return range(2, axis.last - LIMITS[lane] - 4, 2)


def _before_day_off(lane: int, axis: WorkAxis) -> list[int]:
    return [day for day in early_enough(lane, axis) if (axis.days[day + 2] - axis.days[day + 1]).days > 1]


def _accepted(least: int, most: int) -> Cast:
    def cast(rng: Random, case: Case, staff: Staff) -> None:
        case.acceptor = rng.choice(rng.choice(staff.acceptors))
        case.shift = -rng.randint(least, most)

    return cast


def _evening(ready: int, parity: int) -> int:
    """The last second of the first day after `ready` whose number is even or odd."""
    day = ready // DAY + 1
    return (day + (day % 2 != parity) + 1) * DAY - 1


def _booked_late(rng: Random, _: Case, ready: int, __: int) -> tuple[int, int]:
    return _evening(ready, 0), rng.randint(_GRACE + 2, 3 * HOUR)


def _booked_in_grace(rng: Random, _: Case, ready: int, __: int) -> tuple[int, int]:
    return _evening(ready, 0), rng.randint(600, _GRACE + 1)


def _booked_in_overtime(rng: Random, _: Case, ready: int, __: int) -> tuple[int, int]:
    return _evening(ready, 1), rng.randint(_GRACE + 2, 3 * HOUR)


def _booked_on_day_off(rng: Random, case: Case, ready: int, due: int) -> tuple[int, int]:
    day = case.day + 1
    if ready + 600 < (day + 1) * DAY:
        return (day + 1) * DAY - 1, _DAY_OFF_AT_TEN + rng.randint(-HOUR, 3 * HOUR)
    return on_day(rng, due, ready)


def _record_overtime(_: Random, actions: list[Action], __: Staff) -> None:
    booking = actions[place(actions, "book")]
    actions.append(Action("overtime", booking.at, booking.actor, shift=60, reason="延时服务"))


def _review_in_the_evening(rng: Random, actions: list[Action], staff: Staff) -> None:
    """A further review between the last one and the booking, which is the day after at the earliest."""
    evening = _evening(max(action.at for action in actions if action.step == "review") - DAY, 0)
    by = rng.choice(rng.choice(staff.chiefs))
    shift = rng.randint(_GRACE + 2, 2 * HOUR)
    actions.append(Action("review", evening, by, evening - 600, node="核定", result="approve", shift=shift))


def _booked_after_evening(rng: Random, _: Case, ready: int, __: int) -> tuple[int, int]:
    return _evening(ready - DAY, 0) + rng.randint(600, 9_000), 0


_OFF = ("off-hours",)
_HOURS_STORIES = {
    Plant.OFF_HOURS_ACCEPT: Story(
        breaks=_OFF, days=_even, within=(0, 200), channel="window", cast=_accepted(2_001, 4_500)
    ),
    Plant.OFF_HOURS_NOON: Story(
        breaks=_OFF, days=_even, within=(NOON, NOON + 200), channel="window", cast=_accepted(2_001, 3_500)
    ),
    Plant.OFF_HOURS_REVIEW: Story(
        breaks=_OFF, days=_even, booking=_booked_after_evening, retell=_review_in_the_evening
    ),
    Plant.OFF_HOURS_BOOK: Story(breaks=_OFF, days=_even, booking=_booked_late),
    Plant.OFF_HOURS_WEEKEND: Story(
        breaks=_OFF,
        lanes=(GENERAL,),
        days=_before_day_off,
        within=(300, 12_000),
        booking=_booked_on_day_off,
    ),
    Plant.OFF_HOURS_GRACE: Story(days=_even, booking=_booked_in_grace),
    Plant.OFF_HOURS_EARLY: Story(days=_even, within=(0, 0), channel="window", cast=_accepted(60, _GRACE)),
    Plant.OFF_HOURS_OVERTIME: Story(days=_even, booking=_booked_in_overtime, retell=_record_overtime),
}

PACE_STORIES = _FAST_STORIES | _HOURS_STORIES
