"""One entry of the ledger as its page shows it: the matter in words, what happened, each state's length."""

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct

from regaudit.base.running_text import day_text, full_width, moment_text, running
from regaudit.catalogue.event_types import (
    Attachment,
    EntryDocumented,
    EntryNoted,
    EntryOpened,
    EntryStepped,
)
from regaudit.catalogue.rules import ROLES as PARTS
from regaudit.catalogue.rules import SEVERITIES, load_rules
from regaudit.ledger.clocks import clocks_of
from regaudit.ledger.documents.wording import KINDS as DOCUMENTS
from regaudit.ledger.documents.wording import PARTS as PERSON_PARTS
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People
from regaudit.ledger.rights import state_title
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.states import ASSIGNMENTS, DOORS, KINDS, LIGHTS, NOTES, ROLES, verdict_title
from regaudit.ledger.steps import STEPS, VOID
from regaudit.ledger.workdays import Measure
from regaudit.outlets.desk.consequences import TO_DO
from regaudit.outlets.desk.pictures.timeline import Span

_ROLES: dict[str, str] = {str(role): title for role, title in ROLES.items()}
_LIGHTS: dict[str, str] = {str(light): title for light, title in LIGHTS.items()}
_MOST_CASES = 20
_NIGHT = "夜间作业"


class Happening(Struct, frozen=True, kw_only=True):
    """Something that happened to an entry, in words (Chinese).

    Attributes:
        number: its version.
        who: name, login, role, and by which door.
        marks: 逾期, 补录, 书面批准, 已更正, 待负责人确认.
        said: title and text of what it says.
        text: what somebody wrote; its lines are kept.
    """

    number: int
    at: datetime
    title: str
    who: str
    marks: list[str] = []
    said: list[tuple[str, str]] = []
    text: str = ""
    attachments: list[Attachment] = []
    document: EntryDocumented | None = None
    is_corrected: bool = False


class Limit(Struct, frozen=True, kw_only=True):
    """A limit that runs (Chinese)."""

    title: str
    due_on: date
    holder: str
    light: str
    is_provisional: bool


def facts_of(entry: Entry, row: EntryRow, people: People, *, office: str) -> list[tuple[str, str]]:
    """What an entry was opened on, as title and text; `office` is what its office is called."""
    opened = entry.opened
    rule = load_rules().get(opened.rule)
    beside = [
        f"{title}{SEVERITIES[code]}"
        for title, code in (("系统提示", row.noted_severity), ("调整为", row.adjusted_severity))
        if code
    ]
    cases = "、".join(opened.case_nos[:_MOST_CASES])
    persons = "、".join(
        f"{each.person_name or named(people, each.person_id)}（{each.person_id}，"
        f"{PERSON_PARTS.get(each.role, each.role)}{'，责任人' if each.is_answerable else ''}）"
        for each in opened.persons
    )
    told = (
        ("来源", KINDS.get(opened.kind, opened.kind)),
        (
            "规则",
            f"{rule.title if rule else opened.rule}（{opened.rule}，第 {opened.rule_version} 版）"
            if opened.rule
            else "",
        ),
        ("级别", SEVERITIES.get(opened.severity, "") + (f"（{'，'.join(beside)}）" if beside else "")),
        ("依据", running(opened.basis)),
        ("登记机构", office or "不属单个机构"),
        ("业务", cases + (f" 等 {len(opened.case_nos)} 件" if len(opened.case_nos) > _MOST_CASES else "")),
        ("批次", opened.batch_no),
        ("账号", opened.account),
        ("所涉人员", persons or named(people, opened.person_id)),
        (
            "发生时间",
            moment_text(datetime.fromisoformat(opened.occurred_at)) if opened.occurred_at else "",
        ),
        ("应办结日期", day_text(date.fromisoformat(opened.due_on)) if opened.due_on else ""),
        ("交办给", given_to(row, people)),
        ("十二个月内再犯", f"{opened.recurrences} 次" if opened.recurrences else ""),
    )
    return [(title, text) for title, text in told if text]


def given_to(row: EntryRow, people: People) -> str:
    """Whom an entry was given to (Chinese)."""
    return row.section or (titled(people, row.person) if row.person else "")


def named(people: People, person: str) -> str:
    """What a natural person is called; his number where he has no user."""
    return next((user.person_name for user in people.logins_of(person) if user.person_name), person)


def titled(people: People, person: str) -> str:
    """What a natural person is called, with his number."""
    name = named(people, person)
    return name if name == person else f"{name}（{person}）"


def happenings(entry: Entry, people: People, *, reads: bool, is_supervisor: bool) -> list[Happening]:
    """What happened, in order.

    Args:
        entry: the entry.
        people: the users.
        reads: whether what people wrote is shown.
        is_supervisor: whether a judgement is shown that waits for another of the same verdict.
    """
    stands = {step.originator_version for step in entry.steps}
    found = []
    for event in entry.history:
        if isinstance(event, EntryStepped):
            waits = is_withheld(event, entry, is_supervisor=is_supervisor)
            told = _step(event, people, reads=reads and not waits)
            if waits:
                told = Happening(
                    number=told.number, at=told.at, title=told.title, who="", marks=["待另一级作出认定"]
                )
            elif event.step != "correct" and event.originator_version not in stands:
                told = _corrected(told)
            found.append(told)
        else:
            found.append(_other(event, people, reads=reads))
    return found


def is_withheld(event: EntryStepped, entry: Entry, *, is_supervisor: bool) -> bool:
    """Whether what a step says is not shown yet: a judgement that waits for another of the same verdict."""
    return event.is_pending and entry.now.pending is not None and not is_supervisor


def _corrected(told: Happening) -> Happening:
    return Happening(
        **{name: getattr(told, name) for name in told.__struct_fields__} | {"is_corrected": True}
    )


def _step(event: EntryStepped, people: People, *, reads: bool) -> Happening:
    step = STEPS.get(event.step)
    title = step.title if step else "随夜撤销" if event.step == VOID else event.step
    verdict = f"：{verdict_title(event.step, event.verdict)}" if event.verdict else ""
    due = day_text(date.fromisoformat(event.due_on)) if event.due_on else ""
    recorded = datetime.fromisoformat(event.recorded_at)
    marks = (
        "待另一级作出相同的认定" if event.is_pending else "",
        f"逾期，期限 {due}" if event.is_late else "",
        f"补录，录入于{moment_text(recorded)}" if event.is_typed_later else "",
        f"书面批准，签字人 {named(people, event.signed_by)}" if event.signed_by else "",
    )
    kind, _, target = event.to.partition(":")
    to = titled(people, target) if kind == "person" else target or event.to
    said = (
        ("给", to),
        ("方式", ASSIGNMENTS.get(event.kind, "")),
        ("期限", day_text(date.fromisoformat(event.due)) if event.due else ""),
        ("级别", SEVERITIES.get(event.severity, "")),
    )
    return Happening(
        number=event.originator_version,
        at=datetime.fromisoformat(event.at),
        title=title + verdict,
        who=_who(event, people),
        marks=[mark for mark in marks if mark],
        said=[(name, text) for name, text in said if text],
        text=event.text if reads else "",
        attachments=event.attachments if reads else [],
    )


def _who(event: EntryStepped | EntryOpened, people: People) -> str:
    if not event.by:
        return _NIGHT
    user = people.get(event.by)
    name = full_width(user.title) if user else event.by
    deputy = event.for_login if isinstance(event, EntryStepped) else ""
    parts = (_ROLES.get(event.role, ""), f"代 {deputy}" if deputy else "", DOORS.get(event.door, ""))
    return f"{name} {'，'.join(part for part in parts if part)}".strip()


def _other(event: EntryOpened | EntryNoted | EntryDocumented, people: People, *, reads: bool) -> Happening:
    if isinstance(event, EntryOpened):
        at, files = datetime.fromisoformat(event.at), event.attachments if reads else []
        number, who = event.originator_version, _who(event, people)
        return Happening(number=number, at=at, title="挂账", who=who, attachments=files)
    if isinstance(event, EntryDocumented):
        title = DOCUMENTS.get(event.kind, event.kind)  # type: ignore[call-overload]
        user = people.get(event.by)
        return Happening(
            number=event.originator_version,
            at=datetime.fromisoformat(event.made_at),
            title=f"制作{title}",
            who=(full_width(user.title) if user else event.by) or _NIGHT,
            document=event,
        )
    severity = [("级别", SEVERITIES[event.severity])] if event.severity in SEVERITIES else []
    return Happening(
        number=event.originator_version,
        at=datetime.fromisoformat(event.at),
        title=f"系统提示：{NOTES.get(event.kind, event.kind)}",
        who=_NIGHT,
        said=severity,
        text=event.text,
    )


def limits_of(entry: Entry, measure: Measure, day: date) -> list[Limit]:
    """The limits that run, the next one first; that of a pending appeal last."""
    found = clocks_of(entry, measure)
    return [
        Limit(
            title=TO_DO.get(clock.limit, clock.limit),
            due_on=clock.due_on,
            holder=_ROLES.get(clock.holder, ""),
            light=clock.light(day),
            is_provisional=clock.is_provisional,
        )
        for clock in (*found.running, *([found.appeal] if found.appeal else []))
    ]


def spans_of(entry: Entry, row: EntryRow, day: date) -> list[Span]:
    """The states that an entry was in, each with the limit that held in it."""
    spans: list[Span] = []
    for turn, following in zip(entry.turns, [*entry.turns[1:], None], strict=True):
        first, due = turn.at.date(), row.due_on
        last = first if entry.is_final else day
        if following is not None:
            # The limit that the step which ended the state was held by.
            due = _day(following.by.due_on) if following.by else None
            last = following.at.date()
        spans.append(
            Span(
                title=state_title(turn.state),
                first=first,
                last=max(last, first),
                due_on=due,
                is_last=following is None and not entry.is_final,
            )
        )
    return spans


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def evidence_of(entry: Entry) -> dict[int, list[str]]:
    """The log positions of its evidence, each with what its row is to the matter (Chinese)."""
    found: dict[int, list[str]] = {}
    for position, role in _evidence(entry):
        title = PARTS.get(role, role)  # type: ignore[call-overload]
        if title not in found.setdefault(position, []):
            found[position].append(title)
    return found


def _evidence(entry: Entry) -> Iterator[tuple[int, str]]:
    yield from ((each.position, each.role) for each in entry.opened.evidence)
    yield from ((each.position, each.role) for note in entry.notes for each in note.evidence)
