"""The steps of the ledger as commands: one for each of the table `STEPS`, and one that opens an entry."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace
from rich.markup import escape

from regaudit.base.errors import RefusedFileError, UsageError
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import Attachment
from regaudit.catalogue.rules import SEVERITIES
from regaudit.cli.ledger_documents import make_documents, print_made
from regaudit.cli.ledger_door import (
    Decorator,
    admitted,
    at_option,
    by_login_option,
    day_option,
    decided_at,
    opened_ledger,
    password_option,
)
from regaudit.cli.options import Coded, file_type, home_option, json_option
from regaudit.cli.screen import print_json, say
from regaudit.ledger.attachments import attach
from regaudit.ledger.manual import OPENABLE, open_entry
from regaudit.ledger.request import Author, Opening, Outcome, Request
from regaudit.ledger.rights import RefusedStepError, state_title
from regaudit.ledger.service import Ledger
from regaudit.ledger.states import ASSIGNMENTS, GRAVITY, KINDS, verdict_title
from regaudit.ledger.steps import STEPS, Step

_DAYS = {
    "assign": ("--due", "说明的期限;默认按规程"),
    "judge": ("--until", "采纳到哪一天,只用于持续的状态"),
    "demand": ("--due", "整改期限;默认按交办方式和规程"),
    "extend": ("--to", "延到哪一天:科室负责人申请,中心负责人批准待答复的申请"),
    "review": ("--due", "退回后的整改期限"),
    "suspend": ("--until", "哪一天复查"),
}
_TARGETS = {"assign": "交办给谁:person:人员编号 或 section:科室名称", "refer": "移交给谁,如 纪检监察机关"}
_VERDICTS = {"decide": "--outcome"}
_FLAGGED = ("review", "extend")
"""Steps whose verdicts are flags of their own."""
_GRAVITIES = Coded({code: SEVERITIES[code] for code in GRAVITY})
_ASSIGNMENTS = Coded(ASSIGNMENTS)
_OPENABLE = Coded({kind: KINDS[kind] for kind in OPENABLE})
_severity_option = click.option(
    "--severity",
    type=_GRAVITIES,
    metavar="级别",
    help=f"调整后的级别:{_GRAVITIES.told};原级别保留",
)

_attach_option = click.option("--attach", "attached", type=file_type, multiple=True, help="附件,可重复")


def step_commands() -> Iterator[click.Command]:
    """A command for each step, in the order of the table."""
    yield from map(_command, STEPS.values())


def _command(step: Step) -> click.Command:
    def run(**words: Any) -> None:
        _take(step, **words)

    function: Callable[..., Any] = run
    for option in reversed((*_own_options(step), *_COMMON)):
        function = option(function)
    return click.command(name=step.name, help=f"{step.title}:{step.about}。")(function)


def _own_options(step: Step) -> Iterator[Decorator]:
    """What a step takes beside its text, as options."""
    yield click.argument("entries", metavar="台账编号...", nargs=-1, required=True)
    takes = {name.rstrip("?"): not name.endswith("?") for name in step.takes}
    if "to" in takes:
        yield click.option("--to", required=True, metavar="对象", help=_TARGETS.get(step.name, "给谁"))
    if "kind" in takes:
        yield click.option("--kind", required=True, type=_ASSIGNMENTS, help=_ASSIGNMENTS.told)
    if step.verdicts and step.name not in _FLAGGED:
        verdicts = Coded({verdict: verdict_title(step.name, verdict) for verdict in step.verdicts})
        yield click.option(
            _VERDICTS.get(step.name, "--verdict"),
            "verdict",
            required=True,
            type=verdicts,
            help=verdicts.told,
        )
    if step.name == "review":
        yield click.option("--pass", "verdict", flag_value="pass", default=None, help="通过")
        yield click.option("--return", "verdict", flag_value="return", default=None, help="退回")
    if step.name == "extend":
        yield click.option("--refuse", "verdict", flag_value="refuse", default=None, help="不批准申请")
    if "due" in takes:
        flag, about = _DAYS.get(step.name, ("--due", "期限"))
        yield day_option(flag, about, required=takes["due"])
    if "severity" in takes:
        yield _severity_option


_COMMON: Sequence[Decorator] = (
    click.option("--text", default="", help="说明:理由、意见、情况"),
    by_login_option,
    at_option,
    _attach_option,
    click.option(
        "--signed-by", default="", metavar="人员编号", help="书面批准:签字人的人员编号,须附上签字的文件"
    ),
    password_option,
    home_option,
    json_option,
)


def _take(
    step: Step,
    *,
    entries: Sequence[str],
    by: str,
    at: str | None,
    attached: Sequence[Path],
    password_file: Path | None,
    home: Path,
    as_json: bool,
    **said: Any,
) -> None:
    words = {name: value for name, value in said.items() if value is not None}
    if step.name == "review" and "verdict" not in words:
        raise UsageError("复核应写明 --pass(通过)或 --return(退回)")
    if step.name == "extend" and ("verdict" in words) == ("due" in words):
        raise UsageError("延期应写明 --to 日期(申请,或批准待答复的申请)或 --refuse(不批准),只写一个")
    with opened_ledger(home, step.name) as (workspace, ledger):
        request = Request(step=step.name, at=decided_at(workspace, at), **words)
        numbers = list(dict.fromkeys(map(fold, entries)))
        author = admitted(workspace, by, password_file)
        outcomes = take_on_all(ledger, numbers, request, author, attached)
        made = make_documents(ledger, dict.fromkeys(numbers, step.name), author)
    _told(outcomes, as_json=as_json)
    for document in made if not as_json else []:
        print_made(document, None)


def take_on_all(
    ledger: Ledger, numbers: Sequence[str], request: Request, author: Author, attached: Sequence[Path]
) -> list[Outcome]:
    """Take one step on some entries, or on none of them; files are archived only if it can be taken.

    Raises:
        RefusedStepError: it may not be taken on one of them; nothing was written.
        RefusedFileError: an attached file cannot be read.
    """
    if attached:
        for path in attached:
            if not path.is_file():
                raise RefusedFileError(f"找不到附件 {path}")
        named = [Attachment(name=path.name, sha256="", size=0) for path in attached]
        tried = replace(request, attachments=named)
        for outcome in ledger.preview(dict.fromkeys(numbers, tried), author):
            if outcome.refused:
                raise RefusedStepError(f"{outcome.entry}:{outcome.refused}。未写入任何记录")
        request = replace(request, attachments=attach(ledger.home, attached))
    return ledger.take(dict.fromkeys(numbers, request), author)


@click.command(name="open")
@click.option("--office", default="", help="登记机构;有 --finding 时可不写")
@click.option("--title", default="", help="事项名称;有 --finding 时默认为规则名称")
@click.option("--severity", type=_GRAVITIES, metavar="级别", help=f"级别:{_GRAVITIES.told}")
@click.option("--kind", default="manual", type=_OPENABLE, help=f"来源:{_OPENABLE.told}")
@click.option("--case", "case_no", default="", metavar="业务号", help="所涉业务号")
@click.option("--account", default="", help="所涉账号")
@click.option("--person", "person_id", default="", metavar="人员编号", help="所涉人员编号")
@click.option(
    "--finding", "finding_id", default="", metavar="问题编号", help="为这一问题单独挂账,如从历史存量中取出"
)
@_attach_option
@click.option("--text", default="", help="说明:如何发现、情况如何")
@by_login_option
@at_option
@password_option
@home_option
@json_option
def open_command(
    by: str,
    at: str | None,
    attached: Sequence[Path],
    password_file: Path | None,
    home: Path,
    *,
    as_json: bool,
    **said: str | None,
) -> None:
    """挂账:登记抽查、投诉或人工发现的事项,或把一个问题单独挂账。"""
    with opened_ledger(home, "open") as (workspace, ledger):
        words = {name: text or "" for name, text in said.items()}
        opening = Opening(at=decided_at(workspace, at), **words)
        author = admitted(workspace, by, password_file)
        outcome = open_entry(workspace, ledger, opening, author, attached)
    _told([outcome], as_json=as_json)


def _told(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    if as_json:
        print_json([{"entry": o.entry, "state": o.state, "version": o.version} for o in outcomes])
        return
    for outcome in outcomes:
        say(escape(f"{outcome.entry}:{state_title(outcome.state)}(第 {outcome.version} 版)"))
    if len(outcomes) > 1:
        say(f"共 {len(outcomes)} 项")
