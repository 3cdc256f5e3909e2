"""Stories about the queue and about steps: their order, missing ones, and ones that no law knows."""

from random import Random

from regaudit.simulate.actions import UNKNOWN_STEP, Action
from regaudit.simulate.cases import GENERAL, TRANSFER, Case
from regaudit.simulate.people import Staff
from regaudit.simulate.plants import Plant
from regaudit.simulate.story import (
    EXPEDITE_REASON,
    EXPLAIN_REASON,
    FILLERS,
    Note,
    Retell,
    Story,
    long_before,
    place,
)
from regaudit.simulate.worktime import HOUR

_JUMP, _PASSED_OVER = ("queue-jump",), ("passed-over",)

_QUEUE_STORIES = {
    Plant.WAITING: Story(few=0),
    Plant.PART: Story(few=0),
    Plant.JUMP: Story(few=0, breaks=_JUMP),
    Plant.JUMP_BLANK_REASON: Story(few=0, breaks=_JUMP, notes=(Note("expedite", "", before_review=200),)),
    Plant.JUMP_FILLER_REASON: Story(
        few=0, breaks=_JUMP, notes=(Note("expedite", FILLERS[0], before_review=200),)
    ),
    Plant.JUMP_PAST_PAUSES: Story(few=0, breaks=_JUMP),
    Plant.JUMP_OLD_BATCH: Story(few=0, breaks=_JUMP),
    Plant.AFTER_PAUSES: Story(few=0),
    Plant.EARLY_BATCH: Story(few=0),
    Plant.JUMP_LATE_REASON: Story(
        few=0, breaks=_JUMP, notes=(Note("explain", EXPLAIN_REASON, before_review=-HOUR),)
    ),
    Plant.JUMP_EXPEDITED: Story(few=0, notes=(Note("expedite", EXPEDITE_REASON, before_review=200),)),
    Plant.JUMP_EXPLAINED: Story(few=0, notes=(Note("explain", EXPLAIN_REASON, before_review=200),)),
    Plant.SHORT_JUMP: Story(few=0),
    Plant.PASSED_OVER: Story(few=0, breaks=_PASSED_OVER),
    Plant.PASSED_OVER_OPEN: Story(few=0, breaks=_PASSED_OVER, never_booked=True),
    Plant.LEFT_BEHIND: Story(few=0),
}
"""All of them are told in scenes."""


def _transfer(_: Random, case: Case, __: Staff) -> None:
    case.registration_type = TRANSFER


def _within_the_hour(rng: Random, case: Case, _: int, __: int) -> tuple[int, int]:
    """Booked before anybody who comes an hour later is reviewed."""
    return case.accepted + rng.randint(1_000, 2_400), 0


def _approve_again(rng: Random, actions: list[Action], staff: Staff) -> None:
    booked = actions[place(actions, "book")].at
    by = rng.choice(rng.choice(staff.chiefs))
    begun = booked + rng.randint(600, 3_000)
    actions.append(Action("review", begun + 300, by, begun, node="核定", result="approve"))


def _before_booking(*steps: str) -> Retell:
    def retell(rng: Random, actions: list[Action], _: Staff) -> None:
        at = actions[place(actions, "book")].at - 500
        for step in steps:
            at += rng.randint(60, 200)
            n = place(actions, step)
            actions[n] = actions[n]._replace(at=at, day_only=False)

    return retell


def _withdraw(rng: Random, actions: list[Action], _: Staff) -> None:
    booked = actions[place(actions, "book")].at
    acceptor = actions[place(actions, "accept")].actor
    actions.append(Action("withdraw", booked + rng.randint(1_200, 9_000), acceptor, reason="申请人撤回申请"))


def _dates_alone(_: Random, actions: list[Action], __: Staff) -> None:
    booked = actions[place(actions, "book")].at
    for step in ("certify", "issue", "file"):
        n = place(actions, step)
        actions[n] = actions[n]._replace(at=booked, day_only=True)


def _unknown_step(rng: Random, actions: list[Action], staff: Staff) -> None:
    at = actions[place(actions, "book")].at - rng.randint(60, 500)
    actions.append(Action(UNKNOWN_STEP, at, rng.choice(rng.choice(staff.chiefs))))


def _unknown_node(rng: Random, actions: list[Action], staff: Staff) -> None:
    at = actions[place(actions, "book")].at - rng.randint(60, 200)
    by = rng.choice(rng.choice(staff.chiefs))
    actions.append(Action("review", at, by, at - 300, node="街道会审", result="approve"))


def _charge(rng: Random, actions: list[Action], staff: Staff) -> None:
    at = actions[place(actions, "book")].at
    chief, clerk = (rng.choice(rng.choice(persons)) for persons in (staff.chiefs, staff.issuers))
    actions.append(Action("review", at - 60, chief, at - 360, node="复审", result="approve"))
    actions.append(Action("charge", at + rng.randint(60, 250), clerk))


_MISSING, _DISORDER, _EXTRA = ("missing-step",), ("out-of-order",), ("extra-step",)
_STEP_STORIES = {
    Plant.UNREVIEWED: Story(breaks=_MISSING, within=(300, 9_000), has_review=False, booking=_within_the_hour),
    Plant.RETURNED_ONLY: Story(breaks=_MISSING, sent_back=True),
    Plant.UNBOOKED: Story(breaks=_MISSING, days=long_before, cast=_transfer, books=False),
    Plant.REVIEWED_EARLY: Story(breaks=_DISORDER, days=long_before, quick=-1_200),
    Plant.REVIEWED_LATE: Story(breaks=_DISORDER, days=long_before, retell=_approve_again),
    Plant.CERTIFIED_EARLY: Story(
        breaks=_DISORDER, days=long_before, cast=_transfer, retell=_before_booking("certify")
    ),
    Plant.ISSUED_EARLY: Story(
        breaks=_DISORDER, days=long_before, cast=_transfer, retell=_before_booking("certify", "issue")
    ),
    Plant.WITHDRAWN_LATE: Story(breaks=_DISORDER, days=long_before, retell=_withdraw),
    Plant.DATES_ALONE: Story(days=long_before, cast=_transfer, retell=_dates_alone),
    Plant.EXTRA_STEP: Story(breaks=_EXTRA, days=long_before, retell=_unknown_step),
    Plant.EXTRA_NODE: Story(breaks_off=_EXTRA, days=long_before, retell=_unknown_node),
    Plant.CHARGED: Story(days=long_before, lanes=(GENERAL,), retell=_charge),
}

ORDER_STORIES = _QUEUE_STORIES | _STEP_STORIES
