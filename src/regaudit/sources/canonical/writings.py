"""The many writings of a time → one: `2007年1月4日 下午3时5分`, `Mon Nov 11 17:32:31 CST 2019` and others."""

import polars as pl

_INVISIBLE = r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
_APOSTROPHES = "'’‘`´"
_WEEKDAY = r"[((]?(?:星期|礼拜|周)[一二三四五六日天][))]?"
_CLOCK = r"(\d{1,2})[时点](?:(\d{1,2})分?(?:(\d{1,2})秒?)?)?"
_HALVES = r"(?i)(上午|凌晨|早上|下午|晚上|中午|[ap]\.?m\.?)"
_MORNINGS = ("上午", "凌晨", "早上", "am", "a.m.", "a.m", "am.")
_CLOCK_HOUR = r"^(.*[\d日])[\sT]+(\d{1,2})(:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?)$"
_NOON = 12
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_JAVA = (
    r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+(?P<b>[A-Z][a-z]{2})\s+(?P<d>\d{1,2})\s+"
    r"(?P<t>\d{2}:\d{2}:\d{2})\s+(?P<z>CST|UTC|GMT|Z|(?:GMT|UTC)?[+-]\d{2}:?\d{2})\s+(?P<y>\d{4})$"
)
_SCRIPT = (
    r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s+(?P<b>[A-Z][a-z]{2})\s+(?P<d>\d{1,2})\s+(?P<y>\d{4})\s+"
    r"(?P<t>\d{2}:\d{2}:\d{2})\s+(?P<z>(?:GMT|UTC)[+-]\d{2}:?\d{2})(?:\s+\(.*\))?$"
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
    return _with_24_hours(_with_colons(_from_java(plain)))


def _from_java(raw: pl.Series) -> pl.Series:
    frame = raw.to_frame("raw")
    for pattern in (_JAVA, _SCRIPT):
        parts = frame["raw"].str.extract_groups(pattern).struct.unnest()
        if parts["y"].null_count() == len(parts):
            continue
        month = pl.col("b").replace_strict(
            {name: f"{n:02}" for n, name in enumerate(_MONTHS, start=1)}, default=None
        )
        zone = pl.col("z").replace(_OFFSETS).str.replace(r"^(?:GMT|UTC)", "")
        written = pl.concat_str("y", month, pl.col("d").str.zfill(2), separator="-")
        iso = parts.select(iso=pl.concat_str(written, pl.lit("T"), "t", zone))
        frame = frame.with_columns(raw=pl.coalesce(iso["iso"], "raw"))
    return frame["raw"]


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
