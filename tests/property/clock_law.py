"""The clock by the letter: one day after the other, one case after the other. No table, no ordinal, no sum.

Comments in quotation marks are the rules' own words.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import chinese_calendar

LAWFUL = ("supplement", "notice", "site_visit", "objection", "suspension")
STATUTORY_DAYS = 30
LAST_PUBLISHED = date(2026, 12, 31)
DAY = timedelta(1)


@dataclass(frozen=True)
class Event:
    """One row of the log. A date without a time stands at midnight and proves nothing within its day."""

    step: str
    at: datetime
    is_date: bool = False
    kind: str = ""
    result: str = "approve"

    @property
    def on(self) -> date:
        return self.at.date()

    def is_before(self, other: "Event") -> bool:
        """Proven to be before: by its day, or within a day by two full times."""
        if self.on != other.on:
            return self.on < other.on
        return not self.is_date and not other.is_date and self.at < other.at


@dataclass(frozen=True)
class Terms:
    """What a place says of the clock of a case."""

    limit: int
    aim: int | None = None
    ends_at: str = "book"
    is_restarting: bool = False
    promise: str = "profile"
    promised_on: date | None = None


@dataclass(frozen=True)
class Clock:
    started_on: date
    limit_days: int | None
    due_on: date | None
    due_state: str
    used_days: int | None
    paused_days: int | None
    close_kind: str | None
    is_late: bool | None
    severity: str
    aim_on: date | None
    statutory_due_on: date | None
    rounds: list[tuple[date, date | None]]
    """Each start of the clock with the due day that it gave."""


class Calendar:
    """National working days with an office's own changes."""

    def __init__(self, changes: dict[date, bool]) -> None:
        self._changes = changes

    def is_workday(self, day: date) -> bool:
        return self._changes.get(day, national(day))


@cache
def national(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day))


def clock(events: list[Event], terms: Terms, calendar: Calendar, as_of: datetime) -> Clock:
    """What the rules say of one case."""
    # “Equal rows are one action.”
    known = list(dict.fromkeys(event for event in events if event.at <= as_of))
    finish = finish_of(known, terms.ends_at)
    known = unfinished(known, finish)
    starts = starts_of(known, finish, is_restarting=terms.is_restarting)
    accepted_on = starts[-1]
    spans = lawful_spans(known)
    reached_on = finish.on if finish else as_of.date()
    limit, due_on = promised(accepted_on, terms, spans, calendar)
    statutory_on = due_day(accepted_on, STATUTORY_DAYS, spans, calendar)
    aim_on = None if terms.aim is None else due_day(accepted_on, terms.aim, spans, calendar)
    # “Open pause → paused”; but where nothing is known of the calendar from acceptance on, nothing is known.
    is_paused = accepted_on <= LAST_PUBLISHED and any(end is None for _, end in spans)
    due_state = "fixed" if due_on else "paused" if is_paused else "provisional"
    used = paused = None
    if reached_on <= LAST_PUBLISHED:
        worked = [day for day in days(accepted_on, reached_on) if calendar.is_workday(day)]
        paused = sum(is_stopped(day, spans) for day in worked)
        used = len(worked) - paused
    # “Late ⇔ finish date (or as-of date for an open case) > due_on.”
    dues = [day for day in (due_on, statutory_on) if day]
    is_late = None
    if dues:
        is_late = reached_on > min(dues)
    elif due_state == "paused" or reached_on <= LAST_PUBLISHED:
        is_late = False
    # “late against the promise → major; against the statutory limit → critical”
    severity = "critical" if statutory_on and reached_on > statutory_on else "major"
    kind = finish.step if finish else None
    rounds = [(start, promised(start, terms, spans, calendar)[1]) for start in starts]
    return Clock(
        accepted_on,
        limit,
        due_on,
        due_state,
        used,
        paused,
        kind,
        is_late,
        severity,
        aim_on,
        statutory_on,
        rounds,
    )


def unfinished(events: Iterable[Event], finish: Event | None) -> list[Event]:
    """What is paused after the case has finished stops no clock."""
    return [e for e in events if e.step != "pause" or finish is None or not finish.is_before(e)]


def starts_of(events: list[Event], finish: Event | None, *, is_restarting: bool) -> list[date]:
    """“Start = the accept row (profile `restart`: the last completed supplement instead)”, and all before."""
    accepted_on = min(event.at for event in events if event.step == "accept").date()
    starts = {accepted_on}
    for pause in events:
        if is_restarting and pause.step == "pause" and pause.kind == "supplement":
            end = resumed_on(pause, events)
            if end and end > accepted_on and (finish is None or end <= finish.on):
                starts.add(end)
    return sorted(starts)


def promised(
    start: date, terms: Terms, spans: list[tuple[date, date | None]], calendar: Calendar
) -> tuple[int | None, date | None]:
    """“`profile` (default), `platform` (the export's `promised_at`), or `earlier` of the two”: days, due day.

    A promised day before the start is none; one that is not moved by pauses stands for itself.
    """
    promised_on = terms.promised_on
    if terms.promise == "profile" or promised_on is None or promised_on < start:
        return terms.limit, due_day(start, terms.limit, spans, calendar)
    if promised_on > LAST_PUBLISHED:
        if terms.promise == "earlier":
            return terms.limit, due_day(start, terms.limit, spans, calendar)
        return None, None
    promised_days = sum(calendar.is_workday(day) for day in days(start, promised_on))
    if terms.promise == "earlier" and terms.limit <= promised_days:
        return terms.limit, due_day(start, terms.limit, spans, calendar)
    unmoved = due_day(start, promised_days, [], calendar)
    due_on = due_day(start, promised_days, spans, calendar)
    return promised_days, promised_on if due_on == unmoved else due_on


def days(after: date, until: date) -> Iterator[date]:
    """The days d with after < d ≤ until."""
    day = after + DAY
    while day <= until:
        yield day
        day += DAY


def lawful_spans(events: list[Event]) -> list[tuple[date, date | None]]:
    """“From a `pause` row to the next `resume` of the case (or still open)”: the days of both."""
    return [
        (pause.on, resumed_on(pause, events))
        for pause in events
        if pause.step == "pause" and pause.kind in LAWFUL
    ]


def resumed_on(pause: Event, events: list[Event]) -> date | None:
    """The day of the next resume."""
    end = resumed_at(pause, events)
    return end.date() if end else None


def resumed_at(pause: Event, events: Sequence[Event]) -> datetime | None:
    """The moment of the next resume."""
    end = resume_of(pause, events)
    return end.at if end else None


def resume_of(pause: Event, events: Sequence[Event]) -> Event | None:
    """The next resume. “Rows with date precision … never in order-within-a-day”: a resume of the
    pause's own day ends it, unless it may just as well have ended another pause, and been before this one.
    """
    resumes = sorted((e for e in events if e.step == "resume" and not e.is_before(pause)), key=lambda e: e.at)
    at_once = [e for e in resumes if not pause.is_before(e)]
    later = [e for e in resumes if pause.is_before(e)]
    others = [e for e in events if e.step == "pause" and e != pause]
    beside = [
        other
        for other in others
        if not other.is_before(pause)
        and not pause.is_before(other)
        and any(not e.is_before(other) and not pause.is_before(e) for e in resumes)
    ]
    waiting = at_once and any(
        other.is_before(pause) and ((end := resume_of(other, events)) is None or not end.is_before(pause))
        for other in others
    )
    return next(iter(at_once if len(at_once) > bool(waiting) + len(beside) else later), None)


def is_stopped(day: date, spans: list[tuple[date, date | None]]) -> bool:
    """“stop the clock on the working days d with pause_date < d ≤ resume_date; overlapping count once”."""
    return any(begin < day and (end is None or day <= end) for begin, end in spans)


def due_day(
    accepted_on: date, limit: int, spans: list[tuple[date, date | None]], calendar: Calendar
) -> date | None:
    """“the limit-th counted (working, not paused) day strictly after the acceptance date”; “0 days = the
    same day”. None where the published calendar ends first.
    """
    if limit == 0:
        return accepted_on
    counted = 0
    for day in days(accepted_on, LAST_PUBLISHED):
        if calendar.is_workday(day) and not is_stopped(day, spans):
            counted += 1
            if counted == limit:
                return day
    return None


def finish_of(events: list[Event], ends_at: str = "book") -> Event | None:
    """“first of: last approving `book`, `refuse`, valid `withdraw` (before booking); profile `ends_at` may
    say `certify` or `issue`”.
    """
    books = [e for e in events if e.step == "book" and e.result == "approve"]
    first_book = min(books, key=moment, default=None)
    closing = [e for e in events if e.step == ends_at and e.result == "approve"]
    ends = [max(closing, key=moment)] if closing else []
    ends += [e for e in events if e.step == "refuse" and e.result != "return"]
    valid = [e for e in events if e.step == "withdraw" and e.result == "approve"]
    ends += [e for e in valid if first_book is None or e.is_before(first_book)]
    return min(ends, key=lambda e: (e.at, [ends_at, "refuse", "withdraw"].index(e.step)), default=None)


def moment(event: Event) -> datetime:
    return event.at


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))
