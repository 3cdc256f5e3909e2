"""Reference tables: what a SELECT may know that is not in the log.

As-of time, calendar, hours, profile, parameters.
"""

from collections.abc import Iterator
from datetime import datetime, time
from itertools import groupby
from operator import itemgetter

import duckdb
import polars as pl

from regaudit.base.clock import night_of
from regaudit.base.folded_text import fold_login
from regaudit.base.settings import YEAR_DAYS, Season, Settings, parse_span
from regaudit.base.source_settings import WEEKDAYS
from regaudit.catalogue.calendar import national_calendar
from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.inspection_items import inspection_items
from regaudit.catalogue.profiles import Limit, Profile
from regaudit.catalogue.rules import Rule, parameters
from regaudit.catalogue.vocabulary import coded_columns, understood_values

ALL_OFFICES = "*"
_LOCAL_KINDS = {"workday": "makeup", "holiday": "holiday", "closure": "closure"}


def load_reference(
    db: duckdb.DuckDBPyConnection,
    *,
    as_of: datetime,
    settings: Settings,
    national: pl.DataFrame | None,
    profile: Profile,
    rules: list[Rule],
) -> None:
    """Make the schemas `reference` and `params` anew; `national` as for `days`."""
    for schema in ("reference", "params"):
        db.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        db.execute(f"CREATE SCHEMA {schema}")
    tables = {
        "run": pl.DataFrame({"as_of": [as_of], "as_of_on": [night_of(as_of)]}),
        "profile": pl.DataFrame(
            {
                name: [getattr(profile, name)]
                for name in ("title", "dispatch", "ends_at", "on_supplement", "promise", "combined")
            }
        ),
        "days": days(settings, national),
        "hours": hours(settings),
        "offices": offices(settings),
        "named_offices": named_offices(settings),
        "limits": limits(profile.limits),
        "pause_kinds": pause_kinds(profile),
        "listed_steps": listed_steps(profile),
        "rules": listed_rules(rules),
        "sources": listed_sources(settings),
        "ended_offices": ended_offices(settings),
        "reason_words": reason_words(profile),
        "vocabulary": pl.read_csv(
            projections_dir() / "reference" / "vocabulary.csv", infer_schema=False
        ).select(column_name="column", value="value", title="title"),
        "readings": readings(),
        "inspection_items": pl.DataFrame(
            [(one.item, one.title, one.severity, one.basis) for one in inspection_items().values()],
            schema=dict.fromkeys(("item", "title", "severity", "basis"), pl.String),
            orient="row",
        ),
    }
    for name, frame in tables.items():
        _create(db, f"reference.{name}", frame)
    for rule in rules:
        values = parameters(rule, profile) or {"none": 0}
        columns = ", ".join(f"CAST(? AS BIGINT) AS {name}" for name in values)
        db.execute(f"CREATE TABLE params.{rule.table} AS SELECT {columns}", list(values.values()))


def own_calendars(settings: Settings) -> list[str]:
    """Offices whose days or hours differ from the common calendar."""
    by_hours = {office.office for office in settings.offices if office.hours or office.seasons}
    by_days = {office for day in settings.calendar.days for office in day.offices}
    return sorted(by_hours | by_days)


def days(settings: Settings, national: pl.DataFrame | None = None) -> pl.DataFrame:
    """`calendar`, `on_date`, `kind`, `name`, `is_workday`: the national calendar with local changes.

    Without `national`, of the years shipped.
    """
    national = national_calendar() if national is None else national
    calendars = []
    for calendar in (ALL_OFFICES, *own_calendars(settings)):
        local = [day for day in settings.calendar.days if not day.offices or calendar in day.offices]
        changes = pl.DataFrame(
            [(day.on, _LOCAL_KINDS[day.kind], day.name, day.kind == "workday") for day in local],
            schema={"on_date": pl.Date, "kind": pl.String, "name": pl.String, "is_workday": pl.Boolean},
            orient="row",
        ).unique("on_date", keep="last", maintain_order=True)
        changed = national.update(changes, on="on_date").sort("on_date")
        calendars.append(changed.select(pl.lit(calendar).alias("calendar"), pl.all()))
    return pl.concat(calendars)


def hours(settings: Settings) -> pl.DataFrame:
    """Rows of a calendar with the days of the year for which they hold, from 101 (1 January) to 1231.

    Opening and closing of up to two spans, in microseconds of the day.
    """
    columns = ("from_day", "to_day", "opens_1", "closes_1", "opens_2", "closes_2")
    rows = [
        row for calendar in (ALL_OFFICES, *own_calendars(settings)) for row in _seasons(settings, calendar)
    ]
    return pl.DataFrame(
        rows, schema={"calendar": pl.String, **dict.fromkeys(columns, pl.Int64)}, orient="row"
    )


def _seasons(settings: Settings, calendar: str) -> Iterator[tuple[str | int, ...]]:
    """A calendar's rows, one after another through the year."""
    of_day = [(day, _spans(settings, calendar, day)) for day in YEAR_DAYS]
    for spans, found in groupby(of_day, key=itemgetter(1)):
        days_of_season = [day for day, _ in found]
        times = [parse_span(span) for span in spans] + [(time(0), time(0))] * (2 - len(spans))
        micros = (_micros(moment) for span in times for moment in span)
        yield (calendar, days_of_season[0], days_of_season[-1], *micros)


def _spans(settings: Settings, calendar: str, day: int) -> list[str]:
    """An office's season, else its hours, else the common season, else the common hours."""
    office = next((known for known in settings.offices if known.office == calendar), None)
    layers: list[tuple[list[Season], list[str] | None]] = [(settings.hours.seasons, settings.hours.default)]
    if office:
        layers.insert(0, (office.seasons, office.hours))
    for seasons, plain in layers:
        if spans := next((season.hours for season in seasons if season.covers(day)), plain):
            return spans
    return settings.hours.default


def offices(settings: Settings) -> pl.DataFrame:
    """The offices that have a calendar of their own."""
    own = own_calendars(settings)
    return pl.DataFrame({"office": own, "calendar": own}, schema={"office": pl.String, "calendar": pl.String})


def named_offices(settings: Settings) -> pl.DataFrame:
    """The offices that the settings name: `title` (null: none given) and the last day on which they act."""
    rows = [(office.office, office.name or None, office.until) for office in settings.offices]
    kinds = {"office": pl.String, "title": pl.String, "until_on": pl.Date}
    return pl.DataFrame(rows, schema=kinds, orient="row").unique("office", keep="first", maintain_order=True)


def limits(entries: list[Limit]) -> pl.DataFrame:
    """The profile's limits in order: of cases in working days, of prechecks in hours.

    A null list matches every value.
    """
    kinds: dict[str, pl.DataType | type[pl.DataType]] = {
        **dict.fromkeys(("limit_class", "title", "basis", "of", "ends_at"), pl.String),
        **dict.fromkeys(("days", "aim_days", "hours"), pl.Int64),
        **dict.fromkeys(("valid_from", "valid_to"), pl.Date),
        **dict.fromkeys(
            ("offices", "registration_types", "right_types", "applicant_kinds", "channels"),
            pl.List(pl.String),
        ),
    }
    columns = [
        pl.Series(name, [getattr(entry, name) for entry in entries], dtype=kind)
        for name, kind in kinds.items()
    ]
    # Whole numbers have a sign on every engine.
    return pl.DataFrame(columns).with_row_index("entry_no", offset=1).cast({"entry_no": pl.Int64})


def pause_kinds(profile: Profile) -> pl.DataFrame:
    """Kinds of pause that the profile knows: whether they stop the clock, and for how many working days."""
    kinds = sorted({*profile.lawful_pauses, *profile.pause_limits})
    limited = [profile.pause_limits.get(kind) for kind in kinds]
    return pl.DataFrame(
        {
            "pause_kind": kinds,
            "is_lawful": [kind in profile.lawful_pauses for kind in kinds],
            "max_days": [limit and limit.days for limit in limited],
            "basis": [limit and limit.basis for limit in limited],
        },
        schema={"pause_kind": pl.String, "is_lawful": pl.Boolean, "max_days": pl.Int64, "basis": pl.String},
    )


def listed_steps(profile: Profile) -> pl.DataFrame:
    """`kind` (step, node) and `name`: what a case may have; a kind without rows allows anything."""
    listed = {("step", name) for name in profile.steps} | {("node", name) for name in profile.nodes}
    return pl.DataFrame(sorted(listed), schema={"kind": pl.String, "name": pl.String}, orient="row")


def listed_rules(rules: list[Rule]) -> pl.DataFrame:
    """Every rule that there is, run or not, and whether it only warns."""
    rows = [(rule.name, rule.title, rule.role == "warning") for rule in rules]
    kinds = {"rule": pl.String, "title": pl.String, "is_warning": pl.Boolean}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def listed_sources(settings: Settings) -> pl.DataFrame:
    """The sources that deliver something new on given nights, with the days of the week from 1 (Monday).

    None listed: the nights of working days.
    """
    rows = [
        (source.label, [WEEKDAYS.index(day) + 1 for day in source.nights])
        for source in settings.sources
        if source.due or source.nights
    ]
    kinds: dict[str, pl.DataType | type[pl.DataType]] = {"source": pl.String, "weekdays": pl.List(pl.Int64)}
    return pl.DataFrame(rows, schema=kinds, orient="row").unique("source", maintain_order=True)


def ended_offices(settings: Settings) -> pl.DataFrame:
    """Offices that act up to a day and no longer."""
    rows = [(office.office, office.until) for office in settings.offices if office.until]
    return pl.DataFrame(rows, schema={"office": pl.String, "until_on": pl.Date}, orient="row")


def reason_words(profile: Profile) -> pl.DataFrame:
    """`kind` (filler, code, ground) and `word`, folded as reasons are before they are compared."""
    lists = {
        "filler": profile.filler_reasons,
        "code": profile.reason_codes,
        "ground": profile.expedite_grounds,
    }
    words = {(kind, fold_login(word)) for kind, listed in lists.items() for word in listed}
    return pl.DataFrame(sorted(words), schema={"kind": pl.String, "word": pl.String}, orient="row")


def readings() -> pl.DataFrame:
    """`column_name`, `written`, `value`: what each text of a coded column means, each text once."""
    rows = [
        (column, text, value)
        for column in coded_columns()
        for text, value in sorted(understood_values(column).items())
    ]
    columns = ("column_name", "written", "value")
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def _micros(moment: time) -> int:
    return (moment.hour * 60 + moment.minute) * 60_000_000


def _create(db: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    db.register("frame", frame.to_arrow())
    db.execute(f"CREATE TABLE {table} AS FROM frame")
    db.unregister("frame")
