"""The commands that prove: `verify`, and the keys that checkpoints are signed with."""

from pathlib import Path

import rich_click as click

from regaudit.base.settings import load_settings
from regaudit.cli import show_proofs
from regaudit.cli.commands import cli
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.rotate_key import rotate as run_rotation
from regaudit.operation.open import open_workspace
from regaudit.proof.verify.verify import verify as run_verification

_files = click.Path(path_type=Path)


@cli.command()
@click.option(
    "--checkpoint", "checkpoints", type=_files, multiple=True, help="早先的检查点:文本或邮件(.eml),可重复"
)
@click.option("--key", default="", help="另行保存的公钥,或其文件:日志应由它签名")
@click.option("--log-only", "is_log_only", is_flag=True, help="只核对日志和镜像,不核对存档和已发布的问题")
@home_option
@json_option
def verify(checkpoints: tuple[Path, ...], key: str, home: Path, *, is_log_only: bool, as_json: bool) -> None:
    """核对事件日志是否完整、未被改动,并指出第一条有问题的记录;只读。"""
    load_settings(home)
    with progress_bar() as progress:
        result = run_verification(home, progress, checkpoints=checkpoints, key=key, is_log_only=is_log_only)
    print_json(result) if as_json else show_proofs.verified(result)
    raise SystemExit(0 if result.is_whole else 1)


@cli.group()
def keys() -> None:
    """检查点的签名密钥:查看与更换。"""


@keys.command(name="show")
@home_option
@json_option
def show_keys(home: Path, *, as_json: bool) -> None:
    """列出日志用过的公钥,最后一个为现用。"""
    load_settings(home)
    with EventLog(home) as log:
        history = log.key_history()
    facts = [{"position": position, "verifier_key": key.text()} for position, key in history]
    print_json(facts) if as_json else show_proofs.keys(facts)


@keys.command(name="rotate")
@home_option
def rotate_key(home: Path) -> None:
    """换用新密钥:由旧密钥签名引入,旧私钥随即销毁。"""
    with (
        progress_bar() as progress,
        open_workspace(home, "keys rotate", progress=progress, locks=[]) as workspace,
    ):
        key = run_rotation(workspace.log, workspace.now().isoformat())
    say(f"已换用新密钥,旧私钥已销毁。请把新公钥另行保存:\n{key.text()}")
