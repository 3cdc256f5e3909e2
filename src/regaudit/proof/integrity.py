"""What a night can see of a workspace whose parts contradict one another, without reading every event.

Witnesses of what the log held are the checkpoint that the workspace noted last, the mails in `outbox/`, with
the checkpoint that each carries, and the published database. They say how far the log had come, and the log
says what mails and database were.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from email.parser import BytesHeaderParser
from email.policy import default
from hashlib import sha256
from pathlib import Path

import duckdb
from msgspec import Struct

from regaudit.audit.workspace import Workspace
from regaudit.base.digests import digest_of
from regaudit.base.duck import DatabaseFileError, connect
from regaudit.base.errors import LogError, RegauditError, UsageError
from regaudit.base.folders import DATABASE, SECRETS_FILE, Folders
from regaudit.catalogue.event_types import MailKept, MailSent, MismatchAcknowledged, RunCompleted
from regaudit.eventlog.high_water import KEY
from regaudit.eventlog.log import ACKNOWLEDGEMENTS, EventLog
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note
from regaudit.eventlog.tree.outside import read_notes
from regaudit.ledger.people import read_people
from regaudit.ledger.secrets import PASSWORD, Secrets
from regaudit.outlets.mail.post import OUTBOX_STREAM
from regaudit.proof.marked import mark_contradiction, told_marks
from regaudit.proof.store_rows import row_faults
from regaudit.warehouse.sealed import (
    Contradiction,
    acknowledged,
    read_seals,
    unsealed_files,
)

_NIGHTS_BACK = timedelta(days=31)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_SHOWN = "SELECT max(run_no), max(log_position) FROM runs"
_KEEP = "请保留现场,运行 regaudit verify 查明"
_CUT = (
    "日志被截短或换成了旧件。请保留现场,从备份核对日志;确系恢复备份的,"
    "用 regaudit verify --acknowledge 原因 --by 登录名 记下缘由"
)


class Integrity(Struct, frozen=True, kw_only=True):
    """What contradicts the log (Chinese): `facts`, and as `notices` what somebody has given the reason of."""

    facts: list[str]
    notices: list[str]


def integrity_of(workspace: Workspace) -> Integrity:
    """Hold the store's definitions, the mails of the last month and the published database against the log.

    To be asked before a run publishes: it replaces one of the witnesses.
    """
    log, notices = workspace.log, list[str]()
    facts: list[str] = []
    if fault := log.inspection.altered_definitions():
        facts.append(f"事件日志的{fault}。防止改动的措施被撤去过:{_KEEP},并从备份恢复事件日志")
    facts += [
        f"事件日志的{fault}。有人能更改事件日志:{_KEEP},并从备份恢复事件日志" for fault in row_faults(log)
    ]
    known = acknowledged(log)
    for found in _witnessed(workspace.home, log, notices):
        if found.key in known:
            notices.append(f"{found.text}({known[found.key]})")
        else:
            facts.append(found.text)
    notices += told_marks(log, known, workspace.now().date() - _NIGHTS_BACK)
    return Integrity(facts=facts, notices=notices)


def acknowledge(workspace: Workspace, *, reason: str, by: str) -> list[str]:
    """Record why files of the workspace contradict the log, such as after a backup was restored.

    Returns:
        The contradictions that are told as such from now on, without a light (Chinese).

    Raises:
        RegauditError: no reason is given, or there is nothing that is not acknowledged yet.
    """
    if not reason.strip() or not by.strip():
        raise RegauditError("请用 --acknowledge 写明缘由(如何时从备份恢复);用 --by 写明何人确认")
    log = workspace.log
    known = acknowledged(log)
    found = [*_witnessed(workspace.home, log, []), *unsealed_files(workspace.home, read_seals(log))]
    fresh = [one for one in found if one.key not in known]
    if not fresh:
        raise RegauditError(
            "没有尚未确认的矛盾:log.checkpoint、outbox/、分析数据库、中间数据都与事件日志相符,未作任何记录"
        )
    marked = next((one.key for one in fresh if one.key.startswith(f"{KEY}:")), "")
    with log.mark.excused(marked):
        log.append(
            MismatchAcknowledged,
            ACKNOWLEDGEMENTS,
            keys=[one.key for one in fresh],
            texts=[one.text for one in fresh],
            reason=reason.strip(),
            acknowledged_by=by.strip(),
            acknowledged_at=workspace.now().isoformat(),
        )
    return [one.text for one in fresh]


def _witnessed(home: Path, log: EventLog, notices: list[str]) -> Iterator[Contradiction]:
    yield from mark_contradiction(log)
    runs = list(log.events("runs", RunCompleted))
    yield from _published(home, log, runs, notices)
    yield from _mailed(home, log, runs)
    yield from _exchanged(home, log)


def _exchanged(home: Path, log: EventLog) -> Iterator[Contradiction]:
    """Whether passwords and second factors are those that the log knows by their hashes."""
    people = read_people(log)
    told = {(user.login, kind): told for user in people.users.values() for kind, told in user.secrets.items()}
    for (login, kind), digest in sorted(Secrets(home).exchanged(told).items()):
        name = "口令" if kind == PASSWORD else "第二因素"
        text = (
            f"{SECRETS_FILE} 中用户 {login} 的{name}记录不是事件日志所记的那一份:有人改动或换过它。"
            "凭它不能登录;请查明谁能写入工作区,由安全管理员重设"
        )
        yield Contradiction(f"secret:{login}:{kind}:{digest}", text)


def _published(
    home: Path, log: EventLog, runs: list[RunCompleted], notices: list[str]
) -> Iterator[Contradiction]:
    """Whether the published database is that of the last run; that of the one before was interrupted."""
    path = Folders(home).database
    if not path.is_file():
        if runs:
            notices.append(f"分析数据库 {DATABASE} 不在了(第 {len(runs)} 次运行发布过):将重新发布")
        return
    digest = digest_of(path)
    by = {run.published_sha256: run.originator_version for run in runs if run.published_sha256}
    if digest in by:
        if by[digest] != len(runs):
            notices.append(f"{DATABASE} 是第 {by[digest]} 次运行的:其后的运行曾中断,将重新发布")
        return
    try:
        with connect(path, read_only=True) as db:
            [(run_no, position)] = db.execute(_SHOWN).fetchall()
    except DatabaseFileError as error:
        if error.hindrance.lies_outside:
            notices.append(f"未核对分析数据库:{error}")
            return
        run_no = position = None
    except duckdb.Error:
        run_no = position = None
    key = f"published:{digest}"
    if (run_no or 0) > len(runs) or (position or 0) > log.position():
        text = (
            f"{DATABASE} 是第 {run_no} 次运行的(日志第 {position} 条处),而事件日志只有 {len(runs)} 次运行、"
            f"{log.position()} 条记录:{_CUT}"
        )
        yield Contradiction(key, text)
    elif by:
        text = (
            f"{DATABASE} 不是任何一次运行所发布的那个文件:有人改动或换过它,其间看到的内容不可信。"
            "将重新发布;请查明谁能写入工作区"
        )
        yield Contradiction(key, text)


def _mailed(home: Path, log: EventLog, runs: list[RunCompleted]) -> Iterator[Contradiction]:
    """Whether the mails in `outbox/` of the last nights are as they were put there, and what they attest.

    What a mail attests covers what every mail before it does: of those that are as the log has them the last
    one is read, and each of the others.
    """
    outbox = Folders(home).outbox
    known: dict[str, MailSent | MailKept] = {e.message_id: e for e in log.events(OUTBOX_STREAM, MailKept)}
    known |= {e.message_id: e for e in log.events("mails", MailSent) if e.mail_sha256}
    last = max((date.fromisoformat(run.night) for run in runs), default=date.max)
    since = "" if last == date.max else (last - _NIGHTS_BACK).isoformat()
    keys, order = log.verifier_keys(), {identity: place for place, identity in enumerate(known)}
    whole: dict[int, Path] = {}
    for path in sorted(outbox.glob("*.eml")) if outbox.is_dir() else ():
        if path.name < since or path.name.startswith("."):
            continue
        content = path.read_bytes()
        digest = sha256(content).hexdigest()
        head = BytesHeaderParser(policy=default).parsebytes(_END_OF_HEAD.split(content, maxsplit=1)[0])
        event = known.get(str(head["Message-ID"]))
        key = f"mail:{digest}"
        if event is not None and event.mail_sha256 != digest:
            text = (
                f"outbox/{path.name} 与当时存入的不同:邮件在存入之后被改动,其内容不可信。"
                f"请以收件人所存的为准,并查明谁能写入工作区(当时的主题:{event.subject})"
            )
            yield Contradiction(key, text)
        elif event is not None:
            # Mails to persons carry no checkpoint.
            if not event.person:
                whole[order[event.message_id]] = path
        elif fault := _attested(log, path, keys):
            yield Contradiction(key, f"outbox/{path.name} {fault}")
    for path in [whole[max(whole)]] if whole else []:
        if fault := _attested(log, path, keys):
            yield Contradiction(f"mail:{digest_of(path)}", f"outbox/{path.name} {fault}")


def _attested(log: EventLog, path: Path, keys: list[VerifierKey]) -> str:
    """How the checkpoints that a mail carries contradict the log (Chinese); empty where they do not."""
    try:
        notes = read_notes(path)
    except UsageError:  # of a night that could not read the log
        return ""
    for text in notes:
        checkpoint, note = parse_checkpoint(text), parse_note(text)
        if checkpoint.origin != log.origin or not note.signed_by(keys):
            return f"所附的检查点不是由本日志的密钥签名的:邮件被改动,或日志被另一个替换。{_KEEP}"
        if checkpoint.size > log.position():
            return f"所附的检查点在第 {checkpoint.size} 条处,而事件日志只有 {log.position()} 条:{_CUT}"
        try:
            is_held = log.root(checkpoint.size) == checkpoint.root
        except LogError:
            is_held = False
        if not is_held:
            return f"所附的检查点(第 {checkpoint.size} 条处)与事件日志不符:日志被改写并重新签名。{_KEEP}"
    return ""
