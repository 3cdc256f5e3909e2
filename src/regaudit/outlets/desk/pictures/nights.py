"""The last nights: which ran, with which light, and which are missing."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from msgspec import Struct

from regaudit.base.running_text import plain_day
from regaudit.outlets.clock_days import WEEKDAYS
from regaudit.outlets.desk.pictures.picture import (
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
)

LIGHTS = {"green": "绿", "yellow": "黄", "red": "红", "missing": "缺"}
"""What a night is called by its light."""
_COLUMNS = ("夜晚", "星期", "灯", "说明")
_LEFT, _TOP, _CELL = 30, 22, 34
_WIDTH = 390


class NightMark(Struct, frozen=True):
    """A night: its date, its light or `missing`, and in a word why (empty where it is green)."""

    night: date
    light: str
    why: str = ""


def nights_of(told: Iterable[NightMark], last: date, count: int = 60) -> list[NightMark]:
    """The last nights up to a day, those missing between the first that ever ran and that day filled in.

    Args:
        told: the nights that ran; of several runs of one night the last counts.
        last: the last night that could have run.
        count: how many nights back.
    """
    known = {mark.night: mark for mark in told}
    if not known:
        return []
    first = max(min(known), last - timedelta(days=count - 1))
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [known.get(day, NightMark(day, "missing", "这一晚没有运行")) for day in days]


def nights_strip(nights: Sequence[NightMark], key: str = "nights") -> Picture:
    """A strip of nights, a week a column.

    Args:
        nights: in order, each night once.
        key: tells it apart from other pictures of the page.
    """
    title = f"最近 {len(nights)} 晚"
    parts = [text(4, _TOP + _CELL * row + 22, WEEKDAYS[row], font_size=12) for row in range(7)]
    first = nights[0].night - timedelta(days=nights[0].night.weekday()) if nights else date.min
    told_month = 0
    for mark in nights:
        column, row = divmod((mark.night - first).days, 7)
        left = _LEFT + _CELL * column
        if mark.night.month != told_month:
            told_month = mark.night.month
            parts.append(text(left, 14, f"{told_month}月", font_size=12))
        parts.append(_cell(mark, left, _TOP + _CELL * row, key))
    columns = ((nights[-1].night - first).days // 7 + 1) if nights else 0
    width = max(_WIDTH, _LEFT + _CELL * columns + 6)
    marks = [
        Mark(PAPER, "绿 ○"),
        Mark(pattern(key, "hatch"), "黄 △"),
        Mark(INK, "红 ■"),
        Mark("#eeeeee", "✕ 没有运行"),
    ]
    drawn, more = legend(4, _TOP + _CELL * 7 + 10, marks, width)
    told = _told(nights, title)
    return Picture(
        svg=sheet(key, (width, _TOP + _CELL * 7 + more + 12), title, told, "".join([*parts, drawn])),
        title=title,
        told=told,
        columns=_COLUMNS,
        rows=[
            [plain_day(m.night), WEEKDAYS[m.night.weekday()], LIGHTS.get(m.light, m.light), m.why]
            for m in nights
        ],
    )


def _cell(mark: NightMark, left: float, top: float, key: str) -> str:
    middle, ink = left + 16, INK
    fill = PAPER
    if mark.light == "red":
        fill, ink = INK, PAPER
    elif mark.light == "yellow":
        fill = pattern(key, "hatch")
    elif mark.light == "missing":
        fill = "#eeeeee"
    parts = [box(left, top, _CELL - 2, _CELL - 2, fill=fill)]
    if mark.light == "yellow":
        parts.append(box(left + 3, top + 3, 18, 12, stroke="none"))
    parts.append(text(left + 4, top + 13, f"{mark.night:%d}", font_size=10, fill=ink))
    if mark.light == "green":
        parts.append(element("circle", cx=middle, cy=top + 22, r=5, fill="none", stroke=INK))
    elif mark.light == "yellow":
        parts.append(
            element("path", d=f"M{middle},{top + 15} l7,12 h-14 z", fill=PAPER, stroke=INK, stroke_width=1.5)
        )
    elif mark.light == "red":
        parts.append(box(middle - 5, top + 17, 10, 10, fill=PAPER, stroke="none"))
    else:
        parts.append(line(middle - 5, top + 17, middle + 5, top + 27, stroke_width=2))
        parts.append(line(middle + 5, top + 17, middle - 5, top + 27, stroke_width=2))
    return "".join(parts)


def _told(nights: Sequence[NightMark], title: str) -> str:
    if not nights:
        return "还没有一晚运行过。"
    counts = {light: sum(mark.light == light for mark in nights) for light in LIGHTS}
    words = [f"{name}灯 {counts[light]} 晚" for light, name in LIGHTS.items() if light != "missing"]
    missing = "、".join(plain_day(mark.night) for mark in nights if mark.light == "missing")
    last = nights[-1]
    span = f"{plain_day(nights[0].night)} 至 {plain_day(last.night)}"
    parts = [f"{title}（{span}）：{'，'.join(words)}，没有运行 {counts['missing']} 晚"]
    parts += [f"没有运行的：{missing}"] if missing else []
    if last.light != "missing":
        parts.append(f"最近一晚 {LIGHTS.get(last.light, last.light)}灯")
    return "。".join(parts) + "。"
