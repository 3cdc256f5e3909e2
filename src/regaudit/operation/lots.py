"""Freezes the population of an inspection, and draws from it once what decides is known: an event each."""

from base64 import b64encode
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.archive import archive_content, restore
from regaudit.base.archive_id import archive_id
from regaudit.base.errors import RegauditError
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import (
    InspectionDrawn,
    InspectionFrozen,
    InspectionPick,
    InspectionStratum,
    MandatoryUnit,
)
from regaudit.catalogue.inspection_terms import exact
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.ledger.people import People, read_people
from regaudit.ledger.request import Author
from regaudit.ledger.rights import RefusedStepError
from regaudit.operation.lot_conditions import check_terms, check_whole, check_witnesses, decided_by
from regaudit.outlets.inspection.draw_file import file_of
from regaudit.outlets.inspection.inspections import Inspection, read_inspection
from regaudit.outlets.inspection.lottery import Listed, picks_of, read_text, seed_of, text_of
from regaudit.outlets.inspection.randomness import Randomness
from regaudit.outlets.inspection.sizes import sizes_of
from regaudit.outlets.inspection.units import Month, read_month

DRAWERS = ("post", "leader", "inspector")
"""The roles that freeze and draw, where a user is named."""


class Frozen(Struct, frozen=True, kw_only=True):
    """A population that was frozen: the event, and of which month's units."""

    event: InspectionFrozen
    month: Month


class Drawn(Struct, frozen=True, kw_only=True):
    """A draw: the event, the population it was drawn from, and the file."""

    event: InspectionDrawn
    inspection: Inspection
    content: bytes


def freeze(workspace: Workspace, month: str, office: str, author: Author, *, reason: str = "") -> Frozen:
    """Fix the units of work from which a month's inspection draws.

    Args:
        workspace: opened.
        month: `2026-03`.
        office: empty: all offices.
        author: who does it; without a login, the system user.
        reason: why once more, where it was done already, or before the month is over.

    Raises:
        UsageError: it is no month, or nobody knows the office.
        RefusedStepError: it may not be done; nothing was stored.
        RegauditError: nothing is published, or nothing was closed in the month.
        LogError: nothing was stored.
    """
    log, terms = workspace.log, workspace.profile.inspection
    check_terms(workspace)
    found = read_month(workspace.home, month, office, terms)
    if not found.units:
        raise RegauditError(f"{month} 没有办结的业务:请核对月份,或先导入数据并运行 regaudit nightly")
    check_whole(found, month, reason)
    counts = Counter(stratum for _, stratum in found.population)
    planned = sizes_of(counts, terms.plan)
    text = text_of(found.population)
    kept = archive_content(text, Folders(workspace.home).archive, by="inspection-")
    now = workspace.now()
    who = drawer(read_people(log), author, office, now)

    def make() -> list[InspectionFrozen]:
        inspection = read_inspection(log, office, month)
        if inspection.frozen and not reason:
            raise RefusedStepError(
                f"{inspection.title}已于 {inspection.frozen[-1].at[:16].replace('T', ' ')} 冻结:"
                "确须重新冻结的,请用 --reason 写明原因。未写入任何记录"
            )
        size, note = log.last_checkpoint()
        return [
            InspectionFrozen(
                inspection.stream,
                inspection.version + 1,
                at=now.isoformat(),
                month=month,
                office=office,
                population_sha256=kept,
                archive=archive_id(workspace.home),
                count=len(found.population),
                strata=[
                    InspectionStratum(stratum=stratum, count=counts[stratum], size=size_of)
                    for stratum, size_of in planned.sizes.items()
                ],
                mandatory=[MandatoryUnit(unit=one.unit, classes=one.classes) for one in found.mandatory],
                share=str(exact(terms.plan.share)),
                at_least=terms.plan.at_least,
                total=planned.total,
                checkpoint_size=size,
                checkpoint=b64encode(parse_checkpoint(note).root).decode(),
                run_no=found.run_no,
                log_position=found.log_position,
                as_of=found.as_of.isoformat(),
                reason=reason,
                **who,
            )
        ]

    [event] = log.append_next(make)
    return Frozen(event=event, month=found)


def draw(
    workspace: Workspace, month: str, office: str, chosen: Randomness, author: Author, *, reason: str = ""
) -> Drawn:
    """Draw from the population that was frozen last.

    Args:
        workspace: opened.
        month: `2026-03`.
        office: empty: all offices.
        chosen: what decides the draw.
        author: who draws; without a login, the system user.
        reason: why once more, where it was done already, or by a checkpoint that he names.

    Raises:
        RefusedStepError: nothing was frozen, it was known before, or it may not be done; nothing was stored.
        RegauditError: the population's copy is missing or damaged.
        LogError: nothing was stored.
    """
    log, now = workspace.log, workspace.now()
    people = read_people(log)
    who = drawer(people, author, office, now)
    check_witnesses(people, author, chosen)
    check_terms(workspace)
    content: list[bytes] = []

    def make() -> list[InspectionDrawn]:
        inspection = read_inspection(log, office, month)
        base = _base_of(inspection, reason)
        population = population_of(workspace.home, base)
        decided = decided_by(workspace, inspection, chosen, reason)
        seed = seed_of(base.population_sha256, decided.text)
        sizes = {one.stratum: one.size for one in base.strata}
        event = InspectionDrawn(
            inspection.stream,
            inspection.version + 1,
            at=now.isoformat(),
            frozen_version=base.originator_version,
            population_sha256=base.population_sha256,
            way=decided.way,
            randomness=decided.text,
            source=decided.source,
            root_size=decided.root_size,
            witnesses=list(decided.witnesses),
            seed=seed,
            picks=[
                InspectionPick(unit=pick.unit, stratum=pick.stratum, ticket=pick.ticket)
                for pick in picks_of(population, seed, sizes)
            ],
            draw_sha256="",
            archive=archive_id(workspace.home),
            reason=reason,
            **who,
        )
        file = file_of(base, event, population, draw_no=len(inspection.drawn) + 1, origin=log.origin)
        content[:] = [file]
        kept = archive_content(file, Folders(workspace.home).archive, by="inspection-")
        return [replace(event, draw_sha256=kept)]

    [event] = log.append_next(make)
    return Drawn(event=event, inspection=read_inspection(log, office, month), content=content[0])


def population_of(home: Path, base: InspectionFrozen) -> list[Listed]:
    """The population that was frozen, from the archive.

    Raises:
        RefusedFileError: its copy is missing or damaged.
    """
    folders = Folders(home)
    draft = folders.work / f"inspection-{base.population_sha256}"
    draft.parent.mkdir(exist_ok=True)
    restore(folders.archive, base.population_sha256, draft)
    try:
        text = draft.read_bytes()
    finally:
        draft.unlink()
    return read_text(text)


def drawer(people: People, author: Author, office: str, now: datetime) -> dict[str, Any]:
    """Who freezes or draws, as an event has it.

    Raises:
        RefusedStepError: a user is named who may not.
    """
    facts = {"door": author.door, "system_user": author.system_user, "machine": author.machine}
    if not author.login:
        return {**facts, "by": author.system_user}
    if not people:
        return {**facts, "by": author.login}
    user = people.get(author.login)
    if user is None:
        raise RefusedStepError(f"没有用户 {author.login}:请由安全管理员用 regaudit user add 添加")
    if user.is_locked:
        raise RefusedStepError(f"用户 {user.login} 已锁定")
    for acting in people.acting(user, now.date()):
        if acting.held.role in DRAWERS and acting.held.covers(office or None):
            return {**facts, "by": user.login, "person": user.person_id, "role": acting.held.role}
    where = office or "各登记机构"
    raise RefusedStepError(
        f"抽查由质量监管岗、中心负责人或质检员办理,{user.title} 在{where}不是。未写入任何记录"
    )


def _base_of(inspection: Inspection, reason: str) -> InspectionFrozen:
    if not inspection.frozen:
        raise RefusedStepError(
            f"{inspection.title}尚未冻结总体:请先运行 inspect freeze,再掷骰子。未写入任何记录"
        )
    if inspection.drawn and not reason:
        raise RefusedStepError(
            f"{inspection.title}已于 {inspection.drawn[-1].at[:16].replace('T', ' ')} 抽取:"
            "确须重新抽取的,请用 --reason 写明原因,原来的抽取保留。未写入任何记录"
        )
    return inspection.frozen[-1]
