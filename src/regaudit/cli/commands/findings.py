"""What was found, and what could not be decided."""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.catalogue.rules import SEVERITIES, rule_named
from regaudit.cli.options import Coded, home_option, json_option
from regaudit.cli.screen import (
    complain,
    is_shown,
    print_csv_pages,
    print_json,
    print_json_pages,
    progress_bar,
    say,
    say_lines,
)
from regaudit.outlets.database import AnalystDatabase, Wanted

STATES = {"open": "存在", "gone": "已消失", "not_run": "规则未运行"}
_SEVERITIES = Coded(SEVERITIES)


def _rule(_context: click.Context, _option: click.Parameter, given: str | None) -> str | None:
    return None if given is None else rule_named(given).name


def _wanted_options(command: Callable[..., None]) -> Callable[..., None]:
    """Which findings are wanted; the command takes it as `wanted`."""

    @click.option("--rule", metavar="规则", callback=_rule, help="只列这条规则:代码或名称,如 overdue 或 超期")
    @click.option("--severity", metavar="级别", type=_SEVERITIES, help=f"只列这一级别:{_SEVERITIES.told}")
    @click.option("--office", help="只列这个登记机构")
    @click.option("--person", metavar="人员", help="只列与此人有关的:人员编号或姓名")
    @click.option("--case", "case_no", metavar="业务号", help="只列这件业务的")
    @click.option("--open", "only_open", is_flag=True, help="只列仍存在的问题")
    @click.option("--new", "only_new", is_flag=True, help="只列最近一晚新出现或再现的,及此后检查发现的")
    @click.option("--limit", type=click.IntRange(min=1), help="只列前几项,最严重的在前")
    @wraps(command)
    def with_wanted(**words: Any) -> None:
        wanted = Wanted(**{name: words.pop(name) for name in Wanted.__struct_fields__})
        command(wanted=wanted, **words)

    return with_wanted


@click.command()
@_wanted_options
@click.option("--unknown", "only_unknown", is_flag=True, help="改列规则无法判断的对象:既不算问题,也不算清白")
@click.option("--csv", "as_csv", is_flag=True, help="输出 CSV(UTF-8,带 BOM,Excel 可直接打开)")
@home_option
@json_option
def findings(wanted: Wanted, home: Path, *, only_unknown: bool, as_csv: bool, as_json: bool) -> None:
    """列出问题,或规则无法判断的对象。"""
    if only_unknown and wanted != Wanted(rule=wanted.rule, office=wanted.office, limit=wanted.limit):
        raise click.UsageError(
            "--unknown 只与 --rule、--office、--limit 一起使用:无法判断的对象不是问题,没有级别,也没有新旧"
        )
    if as_csv and (as_json or only_unknown):
        raise click.UsageError("--csv 不能与 --json 或 --unknown 一起使用")
    with AnalystDatabase(home) as database:
        _check_office(wanted.office, database.offices())
        if only_unknown:
            rows = database.unknowns(rule=wanted.rule, office=wanted.office)[: wanted.limit]
            print_json(rows) if as_json else print_unknowns(rows)
            return
        pages = _counted(database.findings(wanted))
        if as_csv:
            print_csv_pages(pages)
        elif as_json:
            print_json_pages(pages)
        else:
            found, gone = database.count_findings(wanted)
            first = f",列出前 {wanted.limit} 项" if wanted.limit and wanted.limit < found else ""
            say(_heading(found, gone) + first)
            say_lines(line for page in pages for row in page for line in _lines(row))


def _check_office(office: str | None, known: Sequence[str]) -> None:
    """Say when nothing is known of an office: a slip of the pen must not look like a clean one."""
    if office is not None and office not in known:
        complain(
            f"提示:没有登记机构 {escape(office)} 的业务。有业务的登记机构:{'、'.join(known[:20]) or '无'}"
        )


def _counted(pages: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The pages, and on a terminal that does not show them how many findings were written."""
    if is_shown():
        yield from pages
        return
    written = 0
    with progress_bar() as progress:
        for page in pages:
            yield page
            written += len(page)
            progress("写出问题", written, 0)


def print_findings(rows: Sequence[dict[str, Any]]) -> None:
    """Findings, two lines each: what can be copied or searched for stays whole on any width."""
    say(_heading(len(rows), sum(row["state"] == "gone" for row in rows)))
    say_lines(line for row in rows for line in _lines(row))


def _heading(found: int, gone: int) -> str:
    return f"问题 {found} 项" + (f"(存在 {found - gone},已消失 {gone})" if gone else "")


def _lines(row: dict[str, Any]) -> Iterator[str]:
    office = f"  {row['office']}" if row["office"] else ""
    yield (
        f"{row['finding_id']}  {SEVERITIES[row['severity']]}  {row['rule_title']}{office}  "
        f"首次发现 {row['first_found_on']}  {STATES[row['state']]}"
    )
    yield f"    {row['summary']}"


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
