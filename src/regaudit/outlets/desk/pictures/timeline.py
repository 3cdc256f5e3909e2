"""The timeline of an entry as a picture: each state a bar, its limit a mark, what came too late hatched."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from html import escape

from msgspec import Struct

_LEFT, _RIGHT, _WIDTH, _ROW, _TOP = 84, 110, 680, 28, 26
_BAR = 14
_MOST_TICKS = 6
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {width} {height}" width="{width}" '
    'height="{height}" role="img" aria-labelledby="timeline-title timeline-about" font-size="13" '
    'fill="currentColor">'
)
_HATCH = (
    '<defs><pattern id="timeline-late" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect width="6" height="6" fill="#fff"/><path d="M0 6L6 0" stroke="#8a1c1c" stroke-width="2"/>'
    "</pattern></defs>"
)
Place = Callable[[date], float]


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


def timeline(spans: Sequence[Span], *, title: str) -> str:
    """The timeline as SVG; nothing in it is told by colour alone.

    Args:
        spans: the states in order, at least one.
        title: of the picture.
    """
    first = min(span.first for span in spans)
    last = max(max(span.last, span.due_on or span.last) for span in spans)
    days = max((last - first).days, 1)
    height = _TOP + _ROW * len(spans) + 24

    def at(day: date) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (day - first).days / days, 1)

    parts = [
        _HEAD.format(width=_WIDTH, height=height),
        f'<title id="timeline-title">{escape(title)}</title>',
        f'<desc id="timeline-about">{escape(told(spans))}</desc>',
        _HATCH,
        *_axis(first, last, at, height),
    ]
    for number, span in enumerate(spans):
        parts += _bar(span, _TOP + number * _ROW, at)
    parts.append("</svg>")
    return "".join(parts)


def told(spans: Sequence[Span]) -> str:
    """What the picture shows, in words."""
    return "；".join(
        f"{span.title} {span.first} 至 {'今' if span.is_last else span.last}"
        + (f"，期限 {span.due_on}" if span.due_on else "")
        + (f"，逾期 {_late(span)} 天" if _late(span) else "")
        for span in spans
    )


def _late(span: Span) -> int:
    return max((span.last - span.due_on).days, 0) if span.due_on else 0


def _axis(first: date, last: date, at: Place, height: int) -> Iterator[str]:
    days = (last - first).days
    step = max(-(-days // _MOST_TICKS), 1)
    ticks = [first + timedelta(days=number) for number in range(0, days + 1, step)]
    for day in ticks:
        x = at(day)
        yield f'<path d="M{x} {_TOP - 6}V{height - 20}" stroke="#bbb" stroke-width="1"/>'
        told = f"{day.month}-{day.day}"
        yield f'<text x="{x}" y="{_TOP - 10}" text-anchor="middle" font-size="11">{told}</text>'
    yield (
        f'<text x="{_LEFT}" y="{height - 4}" font-size="11">'
        f"{first.year}年{first.month}月{first.day}日起；◆ 为期限，斜线为逾期</text>"
    )


def _bar(span: Span, top: int, at: Place) -> Iterator[str]:
    start, end = at(span.first), at(span.last)
    middle = top + _BAR - 3
    yield f'<text x="{_LEFT - 8}" y="{middle}" text-anchor="end">{escape(span.title)}</text>'
    fill = "#4a6fa5" if span.is_last else "#c9d6e8"
    width = max(round(end - start, 1), 3)
    yield (
        f'<rect x="{start}" y="{top}" width="{width}" height="{_BAR}" fill="{fill}" '
        'stroke="#26415f" stroke-width="1"/>'
    )
    if _late(span) and span.due_on:
        begun = at(max(span.due_on, span.first))
        yield (
            f'<rect x="{begun}" y="{top}" width="{max(round(start + width - begun, 1), 3)}" height="{_BAR}" '
            'fill="url(#timeline-late)" stroke="#26415f" stroke-width="1"/>'
        )
    right = start + width
    if span.due_on:
        x = at(max(span.due_on, span.first))
        yield f'<path d="M{x} {top - 3}l5 5l-5 5l-5 -5z" fill="#000" stroke="#fff" stroke-width="1"/>'
        right = max(right, x + 5)
    days = (span.last - span.first).days
    late = f"，逾期{_late(span)}" if _late(span) else ""
    yield f'<text x="{right + 4}" y="{middle}" font-size="11">{days}天{late}</text>'
