"""The keys that checkpoints are signed with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.settings import load_settings
from regaudit.cli.help import Menu
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.rotate_key import rotate as run_rotation
from regaudit.operation.open import open_workspace


@click.group(cls=Menu)
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
    print_json(facts) if as_json else print_keys(facts)


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


def print_keys(facts: Sequence[dict[str, Any]]) -> None:
    """The keys of a log."""
    for fact in facts:
        say(f"自第 {fact['position']} 条起:{escape(fact['verifier_key'])}")
