"""What the commands of the inspection say."""

from collections.abc import Iterator, Sequence

from rich.markup import escape

from regaudit.cli.screen import complain, print_table, say, shown_time
from regaudit.outlets.inspection.outlook import Outlook, percent


def print_outlook(told: Outlook) -> None:
    """What would be drawn, and what that lets one say."""
    where = told.office or "各登记机构"
    say(escape(f"{where} {told.month} 办结的业务:{told.count} 件参加抽取,抽 {told.size} 件"))
    print_table(
        "",
        ("层(登记机构/时限类别)", "总体", "抽取"),
        [(one.stratum, one.count, one.size) for one in told.strata],
    )
    for line in outlook_lines(told):
        say(escape(line))
    for caution in told.cautions:
        complain(escape(f"提示:{caution}"))


def outlook_lines(told: Outlook) -> Iterator[str]:
    """What a plan lets one say (Chinese)."""
    rate = percent(told.fault_rate)
    if told.count:
        yield (
            f"按比例 {percent(told.share)} 抽 {told.shared} 件:若有 {rate} 不合格,"
            f"100 次中有 {told.missed} 次一件也查不出"
        )
        span = "本月" if told.per == "month" else "本季度,三个月合计抽足时本月"
        yield (
            f"要有 {percent(told.confidence)} 把握至少查出一件(若有 {rate} 不合格),"
            f"{span}须抽 {told.statement_size} 件"
            + (",已按此抽取" if told.is_binding else ";规程未要求按此抽取(plan.statement = false)")
        )
    if told.mandatory:
        classes = "、".join(f"{title} {count} 件" for title, count in sorted(told.mandatory.items()))
        yield f"另有必查 {told.mandatory_units} 件,不参加抽取:{classes}"


def print_faults(name: str, faults: Sequence[str], *, is_logged: bool) -> None:
    """Whether a draw is what follows from its file."""
    if not faults:
        held = ",与本工作区的日志一致" if is_logged else ""
        say(escape(f"{name}:重算结果与文件一致{held}"))
        return
    for fault in faults:
        say(escape(f"{name}:{fault}"))


def shown_moment(at: str) -> str:
    """A stored time to the minute."""
    return shown_time(at)[:16]
