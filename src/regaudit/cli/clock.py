"""The clock of one case as Chinese text: its terms, and its calendar day by day."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape

from regaudit.catalogue.vocabulary import value_titles
from regaudit.cli.screen import print_table, say

_DUE_STATES = {"paused": "停表,待恢复后确定", "provisional": "待定(日历尚未公布)", "none": "无"}
_ENDINGS = {"book": "登簿", "certify": "缮证", "issue": "发证", "refuse": "不予登记", "withdraw": "撤回"}
_DAYS = {"weekend": "周末", "holiday": "节假日", "closure": "停办", "makeup": "调休上班", "workday": ""}
_WEEKDAYS = "一二三四五六日"


def summary(case: dict[str, Any]) -> None:
    """Acceptance and finish, then limit, due days and what is used of them."""
    closed = f"{case['closed_at']} {_ENDINGS[case['close_kind']]}" if case["closed_at"] else "未办结"
    kind = escape(case["registration_title"] or "")
    say(
        f"业务 {escape(case['office'])}/{escape(case['case_no'])} {kind}  "
        f"受理 {case['accepted_at'] or '无记录'}  办结 {closed}"
    )
    if case["due_state"] == "none":
        say("时限:无")
        return
    days = "平台所承诺的日期" if case["limit_days"] is None else f"{case['limit_days']} 个工作日"
    parts = [
        f"时限 {days}({escape(case['limit_basis'] or '')})",
        f"应办结 {case['due_on'] or _DUE_STATES[case['due_state']]}",
        f"法定 {case['statutory_due_on'] or '待定'}",
    ]
    parts += [f"争取 {case['aim_on']}"] if case["aim_on"] else []
    if case["used_days"] is not None:
        parts.append(f"已用 {case['used_days']} 个工作日,停表 {case['paused_days']} 个工作日")
    if case["remaining_days"] is not None:
        left = case["remaining_days"]
        parts.append(f"剩余 {left} 个工作日" if left >= 0 else f"超出 {-left} 个工作日(不计停表的)")
    say("  ".join(parts))


def days(facts: dict[str, Any]) -> None:
    """A table for each round of the clock; what the calendar does not reach is said."""
    rounds = facts["rounds"]
    for one in rounds:
        of_round = [day for day in facts["days"] if day["round_no"] == one["round_no"]]
        print_table(
            _title(one, len(rounds)),
            ("日期", "星期", "", "第几日"),
            list(_rows(of_round, one, facts["case"]["closed_at"])),
        )
    if not rounds:
        say("时钟:没有受理记录,未起算")
    if facts["case"]["due_state"] == "provisional":
        say("应办结日期在日历尚未公布的年份:该年的放假安排导入后即可确定,在此之前既不算超期也不算按期")


def _title(one: dict[str, Any], rounds: int) -> str:
    if rounds == 1:
        return "时钟"
    by = "受理" if one["round_no"] == 1 else "补正完成,重新起算"
    due = f",本轮应办结 {one['due_on']}" if one["due_on"] else ""
    return f"时钟第 {one['round_no']} 轮(共 {rounds} 轮):{one['started_on']} {by}{due}" + (
        "" if one["is_last"] else ";已由下一轮取代"
    )


def _rows(
    days: Sequence[dict[str, Any]], one: dict[str, Any], closed_at: datetime | None
) -> list[tuple[str, str, str, Any]]:
    counted, rows = 0, []
    is_over = closed_at is not None and closed_at.date() < one["started_on"]
    for day in days:
        is_counted = day["is_workday"] and not day["is_start"] and not day["is_stopped"] and not is_over
        counted += is_counted
        words = ["已办结" if is_over else _what(day, one), *_marks(day, one)]
        is_over = is_over or day["is_closed"]
        weekday = _WEEKDAYS[day["on_date"].weekday()]
        rows.append((f"{day['on_date']}", weekday, escape(",".join(words)), counted if is_counted else ""))
    return rows


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
