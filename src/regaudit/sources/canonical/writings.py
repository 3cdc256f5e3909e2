"""The many writings of a time → one: `2007年1月4日 下午3时5分`, `Mon Nov 11 17:32:31 CST 2019` and others."""

import polars as pl

_INVISIBLE = r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
_APOSTROPHES = "'’‘`´"
_WEEKDAY = r"[((]?(?:星期|礼拜|周)[一二三四五六日天][))]?"
_CLOCK = r"(\d{1,2})[时点](?:(\d{1,2})分?(?:(\d{1,2})秒?)?)?"
_HALVES = r"(?i)(上午|凌晨|早上|下午|晚上|中午|[ap]\.?m\.?)"
_MORNINGS = ("上午", "凌晨", "早上", "am", "a.m.", "a.m", "am.")
_CLOCK_HOUR = r"^(.*[\d日])[\sT]+(\d{1,2})(:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?(?:[+-]\d{2}:?\d{2})?)$"
_NOON = 12
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NUMBERS = {name: str(n) for n, name in enumerate(_MONTHS, start=1)} | {
    text: str(n) for n in range(1, _NOON + 1) for text in (f"{n}月", f"{n}", f"{n:02}")
}
_WEEKDAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_HMS = r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,9}))?)?"
_FOREIGN = (
    # Java's and JavaScript's own.
    (
        rf"^{_WEEKDAYS} (?P<b>[A-Z][a-z]{{2}}) (?P<d>\d{{1,2}}) {_HMS} "
        r"(?P<z>CST|UTC|GMT|Z|(?:GMT|UTC)?[+-]\d{2}:?\d{2}) (?P<y>\d{4})$"
    ),
    (
        rf"^{_WEEKDAYS} (?P<b>[A-Z][a-z]{{2}}) (?P<d>\d{{1,2}}) (?P<y>\d{{4}}) {_HMS} "
        r"(?P<z>(?:GMT|UTC)[+-]\d{2}:?\d{2})(?: \(.*\))?$"
    ),
    # Oracle's: 02-MAR-26 09.05.30.123000 AM, 02-3月 -26 09.05.30 上午.
    (
        r"(?i)^(?P<d>\d{1,2})-(?P<b>[a-z]{3}|\d{1,2}月) ?-(?P<y>\d{2}|\d{4})"
        r"(?: (?P<H>\d{1,2})[.:](?P<M>\d{2})(?:[.:](?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
        r"(?: ?(?P<h>[ap]m|上午|下午))?(?: (?P<z>[+-]\d{2}:?\d{2}))?)?$"
    ),
    # America's. Without the half of the day it might be 2 March or 3 February.
    rf"(?i)^(?P<b>\d{{1,2}})/(?P<d>\d{{1,2}})/(?P<y>\d{{4}}),? {_HMS} ?(?P<h>[ap]\.?m\.?)$",
    # Gson's: Mar 2, 2026 9:00:00 AM.
    rf"(?i)^(?P<b>[a-z]{{3,9}})\.? (?P<d>\d{{1,2}}), ?(?P<y>\d{{4}})(?:,? {_HMS}(?: ?(?P<h>[ap]\.?m\.?))?)?$",
)
_PARTS = "ybdHMSfhz"
_CENTURY = 90
"""Of years of two digits, the first that belongs to the last century."""
_DETAILS = (
    (r"^/Date\((\d{13})(?:[+-]\d{4})?\)/$", "${1}"),
    (r"(Z|[+-]\d{2}(?::?\d{2})?)\[[A-Za-z][\w/+-]*\]$", "${1}"),
    (r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2})_(\d)", "${1} ${2}"),
    (r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}) (\d{1,2})\.(\d{2})\.(\d{2})$", "${1} ${2}:${3}:${4}"),
)
_OFFSETS = {"CST": "+0800", "UTC": "+0000", "GMT": "+0000", "Z": "+0000"}
"""CST is China's here; America's Central time is written the same."""


def unified(raw: pl.Series) -> pl.Series:
    """Times in the writings that `times` reads by their parts; whatever is no such writing stays as it is."""
    plain = (
        raw.str.normalize("NFKC")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_all(r"\s+", " ")
        .str.strip_chars(f" {_APOSTROPHES}")
        .str.replace(_WEEKDAY, " ")
    )
    for pattern, written in _DETAILS:
        plain = plain.str.replace(pattern, written)
    return _with_24_hours(_with_colons(_year_first(plain)))


def joined_halves(raw: pl.Series) -> pl.Series:
    """Times with the half of the day as `AM` or `PM` where a format may look for it."""
    half = raw.str.extract(_HALVES, 1).str.to_lowercase()
    if half.null_count() == len(half):
        return raw
    is_morning = half.is_in(_MORNINGS)
    written = pl.select(pl.when(is_morning).then(pl.lit("AM")).otherwise(pl.lit("PM"))).to_series()
    frame = pl.DataFrame({"raw": raw, "half": half, "written": written})
    replaced = pl.col("raw").str.replace(_HALVES, pl.col("written"))
    return frame.select(pl.when(pl.col("half").is_null()).then("raw").otherwise(replaced)).to_series()


def _year_first(raw: pl.Series) -> pl.Series:
    """Writings that name the year behind the month or the day, in the order of ours."""
    for pattern in _FOREIGN:
        parts = raw.str.extract_groups(pattern).struct.unnest()
        if parts["y"].null_count() == len(parts):
            continue
        parts = parts.with_columns(pl.lit(None, pl.String).alias(n) for n in _PARTS if n not in parts.columns)
        month = pl.col("b").str.to_lowercase()
        month = pl.when(month.str.contains("^[a-z]")).then(month.str.slice(0, 3)).otherwise(month)
        year = pl.col("y").cast(pl.Int64)
        century = pl.when(year < _CENTURY).then(2000).when(year < 100).then(1900).otherwise(0)  # noqa: PLR2004
        offset = pl.col("z").replace(_OFFSETS).str.replace(r"^(?:GMT|UTC)", "")
        day = pl.concat_str(
            (year + century).cast(pl.String),
            month.replace_strict(_MONTH_NUMBERS, default=None, return_dtype=pl.String),
            "d",
            separator="-",
        )
        clock = pl.concat_str(pl.lit(" "), "H", pl.lit(":"), "M", pl.lit(":"), pl.col("S").fill_null("00"))
        fraction = pl.concat_str(pl.lit("."), "f").fill_null("")
        half = pl.concat_str(pl.lit(" "), "h").fill_null("")
        timed = pl.concat_str(day, half, clock, fraction, offset.fill_null(""))
        raw = parts.select(pl.coalesce(timed, pl.when(pl.col("H").is_null()).then(day), raw)).to_series()
    return raw


def _with_colons(raw: pl.Series) -> pl.Series:
    """`9时5分30秒` as `9:5:30`, and a space between day and time."""
    parts = raw.str.extract_groups(_CLOCK).struct.unnest().to_dict(as_series=True)
    hour, minute, second = (part.fill_null("0") for part in parts.values())
    frame = pl.DataFrame({"raw": raw, "clock": " " + hour + ":" + minute + ":" + second})
    return frame.select(
        pl.when(pl.col("raw").str.contains(_CLOCK))
        .then(pl.col("raw").str.replace(_CLOCK, pl.col("clock")))
        .otherwise("raw")
        .str.replace(r"日\s*", "日 ")
        .str.strip_chars()
    ).to_series()


def _with_24_hours(raw: pl.Series) -> pl.Series:
    half = raw.str.extract(_HALVES, 1).str.to_lowercase()
    if half.null_count() == len(half):
        return raw
    bare = raw.str.replace(_HALVES, " ").str.replace_all(r"\s+", " ").str.strip_chars()
    parts = bare.str.extract_groups(_CLOCK_HOUR).struct.unnest().to_dict(as_series=True)
    day, hour, rest = parts.values()
    frame = pl.DataFrame({"raw": raw, "half": half, "day": day, "hour": hour.cast(pl.Int64), "rest": rest})
    is_morning = pl.col("half").is_in(_MORNINGS)
    # 中午 11:50 is before noon, 中午 1:20 after it.
    is_noon = (pl.col("half") == "中午") & (pl.col("hour") >= _NOON - 2)
    shifted = (
        pl.when(is_morning)
        .then(pl.col("hour") % _NOON + pl.when(pl.col("hour") > _NOON).then(None).otherwise(0))
        .when((pl.col("hour") < _NOON) & ~is_noon)
        .then(pl.col("hour") + _NOON)
        .otherwise("hour")
    )
    clock = pl.concat_str("day", pl.lit(" "), shifted.cast(pl.String), "rest")
    return frame.select(
        pl.when(pl.col("half").is_null()).then("raw").otherwise(pl.coalesce(clock, "raw"))
    ).to_series()
