"""Times as exports write them → local wall-clock text with its precision.

`2026-03-02T09:00:00` is a time, `2026-03-02` a date: midnight sharp is how exports fill a date that has no
time, so it counts as a date (a review "before" acceptance on the same day then proves nothing).
"""

from datetime import time

import polars as pl

_PARTS = (
    r"^(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:[T\s]*(?P<H>\d{1,2})[::](?P<M>\d{1,2})(?:[::](?P<S>\d{1,2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<z>Z|[+-]\d{2}:?\d{2})?)?$"
)
_COMPACT = r"^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$"
_FULL = "%Y-%m-%dT%H:%M:%S"
_YEARS = (1990, 2100)


def parse_times(raw: pl.Series, zone: str, source_zone: str) -> pl.Series:
    """Local times as text: `YYYY-MM-DD` for a date, `YYYY-MM-DDTHH:MM:SS[.ffffff]` for a time.

    Args:
        raw: stripped text, null where blank.
        zone: the workspace's zone, which results are in.
        source_zone: the zone of times without an offset.

    Returns:
        As long as `raw`; null where it is null or cannot be read as a time in 1990–2100.
    """
    if raw.null_count() == len(raw):
        return raw
    if source_zone != zone:
        return _parse_parts(raw, zone, source_zone)
    # Nearly all rows of nearly all exports are plain local times; only the others take the long way.
    is_plain = raw.str.len_bytes() == len("2026-03-02T09:00:00")
    at = raw.str.replace(" ", "T", literal=True).str.to_datetime(_FULL, strict=False)
    texts = _as_text(at, at.dt.time() == time(0))
    odd = (raw.is_not_null() & (at.is_null() | ~is_plain)).arg_true()
    return texts.scatter(odd, _parse_parts(raw.gather(odd), zone, source_zone)) if len(odd) else texts


def parse_dates(raw: pl.Series) -> pl.Series:
    """Dates as text `YYYY-MM-DD`, whatever time stands behind them; null where unreadable."""
    return _parse_parts(raw, "UTC", "UTC").str.slice(0, 10)


def _parse_parts(raw: pl.Series, zone: str, source_zone: str) -> pl.Series:
    compact = raw.str.replace(_COMPACT, "${1}-${2}-${3}T${4}:${5}:${6}").str.strip_suffix("T::")
    p = compact.str.extract_groups(_PARTS).struct.unnest()
    two = {name: p[name].fill_null("0").str.zfill(2) for name in "mdHMS"}
    fraction = p["f"].fill_null("0").str.pad_end(6, "0").str.slice(0, 6)
    text = (
        p["y"]
        + "-"
        + two["m"]
        + "-"
        + two["d"]
        + "T"
        + two["H"]
        + ":"
        + two["M"]
        + ":"
        + two["S"]
        + "."
        + fraction
    )
    written = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.6f", strict=False, time_unit="us")
    offset = p["z"].str.replace("Z", "+0000", literal=True).str.replace(":", "", literal=True)
    minutes = offset.str.slice(1, 2).cast(pl.Int64) * 60 + offset.str.slice(3, 2).cast(pl.Int64)
    signed = minutes * offset.str.starts_with("-").replace_strict({True: -1, False: 1}, return_dtype=pl.Int64)
    frame = pl.DataFrame({"written": written, "offset": signed})
    instant = (pl.col("written") - pl.duration(minutes="offset")).dt.replace_time_zone("UTC")
    naive = pl.col("written").dt.replace_time_zone(source_zone, ambiguous="earliest", non_existent="null")
    local = (
        pl.when(pl.col("offset").is_not_null())
        .then(instant.dt.convert_time_zone(zone).dt.replace_time_zone(None))
        .otherwise(naive.dt.convert_time_zone(zone).dt.replace_time_zone(None))
    )
    midnight = pl.col("written").dt.time() == time(0)
    times = frame.select(at=pl.when(midnight).then("written").otherwise(local), is_date=midnight)
    is_date = times["is_date"] | (times["at"].dt.time() == time(0))
    return _as_text(times["at"], is_date)


def _as_text(at: pl.Series, is_date: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"at": at, "is_date": is_date})
    when, year = pl.col("at"), pl.col("at").dt.year()
    return frame.select(
        pl.when((year < _YEARS[0]) | (year > _YEARS[1]))
        .then(None)
        .when("is_date")
        .then(when.dt.strftime("%Y-%m-%d"))
        .when(when.dt.microsecond() == 0)
        .then(when.dt.strftime(_FULL))
        .otherwise(when.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f"))
    ).to_series()
