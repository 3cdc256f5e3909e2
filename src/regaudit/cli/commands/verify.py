"""Prove that the log is whole."""

import platform
from datetime import datetime
from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.errors import RegauditError
from regaudit.base.last_verified import LastVerified, note_verified
from regaudit.base.settings import load_settings
from regaudit.catalogue.events import catalogue
from regaudit.cli.options import by_option, file_type, home_option, json_option, system_user
from regaudit.cli.screen import complain, print_json, progress_bar, say
from regaudit.operation.open import local_now, open_workspace
from regaudit.proof.integrity import acknowledge
from regaudit.proof.verify.report import Damage, Verified
from regaudit.proof.verify.verify import verify as run_verification


@click.command()
@click.option(
    "--checkpoint", "checkpoints", type=file_type, multiple=True, help="早先的检查点:文本或邮件(.eml),可重复"
)
@click.option("--key", default="", help="另行保存的公钥,或其文件:日志应由它签名")
@click.option("--log-only", "is_log_only", is_flag=True, help="只核对日志和镜像,不核对存档和已发布的问题")
@click.option(
    "--acknowledge",
    "reason",
    metavar="原因",
    help="记下 log.checkpoint、outbox/、分析数据库、中间数据为何与日志矛盾(如恢复了备份);此后只提示",
)
@by_option
@home_option
@json_option
def verify(
    checkpoints: tuple[Path, ...],
    key: str,
    reason: str | None,
    by: str,
    home: Path,
    *,
    is_log_only: bool,
    as_json: bool,
) -> None:
    """核对事件日志是否完整、未被改动,并指出第一条有问题的记录;除 --acknowledge 外不动日志。

    结果另记在 log.verified,监管台的“系统”页据以显示上次核对。
    """
    settings = load_settings(home)
    if reason is not None:
        with open_workspace(home, "verify", locks=(), checks_log=False) as workspace:
            for text in acknowledge(workspace, reason=reason, by=by or system_user()):
                complain(f"已确认:{escape(text)}")
    with progress_bar() as progress:
        result = run_verification(home, progress, checkpoints=checkpoints, key=key, is_log_only=is_log_only)
    try:
        note_verified(home, _noted(result, local_now(settings.zone), is_log_only=is_log_only))
    except RegauditError as error:
        complain(f"提示:{escape(str(error))}")
    print_json(result) if as_json else print_verification(result)
    raise SystemExit(0 if result.is_whole else 1)


def _noted(result: Verified, at: datetime, *, is_log_only: bool) -> LastVerified:
    """What is noted of a verification for those who look at the workspace later."""
    return LastVerified(
        at=at,
        system_user=system_user(),
        machine=platform.node(),
        is_log_only=is_log_only,
        is_whole=result.is_whole,
        events=result.events,
        hash=result.hash,
        root=result.root,
        checkpoints=result.checkpoints,
        archived_files=result.archived_files,
        damages=len(result.damages),
        unchecked=len(result.unchecked),
        first=result.damages[0].kind if result.damages else "",
    )


def print_verification(result: Verified) -> None:
    """A verification: the verdict, the first bad record, the other damages, what could not be checked."""
    if result.is_whole:
        say(f"[bold green]完整[/]:日志 {escape(result.origin)} 的 {result.events:,} 条记录与全部检查点相符")
    elif not result.damages:
        say("[bold yellow]未核对完[/]:已核对到的部分未见损坏,以下未能核对,不能说完整")
    else:
        first, *others = result.damages
        say(f"[bold red]有损坏[/]({first.kind}):{escape(_where(first))}{escape(first.problem)}")
        say(f"  {escape(first.advice)}")
        for damage in others:
            say(
                f"另有({damage.kind}):{escape(_where(damage))}{escape(damage.problem)}。{escape(damage.advice)}"
            )
    for text in result.unchecked:
        say(f"[bold yellow]未核对[/]:{escape(text)}")
    facts = [
        ("记录", f"{result.events:,}"),
        ("树根", f"{result.hash} {result.root}"),
        ("检查点", result.checkpoints),
        *(("公钥", key) for key in result.keys),
        ("存档文件", result.archived_files),
    ]
    for title, fact in facts:
        say(f"{title}:{escape(str(fact))}")
    for held in result.held:
        mark = "[green]相符[/]" if held.holds else "[bold red]不符[/]"
        say(f"对照({mark}):{escape(held.given)}({escape(held.what)}):{escape(held.against)}")
    for note in result.notes:
        say(f"说明:{escape(note)}")


def _title(topic: str) -> str:
    kind = catalogue().get(topic)
    return kind.title if kind else topic


def _where(damage: Damage) -> str:
    if not damage.position:
        return f"{damage.stream}:" if damage.stream else ""
    words = [f"第 {damage.position} 条" + (f"至第 {damage.upto} 条之间" if damage.upto else "记录")]
    if damage.stream:
        words.append(f"{damage.stream} 第 {damage.version} 版({_title(damage.topic)})")
    if damage.import_no:
        row = f"第 {damage.row_no} 行" if damage.row_no else ""
        words.append(" ".join(filter(None, (f"第 {damage.import_no} 次导入", damage.file, row))))
    return ",".join(words) + ":"
