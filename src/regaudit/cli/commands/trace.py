"""One case: its steps, its clock, its findings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.errors import RegauditError, UsageError
from regaudit.catalogue.vocabulary import value_titles
from regaudit.cli import clock
from regaudit.cli.commands.findings import print_findings
from regaudit.cli.options import home_option, json_option, system_user
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.intake.originals import Original, as_facts, find_originals
from regaudit.intake.quarantine.file import NOTES, TEXT
from regaudit.operation.open import open_workspace
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.disclosure import record_shown


@click.command()
@click.argument("subject", metavar="[登记机构/]业务号")
@click.option(
    "--original", "is_whole", is_flag=True, help="原文显示全部列,映射未用到的也显示;何人查看会记入日志"
)
@click.option("--by", default="", help="何人查看原文全列(默认为当前系统用户)")
@home_option
@json_option
def trace(subject: str, by: str, home: Path, *, is_whole: bool, as_json: bool) -> None:
    """一件业务的全部环节(含来源文件、行号与原文)、逐日时钟和问题。"""
    if by and not is_whole:
        raise UsageError("--by 只与 --original 一起使用")
    with AnalystDatabase(home) as database:
        facts = database.trace(subject)
    with progress_bar() as progress:
        found = _originals(facts, home, lambda count: progress("查找原文", count, 0))
    if is_whole and found:
        case = facts["case"]["office"], facts["case"]["case_no"]
        user = system_user()
        with open_workspace(home, "trace", locks=()) as workspace:
            record_shown(
                workspace.log, case, list(found), by=by or user, system_user=user, now=workspace.now()
            )
    for row in (*facts["steps"], *facts["altered_steps"], *facts["extended_steps"]):
        if original := found.get(row["position"]):
            row["original"] = as_facts(original, is_whole=is_whole)
    print_json(facts) if as_json else print_trace(facts)


def _about(row: dict[str, Any]) -> str:
    """What a case or a row says of subtype and matter; empty where it says nothing."""
    titles = {"subtype": "登记小类", "matter": "登记原因"}
    return "、".join(f"{title} {row[name]}" for name, title in titles.items() if row[name])


def _originals(facts: dict[str, Any], home: Path, on_bytes: Any) -> dict[int, Original]:
    """The rows that the actions were made of; what cannot be found must not hide the rest."""
    case = facts["case"]
    try:
        return find_originals(home, case["office"], case["case_no"], on_bytes)
    except RegauditError as error:
        facts["originals_problem"] = str(error)
        return {}


def print_trace(facts: dict[str, Any]) -> None:
    """One case."""
    steps, results = value_titles("step"), value_titles("result")
    clock.summary(facts["case"])
    if told := _about(facts["case"]):
        say(escape(told))
    say("环节")
    for row in facts["steps"]:
        at = f"{row['occurred_at']:%Y-%m-%d}" if row["precision"] == "date" else str(row["occurred_at"])
        what = "·".join(filter(None, (steps.get(row["step"], row["step"]), row["node"])))
        told = row["result"] if row["step"] in ("review", "book") or row["result"] != "approve" else ""
        who = str(row["operator"] or row["account"] or "")
        person = f"({row['person_id']})" if row["person_id"] else ""
        parts = (
            *(at, what, results.get(told, told), who + person),
            f"原因 {row['reason']}" if row["reason"] else "",
            f"位置 {row['position']},{row['file_name']} 第 {row['row_no']} 行",
        )
        say(escape(f"  {'  '.join(filter(None, parts))}"))
    for row in facts["altered_steps"]:
        say(
            f"[bold yellow]被改[/]:位置 {row['first_position']} 的环节在 {escape(row['file_name'])} "
            f"第 {row['row_no']} 行内容不同(位置 {row['position']});以最初的为准"
        )
    for row in facts["extended_steps"]:
        say(
            f"补列:位置 {row['first_position']} 的环节在 {escape(row['file_name'])} 第 {row['row_no']} 行"
            f"补上{escape(_about(row))}(位置 {row['position']})"
        )
    _print_originals(facts)
    clock.days(facts)
    if facts["findings"]:
        print_findings(facts["findings"])
    else:
        say("没有问题")


def _print_originals(facts: dict[str, Any]) -> None:
    """The original rows of a case, each once, however many actions were made of it."""
    if problem := facts.get("originals_problem"):
        say(f"[bold yellow]原文无法查找[/]:{escape(problem)}")
        return
    grouped: dict[tuple[int, str, int], list[dict[str, Any]]] = {}
    for row in (*facts["steps"], *facts["altered_steps"], *facts["extended_steps"]):
        if (original := row.get("original")) is not None:
            key = (original["import_no"], original.get("table", ""), original["row_no"])
            grouped.setdefault(key, []).append(row)
    if grouped:
        say("原文(存档文件中的样子)")
    for rows in grouped.values():
        positions = "、".join(str(position) for position in sorted(row["position"] for row in rows))
        for line in _lines(rows[0]["original"], f"位置 {positions} · "):
            say(line)
    if any(_hides(original[0]["original"]) for original in grouped.values()):
        say("未显示的列不在映射之中;查看全部列:regaudit trace --original --by 登录名(会记入日志)")


def _hides(original: dict[str, Any]) -> bool:
    return "hidden" in original or ("rejected" in original and _hides(original["rejected"]))


def _lines(original: dict[str, Any], lead: str) -> Iterator[str]:
    table = f" 表 {original['table']}" if original.get("table") else ""
    where = escape(f"{original['file_name']}{table} 第 {original['row_no']} 行")
    if problem := original.get("problem"):
        yield f"  {lead}{where}:[bold yellow]{escape(problem)}[/]"
    else:
        cells = (
            f"{n} = {cell}".replace("\n", "␊")
            for n, cell in original.get("cells", {}).items()
            if n not in NOTES or n == TEXT
        )
        hidden = f"(另有 {original['hidden']} 列未显示)" if original.get("hidden") else ""
        yield f"  {lead}{where}:{escape(' · '.join(cells))}{hidden}"
    if rejected := original.get("rejected"):
        yield from _lines(rejected, "  由此改正 · ")
