"""Times as exports write them → local wall-clock text with its precision.

`2026-03-02T09:00:00` is a time, `2026-03-02` a date: midnight sharp is how exports fill a date that has no
time, so it counts as a date (a review "before" acceptance on the same day then proves nothing).
"""

from collections.abc import Sequence
from datetime import time

import polars as pl

from regaudit.sources.canonical.timeformats import parse_formatted
from regaudit.sources.canonical.writings import unified

OFFSET = r"Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?"
"""`Z`, `+08`, `+0800`, `+08:00`: as PostgreSQL, Java and ISO 8601 write them, as far as there are zones."""
_PARTS = (
    r"^(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:[T\s]*(?P<H>\d{1,2})[::](?P<M>\d{1,2})(?:[::](?P<S>\d{1,2})(?:[.,](?P<f>\d{1,9}))?)?"
    rf"\s*(?P<z>{OFFSET})?)?$"
)
_COMPACTS = {
    r"^(\d{4})(\d{2})(\d{2})$": "${1}-${2}-${3}",
    rf"^(\d{{4}})(\d{{2}})(\d{{2}})[ T]?(\d{{2}}):?(\d{{2}}):?(\d{{2}})({OFFSET})?$": (
        "${1}-${2}-${3}T${4}:${5}:${6}${7}"
    ),
    r"^(\d{4})(\d{2})(\d{2})[ T](\d{2}):(\d{2})$": "${1}-${2}-${3}T${4}:${5}",
    r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{3})$": "${1}-${2}-${3}T${4}:${5}:${6}.${7}",
}
_FULL = "%Y-%m-%dT%H:%M:%S"
# A leap second is read the long way, as the minute that it begins: no database knows `:60`.
_PLAIN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d$"
_USUAL = (
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"),
    *("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"),
    *("%Y年%m月%d日", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M"),
    *("%Y年%m月%d日 %H时%M分%S秒", "%Y年%m月%d日 %H时%M分"),
)
_YEARS = (1990, 2100)
_SERIAL = r"^\d{5}(?:\.\d{1,17})?$"
_SERIAL_ZERO_DAYS = 25_569
"""Excel's number of 1970-01-01, in workbooks that count from 1900."""
_DAY_SECONDS = 86_400
_EPOCH_MS = r"^\d{13}$"
_EPOCH_S = r"^\d{10}$"
_BEGINS_WITH_YEAR = r"^(?:199|20)"
"""Ten digits that begin so number something of a year, or tell day and hour: as seconds they are of 2033."""
_CHINA = "Asia/Shanghai"
_NO_END = (
    r"^(?:长期(?:有效)?|永久(?:有效)?|至今|无期限|无限期|2958465(?:\.0+)?"
    r"|2099[-/.年]?12[-/.月]?31日?(?:[T ].*)?"
    r"|(?:2[1-9]\d\d|[3-9]\d{3})(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{4})(?:[T ].*)?)$"
)
"""Dates beyond the years that we read, the last day before those, Excel's last number, and words."""
_NULL_DATE = (
    r"^(?:0000[-/]0?0[-/]0?0|0001[-/]0?1[-/]0?1|1753[-/]0?1[-/]0?1|1899[-/]12[-/]3[01]|1900[-/]0?1[-/]0?[01]"
    r"|1970[-/]0?1[-/]0?1)(?:[ T]0?[08]:00(?::00(?:\.0+)?)?)?Z?$"
)


def parse_times(raw: pl.Series, zone: str, source_zone: str, formats: Sequence[str] = ()) -> pl.Series:
    """Local times as text: `YYYY-MM-DD` for a date, `YYYY-MM-DDTHH:MM:SS[.ffffff]` for a time.

    Args:
        raw: stripped text, null where blank.
        zone: the workspace's zone, which results are in.
        source_zone: the zone of times without an offset.
        formats: of a mapping, as `strptime_format` gives them; tried before all others.

    Returns:
        As long as `raw`; null where it is null or cannot be read as a time in 1990–2100.
    """
    if raw.null_count() == len(raw):
        return raw
    if formats:
        at, left = parse_formatted(raw, formats)
        local = pl.DataFrame({"at": at}).select(
            pl.when(pl.col("at").dt.time() == time(0))
            .then("at")
            .otherwise(_local(pl.col("at"), zone, source_zone))
        )
        read = _as_text(local.to_series(), at.dt.time() == time(0))
        return read.fill_null(parse_times(left, zone, source_zone))
    if source_zone != zone:
        return _parse_any(raw, zone, source_zone)
    # Nearly all rows of nearly all exports are plain local times; only the others take the long way.
    texts = _parse_plain(raw)
    odd = (raw.is_not_null() & texts.is_null()).arg_true()
    texts = texts.scatter(odd, _parse_usual(raw.gather(odd))) if len(odd) else texts
    odd = (raw.is_not_null() & texts.is_null()).arg_true()
    return texts.scatter(odd, _parse_any(raw.gather(odd), zone, source_zone)) if len(odd) else texts


def parse_dates(raw: pl.Series, formats: Sequence[str] = ()) -> pl.Series:
    """Dates as text `YYYY-MM-DD`, whatever time stands behind them; null where unreadable.

    A date is the one written, whatever its offset; one counted in milliseconds is China's.
    """
    if formats:
        at, left = parse_formatted(raw, formats)
        return _as_text(at, at.is_not_null()).fill_null(parse_dates(left))
    return _parse_any(raw, None, _CHINA).str.slice(0, 10)


def without_null_dates(raw: pl.Series) -> pl.Series:
    """Null where a platform or a spreadsheet writes its date zero for "none": `1900-01-00`, `1899-12-30`."""
    return raw.set(raw.str.contains(_NULL_DATE).fill_null(value=False), None)


def without_far_ends(raw: pl.Series) -> pl.Series:
    """Null where a date that may be open says so: `9999-12-31`, `长期`, `至今`."""
    return raw.set(raw.str.contains(_NO_END).fill_null(value=False), None)


def _parse_plain(raw: pl.Series) -> pl.Series:
    """Local times that are written nearly as we write them, so that they need no writing anew."""
    written = raw.str.replace(" ", "T", literal=True)
    at = written.str.to_datetime(_FULL, strict=False)
    frame = pl.DataFrame({"written": written, "at": at})
    return frame.select(
        pl.when(~pl.col("written").str.contains(_PLAIN) | ~pl.col("at").dt.year().is_between(*_YEARS))
        .then(None)
        .when(pl.col("at").dt.time() == time(0))
        .then(pl.col("written").str.slice(0, len("2026-03-02")))
        .when(pl.col("at").is_not_null())
        .then("written")
    ).to_series()


def _parse_usual(raw: pl.Series) -> pl.Series:
    """Local times as whole columns are written: none that the long way would not read, but fast."""
    begins_well = raw.str.contains(r"^\d{4}\D")
    at = pl.Series("at", [None] * len(raw), dtype=pl.Datetime("us"))
    for writing in _USUAL:
        left = (at.is_null() & begins_well).arg_true()
        # Trying one cell first: a column has one writing, seldom two.
        if len(left) and _read(raw.gather(left[:1]), writing).null_count() == 0:
            at = at.scatter(left, _read(raw.gather(left), writing))
    return _as_text(at, at.dt.time() == time(0))


def _read(raw: pl.Series, writing: str) -> pl.Series:
    has_time = "%H" in writing
    at = (
        raw.str.to_datetime(writing, strict=False, time_unit="us")
        if has_time
        else raw.str.to_date(writing, strict=False)
    )
    return at.cast(pl.Datetime("us"))


def _parse_any(raw: pl.Series, zone: str | None, source_zone: str) -> pl.Series:
    """Times in any writing; in no zone (`None`) as they are written."""
    texts = _parse_parts(raw, zone, source_zone)
    odd = (raw.is_not_null() & texts.is_null()).arg_true()
    if not len(odd):
        return texts
    clean = unified(raw.gather(odd))
    read = pl.DataFrame(
        {
            "parts": _parse_parts(clean, zone, source_zone),
            "counted": _parse_counted(clean, zone, source_zone),
        }
    )
    return texts.scatter(odd, read.select(pl.coalesce("parts", "counted")).to_series())


def _parse_counted(raw: pl.Series, zone: str | None, source_zone: str) -> pl.Series:
    """Excel's days since 1900, Java's milliseconds and Unix's seconds since 1970."""
    days = raw.set(~raw.str.contains(_SERIAL), None).cast(pl.Float64, strict=False)
    seconds = ((days - _SERIAL_ZERO_DAYS) * _DAY_SECONDS).round().cast(pl.Int64)
    milliseconds = raw.set(~raw.str.contains(_EPOCH_MS), None).cast(pl.Int64, strict=False)
    is_unix = raw.str.contains(_EPOCH_S) & ~raw.str.contains(_BEGINS_WITH_YEAR)
    unix = raw.set(~is_unix, None).cast(pl.Int64, strict=False)
    epoch = milliseconds.fill_null(unix * 1_000) * 1_000
    frame = pl.DataFrame({"serial": seconds * 1_000_000, "epoch": epoch}).select(
        serial=pl.col("serial").cast(pl.Datetime("us")),
        epoch=pl.col("epoch").cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone or source_zone),
    )
    written = frame.select(
        pl.when(pl.col("serial").dt.time() == time(0))
        .then("serial")
        .otherwise(_local(pl.col("serial"), zone, source_zone)),
        epoch=pl.col("epoch").dt.replace_time_zone(None),
    ).select(pl.coalesce("serial", "epoch"))
    at = written.to_series()
    return _as_text(at, at.dt.time() == time(0))


def _parse_parts(raw: pl.Series, zone: str | None, source_zone: str) -> pl.Series:
    for pattern, written_out in _COMPACTS.items():
        raw = raw.str.replace(pattern, written_out)
    p = raw.str.extract_groups(_PARTS).struct.unnest()
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
    offset = offset.str.pad_end(len("+0000"), "0")
    minutes = offset.str.slice(1, 2).cast(pl.Int64) * 60 + offset.str.slice(3, 2).cast(pl.Int64)
    signed = minutes * offset.str.starts_with("-").replace_strict({True: -1, False: 1}, return_dtype=pl.Int64)
    frame = pl.DataFrame({"written": written, "offset": signed})
    instant = (pl.col("written") - pl.duration(minutes="offset")).dt.replace_time_zone("UTC")
    local = (
        pl.when(pl.col("offset").is_not_null() if zone else pl.lit(value=False))
        .then(instant.dt.convert_time_zone(zone or source_zone).dt.replace_time_zone(None))
        .otherwise(_local(pl.col("written"), zone, source_zone))
    )
    midnight = pl.col("written").dt.time() == time(0)
    times = frame.select(at=pl.when(midnight).then("written").otherwise(local), is_date=midnight)
    is_date = times["is_date"] | (times["at"].dt.time() == time(0))
    return _as_text(times["at"], is_date)


def _local(written: pl.Expr, zone: str | None, source_zone: str) -> pl.Expr:
    """Wall-clock times of the source's zone in the workspace's."""
    if zone is None:
        return written
    known = written.dt.replace_time_zone(source_zone, ambiguous="earliest", non_existent="null")
    return known.dt.convert_time_zone(zone).dt.replace_time_zone(None)


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
