"""A proof of a case or a finding."""

import os
import shlex
from pathlib import Path
from subprocess import list2cmdline
from typing import Any

import msgspec
import rich_click as click
from rich.markup import escape

from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.folders import Folders
from regaudit.cli.options import file_type, home_option
from regaudit.cli.screen import say
from regaudit.eventlog.tree.keys import PUBLIC
from regaudit.proof.proof_file import OLD_FORMAT
from regaudit.proof.proofs import prove as make_proof


@click.command()
@click.argument("subject", metavar="OFFICE/CASE_NO|FINDING_ID")
@click.option("-o", "--out", type=file_type, required=True, help="证明写入的 JSON 文件")
@home_option
def prove(subject: str, out: Path, home: Path) -> None:
    """为一件业务或一个问题出具证明:事件、在日志中的位置、签名的检查点和原始行;离线即可核对。"""
    proof = make_proof(home, subject)
    _write(out, proof)
    print_proof(out, proof, home)


def _write(path: Path, proof: dict[str, Any]) -> None:
    """Write a proof as JSON that people can read, too.

    Raises:
        RegauditError: the file cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n")
    except OSError as error:
        raise RegauditError(f"{path} 无法写入:{reason_of(error)}") from error


def print_proof(path: Path, made: dict[str, Any], home: Path) -> None:
    """What a proof holds, and the command that checks it with the workspace's own key."""
    words = ["regaudit", "verify-proof", str(path), "--key", str(Folders(home).keys / PUBLIC)]
    command = list2cmdline(words) if os.name == "nt" else shlex.join(words)
    say(
        f"证明已写入 {escape(str(path))}:事件 {len(made['events'])} 条,原始行 {len(made['rows'])} 行\n"
        f"核对(公钥应由对方从可信途径取得,而不是随证明一起):\n{escape(command)}"
    )
    if made["format"] == OLD_FORMAT:
        say(
            "[bold yellow]没有签名私钥[/]:证明是旧格式的,效力较弱:不证明其后没有别的事件,也不证明原始行;"
            "请在有 keys/log.key 的工作区出具"
        )
    if problem := made.get("rows_problem"):
        say(f"[bold yellow]原始行未附[/]:{escape(problem)}")
