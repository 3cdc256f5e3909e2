"""The order of steps and of bookings by the letter: every pair of acts, one after the other.

What stands in quotation marks is the rules' own wording.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from clock_law import Event

TITLES = ("certify", "issue")
LATER = (*TITLES, "file")
NO_END = {"refuse": ("return", "transfer"), "withdraw": ("return", "reject", "transfer")}
APPROVALS = ("approve", "通过")
UNSURE = "已阅"


@dataclass(frozen=True)
class Case:
    case_no: str
    is_seizure: bool
    batch_no: str
    unit_nos: tuple[str, ...]
    actions: tuple[Event, ...]

    def acts(self, *steps: str) -> list[Event]:
        """The acts of some steps that took effect; a review of any result."""
        return [a for a in self.actions if a.step in steps and _is_effective(a)]

    @property
    def approvals(self) -> list[Event]:
        return [a for a in self.acts("review") if a.result in APPROVALS]

    @property
    def is_accepted(self) -> bool:
        return bool(self.acts("accept"))

    @property
    def is_sure(self) -> bool:
        """Whether what is known of its results leaves nothing open."""
        return len(self.readings) == 1

    @property
    def readings(self) -> list["Case"]:
        """The case with each result that nobody knows taken for an approval, and for none."""
        of_each = [
            [replace(a, result=result) for result in ("approve", "return")]
            if a.result == UNSURE and a.step not in NO_END
            else [a]
            for a in self.actions
        ]
        return [replace(self, actions=actions) for actions in product(*of_each)]


def _is_effective(action: Event) -> bool:
    if action.step in NO_END:
        return action.result not in NO_END[action.step]
    return action.step in ("accept", "review") or action.result in APPROVALS


def said_of(case: Case, law: Callable[[Case], bool | None]) -> set[bool | None]:
    """What a law says of a case, however its unknown results are read; nothing is no accusation.

    Raises:
        LookupError: it says nothing, however they are read.
    """
    said: list[bool | None] = []
    for reading in case.readings:
        with suppress(LookupError):
            said.append(law(reading))
    if not said:
        raise LookupError
    return {*said, *([False] if len(said) < len(case.readings) else [])}


def missing_law(first_on: date, begun_days: int, ended_days: int) -> Callable[[Case], bool | None]:
    """The law of missing steps in a log that covers days from the first on; all of them are working days."""

    def is_missing(case: Case) -> bool | None:
        """“booked with no approving review; certified or issued with no booking; filed with neither booking
        nor refusal nor withdrawal; any of these with no acceptance”; “unknown, if its first row lies within
        [60] working days of the first day that the log covers ([500] if that row is `issue` or `file`)”.
        """
        booked, titled, filed = case.acts("book"), case.acts(*TITLES), case.acts("file")
        acts = [a for a in case.actions if a.step in ("review", "book", *LATER)]
        if not booked and not titled and not filed and (case.is_accepted or not acts):
            raise LookupError
        is_missing = (
            (booked and not case.approvals)
            or (titled and not booked)
            or (filed and not booked and not case.acts("refuse", "withdraw"))
            or not case.is_accepted
        )
        begun_on = min(a.on for a in case.actions)
        is_late = all(a.step in ("issue", "file") for a in case.actions if a.on == begun_on)
        near = (begun_on - first_on).days <= (ended_days if is_late else begun_days)
        if not case.is_accepted and near:
            return None
        return bool(is_missing)

    return is_missing


def is_inverted(case: Case) -> bool | None:
    """“a review ends before acceptance; booking after a valid withdrawal or refusal; booking before the last
    approving review ended; certify, issue or file before booking; withdraw after booking. Date precision
    compares dates”. Without an acceptance the first clause is unknown.

    Raises:
        LookupError: no two acts of the case have an order.
    """
    accepts, reviews, approvals = case.acts("accept"), case.acts("review"), case.approvals
    booked, withdrawn, refused = case.acts("book"), case.acts("withdraw"), case.acts("refuse")
    if not reviews and not (booked and (withdrawn or refused or case.acts(*LATER))):
        raise LookupError
    # “valid `withdraw` (before booking)”
    valid = [w for w in withdrawn if not any(b.is_before(w) for b in booked)]
    filed = [f for f in case.acts("file") if not any(_may_be_before_or_at(e, f) for e in withdrawn + refused)]
    is_wrong = (
        _some_before_all(reviews, accepts)
        # The last booking against the last approval, and the first against the first.
        or _all_before_some(booked, approvals)
        or _some_before_all(booked, approvals)
        or any(_some_before_all(case.acts(step), booked) for step in TITLES)
        or _some_before_all(filed, booked)
        or any(b.is_before(w) for b, w in product(booked, withdrawn))
        or any(e.is_before(b) for e, b in product(valid + refused, booked))
    )
    return True if is_wrong else None if reviews and not accepts else False


def _some_before_all(some: list[Event], others: list[Event]) -> bool:
    return bool(others) and any(all(a.is_before(b) for b in others) for a in some)


def _all_before_some(those: list[Event], some: list[Event]) -> bool:
    return bool(those) and any(all(a.is_before(b) for a in those) for b in some)


def out_of_turn(cases: Iterable[Case]) -> dict[str, bool | None]:
    """“for cases on the same unit_no, booking order differs from acceptance order (seizures: order of
    acceptance among seizures only)”: by case number, for each that shares a unit with another application.
    """
    booked = [case for case in cases if case.acts("book")]
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
    """Whether the case was accepted after the other and booked before it.

    One without an acceptance was accepted at any time before it was reviewed and booked.
    """
    accepts = case.acts("accept"), other.acts("accept")
    bookings = list(product(case.acts("book"), other.acts("book")))
    is_told = case.is_accepted and other.is_accepted
    if is_told and _some_before_all(accepts[1], accepts[0]) and all(o.is_before(i) for o, i in bookings):
        return True
    latest = accepts[0] or case.acts("review", "book")
    may_follow = not other.is_accepted or any(
        all(_may_be_before(its, own) for own in latest) for its in accepts[1]
    )
    may_precede = any(_may_be_before(own, its) for own, its in bookings)
    return None if may_follow and may_precede else False


def _may_be_before(a: Event, b: Event) -> bool:
    if a.on != b.on:
        return a.on < b.on
    return a.is_date or b.is_date or a.at < b.at


def _may_be_before_or_at(a: Event, b: Event) -> bool:
    return not b.is_before(a)
