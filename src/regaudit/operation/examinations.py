"""Records what inspectors found: each form an event, and an entry of the ledger where there is a fault."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import RegauditError
from regaudit.catalogue.event_types import EntryOpened, InspectedItem, InspectionExamined
from regaudit.catalogue.events import LogEvent
from regaudit.catalogue.inspection_items import inspection_items
from regaudit.ledger.entries import STREAM as ENTRIES
from regaudit.ledger.numbers import Numbers
from regaudit.ledger.people import Acting, read_people
from regaudit.ledger.request import Author
from regaudit.ledger.rights import RefusedStepError
from regaudit.operation.lot_conditions import check_terms
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.inspection.examination import Examination, Examined, problem_of
from regaudit.outlets.inspection.forms import batch_of, cases_of, handlers_of
from regaudit.outlets.inspection.grades import FAILED, grade_of
from regaudit.outlets.inspection.inspections import Form, Inspection, read_inspection, split_number
from regaudit.outlets.inspection.inspectors import able_to_inspect, handled

_TITLES = 3


class _Room:
    """The inspections that are asked about, with who handled their cases: read before anything is stored."""

    def __init__(self, workspace: Workspace, names: Iterable[tuple[str, str]]) -> None:
        self._log, self._wanted = workspace.log, sorted(set(names))
        self.cases: dict[str, list[str]] = {}
        self.handlers: dict[str, set[tuple[str, str]]] = {}
        with AnalystDatabase(workspace.home) as db:
            for inspection in self.read().values():
                forms = inspection.forms()
                numbers = cases_of(db.rows, inspection, forms)
                self.cases |= numbers
                self.handlers |= handlers_of(db.rows, forms, numbers)

    def read(self) -> dict[tuple[str, str], Inspection]:
        """The inspections as the log has them now, by scope and month."""
        return {(office, month): read_inspection(self._log, office, month) for office, month in self._wanted}


class _Desk:
    """Examinations of one inspector, while their events are made."""

    def __init__(self, workspace: Workspace, room: _Room, author: Author) -> None:
        self._workspace, self._room, self._author = workspace, room, author
        self._now = workspace.now()
        self._people = read_people(workspace.log)
        self._inspections = room.read()
        self.numbers = Numbers(workspace.log)
        self.events: list[LogEvent] = []

    def take(self, asked: Examination) -> Examined:
        """Make the events of an examination.

        Raises:
            RefusedStepError: it may not be taken.
        """
        office, month = split_number(asked.number) if _is_number(asked.number) else ("", "")
        inspection = self._inspections.get((office, month))
        forms = inspection.forms() if inspection else []
        form = next((form for form in forms if form.number == asked.number), None)
        if inspection is None or form is None:
            raise RefusedStepError(f"没有质检编号 {asked.number}:可能已重新抽取,请重新导出检查表")
        if problem := problem_of(asked):
            raise RefusedStepError(problem)
        acting = self._acting(form)
        known = form.examined
        event = self._event(asked, inspection, form, acting)
        if known is not None and _is_same(known, event, is_dated=asked.on is not None):
            return Examined(
                number=form.number, unit=form.unit, grade=known.grade, entry=known.entry, is_new=False
            )
        if asked.seen is not None and asked.seen != form.version:
            raise RefusedStepError("此件已由他人检查或更正:请重新导出检查表,看过再填")
        if not event.entry and any(one.verdict == "fault" for one in event.items):
            entry = self._entry(event, form)
            event = replace(event, entry=entry.originator_id.removeprefix(ENTRIES))
            self.events.append(entry)
        self.events.append(event)
        inspection.events.append(event)
        inspection.examined[form.unit] = event
        return Examined(number=form.number, unit=form.unit, grade=event.grade, entry=event.entry)

    def _acting(self, form: Form) -> Acting:
        """In which role the author examines a form."""
        user = self._people.get(self._author.login)
        if user is None:
            raise RefusedStepError(f"没有用户 {self._author.login}:请由安全管理员用 regaudit user add 添加")
        acting = able_to_inspect(self._people, user, form.office, self._now.date())
        if acting is None:
            raise RefusedStepError(f"检查由质检员或质量监管岗办理,{user.title} 在 {form.office} 不是")
        principal = self._people.get(acting.for_login)
        for one in (user, principal):
            if one is not None and handled(one, self._room.handlers[form.unit]):
                raise RefusedStepError(f"{one.title} 经办过此件,不能检查:须由另一自然人检查")
        return acting

    def _event(
        self, asked: Examination, inspection: Inspection, form: Form, acting: Acting
    ) -> InspectionExamined:
        draw, now = inspection.drawn[-1], self._now
        on = asked.on or now.date()
        if not date.fromisoformat(draw.at[:10]) <= on <= now.date():
            raise RefusedStepError(f"检查日期 {on} 应在抽取({draw.at[:10]})以后,不晚于检查表交来之日")
        verdicts = {name: asked.verdicts[name] for name in inspection_items()}
        known = form.examined
        return InspectionExamined(
            inspection.stream,
            inspection.version + 1,
            at=(now if on == now.date() else datetime.combine(on, time.min)).isoformat(),
            recorded_at=now.isoformat(),
            drawn_version=draw.originator_version,
            inspection_no=form.number,
            unit=form.unit,
            case_nos=self._room.cases[form.unit],
            items=[
                InspectedItem(item=name, verdict=verdict, remark=asked.remarks.get(name, "").strip())
                for name, verdict in verdicts.items()
            ],
            grade=grade_of(verdicts, self._workspace.profile.inspection.grades),
            remark=asked.remark.strip(),
            corrects=form.version,
            entry=known.entry if known else "",
            by=acting.user.login,
            person=acting.user.person_id,
            role=acting.held.role,
            for_login=acting.for_login,
            door=self._author.door,
            system_user=self._author.system_user,
            machine=self._author.machine,
        )

    def _entry(self, event: InspectionExamined, form: Form) -> EntryOpened:
        """The entry of what was found."""
        faults = [one for one in event.items if one.verdict == "fault"]
        items = [inspection_items()[one.item] for one in faults]
        titles = [item.title for item in items]
        said = [f"{item.title}:{one.remark or event.remark}" for item, one in zip(items, faults, strict=True)]
        batch = batch_of(form.unit)
        subject = f"批次 {batch}" if batch else f"业务 {event.case_nos[0]}"
        number = self.numbers.next(form.office, self._now.date())
        return EntryOpened(
            f"{ENTRIES}{number}",
            1,
            at=self._now.isoformat(),
            recorded_at=self._now.isoformat(),
            kind="inspection",
            rule="",
            rule_version=0,
            title=f"抽查问题:{'、'.join(titles[:_TITLES])}{'等' if len(titles) > _TITLES else ''}",
            severity="major" if event.grade == FAILED else "minor",
            office=form.office,
            case_nos=event.case_nos,
            batch_no=batch,
            summary=f"抽查 {event.inspection_no}({subject})发现:{';'.join(said)}",
            basis=";".join(dict.fromkeys(part for item in items for part in item.basis.split(";"))),
            by=event.by,
            person=event.person,
            role=event.role,
            door=event.door,
            system_user=event.system_user,
            machine=event.machine,
        )


def examine(
    workspace: Workspace, asked: Sequence[Examination], author: Author, *, is_all: bool = False
) -> list[Examined]:
    """Record what an inspector found in some cases, in one transaction; faults open entries of the ledger.

    Args:
        workspace: opened.
        asked: a form each.
        author: the inspector.
        is_all: one that is refused keeps the others from being recorded; else the others are.

    Raises:
        RefusedStepError: with `is_all`, one is refused, or the grades are not those of the last night;
            nothing was stored.
        RegauditError: nothing is published.
        LogError: nothing was stored.
    """
    check_terms(workspace)
    known = {each.number for each in asked if _is_number(each.number)}
    room = _Room(workspace, (split_number(number) for number in known))
    outcomes: list[Examined] = []
    desks: list[_Desk] = []

    def make() -> list[LogEvent]:
        desk = _Desk(workspace, room, author)
        desks[:], outcomes[:] = [desk], []
        for each in asked:
            try:
                outcomes.append(desk.take(each))
            except RefusedStepError as error:
                if is_all:
                    raise RefusedStepError(f"{each.number}:{error}。未写入任何记录") from error
                outcomes.append(Examined(number=each.number, is_new=False, refused=str(error)))
        return desk.events

    workspace.log.append_next(make)
    desks[0].numbers.keep()
    return outcomes


def _is_same(known: InspectionExamined, event: InspectionExamined, *, is_dated: bool) -> bool:
    """Whether an examination says what was said already; a day that nobody typed says nothing."""
    return (known.items, known.remark) == (event.items, event.remark) and (
        not is_dated or known.at[:10] == event.at[:10]
    )


def _is_number(number: str) -> bool:
    try:
        split_number(number)
    except RegauditError:
        return False
    return True
