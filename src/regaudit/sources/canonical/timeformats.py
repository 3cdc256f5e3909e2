"""Times that only their mapping can tell: by formats, and joined of several columns."""

import re
from collections.abc import Iterable, Sequence

import polars as pl

from regaudit.sources.canonical.writings import joined_halves

_PATTERN_LETTERS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMM": "%b",
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "s": "%S",
    "SSSSSS": "%6f",
    "SSS": "%3f",
    "a": "%p",
}
_LETTERS = re.compile(r"([A-Za-z])\1*|'([^']*)'")
_DATE_PARTS = (("%Y", "%y"), ("%m", "%b"), ("%d",))
_CLOCK_PARTS = ("%H", "%I", "%M", "%T", "%R")
_YEAR_FIRST = r"^\d{4}\D"

_MIDNIGHT = r"[T\s]+0?0:00(?::00(?:\.0+)?)?$"
_NO_DAY = r"^(?:1899-12-3[01]|1900-01-0[01]|1970-01-01)[T\s]+"
_FRACTION = r"^0?\.\d{1,17}$"
_DIGITS = r"^(\d{2})(\d{2})(\d{2})?$"
_SERIAL = r"^(\d{5})(?:\.0+)?$"
_SERIAL_ZERO_DAYS = 25_569
_DAY_SECONDS = 86_400


def strptime_format(text: str) -> str:
    """A format as `dd/MM/yyyy HH:mm:ss` or `%d/%m/%Y %H:%M:%S`, in the latter form.

    Raises:
        ValueError: it has letters that mean nothing, does not tell year, month and day, or an hour without
            its minute.
    """
    written = text if "%" in text else _LETTERS.sub(_directive, text)
    if not all(any(part in written for part in parts) for parts in _DATE_PARTS):
        raise ValueError(text)
    try:
        _read(pl.Series(["-"]), written)
    except pl.exceptions.PolarsError as error:
        raise ValueError(text) from error
    return written


def _directive(match: re.Match[str]) -> str:
    if match[2] is not None:
        return match[2]
    if (found := _PATTERN_LETTERS.get(match[0])) is None:
        raise ValueError(match[0])
    return found


def parse_formatted(raw: pl.Series, formats: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """Times in formats of `strptime_format`, the first that reads a cell.

    Returns:
        Wall-clock times, null where no format reads them; and what is left for the built-in forms: of a
        column whose order of day and month a mapping had to tell, only what begins with the year.
    """
    clean = joined_halves(raw)
    at = pl.Series("at", [None] * len(raw), dtype=pl.Datetime("us"))
    for form in formats:
        at = at.fill_null(_read(clean, form))
    return at, raw.set(at.is_not_null() | ~raw.str.contains(_YEAR_FIRST).fill_null(value=False), None)


def _read(raw: pl.Series, form: str) -> pl.Series:
    if any(part in form for part in _CLOCK_PARTS):
        return raw.str.to_datetime(form, strict=False, time_unit="us")
    return raw.str.to_date(form, strict=False).cast(pl.Datetime("us"))


def joined(parts: Iterable[pl.Expr]) -> pl.Expr:
    """A day and what follows it as one text: `46083` and `0.375`, `2026/3/2` and `09:00`, or `0900`.

    Args:
        parts: cells without null words; the first has the day.
    """
    first, *others = parts
    serial = first.str.extract(_SERIAL, 1).cast(pl.Int64) - _SERIAL_ZERO_DAYS
    day = pl.coalesce(
        pl.from_epoch(serial, time_unit="d").dt.strftime("%Y-%m-%d"), first.str.replace(_MIDNIGHT, "")
    )
    clocks = (_clock(other) for other in others)
    pieces = pl.concat_str([day, *clocks], separator=" ", ignore_nulls=True)
    return pl.when(pieces != "").then(pieces)


def _clock(cell: pl.Expr) -> pl.Expr:
    share = pl.when(cell.str.contains(_FRACTION)).then(cell).cast(pl.Float64, strict=False)
    seconds = (share * _DAY_SECONDS).round().cast(pl.Int64)
    shown = pl.from_epoch(seconds, time_unit="s").dt.strftime("%H:%M:%S")
    spread = cell.str.replace(_DIGITS, "${1}:${2}:${3}").str.strip_suffix(":")
    return pl.coalesce(shown, pl.when(cell.str.contains(_DIGITS)).then(spread), cell.str.replace(_NO_DAY, ""))
