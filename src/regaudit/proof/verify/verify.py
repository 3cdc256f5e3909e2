"""Verifies a workspace: the log by itself, then everything that came from it."""

import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
from eventsourcing.persistence import PersistenceError

from regaudit.base.errors import LogError, RegauditError
from regaudit.base.folders import Folders
from regaudit.base.progress import Progress
from regaudit.base.store_failures import store_failure
from regaudit.catalogue.event_types import ImportRecorded, RunCompleted
from regaudit.catalogue.events import read_event
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import VerifierKey
from regaudit.eventlog.tree.outside import read_keys
from regaudit.ledger.declarations import REPORTS
from regaudit.ledger.entries import STREAM as ENTRIES
from regaudit.outlets.inspection.inspections import STREAM as INSPECTIONS
from regaudit.proof.marked import mark_witness, told_marks
from regaudit.proof.store_rows import fact_faults
from regaudit.proof.verify.archived import Recorded, Referrer, check_archive
from regaudit.proof.verify.chain import Chain, Signed, private_key_notes, read_chain
from regaudit.proof.verify.mirrored import is_acknowledged, open_mirror
from regaudit.proof.verify.published import check_published
from regaudit.proof.verify.report import Damage, Held, Verified
from regaudit.proof.verify.scan import Scanned, scan
from regaudit.proof.verify.verdict import Evidence, judge
from regaudit.proof.verify.witnesses import held_checkpoints, held_keys, read_outbox, read_witnesses
from regaudit.warehouse.sealed import acknowledged

_RESTORE = "请保留现场,从备份恢复事件日志"
_UNREADABLE = (PersistenceError, sqlite3.Error, pa.ArrowException, UnicodeDecodeError)


def verify(
    home: Path,
    progress: Progress,
    *,
    checkpoints: Sequence[Path] = (),
    key: str = "",
    is_log_only: bool = False,
) -> Verified:
    """Verify the workspace in `home`; it is only read.

    Args:
        home: the workspace.
        progress: hears of each stage.
        checkpoints: files with checkpoints of earlier, as text or mails.
        key: a verifier key, or a file with some, known from elsewhere.
        is_log_only: leave out the archive and the published database.

    Raises:
        LogError: there is no log, or it cannot be opened.
        UsageError: a checkpoint or a key that was given cannot be read, or is another log's.
    """
    trusted = read_keys(key) if key else []
    notes: list[str] = []
    posted: list[Damage] = []
    held: list[Held] = []
    unchecked: list[str] = []
    known: Mapping[str, str] = {}
    damages: list[Damage] = []
    chain, scanned, recorded = _unread_chain(), Scanned(roots={}), list[Recorded]()
    is_read = False
    with EventLog(home) as log:
        try:
            size = log.stored_position()
            chain = _chain(log, trusted)
            # Whether the given key and the log's belong together is told as a damage of the chain.
            own = [verifier for _, verifier in chain.keys]
            witnesses = read_witnesses(log, checkpoints, [*trusted, *own])
            known = _acknowledged(log)
            mailed = read_outbox(log, own, known, notes=notes, damages=posted, unchecked=unchecked)
            noted = mark_witness(log, own, known, notes=notes, damages=posted)
            notes += _told_marks(log, known)
            recorded = _recorded(log)
            scanned, damages = _log_damages(
                log,
                size,
                chain,
                [*(one.signed for one in witnesses), *noted, *mailed],
                recorded,
                known=known,
                notes=notes,
                progress=progress,
            )
            held = [*held_keys(key, trusted, chain), *held_checkpoints(witnesses, chain, scanned, size)]
            if is_log_only:
                # The mirror only helps to name what changed in the log; its own damage is another matter.
                unread = [damage for damage in damages if damage.kind == "镜像" and not damage.position]
                notes += [damage.problem for damage in unread]
                damages = [damage for damage in damages if damage not in unread]
            is_read = True
        except _UNREADABLE as error:
            if _is_damage(error):
                problem = f"事件日志不能读完:{error}"
                damages = [Damage(kind="结构", problem=problem, advice=_RESTORE)]
                chain, scanned, recorded = _unread_chain(), Scanned(roots={}), []
                is_read = True
            else:
                unchecked.append(_hindered(f"事件日志 {log.place} 未能读完", error))
        origin, hash_name = log.origin, log.hashing.name
    damages += posted
    damages += sorted(chain.damages, key=lambda damage: (damage.position, damage.kind))
    unchecked += chain.unchecked
    notes += private_key_notes(home)
    archived = 0
    if not is_log_only and is_read:
        archived, found = check_archive(home, recorded, progress, notes=notes, unchecked=unchecked)
        damages += found
        damages += _published(home, damages, known, notes=notes, unchecked=unchecked, progress=progress)
    elif not is_log_only:
        unchecked.append("存档和已发布的问题未核对:要有读完的事件日志才能核对")
    # A trigger that is gone is how something was changed; which record, where that is known, comes first.
    damages.sort(key=lambda damage: damage.kind == "结构" and not damage.position)
    return Verified(
        is_whole=not damages and not unchecked,
        origin=origin,
        hash=hash_name,
        events=scanned.events,
        root=scanned.root.hex(),
        checkpoints=chain.count,
        keys=[verifier.text() for _, verifier in chain.keys],
        archived_files=archived,
        damages=damages,
        notes=notes,
        held=held,
        unchecked=unchecked,
    )


def _unread_chain() -> Chain:
    return Chain(keys=[], signed=[], damages=[], count=0, end=0)


def _is_damage(error: Exception) -> bool:
    """Whether it is what is stored that cannot be read, rather than that nobody lets us read it now."""
    return store_failure(error).is_damage


def _hindered(what: str, error: Exception) -> str:
    """What was not checked, why, and what to do (Chinese)."""
    failure, said = store_failure(error), " ".join(str(error).split())
    return f"{what}({failure.title}:{said})。这不是发现了损坏,而是没有核对到:{failure.advice}"


def _chain(log: EventLog, trusted: Sequence[VerifierKey]) -> Chain:
    """Keys and checkpoints; where their records cannot be read, the scan may still say which is the first."""
    try:
        return read_chain(log, trusted)
    except _UNREADABLE as error:
        if not _is_damage(error):
            raise
        problem = f"密钥、导入或运行的记录不能读取:{error}"
        chain = _unread_chain()
        chain.damages.append(Damage(kind="结构", problem=problem, advice=_RESTORE))
        return chain


def _log_damages(
    log: EventLog,
    size: int,
    chain: Chain,
    witnesses: Sequence[Signed],
    recorded: Sequence[Recorded],
    *,
    known: Mapping[str, str],
    notes: list[str],
    progress: Progress,
) -> tuple[Scanned, list[Damage]]:
    signed = [*chain.signed, *witnesses]
    sizes = [one.size for one in signed if one.size <= size]
    runs = sum(isinstance(one.event, RunCompleted) for one in recorded)
    unread: list[Damage] = []
    with (
        ThreadPoolExecutor(1) as pool,
        open_mirror(
            log.home, log.hashing, size, runs=runs, known=known, notes=notes, damages=unread
        ) as mirror,
    ):
        structure = pool.submit(log.inspection.structure_fault)
        scanned = scan(log, size, sizes, mirror, progress)
        evidence = Evidence(
            log=log,
            mirror=mirror,
            scanned=scanned,
            chain=chain,
            signed=signed,
            size=size,
            given=log.inspection.given_positions() or 0,
            imports={
                one.event.originator_version: one.event
                for one in recorded
                if isinstance(one.event, ImportRecorded)
            },
        )
        damages = list(judge(evidence))
        faults = [*filter(None, [structure.result()]), *fact_faults(log)]
        damages += [Damage(kind="结构", problem=fault, advice=_RESTORE) for fault in faults]
    damages += unread
    return scanned, damages


def _published(
    home: Path,
    damages: Sequence[Damage],
    known: Mapping[str, str],
    *,
    notes: list[str],
    unchecked: list[str],
    progress: Progress,
) -> list[Damage]:
    if is_acknowledged(Folders(home).database, "published", known, notes):
        return []
    is_log_whole = all(damage.kind in ("归档", "镜像", "密钥", "邮件") for damage in damages)
    try:
        return check_published(home, notes, progress, is_log_whole=is_log_whole)
    except LogError as error:
        unchecked.append(f"未能核对已发布的问题:{error}")
    except _UNREADABLE as error:
        if _is_damage(error):
            notes.append(f"未能核对已发布的问题:{error}")
        else:
            unchecked.append(_hindered("未能核对已发布的问题", error))
    except RegauditError as error:
        notes.append(f"未能核对已发布的问题:{error}")
    return []


def _acknowledged(log: EventLog) -> Mapping[str, str]:
    """What somebody has given the reason of; nothing where a record of it is damaged: the scan finds that."""
    try:
        return acknowledged(log)
    except LogError:
        return {}
    except _UNREADABLE as error:
        if not _is_damage(error):
            raise
        return {}


def _told_marks(log: EventLog, known: Mapping[str, str]) -> list[str]:
    """What `marked.told_marks` gives; nothing where a record of it is damaged."""
    try:
        return list(told_marks(log, known))
    except (LogError, *_UNREADABLE):
        return []


def _recorded(log: EventLog) -> list[Recorded]:
    """What names copies in the archive and can be read, in the order of the log."""
    found: list[Recorded] = []
    try:
        tables = [
            *log.stored_streams(["imports", "runs"]),
            *log.stored_prefix(ENTRIES),
            *log.stored_prefix(INSPECTIONS),
            *log.stored_prefix(REPORTS),
        ]
        rows = [row for table in tables for row in table.to_pylist()]
    except _UNREADABLE as error:
        if not _is_damage(error):
            raise
        return found
    for row in sorted(rows, key=lambda row: row["position"]):
        try:
            event = read_event(row["originator_id"], row["originator_version"], row["topic"], row["state"])
        except ValueError:
            continue
        if isinstance(event, Referrer):
            found.append(Recorded(row["position"], event))
    return found
