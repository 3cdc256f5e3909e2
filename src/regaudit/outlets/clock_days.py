"""The clock of a case day by day, in Chinese: the same words on the command line and on a page."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from regaudit.catalogue.vocabulary import value_titles

DUE_STATES = {"paused": "停表,待恢复后确定", "provisional": "待定(日历尚未公布)", "none": "无"}
ENDINGS = {"book": "登簿", "certify": "缮证", "issue": "发证", "refuse": "不予登记", "withdraw": "撤回"}
_DAYS = {"weekend": "周末", "holiday": "节假日", "closure": "停办", "makeup": "调休上班", "workday": ""}
WEEKDAYS = "一二三四五六日"


class ClockDay(Struct, frozen=True, kw_only=True):
    """A day of a round of a case's clock.

    Attributes:
        what: what it is to the clock (start, counted, stopped, idle: no working day, over: closed before).
        count: the how many-th counted day it is; None where it does not count.
        words: all that is to be said of it.
    """

    on_date: date
    what: str
    count: int | None
    words: str
    is_due: bool = False
    is_late: bool = False
    is_closed: bool = False
    is_as_of: bool = False


def round_title(one: dict[str, Any], rounds: int) -> str:
    """What one of so many rounds of a clock is, with when it began and ends."""
    if rounds == 1:
        return "时钟"
    by = "受理" if one["round_no"] == 1 else "补正完成,重新起算"
    due = f",本轮应办结 {one['due_on']}" if one["due_on"] else ""
    return f"时钟第 {one['round_no']} 轮(共 {rounds} 轮):{one['started_on']} {by}{due}" + (
        "" if one["is_last"] else ";已由下一轮取代"
    )


def clock_days(
    days: Sequence[dict[str, Any]], one: dict[str, Any], closed_at: datetime | None
) -> list[ClockDay]:
    """The days of one round of a clock, in order.

    Args:
        days: rows of `clock_days.sql` of that round.
        one: its row of `clock_rounds`.
        closed_at: when the case was closed.
    """
    counted, rows = 0, []
    is_over = closed_at is not None and closed_at.date() < one["started_on"]
    for day in days:
        is_counted = day["is_workday"] and not day["is_start"] and not day["is_stopped"] and not is_over
        counted += is_counted
        words = ["已办结" if is_over else _what(day, one), *_marks(day, one)]
        rows.append(
            ClockDay(
                on_date=day["on_date"],
                what=_kind(day, is_over=is_over),
                count=counted if is_counted else None,
                words=",".join(words),
                is_due=day["is_due"],
                is_late=day["is_late"],
                is_closed=day["is_closed"],
                is_as_of=day["is_as_of"],
            )
        )
        is_over = is_over or day["is_closed"]
    return rows


def _kind(day: dict[str, Any], *, is_over: bool) -> str:
    if is_over:
        return "over"
    if day["is_start"]:
        return "start"
    if not day["is_workday"]:
        return "idle"
    return "stopped" if day["is_stopped"] else "counted"


def _what(day: dict[str, Any], one: dict[str, Any]) -> str:
    """What kind of day it is, and whether it counts."""
    kind = _DAYS[day["kind"]] + (f"({day['name']})" if day["name"] else "")
    if day["is_start"]:
        return ("受理" if one["round_no"] == 1 else "补正完成,重新起算") + ",当日不计"
    if not day["is_workday"]:
        return kind
    if day["is_stopped"]:
        stopping = [pause for pause in day["pauses"] if pause["is_lawful"]]
        return ",".join(filter(None, (kind, f"停表({_pauses(stopping)})")))
    idle = f"(另有暂停不停表:{_pauses(day['pauses'])})" if day["pauses"] else ""
    return ",".join(filter(None, (kind, "计时"))) + idle


def _pauses(pauses: Sequence[dict[str, Any]]) -> str:
    titles = value_titles("pause_kind") | {"other": "其他或不明"}
    return ";".join(
        f"{titles.get(pause['pause_kind'], pause['pause_kind'])},"
        + (f"至 {pause['until_on']}" if pause["until_on"] else "尚未恢复")
        for pause in pauses
    )


def _marks(day: dict[str, Any], one: dict[str, Any]) -> list[str]:
    marks = {
        "争取时限到期": day["is_aim"],
        "到期": day["is_due"],
        "法定时限到期": day["is_statutory_due"] and not day["is_due"],
        "超期" if one["is_last"] else "已过本轮期限": day["is_late"],
        "办结": day["is_closed"],
        "截至日": day["is_as_of"],
    }
    return [words for words, holds in marks.items() if holds]
