"""The lane of a queue-jump: who waited since when, and who was taken when and by whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from regaudit.base.running_text import plain_moment
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

ROLES = {
    "self": "本件",
    "overtaken": "被超越",
    "overtaker": "同样后到先办",
    "in_turn": "先到先办",
    "waiting": "仍在等候",
    "left": "中途离队（暂停、退回或办结）",
    "close": "先后相差不大",
    "later": "后到",
}
"""What a unit of the lane is to the one in question."""
_COLUMNS = ("业务", "关系", "开始等候", "开始审核", "审核人", "比本件早到（工作时间）")
_WIDTH, _EDGE, _ROW, _TOP = 520, 8, 38, 34
_STEPS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480, 1440, 2880, 10080))
_MOST_TICKS = 6
_NEVER = datetime(1, 1, 1)


def lane_picture(lane: dict[str, Any], key: str = "lane") -> Picture:
    """The lane that `story.explain` tells of, as a picture.

    Args:
        lane: `lane`, `unit`, `gap_minutes` and `units`, each with `role`, `arrived_at` and the like.
        key: tells it apart from other pictures of the page.
    """
    units: Sequence[dict[str, Any]] = lane["units"]
    title = f"队列 {lane['lane']}：谁何时开始等候，谁何时开始审核"
    told = _told(units)
    first, last = _bounds(units)
    scale = _Scale(first, last)
    height = _TOP + _ROW * len(units)
    parts = [_ticks(scale, height)]
    for number, unit in enumerate(units):
        parts.append(_bar(unit, scale, _TOP + _ROW * number, key))
    marks = [
        Mark(INK, "本件"),
        Mark(pattern(key, "hatch"), "被超越的"),
        Mark(PAPER, "其他"),
    ]
    drawn, more = legend(_EDGE, height + 8, marks, _WIDTH)
    parts.append(drawn)
    signs = "条自开始等候起；▼ 开始审核，✕ 离队，→ 仍在等候或图外才审核"
    parts.append(text(_EDGE, height + more + 20, signs, font_size=12))
    if any(unit["arrived_at"] < first for unit in units):
        parts.append(text(_EDGE, height + more + 38, "◀ 在图中时间之前已开始等候", font_size=12))
        more += 18
    return Picture(
        svg=sheet(key, (_WIDTH, height + more + 30), title, told, "".join(parts)),
        title=title,
        told=told,
        columns=_COLUMNS,
        rows=[_cells(unit) for unit in units],
    )


class _Scale:
    """Times as places along the picture."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first, self.last = first, max(last, first + timedelta(minutes=1))

    def __call__(self, at: datetime) -> float:
        share = (at - self.first) / (self.last - self.first)
        return _EDGE + 6 + min(max(share, 0.0), 1.0) * (_WIDTH - 2 * _EDGE - 12)


def _bounds(units: Sequence[dict[str, Any]]) -> tuple[datetime, datetime]:
    """From the first arrival of those in question to when the last of them was taken; the rest is cut off."""
    if not units:
        return _NEVER, _NEVER
    told = [u for u in units if u["role"] in ("self", "overtaken")] or units
    ends = [at for u in told for at in (u["arrived_at"], u["started_at"] or u["waited_until"]) if at]
    return min(unit["arrived_at"] for unit in told), max(ends)


def _ticks(scale: _Scale, bottom: float) -> str:
    length = scale.last - scale.first
    step = next((step for step in _STEPS if length / step <= _MOST_TICKS), length / _MOST_TICKS)
    midnight = datetime.combine(scale.first.date(), datetime.min.time())
    at = midnight + ((scale.first - midnight) // step + 1) * step
    parts, told_day = [], None
    while at < scale.last:
        place = scale(at)
        words = f"{at:%m-%d %H:%M}" if at.date() != told_day else f"{at:%H:%M}"
        told_day = at.date()
        parts.append(line(place, _TOP - 10, place, bottom, stroke="#999999", stroke_dasharray="2 3"))
        anchor = "end" if place > _WIDTH - 70 else "start" if place < 70 else "middle"  # noqa: PLR2004 - half a label
        parts.append(text(place, _TOP - 16, words, font_size=12, text_anchor=anchor))
        at += step
    return "".join(parts)


def _bar(unit: dict[str, Any], scale: _Scale, top: float, key: str) -> str:
    role = unit["role"]
    fill = {"self": INK, "overtaken": pattern(key, "hatch")}.get(role, PAPER)
    begun, end = unit["arrived_at"], unit["started_at"] or unit["waited_until"]
    left = scale(begun)
    right = scale(end) if end else scale(scale.last)
    named = f"{_name(unit)} {ROLES.get(role, role)}"
    parts = [
        text(_EDGE, top + 13, named, font_weight="bold" if role == "self" else None),
    ]
    is_over = end is not None and end < scale.first
    if not is_over:
        parts.append(box(left, top + 18, max(right - left, 1.5), 12, fill=fill))
    if begun < scale.first:
        parts.append(element("path", d=f"M{left + 2:.1f},{top + 16:.1f} l-8,8 l8,8 z", fill=INK))
    sign = "▼" if unit["started_at"] else "✕" if end else "→"
    if end and end > scale.last:
        sign = f"→ {end:%m-%d %H:%M}"
        parts.append(text(_WIDTH - _EDGE, top + 13, sign, text_anchor="end", font_size=12))
    elif sign == "→":
        parts.append(element("path", d=f"M{right - 2:.1f},{top + 16:.1f} l8,8 l-8,8 z", fill=INK))
    else:
        told = f"{sign} {end:%m-%d %H:%M}"
        if not is_over:
            parts.append(line(right, top + 14, right, top + 32, stroke_width=2.5))
        parts.append(text(_WIDTH - _EDGE, top + 13, told, text_anchor="end", font_size=12))
    return "".join(parts)


def _name(unit: dict[str, Any]) -> str:
    more = len(unit.get("case_nos") or ())
    return f"{unit['case_no']} 等 {more} 件" if more > 1 else str(unit["case_no"])


def _cells(unit: dict[str, Any]) -> list[str]:
    review = unit.get("review") or {}
    left = unit["waited_until"]
    taken = plain_moment(unit["started_at"]) if unit["started_at"] else ""
    if not taken:
        taken = f"未审核，{plain_moment(left)} 离队" if left else "仍在等候"
    return [
        _name(unit),
        ROLES.get(unit["role"], unit["role"]),
        plain_moment(unit["arrived_at"]),
        taken,
        str(review.get("person_name") or ""),
        _lead(unit),
    ]


def _lead(unit: dict[str, Any]) -> str:
    if unit["role"] == "self":
        return ""
    minutes = unit["lead_minutes"]
    return f"{minutes} 分钟" if minutes >= 0 else f"晚 {-minutes} 分钟"


def _told(units: Sequence[dict[str, Any]]) -> str:
    if not units:
        return "队列中没有办件。"
    parts = []
    for unit in units:
        if unit["role"] != "self":
            continue
        taken = f"，{plain_moment(unit['started_at'])} 开始审核" if unit["started_at"] else "，尚未审核"
        parts.append(f"本件 {_name(unit)} 自 {plain_moment(unit['arrived_at'])} 起等候{taken}。")
    overtaken = [unit for unit in units if unit["role"] == "overtaken"]
    if overtaken:
        parts.append(f"被它超越的 {len(overtaken)} 件：")
        parts += [
            f"{_name(unit)} 自 {plain_moment(unit['arrived_at'])} 起等候，"
            + (f"{plain_moment(unit['started_at'])} 才开始审核。" if unit["started_at"] else "尚未审核。")
            for unit in overtaken
        ]
    others = len(units) - len(overtaken) - sum(unit["role"] == "self" for unit in units)
    if others:
        parts.append(f"同一队列的其他 {others} 件见表。")
    return "".join(parts)
