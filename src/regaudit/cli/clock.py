"""The clock of one case as Chinese text: its terms, and its calendar day by day."""

from typing import Any

from rich.markup import escape

from regaudit.cli.screen import print_table, say, shortened
from regaudit.outlets.clock_days import DUE_STATES, ENDINGS, WEEKDAYS, ClockDay, clock_days, round_title


def summary(case: dict[str, Any]) -> None:
    """Acceptance and finish, then limit, due days and what is used of them."""
    closed = f"{case['closed_at']} {ENDINGS[case['close_kind']]}" if case["closed_at"] else "未办结"
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
        f"应办结 {case['due_on'] or DUE_STATES[case['due_state']]}",
        f"法定 {case['statutory_due_on'] or '待定'}",
    ]
    parts += [f"争取 {case['aim_on']}"] if case["aim_on"] else []
    if case["used_days"] is not None:
        parts.append(f"已用 {case['used_days']} 个工作日,停表 {case['paused_days']} 个工作日")
    if case["remaining_days"] is not None:
        left = case["remaining_days"]
        parts.append(f"剩余 {left} 个工作日" if left >= 0 else f"超出 {-left} 个工作日(不计停表的)")
    say("  ".join(parts))


def days(facts: dict[str, Any], most: int | None = None) -> None:
    """A table for each round of the clock, of `most` days; what the calendar does not reach is said."""
    rounds = facts["rounds"]
    for one in rounds:
        of_round = [day for day in facts["days"] if day["round_no"] == one["round_no"]]
        told = shortened(clock_days(of_round, one, facts["case"]["closed_at"]), most)
        print_table(
            round_title(one, len(rounds)),
            ("日期", "星期", "", "第几日"),
            list(map(_row, told)),
        )
    if not rounds:
        say("时钟:没有受理记录,未起算")
    if facts["case"]["due_state"] == "provisional":
        say("应办结日期在日历尚未公布的年份:该年的放假安排导入后即可确定,在此之前既不算超期也不算按期")


def _row(day: ClockDay | str) -> tuple[str, str, str, str | int]:
    if isinstance(day, str):
        return "", "", day, ""
    weekday = WEEKDAYS[day.on_date.weekday()]
    return f"{day.on_date}", weekday, escape(day.words), "" if day.count is None else day.count
