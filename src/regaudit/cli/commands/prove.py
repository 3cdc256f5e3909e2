"""A proof of a case, a finding or an entry of the ledger."""

import os
import shlex
from pathlib import Path
from subprocess import list2cmdline
from typing import Any

import click
import msgspec
from rich.markup import escape

from regaudit.base.errors import RegauditError, UsageError, reason_of
from regaudit.base.folders import Folders
from regaudit.base.modes import for_others
from regaudit.cli.options import file_type, home_option
from regaudit.cli.screen import say
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.keys import PUBLIC
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.proof.compare import join_witnesses, read_witness
from regaudit.proof.proof_file import OLD_FORMAT
from regaudit.proof.proofs import prove as make_proof


@click.command()
@click.argument("subject", metavar="[登记机构/业务号|问题编号|台账编号]", required=False)
@click.option("-o", "--out", type=file_type, required=True, help="证明写入的 JSON 文件")
@click.option(
    "--consistency", type=file_type, help="不证明业务、问题或台账项,而证明日志延续这一检查点(文本或邮件)"
)
@click.option(
    "--to", "later", type=file_type, help="与 --consistency 同用:到这一检查点为止;默认为最后的检查点"
)
@home_option
def prove(subject: str | None, out: Path, consistency: Path | None, later: Path | None, home: Path) -> None:
    """为一件业务、一个问题或台账的一项出具证明:事件、在日志中的位置、签名的检查点和原始行;离线即可核对。

    --consistency 则出具两份检查点之间的一致性证明:凭它和两封邮件,不需要日志即可比较。
    """
    if (subject is None) == (consistency is None) or (later and not consistency):
        raise UsageError(
            "请给出业务(登记机构/业务号)、问题编号或台账编号,或用 --consistency 给出早先的检查点,二者取一"
        )
    if consistency:
        with EventLog(home) as log:
            joined = join_witnesses(log, read_witness(consistency), read_witness(later) if later else None)
        _write(out, joined)
        print_joined(out, joined)
        return
    proof = make_proof(home, str(subject))
    _write(out, proof)
    print_proof(out, proof, home)


def print_joined(path: Path, joined: dict[str, Any]) -> None:
    """What a consistency proof joins, and the command that uses it."""
    old, new = (parse_checkpoint(joined[name]).size for name in ("old", "new"))
    command = _shell(
        "regaudit", "compare-checkpoints", "A.eml", "B.eml", "--proof", str(path), "--key", "KEY"
    )
    say(
        f"一致性证明已写入 {escape(str(path))}:日志的前 {old} 条与前 {new} 条\n"
        f"比较两封邮件时附上它,不需要日志:\n{escape(command)}"
    )


def _shell(*words: str) -> str:
    """A command as it can be pasted."""
    return list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _write(path: Path, proof: dict[str, Any]) -> None:
    """Write a proof as JSON that people can read, too.

    Raises:
        RegauditError: the file cannot be written.
    """
    try:
        with for_others():
            path.write_bytes(msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n")
    except OSError as error:
        raise RegauditError(f"{path} 无法写入:{reason_of(error)}") from error


def print_proof(path: Path, made: dict[str, Any], home: Path) -> None:
    """What a proof holds, and the command that checks it with the workspace's own key."""
    command = _shell("regaudit", "verify-proof", str(path), "--key", str(Folders(home).keys / PUBLIC))
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
