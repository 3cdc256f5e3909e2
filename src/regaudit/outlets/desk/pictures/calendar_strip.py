"""The calendar of a case, week by week: which days counted, which did not, when it was due and when done."""

from collections.abc import Sequence
from datetime import date, timedelta

from regaudit.base.running_text import full_width, plain_day, running
from regaudit.outlets.clock_days import WEEKDAYS, ClockDay
from regaudit.outlets.desk.pictures.picture import (
    GREY,
    INK,
    PAPER,
    Mark,
    Picture,
    box,
    legend,
    pattern,
    sheet,
    text,
)

_COLUMNS = ("日期", "星期", "说明", "第几日")
_WIDTH, _LEFT, _CELL, _ROW, _TOP = 400, 46, 50, 40, 24
_MOST_WEEKS, _KEPT = 20, 8
"""Of a longer calendar the first and the last weeks alone are drawn; the table has all."""
_WORDS = {"start": "起算", "stopped": "停", "idle": "休", "over": ""}


def calendar_strip(days: Sequence[ClockDay], title: str, key: str = "calendar") -> Picture:
    """The days of one round of a case's clock, a week a line.

    Args:
        days: every day of the round, in order.
        title: which round of which case.
        key: tells it apart from other pictures of the page.
    """
    weeks, title = _weeks(days), running(title)
    parts = [
        text(_LEFT + _CELL * number + _CELL / 2, 16, name, text_anchor="middle", font_size=12)
        for number, name in enumerate(WEEKDAYS)
    ]
    top = _TOP
    for monday, of_week in weeks:
        if monday is None:
            parts.append(text(_LEFT, top + 16, f"……中间 {len(of_week)} 日见表……", font_size=12))
            top += 24
            continue
        parts.append(text(4, top + 24, f"{monday:%m-%d}", font_size=12))
        parts += [_cell(day, top, key) for day in of_week]
        top += _ROW
    marks = [
        Mark(PAPER, "计时，数字为第几日"),
        Mark(pattern(key, "dots"), "停表"),
        Mark(GREY, "休息日、办结后"),
        Mark(pattern(key, "hatch"), "超期"),
        Mark(INK, "办结"),
    ]
    drawn, more = legend(4, top + 8, marks, _WIDTH)
    parts += [drawn, text(4, top + more + 20, "粗框：到期日；起算当日不计", font_size=12)]
    told = _told(days, title)
    return Picture(
        svg=sheet(key, (_WIDTH, top + more + 30), title, told, "".join(parts)),
        title=title,
        told=told,
        columns=_COLUMNS,
        rows=[_cells(day) for day in days],
    )


def _weeks(days: Sequence[ClockDay]) -> list[tuple[date | None, list[ClockDay]]]:
    """Days by their Monday; a None stands for the middle of a calendar too long to be drawn."""
    found: dict[date, list[ClockDay]] = {}
    for day in days:
        found.setdefault(day.on_date - timedelta(days=day.on_date.weekday()), []).append(day)
    weeks: list[tuple[date | None, list[ClockDay]]] = list(found.items())
    if len(weeks) <= _MOST_WEEKS:
        return weeks
    middle = [day for _, of_week in weeks[_KEPT:-_KEPT] for day in of_week]
    return [*weeks[:_KEPT], (None, middle), *weeks[-_KEPT:]]


def _cell(day: ClockDay, top: float, key: str) -> str:
    left = _LEFT + _CELL * day.on_date.weekday()
    fill, ink = PAPER, INK
    if day.is_closed:
        fill, ink = INK, PAPER
    elif day.is_late and day.what == "counted":
        fill = pattern(key, "hatch")
    elif day.what == "stopped":
        fill = pattern(key, "dots")
    elif day.what in ("idle", "over"):
        fill = GREY
    words = "办结" if day.is_closed else _WORDS.get(day.what, str(day.count or ""))
    parts = [
        box(left + 1, top + 1, _CELL - 2, _ROW - 2, fill=fill, stroke="#777777"),
    ]
    if fill.startswith("url"):
        # Words stand on paper, or a pattern would run through them.
        parts.append(box(left + 4, top + 4, 20, 12, stroke="none"))
        parts.append(box(left + 12, top + 18, 27, 17, stroke="none"))
    parts.append(text(left + 5, top + 14, f"{day.on_date:%d}", font_size=10, fill=ink))
    parts.append(text(left + 25, top + 32, words, text_anchor="middle", font_size=14, fill=ink))
    if day.is_due:
        parts.append(box(left + 2.5, top + 2.5, _CELL - 5, _ROW - 5, fill="none", stroke=ink, stroke_width=4))
        parts.append(text(left + 45, top + 15, "到期", text_anchor="end", font_size=11, fill=ink))
    elif day.is_as_of:
        parts.append(box(left + 23, top + 4, 24, 13, stroke="none"))
        parts.append(text(left + 46, top + 14, "截至", text_anchor="end", font_size=11))
    return "".join(parts)


def _cells(day: ClockDay) -> list[str]:
    count = "" if day.count is None else str(day.count)
    return [plain_day(day.on_date), WEEKDAYS[day.on_date.weekday()], full_width(day.words), count]


def _told(days: Sequence[ClockDay], title: str) -> str:
    if not days:
        return f"{title}：没有日历。"
    counted = [day for day in days if day.count is not None]
    stopped = sum(day.what == "stopped" for day in days)
    late = sum(day.is_late and day.count is not None for day in days)
    parts = [f"{title}：自 {plain_day(days[0].on_date)} 起算，当日不计；计时 {len(counted)} 个工作日"]
    parts += [f"停表 {stopped} 个工作日"] if stopped else []
    parts += [f"{plain_day(day.on_date)} 到期" for day in days if day.is_due]
    closed = [f"{plain_day(day.on_date)} 办结" for day in days if day.is_closed]
    as_of = [f"截至 {plain_day(day.on_date)} 未办结" for day in days if day.is_as_of]
    parts += closed or as_of
    parts += [f"超出期限的工作日 {late} 个"] if late else []
    return "，".join(parts) + "。"
