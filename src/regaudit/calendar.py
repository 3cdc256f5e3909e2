"""The national working calendar: weekends, public holidays and make-up workdays (调休).

Source: `projections/reference/calendar_days.csv`, which lists the days that differ from the plain week,
each with the State Council notice that sets it. A year is *published* when it has such days.
"""

from datetime import date
from functools import cache
from hashlib import sha256

import polars as pl

from regaudit.content import projections_dir

DAY_KINDS = {
    "workday": "工作日",
    "weekend": "周末",
    "holiday": "节假日",
    "makeup": "调休上班",
    "closure": "停办",
}


def exceptions() -> pl.DataFrame:
    """Days that differ from the plain week: `on_date` date, `kind` (holiday, makeup), `name`, `source`."""
    path = projections_dir() / "reference" / "calendar_days.csv"
    return pl.read_csv(path, schema_overrides={"on_date": pl.Date})


@cache
def national_calendar() -> pl.DataFrame:
    """Every day of every published year, in order.

    Returns:
        `on_date` date, `kind` (workday, weekend, holiday, makeup), `name` (of the holiday, else null),
        `is_workday` bool.
    """
    marked = exceptions()
    years = marked["on_date"].dt.year()
    first, last = int(years.min()), int(years.max())  # type: ignore[arg-type]
    days = pl.date_range(date(first, 1, 1), date(last, 12, 31), eager=True).alias("on_date").to_frame()
    plain = pl.when(pl.col("on_date").dt.weekday() <= 5).then(pl.lit("workday")).otherwise(pl.lit("weekend"))  # noqa: PLR2004 - ISO: Monday 1 to Friday 5
    return (
        days.join(marked.drop("source"), on="on_date", how="left")
        .with_columns(kind=pl.coalesce("kind", plain))
        .with_columns(is_workday=pl.col("kind").is_in(["workday", "makeup"]))
        .select("on_date", "kind", "name", "is_workday")
        .sort("on_date")
    )


def calendar_version() -> str:
    """Names the table in every run's record: last published year and the file's hash."""
    path = projections_dir() / "reference" / "calendar_days.csv"
    last_year = national_calendar()["on_date"].to_list()[-1].year
    return f"{last_year}-{sha256(path.read_bytes()).hexdigest()[:12]}"
