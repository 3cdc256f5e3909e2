"""Two checkpoints against the log."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.errors import UsageError
from regaudit.cli.checkpoints import checkpoint_facts, checkpoint_line
from regaudit.cli.options import file_type, home_option, json_option
from regaudit.cli.screen import print_json, say
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.outside import read_keys
from regaudit.proof.compare import (
    Comparison,
    Witness,
    compare,
    compare_alone,
    read_joined,
    read_witness,
)
from regaudit.proof.trust import Trusted

_VERDICTS = {
    "extends": "[bold green]延续[/]",
    "same": "[bold green]相同[/]",
    "rewritten": "[bold red]历史被改写[/]",
    "shortened": "[bold red]日志被截短[/]",
    "foreign": "[bold red]不是本日志的检查点[/]",
    "unproven": "[bold red]未能证明[/]",
}


@click.command()
@click.argument("first", metavar="甲.eml", type=file_type)
@click.argument("second", metavar="乙.eml", type=file_type)
@click.option("--key", help="公钥或公钥文件:连同它引入的后任和它证实的前任;默认为本日志历来的公钥")
@click.option(
    "--proof", type=file_type, help="一致性证明(文件,或附有它的邮件):不需要日志,但须用 --key 给出公钥"
)
@home_option
@json_option
def compare_checkpoints(
    first: Path, second: Path, key: str | None, proof: Path | None, home: Path, *, as_json: bool
) -> None:
    """两封夜报(或检查点文件)与日志对照:后者是否原样延续前者,历史有没有被改写。"""
    one, other = read_witness(first), read_witness(second)
    given = read_keys(key) if key else []
    if proof:
        if not given:
            raise UsageError("用 --proof 比较时没有日志可查公钥:请用 --key 给出另行取得的公钥")
        result = compare_alone(read_joined(proof), one, other, given)
    else:
        with EventLog(home) as log:
            result = compare(log, one, other, given)
    if as_json:
        print_json(comparison_facts(result))
    else:
        print_comparison(result, is_alone=proof is not None)
    raise SystemExit(0 if result.is_proven else 1)


def comparison_facts(result: Comparison) -> dict[str, Any]:
    """A comparison for programs."""
    return {
        "verdict": result.verdict,
        "reason": result.reason,
        "earlier": _witness_facts(result.earlier, result.signers[0]),
        "later": _witness_facts(result.later, result.signers[1]),
        "proof": [b64encode(part).decode() for part in result.proof],
    }


def _witness_facts(witness: Witness, signer: Trusted | None) -> dict[str, Any]:
    signed_by = signer.key.text() if signer else ""
    return {"file": witness.file, **checkpoint_facts(witness.checkpoint), "signed_by": signed_by}


def print_comparison(result: Comparison, *, is_alone: bool) -> None:
    """A comparison; `is_alone` without the log."""
    pairs = (("较早", result.earlier), ("较晚", result.later))
    for (label, witness), signer in zip(pairs, result.signers, strict=True):
        say(f"{label}:{escape(witness.file)}  {checkpoint_line(witness.checkpoint)}")
        if signer:
            say(f"  签名:{escape(signer.key.text())}({signer.why})")
    say(f"{_VERDICTS[result.verdict]}:{escape(result.reason)}")
    if is_alone:
        say("以上只凭两份检查点、所附的一致性证明和所给的公钥,没有查看日志")
    elif result.is_proven:
        say("以上按日志中存下的树核对;要连同每条记录的内容一起核对,请运行 regaudit verify")
    else:
        say("请保留现场、日志、备份与这两封邮件,运行 regaudit verify 查明从哪一条起不同")
