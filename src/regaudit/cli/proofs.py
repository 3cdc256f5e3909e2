"""The commands that prove: `verify`, the keys that checkpoints are signed with, proofs and witnesses."""

from pathlib import Path

import rich_click as click

from regaudit.bootstrap import open_workspace
from regaudit.cli import show_proofs
from regaudit.cli.commands import cli
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, progress_bar, say
from regaudit.errors import RegauditError
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.rotation import rotate as run_rotation
from regaudit.proving.checking import check, read_proof
from regaudit.proving.proofs import prove as make_proof
from regaudit.proving.witnesses import compare, read_keys, read_witness
from regaudit.settings import load_settings
from regaudit.verifying.verify import verify as run_verification

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
    """核对事件日志是否完整、未被改动,并指出第一条有问题的记录;只读。"""  # noqa: D415 - it ends in a Chinese full stop
    load_settings(home)
    with progress_bar() as progress:
        result = run_verification(home, progress, checkpoints=checkpoints, key=key, is_log_only=is_log_only)
    print_json(result) if as_json else show_proofs.verified(result)
    raise SystemExit(0 if result.is_whole else 1)


@cli.group()
def keys() -> None:
    """检查点的签名密钥:查看与更换。"""  # noqa: D415 - it ends in a Chinese full stop


@keys.command(name="show")
@home_option
@json_option
def show_keys(home: Path, *, as_json: bool) -> None:
    """列出日志用过的公钥,最后一个为现用。"""  # noqa: D415 - it ends in a Chinese full stop
    load_settings(home)
    with EventLog(home) as log:
        history = log.key_history()
    facts = [{"position": position, "verifier_key": key.text()} for position, key in history]
    print_json(facts) if as_json else show_proofs.keys(facts)


@keys.command(name="rotate")
@home_option
def rotate_key(home: Path) -> None:
    """换用新密钥:由旧密钥签名引入,旧私钥随即销毁。"""  # noqa: D415 - it ends in a Chinese full stop
    with open_workspace(home, "keys rotate") as workspace:
        key = run_rotation(workspace.log, workspace.now().isoformat())
    say(f"已换用新密钥,旧私钥已销毁。请把新公钥另行保存:\n{key.text()}")


@cli.command(name="compare-checkpoints")
@click.argument("first", metavar="A.eml", type=_files)
@click.argument("second", metavar="B.eml", type=_files)
@click.option("--key", help="公钥或公钥文件;默认为本日志历来的公钥")
@home_option
@json_option
def compare_checkpoints(first: Path, second: Path, key: str | None, home: Path, *, as_json: bool) -> None:
    """两封夜报(或检查点文件)与日志对照:后者是否原样延续前者,历史有没有被改写。"""  # noqa: D415 - it ends in a Chinese full stop
    one, other = read_witness(first), read_witness(second)
    with EventLog(home) as log:
        result = compare(log, one, other, read_keys(key) if key else log.verifier_keys())
    print_json(show_proofs.comparison_facts(result)) if as_json else show_proofs.comparison(result)
    raise SystemExit(0 if result.is_proven else 1)


@cli.command()
@click.argument("subject", metavar="OFFICE/CASE_NO|FINDING_ID")
@click.option("-o", "--out", type=_files, required=True, help="证明写入的 JSON 文件")
@home_option
def prove(subject: str, out: Path, home: Path) -> None:
    """为一件业务或一个问题出具证明:事件、在日志中的位置、签名的检查点和原始行;离线即可核对。"""  # noqa: D415 - it ends in a Chinese full stop
    proof = make_proof(home, subject)
    show_proofs.write(out, proof)
    show_proofs.proof(out, proof)


@cli.command(name="verify-proof")
@click.argument("proof", metavar="PROOF.json", type=_files)
@click.option("--key", required=True, help="公钥(一行)或公钥文件,如 keys/log.pub;应从可信途径取得")
@json_option
def verify_proof(proof: Path, key: str, *, as_json: bool) -> None:
    """只凭证明文件和公钥核对证明;不需要日志,也不需要网络。"""  # noqa: D415 - it ends in a Chinese full stop
    trusted = read_keys(key)
    result = check(read_proof(proof), trusted)
    print_json(show_proofs.check_facts(result)) if as_json else show_proofs.checked(result)
    if result.problems:
        raise RegauditError("\n".join(result.problems))
