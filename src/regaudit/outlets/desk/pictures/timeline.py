"""The timeline of an entry as a picture: each state a bar, its limit a mark, what came too late hatched."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from msgspec import Struct

from regaudit.base.running_text import plain_day
from regaudit.outlets.desk.pictures.picture import (
    GREY,
    INK,
    PAPER,
    Mark,
    Picture,
    box,
    element,
    legend,
    line,
    pattern,
    sheet,
    text,
    text_width,
)

_WIDTH, _LEFT, _ROW, _TOP, _BAR = 500, 72, 28, 30, 14
_BESIDE, _SMALL, _MARK = 4, 12, 5
"""Between a bar and its days; their size; half the mark of a limit."""
_MOST_TICKS = 4
_COLUMNS = ("状态", "自", "至", "期限", "天数", "逾期天数")
_Place = Callable[[date], float]


class Span(Struct, frozen=True, kw_only=True):
    """A state that an entry was in.

    Attributes:
        title: its name (Chinese).
        first: the day on which it came into it, `last` that on which it left it, or today.
        due_on: the last day for what had to be done in it; None: no limit.
        is_last: it is still in it.
    """

    title: str
    first: date
    last: date
    due_on: date | None = None
    is_last: bool = False

    @property
    def days(self) -> int:
        """How many days it lasted."""
        return (self.last - self.first).days

    @property
    def late(self) -> int:
        """By how many days the limit was passed."""
        return max((self.last - self.due_on).days, 0) if self.due_on else 0

    @property
    def beside(self) -> str:
        """What is written beside its bar."""
        return f"{self.days}天" + (f"，逾期{self.late}天" if self.late else "")


def timeline(spans: Sequence[Span], title: str, key: str = "timeline") -> Picture:
    """The timeline of some states; nothing in it is told by colour alone.

    Args:
        spans: the states in order, at least one.
        title: of the picture.
        key: tells it apart from other pictures of the page.
    """
    first = min(span.first for span in spans)
    last = max(max(span.last, span.due_on or span.last) for span in spans)
    days = max((last - first).days, 1)
    bottom = _TOP + _ROW * len(spans)
    # Whatever ends last, what is written beside it has its place.
    right = _MARK + 2 * _BESIDE + max(text_width(span.beside, _SMALL) for span in spans)

    def at(day: date) -> float:
        return _LEFT + (_WIDTH - _LEFT - right) * (day - first).days / days

    parts = [*_axis(first, last, at, bottom)]
    for number, span in enumerate(spans):
        parts += _bar(span, _TOP + number * _ROW, at, key)
    marks = [Mark(GREY, "经过的状态"), Mark(INK, "现在的状态"), Mark(pattern(key, "hatch"), "逾期，◆ 为期限")]
    told, height = legend(_LEFT, bottom + 8, marks, _WIDTH)
    words = "；".join(map(_told, spans))
    return Picture(
        svg=sheet(key, (_WIDTH, bottom + height + 12), title, words, "".join([*parts, told])),
        title=title,
        told=words,
        columns=_COLUMNS,
        rows=[_cells(span) for span in spans],
    )


def _told(span: Span) -> str:
    return (
        f"{span.title} {plain_day(span.first)} 至{'今' if span.is_last else f' {plain_day(span.last)}'}"
        + (f"，期限 {plain_day(span.due_on)}" if span.due_on else "")
        + (f"，逾期 {span.late} 天" if span.late else "")
    )


def _cells(span: Span) -> list[str]:
    last = "至今" if span.is_last else plain_day(span.last)
    due = plain_day(span.due_on) if span.due_on else ""
    return [span.title, plain_day(span.first), last, due, str(span.days), str(span.late or "")]


def _axis(first: date, last: date, at: _Place, bottom: float) -> Iterator[str]:
    days = (last - first).days
    step = max(-(-days // _MOST_TICKS), 1)
    year = 0
    for number in range(0, days + 1, step):
        day = first + timedelta(days=number)
        told = f"{day.month}月{day.day}日" if day.year == year else plain_day(day)
        year = day.year
        yield line(at(day), _TOP - 8, at(day), bottom, stroke="#999999", stroke_dasharray="2 3")
        yield text(at(day), _TOP - 14, told, font_size=_SMALL, text_anchor="middle")


def _bar(span: Span, top: float, at: _Place, key: str) -> Iterator[str]:
    left, right = at(span.first), max(at(span.last), at(span.first) + 3)
    yield text(_LEFT - 8, top + _BAR - 2, span.title, text_anchor="end")
    yield box(left, top, right - left, _BAR, fill=INK if span.is_last else GREY)
    due = max(span.due_on, span.first) if span.due_on else None
    if due and span.late:
        begun = min(at(due), right - 3)
        yield box(begun, top, right - begun, _BAR, fill=pattern(key, "hatch"))
    if due:
        yield element("path", d=f"M{at(due):.1f} {top - 3}l5 5l-5 5l-5 -5z", fill=INK, stroke=PAPER)
        right = max(right, at(due) + _MARK)
    yield text(right + _BESIDE, top + _BAR - 2, span.beside, font_size=_SMALL)
