"""One case: its steps, its clock, its findings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rich_click as click
from rich.markup import escape

from regaudit.base.errors import RegauditError
from regaudit.catalogue.vocabulary import value_titles
from regaudit.cli import clock
from regaudit.cli.commands.findings import print_findings
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.intake.originals import as_facts, find_originals
from regaudit.intake.quarantine.file import NOTES
from regaudit.outlets.database import AnalystDatabase


@click.command()
@click.argument("subject", metavar="OFFICE/CASE_NO")
@home_option
@json_option
def trace(subject: str, home: Path, *, as_json: bool) -> None:
    """一件业务的全部环节(含来源文件、行号与原文)、逐日时钟和问题。"""
    with AnalystDatabase(home) as database:
        facts = database.trace(subject)
    with progress_bar() as progress:
        _add_originals(facts, home, lambda count: progress("查找原文", count, 0))
    print_json(facts) if as_json else print_trace(facts)


def _add_originals(facts: dict[str, Any], home: Path, on_bytes: Any) -> None:
    """Put beside every action the row that it was made of; what cannot be found must not hide the rest."""
    case = facts["case"]
    try:
        found = find_originals(home, case["office"], case["case_no"], on_bytes)
    except RegauditError as error:
        facts["originals_problem"] = str(error)
        return
    for row in (*facts["steps"], *facts["altered_steps"]):
        if original := found.get(row["position"]):
            row["original"] = as_facts(original)


def print_trace(facts: dict[str, Any]) -> None:
    """One case."""
    steps, results = value_titles("step"), value_titles("result")
    clock.summary(facts["case"])
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
    for row in (*facts["steps"], *facts["altered_steps"]):
        if (original := row.get("original")) is not None:
            key = (original["import_no"], original.get("table", ""), original["row_no"])
            grouped.setdefault(key, []).append(row)
    if grouped:
        say("原文(存档文件中的样子)")
    for rows in grouped.values():
        positions = "、".join(str(position) for position in sorted(row["position"] for row in rows))
        for line in _lines(rows[0]["original"], f"位置 {positions} · "):
            say(line)


def _lines(original: dict[str, Any], lead: str) -> Iterator[str]:
    table = f" 表 {original['table']}" if original.get("table") else ""
    where = escape(f"{original['file_name']}{table} 第 {original['row_no']} 行")
    if problem := original.get("problem"):
        yield f"  {lead}{where}:[bold yellow]{escape(problem)}[/]"
    else:
        cells = (
            f"{n} = {cell}".replace("\n", "␊")
            for n, cell in original.get("cells", {}).items()
            if n not in NOTES
        )
        yield f"  {lead}{where}:{escape(' · '.join(cells))}"
    if rejected := original.get("rejected"):
        yield from _lines(rejected, "  由此改正 · ")
