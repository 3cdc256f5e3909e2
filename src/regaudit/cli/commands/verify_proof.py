"""A proof checked without the log."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.errors import RegauditError
from regaudit.cli.checkpoints import checkpoint_facts, checkpoint_line
from regaudit.cli.options import file_type, json_option
from regaudit.cli.screen import print_json, say
from regaudit.eventlog.tree.outside import read_keys
from regaudit.proof.check_proof import Checked, check
from regaudit.proof.proof_file import read_proof


@click.command()
@click.argument("proof", metavar="证明.json", type=file_type)
@click.option("--key", required=True, help="公钥(一行)或公钥文件,如 keys/log.pub;应从可信途径取得")
@json_option
def verify_proof(proof: Path, key: str, *, as_json: bool) -> None:
    """只凭证明文件和公钥核对证明;不需要日志,也不需要网络。"""
    trusted = read_keys(key)
    result = check(read_proof(proof), trusted)
    print_json(check_facts(result)) if as_json else print_check(result)
    if result.problems:
        raise RegauditError("\n".join(result.problems))


def check_facts(result: Checked) -> dict[str, Any]:
    """A checked proof for programs; where it does not hold nothing that it says is passed on as proven."""
    return {
        "subject": result.subject,
        "is_proven": not result.problems,
        "is_old": result.is_old,
        "problems": result.problems,
        "checkpoint": checkpoint_facts(result.checkpoint) if result.checkpoint else None,
        "signed_by": result.signed_by,
        "events": len(result.events),
        "lines": result.lines,
        "limits": result.limits,
    }


def print_check(result: Checked) -> None:
    """A checked proof: who did what and when; of one that does not hold, nothing."""
    if result.problems or result.checkpoint is None:
        return
    say(f"证明的对象:{escape(result.proven)}")
    say(f"检查点:{checkpoint_line(result.checkpoint)}")
    say(f"签名:{escape(result.signed_by)}")
    for line in result.lines:
        say(f"  {escape(line)}")
    colour = "yellow" if result.is_old else "green"
    say(f"[bold {colour}]成立[/]:{len(result.events)} 条事件都在该检查点的日志中,内容与当时一致")
    say(f"说明:{escape(result.limits)}")
