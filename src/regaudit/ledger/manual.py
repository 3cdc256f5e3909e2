"""An entry that a person opens: of an inspection, a complaint, or of a finding taken out of its list."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, convert
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.archive_id import archive_id
from regaudit.base.duck import connect
from regaudit.base.folded_text import fold
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import Attachment, EntryEvidence, EntryOpened, EntryPerson
from regaudit.catalogue.sqlfile import result_sql
from regaudit.ledger.attachments import attach
from regaudit.ledger.entries import STREAM, read_entries
from regaudit.ledger.entry import Entry
from regaudit.ledger.numbers import Numbers
from regaudit.ledger.people import People, read_people
from regaudit.ledger.request import Author, Opening, Outcome
from regaudit.ledger.rights import Asked, RefusedStepError, standing
from regaudit.ledger.service import Ledger
from regaudit.ledger.states import gravest
from regaudit.ledger.steps import Step
from regaudit.ledger.validity import last_moment

OPENABLE = ("inspection", "complaint", "manual")
"""The kinds of entries that a person opens without a finding."""
_OPEN = Step(name="open", title="挂账", about="登记一项", of=(), roles=("post",))


class Found(Struct, frozen=True, kw_only=True):
    """A finding as it is published, with what an entry freezes of it."""

    finding_id: str
    rule: str
    rule_title: str
    rule_version: int
    severity: str
    office: str | None
    case_no: str | None
    batch_no: str | None
    account: str | None
    person_id: str | None
    source: str | None
    occurred_at: datetime | None
    due_on: date | None
    summary: str
    basis: str | None
    log_position: int
    evidence: list[EntryEvidence]
    persons: list[EntryPerson]


def open_entry(
    workspace: Workspace, ledger: Ledger, opening: Opening, author: Author, files: Sequence[Path] = ()
) -> Outcome:
    """Open an entry by hand.

    Args:
        workspace: opened.
        ledger: its ledger.
        opening: what is asked for.
        author: who asks: a post, or who acts where there is none.
        files: what is enclosed; archived only if the entry can be opened.

    Raises:
        RefusedStepError: it may not be opened, or the office or the finding is unknown; nothing was stored.
        RefusedFileError: a file cannot be taken; nothing was stored.
        LogError: nothing was stored.
    """
    now, latest = workspace.now(), last_moment(workspace)
    at = opening.at or now
    if at > latest:
        raise RefusedStepError(f"时间(--at) {at:%Y-%m-%d %H:%M} 晚于现在:只能填写已经发现的时间")
    opening = _folded(opening)
    found = _found(workspace, opening.finding_id) if opening.finding_id else None
    persons = [] if found else _persons(workspace, opening)
    drafts: list[tuple[Numbers, EntryOpened]] = []
    enclosed: list[Attachment] = []

    def make() -> list[EntryOpened]:
        people, numbers = read_people(ledger.log), Numbers(ledger.log)
        draft = _of_finding(opening, found, ledger) if found else _of_hand(opening, persons)
        _check_office(workspace, people, draft.office)
        event = replace(
            draft,
            at=at.isoformat(),
            recorded_at=now.isoformat(),
            by=author.login,
            door=author.door,
            system_user=author.system_user,
            machine=author.machine,
            attachments=enclosed,
            archive=archive_id(workspace.home) if enclosed else "",
        )
        person, role = _opener(event, people, author.login, at.date())
        number = numbers.next(event.office, at.date())
        event = replace(event, originator_id=f"{STREAM}{number}", person=person, role=role)
        drafts[:] = [(numbers, event)]
        return [event]

    if files:
        make()  # which refuses before anything is archived
        enclosed += attach(workspace.home, files)
    ledger.log.append_next(make)
    [(numbers, event)] = drafts
    numbers.keep()
    entry = Entry(event.originator_id.removeprefix(STREAM), [event])
    return Outcome(entry=entry.number, state=entry.shown_state, version=entry.version)


def _opener(event: EntryOpened, people: People, login: str, on: date) -> tuple[str, str]:
    """The natural person who opens an entry, and in which role."""
    user = people.get(login)
    if user is None:
        raise RefusedStepError(f"没有用户 {login}:请由安全管理员用 regaudit user add 添加")
    return user.person_id, standing(Asked(_OPEN, Entry("", [event]), people, on), user).role


def _folded(opening: Opening) -> Opening:
    """What names something, as it is compared."""
    names = ("office", "case_no", "account", "person_id", "finding_id")
    return replace(opening, **{name: fold(getattr(opening, name) or "") for name in names})


def _of_hand(opening: Opening, persons: list[EntryPerson]) -> EntryOpened:
    for value, what in (
        (opening.office, "登记机构(--office)"),
        (opening.title, "事项名称(--title)"),
        (opening.severity, "级别(--severity)"),
        (opening.text, "情况(--text)"),
    ):
        if not any(sign.isalnum() for sign in value or ""):
            raise RefusedStepError(f"挂账须写明{what}")
    return _event(
        kind=opening.kind,
        rule="",
        rule_version=0,
        title=opening.title.strip(),
        severity=opening.severity,
        office=opening.office,
        case_nos=[opening.case_no] if opening.case_no else [],
        account=opening.account,
        person_id=opening.person_id,
        summary=opening.text.strip(),
        persons=persons,
    )


def _of_finding(opening: Opening, found: Found, ledger: Ledger) -> EntryOpened:
    """The entry of a finding that has no open one of its own."""
    if opening.case_no or opening.account or opening.person_id:
        raise RefusedStepError("--finding 的业务、账号、人员以问题所载为准,不用另写")
    if opening.office and found.office and opening.office != found.office:
        raise RefusedStepError(f"问题 {found.finding_id} 属于登记机构 {found.office},不是 {opening.office}")
    held = [
        entry
        for entry in read_entries(ledger.log).values()
        if entry.opened.kind != "history"
        and found.finding_id in entry.finding_ids
        and entry.now.state != "voided"
    ]
    for entry in held:
        if not entry.is_final:
            raise RefusedStepError(f"问题 {found.finding_id} 已在台账:{entry.number}")
    text = opening.text.strip()
    return _event(
        kind="finding",
        rule=found.rule,
        rule_version=found.rule_version,
        title=opening.title.strip() or found.rule_title,
        severity=gravest(found.severity, opening.severity),
        office=found.office or opening.office or None,
        finding_ids=[found.finding_id],
        case_nos=[found.case_no] if found.case_no else [],
        batch_no=found.batch_no or "",
        account=found.account or "",
        person_id=found.person_id or "",
        source=found.source or "",
        occurred_at=found.occurred_at.isoformat() if found.occurred_at else None,
        due_on=found.due_on.isoformat() if found.due_on else None,
        summary=f"{found.summary}(挂账说明:{text})" if text else found.summary,
        basis=found.basis or "",
        evidence=found.evidence,
        persons=found.persons,
        follows=max(held, key=lambda entry: entry.opened.at).number if held else "",
        log_position=found.log_position,
    )


def _event(**facts: Any) -> EntryOpened:
    return EntryOpened("", 1, at="", recorded_at="", door="", **facts)


def _found(workspace: Workspace, finding_id: str) -> Found:
    """A finding of the published database, by its id.

    Raises:
        RefusedStepError: there is none.
        DatabaseFileError: the database does not open.
    """
    path = Folders(workspace.home).database
    if not path.is_file():
        raise RefusedStepError("还没有分析数据库:请先运行 regaudit nightly 或 regaudit check")
    wanted = finding_id.lower()
    with connect(path, read_only=True) as db:
        cursor = db.execute(result_sql("ledger_facts"), {"finding_id": wanted})
        names = [name for name, *_ in cursor.description or []]
        row = cursor.fetchone()
    if row is None:
        raise RefusedStepError(f"没有编号为 {finding_id} 的问题:编号见 regaudit findings 的第一列")
    return convert(dict(zip(names, row, strict=True)), Found)


def _persons(workspace: Workspace, opening: Opening) -> list[EntryPerson]:
    """Who is meant by an account or a person, as far as it was published: they judge nothing of it."""
    path = Folders(workspace.home).database
    if not (opening.account or opening.person_id) or not path.is_file():
        return []
    wanted = {
        "person_id": opening.person_id or None,
        "account": opening.account or None,
        "office": opening.office,
    }
    with connect(path, read_only=True) as db:
        rows = db.execute(result_sql("opened_persons"), wanted).fetchall()
    return [EntryPerson(person_id=person, person_name=name, role="subject") for person, name in rows]


def _check_office(workspace: Workspace, people: People, office: str | None) -> None:
    """Refuse an office that nothing here knows: a slip of the pen must not open an entry that nobody sees."""
    if office is None:
        return
    known = {each.office for each in workspace.settings.offices}
    known |= {held.office for user in people.users.values() for held in user.held if held.office}
    path = Folders(workspace.home).database
    if office not in known and path.is_file():
        with connect(path, read_only=True) as db:
            known |= {name for (name,) in db.execute("SELECT DISTINCT office FROM main.cases").fetchall()}
    if office not in known:
        raise RefusedStepError(f"没有登记机构 {office}。已知的有:{'、'.join(sorted(known)[:20]) or '无'}")
