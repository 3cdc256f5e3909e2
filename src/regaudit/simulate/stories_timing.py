"""Stories about time limits, prechecks, pauses, and reasons on record."""

from random import Random

from regaudit.simulate.actions import Action
from regaudit.simulate.cases import (
    GENERAL,
    LIMITS,
    OTHER_PAUSE,
    STATUTORY_LIMIT,
    Case,
    Stop,
)
from regaudit.simulate.people import Staff
from regaudit.simulate.plants import Plant
from regaudit.simulate.story import (
    EXPEDITE_REASON,
    FILLERS,
    UNLAWFUL_REASON,
    USUAL,
    Note,
    Story,
    long_before,
    on_day,
)
from regaudit.simulate.worktime import DAY, WorkAxis

_VISIT_DAYS = 5


def _late(rng: Random, _: Case, ready: int, due: int) -> tuple[int, int]:
    return on_day(rng, due + rng.randint(1, 4), ready)


def _just_late(rng: Random, _: Case, ready: int, due: int) -> tuple[int, int]:
    return on_day(rng, due + 1, ready)


def _beyond_the_law(rng: Random, case: Case, ready: int, _: int) -> tuple[int, int]:
    return on_day(rng, case.day + STATUTORY_LIMIT + rng.randint(1, 5), ready)


def _on_due(rng: Random, _: Case, ready: int, due: int) -> tuple[int, int]:
    return on_day(rng, due, ready)


def _days_late(lane: int, axis: WorkAxis) -> range:
    return range(axis.last - LIMITS[lane] - 4)


def _days_makeup(lane: int, axis: WorkAxis) -> list[int]:
    return [day for day in range(axis.last - LIMITS[lane]) if axis.counts_makeup(day, LIMITS[lane])]


def _days_holiday(lane: int, axis: WorkAxis) -> list[int]:
    return [day for day in range(axis.last - LIMITS[lane]) if axis.skips_holiday(day, LIMITS[lane])]


def _days_statutory(_: int, axis: WorkAxis) -> range:
    return range(axis.last - STATUTORY_LIMIT - 5)


def _days_open_late(lane: int, axis: WorkAxis) -> range:
    return range(max(0, axis.last - LIMITS[lane] - 9), axis.last - LIMITS[lane])


def _days_open_statutory(_: int, axis: WorkAxis) -> range:
    return range(max(0, axis.last - STATUTORY_LIMIT - 8), axis.last - STATUTORY_LIMIT)


def _days_due_soon(lane: int, axis: WorkAxis) -> range:
    return range(max(0, axis.last - LIMITS[lane]), max(0, axis.last - LIMITS[lane] + 2))


_LIMIT_STORIES = {
    Plant.LATE: Story(few=3, rate=USUAL, days=_days_late, booking=_late),
    Plant.LATE_EXPLAINED: Story(days=_days_late, booking=_late, explained=True),
    Plant.LATE_MAKEUP: Story(rate=USUAL, days=_days_makeup, booking=_just_late),
    Plant.LATE_STATUTORY: Story(rate=USUAL, days=_days_statutory, booking=_beyond_the_law),
    Plant.OPEN_LATE: Story(few=3, rate=USUAL, days=_days_open_late, never_booked=True),
    Plant.OPEN_STATUTORY: Story(few=1, rate=USUAL, days=_days_open_statutory, never_booked=True),
    Plant.DUE_SOON: Story(few=4, rate=USUAL, days=_days_due_soon, never_booked=True),
    Plant.ON_DUE: Story(few=3, rate=USUAL, booking=_on_due),
    Plant.ON_DUE_PAUSED: Story(
        few=3,
        rate=USUAL,
        lanes=(GENERAL,),
        days=lambda _, axis: range(axis.last - 12),
        stop=lambda rng, _, begins: Stop("supplement", begins, begins + rng.randint(3, 5) * DAY),
        booking=_on_due,
    ),
    Plant.ON_DUE_HOLIDAY: Story(few=3, rate=USUAL, days=_days_holiday, booking=_on_due),
}


def _precheck(asked: int, answered: int, staff: Staff, rng: Random, result: str = "approve") -> list[Action]:
    clerk = rng.choice(rng.choice(staff.acceptors))
    return [
        Action("precheck_submit", asked, staff.robots[0][0]),
        Action("precheck", answered, clerk, result=result),
    ]


def _prechecked_late(rng: Random, case: Case, staff: Staff) -> list[Action]:
    answered = case.accepted - rng.randint(300, 900)
    return _precheck(answered - DAY - rng.choice((rng.randint(60, 900), DAY)), answered, staff, rng)


def _prechecked_again(rng: Random, case: Case, staff: Staff) -> list[Action]:
    [asked, answered] = _prechecked_late(rng, case, staff)
    first = _precheck(asked.at - 3_000, asked.at - 2_400, staff, rng, "return")
    return [*first, asked, answered]


def _never_prechecked(rng: Random, case: Case, staff: Staff) -> list[Action]:
    return [Action("precheck_submit", case.accepted - rng.randint(1_800, 3_600), staff.robots[0][0])]


def _prechecked_in_time(rng: Random, case: Case, staff: Staff) -> list[Action]:
    answered = case.accepted - rng.randint(300, 900)
    return _precheck(answered - DAY + rng.randint(30, 600), answered, staff, rng)


def _days_in_a_row(lane: int, axis: WorkAxis) -> list[int]:
    return [day for day in long_before(lane, axis) if (axis.days[day] - axis.days[day - 1]).days == 1]


_LATE_MORNING = (3_600, 9_000)
_PRECHECK_STORIES = {
    Plant.PRECHECK_LATE: Story(
        few=3,
        breaks=("precheck-overdue",),
        days=long_before,
        within=_LATE_MORNING,
        channel="online",
        prechecks=_prechecked_late,
    ),
    Plant.PRECHECK_LATE_AGAIN: Story(
        breaks=("precheck-overdue",),
        days=long_before,
        within=_LATE_MORNING,
        channel="online",
        prechecks=_prechecked_again,
    ),
    Plant.PRECHECK_NEVER: Story(
        breaks=("precheck-overdue",),
        days=long_before,
        within=_LATE_MORNING,
        channel="online",
        prechecks=_never_prechecked,
    ),
    Plant.PRECHECK_IN_TIME: Story(
        few=3, days=_days_in_a_row, within=_LATE_MORNING, channel="online", prechecks=_prechecked_in_time
    ),
}


def _visit(days: int, more: int) -> Story:
    return Story(
        breaks=("unlawful-pause",) if more else (),
        lanes=(GENERAL,),
        days=lambda lane, axis: range(3, long_before(lane, axis).stop - days - more),
        stop=lambda rng, _, begins: Stop(
            "site_visit", begins, begins + (days + rng.randint(min(more, 1), more)) * DAY
        ),
    )


def _paused_late(rng: Random, case: Case, ready: int) -> Stop:
    begins = max(ready, (case.day + case.limit + 1) * DAY) + rng.randint(1_000, 20_000)
    return Stop("supplement", begins, begins + DAY + rng.randint(600, 6_000))


def _paused_on_due(rng: Random, case: Case, ready: int) -> Stop:
    begins = max(ready, (case.day + case.limit) * DAY) + rng.randint(1_000, 9_000)
    return Stop("notice", begins, begins + rng.randint(1_800, 7_200))


def _at_once(rng: Random, _: Case, ready: int, __: int) -> tuple[int, int]:
    return ready + rng.randint(600, 3_000), 0


_PAUSE_STORIES = {
    Plant.PAUSE_OTHER: Story(
        breaks=("unlawful-pause",),
        lanes=(GENERAL,),
        stop=lambda rng, _, begins: Stop(OTHER_PAUSE, begins, begins + rng.randint(7_200, DAY)),
        booking=_at_once,
    ),
    Plant.PAUSE_NO_REASON: Story(
        breaks=("unlawful-pause",),
        lanes=(GENERAL,),
        days=long_before,
        stop=lambda rng, _, begins: Stop("supplement", begins, begins + rng.randint(1, 3) * DAY, reason=""),
    ),
    Plant.PAUSE_FILLER: Story(
        breaks=("unlawful-pause",),
        lanes=(GENERAL,),
        days=long_before,
        stop=lambda rng, _, begins: Stop(
            "supplement", begins, begins + rng.randint(1, 3) * DAY, reason=rng.choice(FILLERS)
        ),
    ),
    Plant.PAUSE_TERSE: Story(
        lanes=(GENERAL,),
        days=long_before,
        stop=lambda rng, _, begins: Stop(
            "supplement", begins, begins + rng.randint(1, 3) * DAY, reason="补件"
        ),
    ),
    Plant.PAUSE_AFTER_DUE: Story(
        breaks=("unlawful-pause",), days=long_before, stop=_paused_late, booking=_at_once
    ),
    Plant.PAUSE_VISIT_LONG: _visit(_VISIT_DAYS, 3),
    Plant.PAUSE_VISIT_FULL: _visit(_VISIT_DAYS, 0),
    Plant.PAUSE_ON_DUE: Story(days=long_before, stop=_paused_on_due, booking=_at_once),
}

_REASON_STORIES = {
    Plant.EXPEDITED_BLANK: Story(few=3, notes=(Note("expedite", "", after_acceptance=90),)),
    Plant.EXPEDITED_EXPLAINED: Story(
        notes=(
            Note("expedite", "", after_acceptance=90),
            Note("explain", EXPEDITE_REASON, after_acceptance=4_000),
        )
    ),
    Plant.EXPEDITED_FILLER: Story(few=3, notes=(Note("expedite", FILLERS[1], after_acceptance=90),)),
    Plant.EXPEDITED_UNLAWFUL: Story(notes=(Note("expedite", UNLAWFUL_REASON, after_acceptance=90),)),
    Plant.EXPEDITED_ALIKE: Story(notes=(Note("expedite", "同意残疾人优先，无陪同", after_acceptance=90),)),
    Plant.EXPEDITED: Story(notes=(Note("expedite", EXPEDITE_REASON, after_acceptance=90),)),
}


TIMING_STORIES = _LIMIT_STORIES | _PRECHECK_STORIES | _PAUSE_STORIES | _REASON_STORIES
