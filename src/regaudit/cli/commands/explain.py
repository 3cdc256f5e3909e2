"""The story of a finding: who did what when, and where each line stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.settings import load_settings
from regaudit.catalogue.profiles import load_profile
from regaudit.catalogue.rules import SEVERITIES
from regaudit.catalogue.vocabulary import display_name, value_titles
from regaudit.cli import clock
from regaudit.cli.commands.findings import STATES
from regaudit.cli.ledger_texts import EVIDENCE_PARTS
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, print_table, say, shortened
from regaudit.outlets.case_counts import class_titles, part_title
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.story import explain as tell

_ROLES = {
    "self": "[bold red]本件[/]",
    "overtaken": "[bold]先到而被超越[/]",
    "overtaker": "[bold]后到而先办[/]",
    "in_turn": "先到先办",
    "close": "到达时间相近,不计",
    "left": "其间暂停、退回或办结,不计",
    "waiting": "仍在等候(已被多件超越或另有原因,不计)",
    "later": "后到,其时尚未审核",
}
_BACKGROUND = "context"
_TELLING = ("self", "overtaken", "overtaker")
_MOST = 16
_LANE_HEADERS = ("单元", "入队", "开始审核", "与本件", "早到(分)", "审核人", "位置")


@click.command()
@click.argument("finding_id", metavar="问题编号")
@click.option("--full", "is_full", is_flag=True, help="全部列出;不写的,长的只列首尾")
@home_option
@json_option
def explain(finding_id: str, home: Path, *, is_full: bool, as_json: bool) -> None:
    """一个问题的来龙去脉:排队情形、经手人与终端、逐日时钟,每条都注明日志位置、文件与行。"""
    with AnalystDatabase(home) as database:
        facts = tell(home, database, finding_id)
    if as_json:
        print_json(facts)
        return
    titles = class_titles(load_profile(load_settings(home).profile, home))
    print_story(facts, titles, most=None if is_full else _MOST)


def print_story(facts: dict[str, Any], titles: Mapping[str, str], most: int | None) -> None:
    """A finding's story; of a longer list than `most` what is in its middle is left out.

    Args:
        facts: as `regaudit.outlets.story.explain` has them.
        titles: the classes of limits, as people call them.
        most: how many lines a list may have; None is all.
    """
    finding, rule = facts["finding"], facts["rule"]
    say(
        f"[bold]{escape(finding['summary'])}[/]\n"
        f"问题 {finding['finding_id']}  {rule['title']}({rule['rule']})  "
        f"级别 {SEVERITIES[finding['severity']]}  首次发现 {finding['first_found_on']}  "
        f"{STATES[finding['state']]}\n"
        f"依据:{escape(finding['basis'])}"
    )
    if rule["params"]:
        say("参数:" + ", ".join(f"{name}={value}" for name, value in rule["params"].items()))
    if facts.get("lane"):
        _lane(facts["lane"], part_title(facts["lane"]["lane"], titles), facts["finding"], most)
    if "days" in facts:
        clock.days(facts, most)
    if facts.get("switches"):
        _switches(facts["switches"], most)
    _evidence(facts["evidence"], most)


def _moment(row: dict[str, Any]) -> str:
    at = row.get("occurred_at")
    if at is None:
        return ""
    return f"{at:%Y-%m-%d}" if row.get("precision") == "date" else f"{at:%Y-%m-%d %H:%M:%S}"


def _place(row: dict[str, Any] | None) -> str:
    """Where a line stands: file, table and row."""
    if not row or not row.get("file_name"):
        return ""
    table = f" 表 {row['table_name']}" if row.get("table_name") else ""
    number = f" 第 {row['row_no']} 行" if row.get("row_no") is not None else ""
    return escape(f"{row['file_name']}{table}{number}")


def _evidence(rows: Sequence[dict[str, Any]], most: int | None) -> None:
    """A line an event: the terminal wraps it, and it survives copying."""
    say("证据,按时间先后(方括号中为日志位置,和它在问题中的作用):")
    cases = {row["case_no"] for row in rows if row["topic"] == "step-recorded"}
    for row in shortened(rows, most):
        if isinstance(row, str):
            say(f"  {row}")
            continue
        what = _action(row, with_case=len(cases) > 1) if row["topic"] == "step-recorded" else _content(row)
        place = _place(row)
        part = "" if row["role"] == _BACKGROUND else f" {EVIDENCE_PARTS[row['role']]}"
        say(f"  \\[{row['position']}{part}] {what}" + (f"  ·  {place}" if place else ""))


def _content(row: dict[str, Any]) -> str:
    content = ",".join(f"{_named(name)} {value}" for name, value in row["content"].items())
    return f"{row['title']}:{escape(content)}"


def _action(row: dict[str, Any], *, with_case: bool) -> str:
    results = value_titles("result")
    words = [
        _span(row),
        f"业务 {row['case_no']}" if with_case else "",
        _act(row, value_titles("step")),
        results.get(row["result"], row["result"]) if row["step"] in ("review", "book") else "",
        f"账号 {row['account']}" if row["account"] else "",
        _person(row),
        f"终端 {row['terminal']}" if row["terminal"] else "",
        f"原因 {row['reason']}" if row["reason"] else "",
    ]
    return escape("  ".join(word for word in words if word))


def _act(row: dict[str, Any], steps: dict[str, str]) -> str:
    step = steps.get(row["step"], row["step"])
    return f"{step}({row['node']})" if row["node"] and row["node"] != step else step


def _span(row: dict[str, Any]) -> str:
    """When an action was done; where it took time, from when on."""
    started: datetime | None = row["started_at"]
    if started is None or started == row["occurred_at"] or row["precision"] == "date":
        return _moment(row)
    return f"{started:%Y-%m-%d %H:%M:%S} 至 {_moment(row)}"


def _person(row: dict[str, Any]) -> str:
    if row["evidence"] != "recorded":
        return "经手人不明(导出时生成)"
    if row["is_robot"]:
        return "机器人"
    return f"{row['person_name'] or ''}({row['person_id']})" if row["person_id"] else "经手人不明"


def _named(column: str) -> str:
    try:
        return display_name(column)
    except KeyError:
        return column


def _lane(lane: dict[str, Any], name: str, finding: dict[str, Any], most: int | None) -> None:
    units, told = lane["units"], ""
    if most is not None and len(units) > most:
        units = [unit for unit in units if unit["role"] in _TELLING]
        told = f";只列本件与超越有关的 {len(units)} 个单元(共 {len(lane['units'])} 个,--full 全部列出)"
    print_table(
        f"队列 {escape(name)} 在 {finding['occurred_at']:%Y-%m-%d} 的情形"
        f"(早到满 {lane['gap_minutes']} 工作分钟方计){told}",
        _LANE_HEADERS,
        [
            (
                _unit(unit),
                f"{unit['arrived_at']:%m-%d %H:%M:%S}",
                f"{unit['started_at']:%m-%d %H:%M:%S}" if unit["started_at"] else "尚未审核",
                _ROLES[unit["role"]],
                "" if unit["role"] == "self" else unit["lead_minutes"],
                escape((unit["review"] or {}).get("person_name") or ""),
                _positions(unit),
            )
            for unit in units
        ],
    )


def _positions(unit: dict[str, Any]) -> str:
    """Where acceptance and review of a unit stand."""
    acts = [(unit[f"{act}_position"], unit[act]) for act in ("arrival", "review") if unit[f"{act}_position"]]
    return "\n".join(f"{position};{_place(row)}" for position, row in acts)


def _unit(unit: dict[str, Any]) -> str:
    cases = unit["case_nos"]
    if len(cases) == 1:
        return escape(cases[0])
    return escape(f"批次 {unit['unit'].removeprefix('batch:')}({len(cases)} 件,{cases[0]} 等)")


def _switches(rows: Sequence[dict[str, Any]], most: int | None) -> None:
    shown = rows[:most]
    rest = f"(前 {most} 次,共 {len(rows)} 次;--full 全部列出)" if len(shown) < len(rows) else ""
    print_table(
        f"终端切换:同一账号相邻两次操作{rest}",
        ("日期", "前一操作", "终端", "后一操作", "终端", "相隔(分钟)", "位置"),
        [
            (
                row["on_date"],
                f"{row['before']['occurred_at']:%H:%M:%S}",
                escape(row["before"]["terminal"]),
                f"{row['after']['occurred_at']:%H:%M:%S}",
                escape(row["after"]["terminal"]),
                f"{row['minutes']:.1f}",
                f"{row['before']['position']} → {row['after']['position']}",
            )
            for row in shown
        ],
    )
