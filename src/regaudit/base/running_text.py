"""Chinese running text as people read it: full-width punctuation in mails, half-width on a terminal."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

WEEKDAYS = "一二三四五六日"
_FULL_WIDTH = dict(zip(",:;!?()", "，：；！？（）", strict=True))
_CHINESE = re.compile(r"[\u2014\u2018-\u201d\u2026\u3000-\u303f\u3400-\u9fff\uff01-\uff5e]")
_ISO_DAY = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])", re.ASCII)
_HALF_WIDTH = {ord(full): half for half, full in _FULL_WIDTH.items()}
# In numbers of certificates, which are shown as they came: 蒙（2026）.
_BRACKETED_YEAR = re.compile(r"(（\d{4}）)", re.ASCII)
# Full-width punctuation brings its own space.
_SPACED = re.compile(r"(?<=[，：；！？（）。、]) +| +(?=[，：；！？（）。、])")


def full_width(text: str, keep: Iterable[str | None] = ()) -> str:
    """`text` with the punctuation of Chinese wherever it stands beside Chinese.

    Clock times, numbers and commands stay as they are, and so does every text of `keep`: numbers and names
    are shown as they came.
    """
    wide, start, parts = _widened(text), 0, []
    for piece, is_kept in _pieces(text, keep):
        end = start + len(piece)
        parts.append(piece if is_kept else _SPACED.sub("", wide[start:end]))
        start = end
    return "".join(parts)


def half_width(text: str) -> str:
    """`text` as commands print it: without full-width marks, but for a year in brackets, as in numbers."""
    pieces = _BRACKETED_YEAR.split(text)
    return "".join(piece if n % 2 else piece.translate(_HALF_WIDTH) for n, piece in enumerate(pieces))


def written_days(text: str, keep: Iterable[str | None] = ()) -> str:
    """`text` with `2025年6月1日` for each `2025-06-01`, but within the texts of `keep`."""
    return "".join(
        piece if is_kept else _ISO_DAY.sub(lambda day: f"{day[1]}年{int(day[2])}月{int(day[3])}日", piece)
        for piece, is_kept in _pieces(text, keep)
    )


def running(text: str, keep: Iterable[str | None] = ()) -> str:
    """`text` as people read it: both of the above."""
    kept = [*keep]
    return written_days(full_width(text, kept), kept)


def plain_day(day: date) -> str:
    """`2025年6月1日`."""
    return f"{day.year}年{day.month}月{day.day}日"


def plain_moment(moment: datetime) -> str:
    """`2025年6月1日 09:05`."""
    return f"{plain_day(moment.date())} {moment:%H:%M}"


def _pieces(text: str, keep: Iterable[str | None]) -> list[tuple[str, bool]]:
    """`text` cut at the texts of `keep`, the longest first, and whether a piece is one of these."""
    pieces = [(text, False)]
    for value in sorted({value for value in keep if value and value in text}, key=len, reverse=True):
        cut = ([(piece, True)] if is_kept else _cut(piece, value) for piece, is_kept in pieces)
        pieces = [part for parts in cut for part in parts]
    return pieces


def _cut(text: str, value: str) -> Iterator[tuple[str, bool]]:
    first, *others = text.split(value)
    yield first, False
    for other in others:
        yield value, True
        yield other, False


def day_text(day: date, beside: date | None = None) -> str:
    """`4月7日（周二）`, with the year where it is not that of `beside`."""
    year = "" if beside is not None and day.year == beside.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def moment_text(moment: datetime, beside: date | None = None) -> str:
    """`4月7日（周二）23:59`, with the year where it is not that of `beside`."""
    return f"{day_text(moment.date(), beside)}{moment:%H:%M}"


def _widened(text: str) -> str:
    """`text` with as many characters as before: a mark beside Chinese is full-width, brackets in pairs."""
    chars = list(text)
    is_wide = [char in _FULL_WIDTH and _beside_chinese(text, place) for place, char in enumerate(chars)]
    opened: list[int] = []
    for place, char in enumerate(chars):
        if char == "(":
            opened.append(place)
        elif char == ")" and opened:
            start = opened.pop()
            is_wide[start] = is_wide[place] = is_wide[start] or is_wide[place]
    for place, char in enumerate(chars):
        # A mark after a bracket that became full-width stands beside Chinese as well.
        if is_wide[place] or (char in _FULL_WIDTH and place and chars[place - 1] == "）"):
            chars[place] = _FULL_WIDTH[char]
    return "".join(chars)


def _beside_chinese(text: str, place: int) -> bool:
    beside = text[:place].rstrip(" ")[-1:] + text[place + 1 :].lstrip(" ")[:1]
    return bool(_CHINESE.search(beside))
