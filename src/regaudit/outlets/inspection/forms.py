"""The forms of a draw with what stands at their head: which business it is, and who handled it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct, convert
from msgspec.structs import replace

from regaudit.base.folded_text import fold_name
from regaudit.base.settings import Settings
from regaudit.catalogue.sqlfile import result_sql
from regaudit.catalogue.vocabulary import value_titles
from regaudit.outlets.case_story import Ask
from regaudit.outlets.inspection.inspections import Form, Inspection
from regaudit.outlets.inspection.units import BATCH, named_case, parse_month

_SHOWN_CASES, _SHOWN_NAMES = 12, 5


class FormHead(Struct, frozen=True, kw_only=True):
    """A form with its head.

    Attributes:
        form: the unit, and its last examination.
        drawn_on: the day of the draw.
        office_name: as the settings have it.
        cases: its case numbers; of a batch those that were closed in the month.
        batch_no: empty: a case.
        business: what it is called (业务名称).
        registration: 登记类型.
        accepted_by: 受理人; of a batch all of them, as the next.
        approved_by: 核定人.
        accepted_at: when the first of them was accepted.
        closed_at: when the last of them was closed.
        due_on: by when the first of them was due.
        serial_nos: print serials of its certificates.
    """

    form: Form
    drawn_on: date
    office_name: str
    cases: list[str]
    batch_no: str = ""
    business: str = ""
    registration: str = ""
    accepted_by: str = ""
    approved_by: str = ""
    accepted_at: datetime | None = None
    closed_at: datetime | None = None
    due_on: date | None = None
    serial_nos: str = ""

    @property
    def number(self) -> str:
        """业务编号: the case, or the batch with its cases."""
        if not self.batch_no:
            return self.cases[0]
        shown = "、".join(self.cases[:_SHOWN_CASES])
        more = "等" if len(self.cases) > _SHOWN_CASES else ""
        return f"批次 {self.batch_no},共 {len(self.cases)} 件:{shown}{more}"

    @property
    def why(self) -> str:
        """Why it is inspected (Chinese)."""
        return f"必查:{'、'.join(self.form.classes)}" if self.form.classes else "抽中"


class _Case(Struct, frozen=True):
    office: str
    case_no: str
    registration_title: str | None
    right_type: str | None
    subtype: str | None
    matter: str | None
    limit_class: str | None
    accepted_at: datetime | None
    closed_at: datetime | None
    close_kind: str | None
    due_on: date | None
    accepted_by: str | None
    approved_by: str | None
    serial_nos: list[str] | None


def heads_of(ask: Ask, settings: Settings, inspection: Inspection, forms: Sequence[Form]) -> list[FormHead]:
    """The heads of forms of the draw in force, as the last run published their cases.

    Args:
        ask: asks the published database.
        settings: name the offices.
        inspection: with a draw.
        forms: those that are wanted.

    Raises:
        RegauditError: nothing was drawn.
    """
    drawn_on = date.fromisoformat(inspection.needed_draw().at[:10])
    numbers = cases_of(ask, inspection, forms)
    rows = convert(ask(result_sql("inspection_cases"), listed(forms, numbers)), list[_Case])
    known = {(row.office, row.case_no): row for row in rows}
    heads = []
    for form in forms:
        found = [known[key] for no in numbers[form.unit] if (key := (form.office, no)) in known]
        head = FormHead(
            form=form,
            drawn_on=drawn_on,
            office_name=settings.office_name(form.office),
            cases=numbers[form.unit],
            batch_no=batch_of(form.unit),
        )
        heads.append(_filled(head, found) if found else head)
    return heads


def listed(forms: Iterable[Form], numbers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The cases of forms as parameters of a query: their offices and numbers, one of each a case."""
    pairs = [(form.office, case_no) for form in forms for case_no in numbers[form.unit]]
    return {"offices": [office for office, _ in pairs], "case_nos": [case_no for _, case_no in pairs]}


def cases_of(ask: Ask, inspection: Inspection, forms: Iterable[Form]) -> dict[str, list[str]]:
    """The case numbers of each unit: of a batch those that were closed in the month."""
    numbers = {form.unit: [named_case(form.unit)] for form in forms}
    batches = [unit for unit in numbers if batch_of(unit)]
    if batches:
        first, after = parse_month(inspection.month)
        wanted = {
            "offices": [unit.partition("/")[0] for unit in batches],
            "batch_nos": [batch_of(unit) for unit in batches],
            "from": first,
            "until": after,
        }
        for row in ask(result_sql("inspection_batches"), wanted):
            numbers[f"{row['office']}/{BATCH}{row['batch_no']}"] = row["case_nos"]
    return numbers


def handlers_of(
    ask: Ask, forms: Iterable[Form], numbers: Mapping[str, Sequence[str]]
) -> dict[str, set[tuple[str, str]]]:
    """Who did anything on the cases of each unit: as natural persons, and by name as it is compared."""
    listed_forms = [*forms]
    of_case: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in ask(result_sql("inspection_handlers"), listed(listed_forms, numbers)):
        names = of_case.setdefault((row["office"], row["case_no"]), set())
        names.add((row["person_id"], fold_name(row["person_name"] or "")))
    return {
        form.unit: set().union(*(of_case.get((form.office, no), set()) for no in numbers[form.unit]))
        for form in listed_forms
    }


def batch_of(unit: str) -> str:
    """The number of the batch that a unit is; empty where it is a case."""
    name = named_case(unit)
    return name.removeprefix(BATCH) if name.startswith(BATCH) else ""


def _filled(head: FormHead, cases: Sequence[_Case]) -> FormHead:
    moments = [case.accepted_at for case in cases if case.accepted_at]
    ends = [case.closed_at for case in cases if case.closed_at]
    due = [case.due_on for case in cases if case.due_on]
    serials = [serial for case in cases for serial in case.serial_nos or ()]
    return replace(
        head,
        business=_named(map(_business, cases)),
        registration=_named(case.registration_title for case in cases),
        accepted_by=_named(case.accepted_by for case in cases),
        approved_by=_named(case.approved_by for case in cases),
        accepted_at=min(moments, default=None),
        closed_at=max(ends, default=None),
        due_on=min(due, default=None),
        serial_nos=_named(serials),
    )


def _business(case: _Case) -> str:
    """What a business is called: right and registration, then what the platform says more of it."""
    right = value_titles("right_type").get(case.right_type or "", case.right_type or "")
    kind = f"{right}{case.registration_title or ''}" or "(登记类型不明)"
    more = dict.fromkeys(text for text in (case.subtype, case.matter) if text)
    return f"{kind}·{'·'.join(more)}" if more else kind


def _named(names: Iterable[str | None]) -> str:
    """The different names of some, the first few of them."""
    found = list(dict.fromkeys(name for name in names if name))
    return "、".join(found[:_SHOWN_NAMES]) + ("等" if len(found) > _SHOWN_NAMES else "")
