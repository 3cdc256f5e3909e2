"""Which days of an office no import covers: gaps in what was declared or, without that, silent workdays."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

import polars as pl
import pyarrow as pa
from msgspec import Struct

from regaudit.base.settings import Settings
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import States
from regaudit.warehouse.reference import ALL_OFFICES, days, own_calendars

_ACTIONS = ("step-recorded", "step-altered", "step-extended")
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_YEARS = date(1990, 1, 1), date(2100, 12, 31)
Period = tuple[date, date]


class Gap(Struct, frozen=True, kw_only=True):
    """Days of an office, both inclusive, that no import covers; `workdays` of them are working days.

    `basis` is `declared` where imports say which days they cover, else `calendar`: no action at all.
    """

    office: str
    first_on: date
    last_on: date
    workdays: int
    basis: Literal["declared", "calendar"]


def find_gaps(
    log: EventLog,
    states: States,
    settings: Settings,
    national: pl.DataFrame,
    on_read: Callable[[int], None] = lambda _: None,
) -> list[Gap]:
    """The gaps of every office between its first and last day, in order.

    An office of which any import declares a period is measured by declared periods alone; what holds no
    working day is no gap there. Every other office is measured by its actions: working days without any.

    Args:
        log: of the workspace; read as a whole.
        states: its import events.
        settings: the workspace's, for local working days.
        national: `calendar.national_calendar`.
        on_read: hears how far the log was read.
    """
    return gaps_of(_declared(states), _days_seen(log, on_read), settings, national)


def gaps_of(
    declared: Mapping[str, Sequence[Period]],
    seen: Mapping[str, list[date]],
    settings: Settings,
    national: pl.DataFrame,
) -> list[Gap]:
    """The gaps of every office, as `find_gaps` says.

    Args:
        declared: the periods that imports say they cover, by office.
        seen: the days with actions, in order, by office.
        settings: the workspace's.
        national: `calendar.national_calendar`.
    """
    calendars = _Calendars(settings, national)
    found = []
    for office in sorted({*declared, *seen}):
        is_workday = calendars.of(office)
        if office in declared:
            gaps = _between(declared[office], seen.get(office, []))
        else:
            gaps = _silent(seen[office], is_workday)
        basis: Literal["declared", "calendar"] = "declared" if office in declared else "calendar"
        for first, last in gaps:
            workdays = sum(map(is_workday, _each(first, last)))
            if workdays:
                found.append(Gap(office=office, first_on=first, last_on=last, workdays=workdays, basis=basis))
    return found


class _Calendars:
    """Working days by office: the national calendar with local changes; a plain week where none is known."""

    def __init__(self, settings: Settings, national: pl.DataFrame) -> None:
        table = days(settings, national)
        self._own = set(own_calendars(settings))
        self._days = {
            str(calendar): dict(part.select("on_date", "is_workday").iter_rows())
            for (calendar,), part in table.partition_by("calendar", as_dict=True).items()
        }

    def of(self, office: str) -> Callable[[date], bool]:
        """Whether a day is a working day of an office."""
        known = self._days[office if office in self._own else ALL_OFFICES]
        return lambda day: bool(known.get(day, day.weekday() < _SATURDAY))


def _declared(states: States) -> dict[str, list[Period]]:
    """The periods that imports say they cover, by office."""
    periods: dict[str, list[Period]] = {}
    for state in states.values():
        if state.kind == "steps" and state.covers_from and state.covers_to:
            first, last = date.fromisoformat(state.covers_from), date.fromisoformat(state.covers_to)
            period = max(first, _YEARS[0]), min(last, _YEARS[1])
            for office in state.offices:
                periods.setdefault(office, []).append(period)
    return periods


def _days_seen(log: EventLog, on_read: Callable[[int], None]) -> dict[str, list[date]]:
    """The days with actions, by office."""
    found = pl.DataFrame(schema={"office": pl.String, "on": pl.Date})
    for table in log.read():
        found = pl.concat([found, _office_days(table)]).unique()
        on_read(table.column("position")[-1].as_py())
    return {
        str(office): sorted(part["on"].to_list())
        for (office,), part in found.partition_by("office", as_dict=True).items()
    }


def _office_days(table: pa.Table) -> pl.DataFrame:
    """Office and day of stored actions; JSON has no unmarked quote in a text, so the pattern is exact."""
    events = pl.DataFrame(pl.from_arrow(table.select(["originator_id", "topic", "state"])))
    return (
        events.filter(pl.col("topic").is_in(_ACTIONS))
        .select(
            pl.col("originator_id").str.extract(r"^case:([^/]*)/").alias("office"),
            pl.col("state").str.extract(r'"occurred_at":"(\d{4}-\d\d-\d\d)').str.to_date().alias("on"),
        )
        .drop_nulls()
        .unique()
    )


def _between(periods: Iterable[Period], seen: list[date]) -> Iterator[Period]:
    """What lies between the first and the last day that is covered or seen, and in no period."""
    covered = sorted(periods)
    begins = min([covered[0][0], *seen[:1]])
    ends = max([*(last for _, last in covered), *seen[-1:]])
    reached = begins - _ONE_DAY
    for first, last in [*covered, (ends + _ONE_DAY, ends)]:
        if first > reached + _ONE_DAY:
            yield reached + _ONE_DAY, first - _ONE_DAY
        reached = max(reached, last)


def _silent(seen: list[date], is_workday: Callable[[date], bool]) -> Iterator[Period]:
    """Runs of working days without an action between the first and the last action."""
    for before, after in pairwise(seen):
        quiet = [day for day in _each(before + _ONE_DAY, after - _ONE_DAY) if is_workday(day)]
        if quiet:
            yield quiet[0], quiet[-1]


def _each(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
