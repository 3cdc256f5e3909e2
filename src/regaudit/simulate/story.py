"""What there is to tell about a plant: how often, on which days, what differs, and which rules it breaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from regaudit.simulate.actions import Action
from regaudit.simulate.cases import GENERAL, LIMITS, MORTGAGE, Case, Stop
from regaudit.simulate.people import Staff
from regaudit.simulate.worktime import DAY, WorkAxis

RARE = 0.0002
"""The usual share of a story among all cases; those of the oldest rules are told more often."""
USUAL = 0.0008
EXPEDITE_REASON = "老年人行动不便，绿色通道"
EXPLAIN_REASON = "涉企重点项目，经领导批准提前办理"
UNLAWFUL_REASON = "领导交办，加急办理"
"""A reason, but none for which the green channel is open."""
FILLERS = ("。。。", "没有。", "同 意", "不详", "无")
"""What is written where a reason is asked for, and says nothing."""
_LAST_ACTS = 4

Cast = Callable[[Random, Case, Staff], None]
"""Changes what a case is and who takes part."""
Retell = Callable[[Random, list[Action], Staff], None]
"""Changes the actions in the end."""
Days = Callable[[int, WorkAxis], Sequence[int]]
"""From a lane, the days on which a case must be accepted for its story to come true by the as-of day."""


class Note(NamedTuple):
    """A row of `expedite` or `explain`: its reason, and seconds after acceptance or before the review."""

    step: str
    reason: str
    after_acceptance: int = 0
    before_review: int = 0


def early_enough(lane: int, axis: WorkAxis) -> range:
    """Days whose cases are done by the as-of day, whatever the limit."""
    return range(axis.last - LIMITS[lane] - 1)


def long_before(lane: int, axis: WorkAxis) -> range:
    """Days of cases that are told to the last step, filing included."""
    return range(3, axis.last - 2 * LIMITS[lane] - _LAST_ACTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """How a plant is told.

    Attributes:
        few: At least so many in a simulation of 300 cases.
        rate: Share of all cases at scale.
        breaks: Rules it breaks whatever the dates turn out to be.
        breaks_off: Rules that it would break if the profile had them on.
        days: Acceptance days.
        within: Seconds of the day between which it is accepted; empty for any time.
        lanes: Lanes that have the story.
        channel: The channel; empty for any.
        cast: Changes what the case is and who takes part.
        notes: Rows about its place in the queue.
        quick: Seconds after acceptance at which it is reviewed out of turn; 0 for in turn.
        has_review: Whether it stands in the queue at all.
        sent_back: Whether its only review sends it back.
        prechecks: Online submissions and their answers, before acceptance.
        stop: A pause between review and booking.
        booking: Moment of booking and shift, from the moment it is ready and the due day.
        explained: Whether a delay is explained on record.
        never_booked: Left open after the review.
        books: Whether a booking is on record at all.
        retell: Changes the actions in the end.
    """

    few: int = 2
    rate: float = RARE
    breaks: tuple[str, ...] = ()
    breaks_off: tuple[str, ...] = ()
    days: Days = early_enough
    within: tuple[int, int] | None = None
    lanes: tuple[int, ...] = (GENERAL, MORTGAGE)
    channel: str = ""
    cast: Cast | None = None
    notes: tuple[Note, ...] = ()
    quick: int = 0
    has_review: bool = True
    sent_back: bool = False
    prechecks: Callable[[Random, Case, Staff], list[Action]] | None = None
    stop: Callable[[Random, Case, int], Stop] | None = None
    booking: Callable[[Random, Case, int, int], tuple[int, int]] | None = None
    explained: bool = False
    never_booked: bool = False
    books: bool = True
    retell: Retell | None = None


def on_day(rng: Random, day: int, ready: int) -> tuple[int, int]:
    """A booking in working time of a day, or as soon as it is ready."""
    return max(ready + 600, day * DAY + rng.randint(1_200, 24_000)), 0


def place(actions: list[Action], step: str) -> int:
    """Where the first action of a step stands."""
    return next(n for n, action in enumerate(actions) if action.step == step)
