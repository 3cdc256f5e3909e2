"""What was found, and what could not be decided."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rich_click as click
from rich.markup import escape

from regaudit.base.errors import UsageError
from regaudit.catalogue.rules import SEVERITIES, load_rules
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import complain, print_json, say
from regaudit.outlets.database import AnalystDatabase

STATES = {"open": "存在", "gone": "已消失"}


@click.command()
@click.option("--rule", help="只列这条规则")
@click.option("--office", help="只列这个登记机构")
@click.option("--open", "only_open", is_flag=True, help="只列仍存在的问题")
@click.option("--unknown", "only_unknown", is_flag=True, help="改列规则无法判断的对象:既不算问题,也不算清白")
@home_option
@json_option
def findings(
    rule: str | None, office: str | None, home: Path, *, only_open: bool, only_unknown: bool, as_json: bool
) -> None:
    """列出问题,或规则无法判断的对象。"""
    _check_rule(rule)
    if only_open and only_unknown:
        raise click.UsageError("--open 与 --unknown 只能用一个:无法判断的对象不是问题")
    with AnalystDatabase(home) as database:
        _check_office(office, database.offices())
        if only_unknown:
            rows = database.unknowns(rule=rule, office=office)
            print_json(rows) if as_json else print_unknowns(rows)
        else:
            rows = database.findings(rule=rule, office=office, only_open=only_open)
            print_json(rows) if as_json else print_findings(rows)


def _check_rule(rule: str | None) -> None:
    """Raise when there is no such rule."""
    if rule is not None and rule not in load_rules():
        raise UsageError(f"没有规则 {rule}。可用的有:{'、'.join(load_rules())}")


def _check_office(office: str | None, known: Sequence[str]) -> None:
    """Say when nothing is known of an office: a slip of the pen must not look like a clean one."""
    if office is not None and office not in known:
        complain(
            f"提示:没有登记机构 {escape(office)} 的业务。有业务的登记机构:{'、'.join(known[:20]) or '无'}"
        )


def print_findings(rows: Sequence[dict[str, Any]]) -> None:
    """Findings, two lines each: what can be copied or searched for stays whole on any width."""
    gone = sum(row["state"] == "gone" for row in rows)
    say(f"问题 {len(rows)} 项" + (f"(存在 {len(rows) - gone},已消失 {gone})" if gone else ""))
    for row in rows:
        office = f"  {escape(row['office'])}" if row["office"] else ""
        say(
            f"{row['finding_id']}  {SEVERITIES[row['severity']]}  {row['rule_title']}{office}  "
            f"首次发现 {row['first_found_on']}  {STATES[row['state']]}"
        )
        say(f"    {escape(row['summary'])}")


def print_unknowns(rows: Sequence[dict[str, Any]]) -> None:
    """What the rules could not decide, two lines each."""
    say(f"无法判断 {len(rows)} 项")
    for row in rows:
        subject = str(row["case_no"] or row["account"] or row["person_id"] or row["source"] or "")
        where = "、".join(map(str, row["evidence"] or []))
        parts = (
            *(row["rule_title"], row["office"], subject, str(row["occurred_at"] or "")),
            f"位置 {where}" if where else "",
        )
        say(escape("  ".join(filter(None, parts))))
        say(f"    {escape(row['why'])}")
