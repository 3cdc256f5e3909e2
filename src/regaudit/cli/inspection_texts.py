"""What the commands of the inspection say."""

from collections.abc import Iterator, Mapping, Sequence

from rich.markup import escape

from regaudit.catalogue.inspection_terms import GRADES
from regaudit.cli.screen import complain, print_table, say, shown_time
from regaudit.operation.form_sheets import TakenForm
from regaudit.outlets.case_counts import part_title
from regaudit.outlets.inspection.outcome import Outcome, found_lines
from regaudit.outlets.inspection.outlook import Outlook, percent


def print_outlook(told: Outlook, titles: Mapping[str, str]) -> None:
    """What would be drawn, and what that lets one say; `titles` are those of the classes of limits."""
    where = told.office or "各登记机构"
    say(escape(f"{where} {told.month} 办结的业务:{told.count} 件参加抽取,抽 {told.size} 件"))
    print_table(
        "",
        ("层(登记机构、时限类别)", "总体", "抽取"),
        [(escape(part_title(one.stratum, titles)), one.count, one.size) for one in told.strata],
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
        if not is_logged:
            say("未与日志比较:连同散列一起改过的文件也会一致,必查的单位和见证人无从重算。请在工作区中再核对")
        return
    for fault in faults:
        say(escape(f"{name}:{fault}"))


def shown_moment(at: str) -> str:
    """A stored time to the minute."""
    return shown_time(at)[:16]


def print_taken(rows: Sequence[TakenForm]) -> None:
    """What became of each row of a workbook."""
    for row in rows:
        told = row.refused or (
            f"{GRADES[row.grade]}" + (f",已挂账 {row.entry}" if row.entry else "")
            if row.is_new
            else "与已记的相同,未作改动"
        )
        say(escape(f"第 {row.row} 行{row.number and f' {row.number}'}:{told}"))
    refused = sum(bool(row.refused) for row in rows)
    say(escape(f"记入 {sum(row.is_new for row in rows)} 件,退回 {refused} 件"))


def print_outcome(told: Outcome, titles: Mapping[str, str]) -> None:
    """What an inspection found, and what one may say of it; `titles` are those of the classes of limits."""
    where = told.office or "各登记机构"
    say(escape(f"{where} {told.month} 的抽查(第 {told.draw_no} 次抽取,{shown_moment(told.drawn_at)})"))
    kinds = [*told.strata, told.whole, told.mandatory]
    names = [*(part_title(one.name, titles) for one in told.strata), "抽中合计", "必查(不用于推断)"]
    print_table(
        "",
        ("层", "总体", "应查", "已查", *GRADES.values()),
        [
            (escape(name), one.count, one.drawn, one.examined, *(one.grades[grade] for grade in GRADES))
            for name, one in zip(names, kinds, strict=True)
        ],
    )
    for name, one in zip(names[:-1], kinds[:-1], strict=True):
        for line in found_lines(one):
            say(escape(f"{name}:{line}"))
    say(escape(f"注:{told.basis}"))
