"""What is said about proofs and checkpoints."""

import os
import shlex
from base64 import b64encode
from pathlib import Path
from subprocess import list2cmdline
from typing import Any

import msgspec
from rich.markup import escape

from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.folders import Folders
from regaudit.catalogue.events import catalogue
from regaudit.cli.screen import say
from regaudit.eventlog.tree.keys import PUBLIC
from regaudit.eventlog.tree.notes import Checkpoint
from regaudit.proof.check_proof import Checked
from regaudit.proof.compare import Comparison, Witness
from regaudit.proof.trust import Trusted

_VERDICTS = {
    "extends": "[bold green]延续[/]",
    "same": "[bold green]相同[/]",
    "rewritten": "[bold red]历史被改写[/]",
    "shortened": "[bold red]日志被截短[/]",
    "foreign": "[bold red]不是本日志的检查点[/]",
}


def checkpoint_facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint for programs."""
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": b64encode(checkpoint.root).decode(),
        "hash": checkpoint.hash,
        "fingerprint": checkpoint.fingerprint(),
    }


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


def comparison(result: Comparison) -> None:
    """A comparison."""
    pairs = (("较早", result.earlier), ("较晚", result.later))
    for (label, witness), signer in zip(pairs, result.signers, strict=True):
        say(f"{label}:{escape(witness.file)}  {_checkpoint(witness.checkpoint)}")
        if signer:
            say(f"  签名:{escape(signer.key.text())}({signer.why})")
    say(f"{_VERDICTS[result.verdict]}:{escape(result.reason)}")
    if result.is_proven:
        say("以上按日志中存下的树核对;要连同每条记录的内容一起核对,请运行 regaudit verify")
    else:
        say("请保留现场、日志、备份与这两封邮件,运行 regaudit verify 查明从哪一条起不同")


def _checkpoint(checkpoint: Checkpoint) -> str:
    return f"{escape(checkpoint.origin)} 前 {checkpoint.size} 条,指纹 {checkpoint.fingerprint()}"


def write(path: Path, proof: dict[str, Any]) -> None:
    """Write a proof as JSON that people can read, too.

    Raises:
        RegauditError: the file cannot be written.
    """
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n")
    except OSError as error:
        raise RegauditError(f"{path} 无法写入:{reason_of(error)}") from error


def proof(path: Path, made: dict[str, Any], home: Path) -> None:
    """What a proof holds, and the command that checks it with the workspace's own key."""
    words = ["regaudit", "verify-proof", str(path), "--key", str(Folders(home).keys / PUBLIC)]
    command = list2cmdline(words) if os.name == "nt" else shlex.join(words)
    say(
        f"证明已写入 {escape(str(path))}:事件 {len(made['events'])} 条,原始行 {len(made['rows'])} 行\n"
        f"核对(公钥应由对方从可信途径取得,而不是随证明一起):\n{escape(command)}"
    )
    if problem := made.get("rows_problem"):
        say(f"[bold yellow]原始行未附[/]:{escape(problem)}")


def check_facts(result: Checked) -> dict[str, Any]:
    """A checked proof for programs."""
    return {
        "subject": result.subject,
        "is_proven": not result.problems,
        "problems": result.problems,
        "checkpoint": checkpoint_facts(result.checkpoint) if result.checkpoint else None,
        "signed_by": result.signed_by,
        "events": len(result.events),
    }


def checked(result: Checked) -> None:
    """A checked proof."""
    say(f"证明的对象:{escape(result.subject)}")
    if result.checkpoint:
        say(f"检查点:{_checkpoint(result.checkpoint)}")
    if result.problems:
        return
    say(f"签名:{escape(result.signed_by)}")
    for event in result.events:
        kind = catalogue().get(event.topic)
        title = kind.title if kind else escape(event.topic)
        say(f"  \\[{event.position}] {title} {escape(event.originator_id)}")
    say(f"[bold green]成立[/]:{len(result.events)} 条事件都在该检查点的日志中,内容与当时一致")
