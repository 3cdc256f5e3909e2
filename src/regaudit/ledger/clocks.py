"""Limits and lights of an entry, as dates: whoever knows them needs no calendar to say its light on a day.

A limit is kept up to the end of its day. Blue begins one working day before it, yellow on the day after it,
orange and red three and six working days later. An assignment that does not come in time is blue then, and
the rest follows three working days later each. A missed answer is yellow at most: orange and red count from
the limit of the judgement that may follow without it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct

from regaudit.ledger.entry import Entry
from regaudit.ledger.progress import Progress
from regaudit.ledger.states import JUDGED, LIGHTS, Light
from regaudit.ledger.steps import STRIKERS
from regaudit.ledger.workdays import Measure, WorkingDays

_PACE: Final = 3
_MOST_EXTENSIONS: Final = 2
_RELAPSES: Final = 2
_LIGHTS: list[Light] = list(LIGHTS)
_DAY = timedelta(days=1)
_PLAIN = {
    "disputed": ("settle", "post"),
    "answered": ("judge", "post"),
    "upheld": ("demand", "post"),
    "rectified": ("review", "post"),
    "passed": ("strike", ""),
}
"""States with one limit, and who has to act by it; whoever strikes off where nobody is named."""


class Clock(Struct, frozen=True, kw_only=True):
    """A limit of an entry that runs.

    Attributes:
        limit: its name in the profile; `review_on` for the day on which a suspension is looked at again.
        holder: the role that has to act by it.
        from_on: from when on it is the entry's next limit.
        due_on: its last day; `blue_on`, `yellow_on`, `orange_on`, `red_on` are the first days of its lights.
        is_provisional: it lies in a year whose holidays nobody knows yet.
    """

    limit: str
    holder: str
    from_on: date
    due_on: date
    blue_on: date
    yellow_on: date
    orange_on: date | None = None
    red_on: date | None = None
    is_provisional: bool = False

    def light(self, day: date) -> Light:
        """Its light on a day."""
        turns = (self.red_on, self.orange_on, self.yellow_on, self.blue_on)
        lit = (light for light, on in zip(reversed(_LIGHTS[1:]), turns, strict=True) if on and day >= on)
        return next(lit, "none")


class Clocks(Struct, frozen=True, kw_only=True):
    """What the lights of an entry follow from.

    Attributes:
        running: the limits of its present state, in order; the first also what is shown before it begins.
        appeal: the limit of the decision on a pending appeal.
        orange_on: from when on it is orange at least, whatever the limits: a second return.
        red_on: from when on it is red: a third extension asked, or relapses.
        raised: by how many lights a relapse shows higher.
    """

    running: list[Clock]
    appeal: Clock | None = None
    orange_on: date | None = None
    red_on: date | None = None
    raised: int = 0

    def current(self, day: date) -> Clock | None:
        """The next limit of the present state on a day; None in a final one."""
        begun = [clock for clock in self.running if clock.from_on <= day]
        return begun[-1] if begun else next(iter(self.running), None)

    def light(self, day: date) -> Light:
        """The light on a day: the worst of all that holds."""
        clocks = [*self.running, *([self.appeal] if self.appeal else [])]
        lights: list[Light] = [clock.light(day) for clock in clocks]
        if self.orange_on and day >= self.orange_on:
            lights.append("orange")
        if self.red_on and day >= self.red_on:
            lights.append("red")
        worst = max(map(_LIGHTS.index, lights), default=0)
        return _LIGHTS[min(worst + self.raised, len(_LIGHTS) - 1)] if self.running else _LIGHTS[worst]

    def turned_on(self, light: Light, after: date, upto: date) -> bool:
        """Whether the light became this one, or a worse one, after a day and up to another."""
        return _LIGHTS.index(self.light(after)) < _LIGHTS.index(light) <= _LIGHTS.index(self.light(upto))


def clocks_of(entry: Entry, measure: Measure) -> Clocks:
    """The limits of an entry as they run now."""
    now, days = entry.now, measure.days
    running = [] if entry.is_final else list(_running(entry, measure))
    appeal = None
    if now.appealed_at is not None and now.state in JUDGED:
        due = window(now, now.appealed_at, "decide", measure)
        appeal = _clock("decide", "leader", due, days, from_on=now.appealed_at.date())
    red = []
    if now.asked > _MOST_EXTENSIONS and now.asked_at and not entry.is_final:
        red.append(now.asked_at.date())
    if entry.opened.recurrences >= _RELAPSES and not entry.is_final:
        red.append(datetime.fromisoformat(entry.opened.at).date())
    twice = now.returns > 1 and now.returned_at is not None and not entry.is_final
    return Clocks(
        running=running,
        appeal=appeal,
        orange_on=now.returned_at.date() if twice and now.returned_at else None,
        red_on=min(red, default=None),
        raised=int(bool(entry.opened.recurs_of)),
    )


def _running(entry: Entry, measure: Measure) -> Iterator[Clock]:
    now, limits, days = entry.now, measure.terms.limits, measure.days
    rested = _rested(now, now.since, days)
    since = now.since.date()

    def after(limit: str) -> date:
        return days.after(since, limits[limit].days + rested)

    if now.state in _PLAIN:
        limit, holder = _PLAIN[now.state]
        holder = _judge(now) if limit == "judge" else holder
        yield _clock(limit, holder or STRIKERS[entry.severity], after(limit), days, from_on=since)
    elif now.state == "listed":
        yield _assignment(after("assign"), days, since)
    elif now.state == "assigned":
        answer = days.after(now.answer_due, rested) if now.answer_due else after("answer")
        yield _clock("answer", "handler", answer, days, from_on=since, is_capped=True)
        # Silence is the handler's; from its end on the judgement is due.
        judged = days.after(answer, limits["judge"].days)
        yield _clock("judge", _judge(now), judged, days, from_on=answer + _DAY)
    elif now.state == "rectifying":
        due = report_due(now, days) or after(now.kind or "by_date")
        yield _clock("report", "head", due, days, from_on=since)
    elif now.review_on:
        yield _clock("review_on", "leader", now.review_on, days, from_on=since)


def _judge(now: Progress) -> str:
    """Who has to judge: the leader, where a post's judgement waits for his."""
    return "leader" if now.pending is not None and now.pending.level == "post" else "post"


def report_due(now: Progress, days: WorkingDays) -> date | None:
    """The day by which an entry is to be rectified, later by what its limits rested since it was set."""
    if now.report_due is None or now.report_set_at is None:
        return None
    return days.after(now.report_due, _rested(now, now.report_set_at, days))


def window(now: Progress, since: datetime, limit: str, measure: Measure) -> date:
    """The last day for what may be asked for within a limit from some time on."""
    days = measure.days
    return days.after(since.date(), measure.terms.limits[limit].days + _rested(now, since, days))


def _rested(now: Progress, since: datetime, days: WorkingDays) -> int:
    """Working days since a time in which the limits rested."""
    first = since.date()
    return sum(days.between(max(begun, first), ended) for begun, ended in now.rests if ended >= first)


def _clock(
    limit: str,
    holder: str,
    due: date,
    days: WorkingDays,
    *,
    from_on: date,
    is_capped: bool = False,
) -> Clock:
    return Clock(
        limit=limit,
        holder=holder,
        from_on=from_on,
        due_on=due,
        blue_on=days.before(due, 1),
        yellow_on=due + _DAY,
        orange_on=None if is_capped else days.after(due, _PACE) + _DAY,
        red_on=None if is_capped else days.after(due, 2 * _PACE) + _DAY,
        is_provisional=days.is_provisional(due),
    )


def _assignment(due: date, days: WorkingDays, since: date) -> Clock:
    """Who does not assign in time is blue; what follows, follows three working days later."""
    later = [days.after(due, number * _PACE) + _DAY for number in (1, 2, 3)]
    return Clock(
        limit="assign",
        holder="post",
        from_on=since,
        due_on=due,
        blue_on=days.before(due, 1),
        yellow_on=later[0],
        orange_on=later[1],
        red_on=later[2],
        is_provisional=days.is_provisional(due),
    )
