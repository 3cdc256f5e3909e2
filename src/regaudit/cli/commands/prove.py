"""The commands for auditors who hold mails, proofs and public keys."""

from pathlib import Path

import rich_click as click

from regaudit.base.errors import RegauditError
from regaudit.cli import show_witnesses
from regaudit.cli.main import cli
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.outside import read_keys
from regaudit.proof.check_proof import check, read_proof
from regaudit.proof.compare import compare, read_witness
from regaudit.proof.proofs import prove as make_proof

_file = click.Path(path_type=Path)


@cli.command(name="compare-checkpoints")
@click.argument("first", metavar="A.eml", type=_file)
@click.argument("second", metavar="B.eml", type=_file)
@click.option("--key", help="公钥或公钥文件:连同它引入的后任和它证实的前任;默认为本日志历来的公钥")
@home_option
@json_option
def compare_checkpoints(first: Path, second: Path, key: str | None, home: Path, *, as_json: bool) -> None:
    """两封夜报(或检查点文件)与日志对照:后者是否原样延续前者,历史有没有被改写。"""
    one, other = read_witness(first), read_witness(second)
    with EventLog(home) as log:
        result = compare(log, one, other, read_keys(key) if key else [])
    print_json(show_witnesses.comparison_facts(result)) if as_json else show_witnesses.comparison(result)
    raise SystemExit(0 if result.is_proven else 1)


@cli.command()
@click.argument("subject", metavar="OFFICE/CASE_NO|FINDING_ID")
@click.option("-o", "--out", type=_file, required=True, help="证明写入的 JSON 文件")
@home_option
def prove(subject: str, out: Path, home: Path) -> None:
    """为一件业务或一个问题出具证明:事件、在日志中的位置、签名的检查点和原始行;离线即可核对。"""
    proof = make_proof(home, subject)
    show_witnesses.write(out, proof)
    show_witnesses.proof(out, proof, home)


@cli.command(name="verify-proof")
@click.argument("proof", metavar="PROOF.json", type=_file)
@click.option("--key", required=True, help="公钥(一行)或公钥文件,如 keys/log.pub;应从可信途径取得")
@json_option
def verify_proof(proof: Path, key: str, *, as_json: bool) -> None:
    """只凭证明文件和公钥核对证明;不需要日志,也不需要网络。"""
    trusted = read_keys(key)
    result = check(read_proof(proof), trusted)
    print_json(show_witnesses.check_facts(result)) if as_json else show_witnesses.checked(result)
    if result.problems:
        raise RegauditError("\n".join(result.problems))
