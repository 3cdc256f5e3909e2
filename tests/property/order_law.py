"""The order of steps and of bookings by the letter: every pair of acts, one after the other.

What stands in quotation marks is the rules' own wording.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from clock_law import Event

LATER = ("certify", "issue", "file")


@dataclass(frozen=True)
class Case:
    case_no: str
    is_seizure: bool
    batch_no: str
    unit_nos: tuple[str, ...]
    actions: tuple[Event, ...]

    def acts(self, *steps: str) -> list[Event]:
        """The acts of some steps that took effect; a review of any result."""
        return [a for a in self.actions if a.step in steps and (a.step == "review" or a.result == "approve")]

    @property
    def approvals(self) -> list[Event]:
        return [a for a in self.acts("review") if a.result == "approve"]


def is_missing(case: Case) -> bool | None:
    """“booked with no approving review; certified, issued or filed with no booking”.

    Raises:
        LookupError: the case is neither booked nor certified, issued or filed.
    """
    booked, later = case.acts("book"), case.acts(*LATER)
    if not booked and not later:
        raise LookupError
    if (booked and not case.approvals) or (later and not booked):
        return True if case.acts("accept") else None
    return False


def is_inverted(case: Case) -> bool:
    """“a review ends before acceptance; booking before the last approving review ended; certify, issue or
    file before booking; withdraw after booking. Date precision compares dates”.

    Raises:
        LookupError: no two acts of the case have an order.
    """
    accepts, reviews, approvals = case.acts("accept"), case.acts("review"), case.approvals
    booked, withdrawn = case.acts("book"), case.acts("withdraw")
    if not (accepts and reviews) and not (booked and (approvals or withdrawn or case.acts(*LATER))):
        raise LookupError
    return (
        _some_before_all(reviews, accepts)
        # The last booking against the last approval, and the first against the first.
        or _all_before_some(booked, approvals)
        or _some_before_all(booked, approvals)
        or any(_some_before_all(case.acts(step), booked) for step in LATER)
        or any(b.is_before(w) for b, w in product(booked, withdrawn))
    )


def _some_before_all(some: list[Event], others: list[Event]) -> bool:
    return bool(others) and any(all(a.is_before(b) for b in others) for a in some)


def _all_before_some(those: list[Event], some: list[Event]) -> bool:
    return bool(those) and any(all(a.is_before(b) for a in those) for b in some)


def out_of_turn(cases: Iterable[Case]) -> dict[str, bool | None]:
    """“for cases on the same unit_no, booking order differs from acceptance order (seizures: order of
    acceptance among seizures only)”: by case number, for each that shares a unit with another application.
    """
    booked = [case for case in cases if case.acts("accept") and case.acts("book")]
    said: dict[str, bool | None] = {}
    for case, other in product(booked, booked):
        is_other = case.case_no != other.case_no and (not case.batch_no or case.batch_no != other.batch_no)
        if is_other and case.is_seizure == other.is_seizure and {*case.unit_nos} & {*other.unit_nos}:
            worst = said.get(case.case_no, False)
            said[case.case_no] = True if worst is True else _compared(case, other) or worst
            if said[case.case_no] is False and _compared(case, other) is None:
                said[case.case_no] = None
    return said


def _compared(case: Case, other: Case) -> bool | None:
    """Whether the case was accepted after the other and booked before it."""
    accepts = case.acts("accept"), other.acts("accept")
    bookings = list(product(case.acts("book"), other.acts("book")))
    if _some_before_all(accepts[1], accepts[0]) and all(own.is_before(its) for own, its in bookings):
        return True
    may_follow = any(all(_may_be_before(its, own) for own in accepts[0]) for its in accepts[1])
    may_precede = any(_may_be_before(own, its) for own, its in bookings)
    return None if may_follow and may_precede else False


def _may_be_before(a: Event, b: Event) -> bool:
    if a.on != b.on:
        return a.on < b.on
    return a.is_date or b.is_date or a.at < b.at
