"""The switches of a shared account: from which terminal to which, day by day, and after how many minutes."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from regaudit.base.running_text import plain_day
from regaudit.outlets.desk.pictures.picture import (
    INK,
    PAPER,
    Mark,
    Picture,
    element,
    legend,
    line,
    sheet,
    text,
)

_COLUMNS = ("日期", "前一次操作", "终端", "后一次操作", "终端", "相隔（分钟）")
_WIDTH, _LEFT, _RIGHT, _ROW, _HEAD = 520, 150, 14, 26, 46
_MOST_DAYS, _MOST_WORDS = 6, 17
_DAY_MINUTES = 24 * 60


def switches_picture(
    acts: Sequence[dict[str, Any]], switches: Sequence[dict[str, Any]], account: str, key: str = "switches"
) -> Picture:
    """The days on which an account went from terminal to terminal, each with a line a terminal.

    Args:
        acts: all timed acts of the account that are evidence, each with `occurred_at`, `terminal`.
        switches: as `story.explain` gives them.
        account: whose they are.
        key: tells it apart from other pictures of the page.
    """
    title = f"账号 {account} 在终端之间的切换"
    days = _days(switches)
    shown, parts, top = days[:_MOST_DAYS], [], 8.0
    for day in sorted(shown):
        drawn, height = _day(day, acts, [s for s in switches if s["on_date"] == day], top)
        parts.append(drawn)
        top += height
    if len(days) > len(shown):
        parts.append(text(8, top + 14, f"切换最多的 {len(shown)} 日；另有 {len(days) - len(shown)} 日见表"))
        top += 24
    marks = [Mark(INK, "一次操作"), Mark(PAPER, "切换后的第一次操作")]
    drawn, more = legend(8, top + 6, marks, _WIDTH)
    told = _told(switches, days, account)
    return Picture(
        svg=sheet(key, (_WIDTH, top + more + 10), title, told, "".join([*parts, drawn])),
        title=title,
        told=told,
        columns=_COLUMNS,
        rows=[_cells(switch) for switch in switches],
    )


def _days(switches: Sequence[dict[str, Any]]) -> list[date]:
    """The days of switches, those with most of them first."""
    counts: dict[date, int] = {}
    for switch in switches:
        counts[switch["on_date"]] = counts.get(switch["on_date"], 0) + 1
    return sorted(counts, key=lambda day: (-counts[day], day))


def _day(
    day: date, acts: Sequence[dict[str, Any]], switches: Sequence[dict[str, Any]], top: float
) -> tuple[str, float]:
    """One day's picture, and the height that it takes."""
    of_day = [
        act
        for act in acts
        if act.get("terminal") and act.get("precision") == "time" and act["occurred_at"].date() == day
    ]
    terminals = list(dict.fromkeys(act["terminal"] for act in of_day))
    minutes = [_minute(act["occurred_at"]) for act in of_day] or [0]
    first, last = min(minutes) // 60 * 60, min(-(-(max(minutes) + 1) // 60) * 60, _DAY_MINUTES)

    def place(at: datetime) -> float:
        width = _WIDTH - _LEFT - _RIGHT
        return round(_LEFT + (_minute(at) - first) / max(last - first, 1) * width, 1)

    rows = {terminal: top + _HEAD + _ROW * number for number, terminal in enumerate(terminals)}
    bottom = top + _HEAD + _ROW * max(len(terminals) - 1, 0) + 12
    parts = [text(8, top + 14, f"{plain_day(day)}：切换 {len(switches)} 次", font_weight="bold")]
    every = 60 * -(-(last - first) // (60 * 6))
    for minute in range(first, last + 1, every):
        at = round(_LEFT + (minute - first) / max(last - first, 1) * (_WIDTH - _LEFT - _RIGHT), 1)
        parts.append(line(at, top + 34, at, bottom, stroke="#999999", stroke_dasharray="2 3"))
        parts.append(text(at, top + 30, f"{minute // 60}时", font_size=11, text_anchor="middle"))
    for terminal, row in rows.items():
        name = terminal if len(terminal) <= _MOST_WORDS else terminal[: _MOST_WORDS - 1] + "…"
        parts.append(text(8, row + 4, name, font_size=12))
        parts.append(line(_LEFT, row, _WIDTH - _RIGHT, row, stroke="#bbbbbb"))
    after = set()
    for switch in switches:
        before, then = switch["before"], switch["after"]
        after.add((then["occurred_at"], then["terminal"]))
        ends = (place(before["occurred_at"]), rows[before["terminal"]])
        parts.append(
            line(*ends, place(then["occurred_at"]), rows[then["terminal"]], stroke=INK, stroke_width=1.6)
        )
    for act in of_day:
        is_first = (act["occurred_at"], act["terminal"]) in after
        parts.append(
            element(
                "circle",
                cx=place(act["occurred_at"]),
                cy=rows[act["terminal"]],
                r=5 if is_first else 3.5,
                fill=PAPER if is_first else INK,
                stroke=INK,
                stroke_width=2,
            )
        )
    return "".join(parts), bottom + 12 - top


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute


def _cells(switch: dict[str, Any]) -> list[str]:
    before, after = switch["before"], switch["after"]
    return [
        plain_day(switch["on_date"]),
        f"{before['occurred_at']:%H:%M:%S}",
        str(before["terminal"]),
        f"{after['occurred_at']:%H:%M:%S}",
        str(after["terminal"]),
        f"{switch['minutes']:.1f}".removesuffix(".0"),
    ]


def _told(switches: Sequence[dict[str, Any]], days: Sequence[date], account: str) -> str:
    if not switches:
        return f"账号 {account} 没有在同一日从一个终端换到另一个。"
    shortest = min(switches, key=lambda switch: float(switch["minutes"]))
    on, before, at, after, then, minutes = _cells(shortest)
    return (
        f"账号 {account} 在 {len(days)} 日里从一个终端换到另一个 {len(switches)} 次；最快的一次在 {on}："
        f"{before} 在 {at}，{after} 在 {then}，相隔 {minutes} 分钟。"
    )
