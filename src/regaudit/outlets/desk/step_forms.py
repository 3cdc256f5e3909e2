"""The forms of the ledger's steps, made from the table of steps: what each asks for, and what follows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold
from regaudit.base.typed_times import parse_day, parse_decided
from regaudit.catalogue.rules import SEVERITIES
from regaudit.ledger.clocks import clocks_of
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People, User
from regaudit.ledger.request import Request
from regaudit.ledger.rights import Asked, RefusedStepError, standing
from regaudit.ledger.states import ASSIGNMENTS, verdict_title
from regaudit.ledger.steps import STEPS, SUBJECT, Step
from regaudit.ledger.validity import can_be_taken, open_steps
from regaudit.ledger.workdays import Measure
from regaudit.outlets.desk.consequences import Consequence, Foresight

_DAYS: Final = {
    "assign": ("说明的期限", "不写时按规程"),
    "judge": ("采纳到哪一天", "只用于说明采纳的持续状态"),
    "demand": ("整改期限", "不写时按交办方式和规程"),
    "extend": ("延到哪一天", "申请时必写；同意时不写即为所申请的日期"),
    "review": ("退回后的整改期限", "只用于退回，不写时按规程"),
    "suspend": ("复查日期", "到这一天须决定是否恢复"),
}
_WHOM: Final = {"assign": "交办给", "refer": "移交给"}
_LONGEST: Final = 20_000
_STEP_OF: Final = {"settle": "assign", "review_on": "resume"}
"""What a limit asks for that is not called after its step."""
FIELDS: Final = ("verdict", "to", "to_other", "kind", "due", "severity", "text", "at", "signed_by")
"""The names of the fields, beside the files."""
Groups = dict[str, list[tuple[str, str]]]


class Field(Struct, frozen=True, kw_only=True):
    """A field of a form.

    Attributes:
        kind: choice, pick (one of groups), day, moment, text or line.
        choices: value and title of each; of a pick, by group.
    """

    name: str
    title: str
    kind: str
    hint: str = ""
    is_needed: bool = False
    choices: Sequence[tuple[str, str]] = ()
    groups: Groups = {}


class StepForm(Struct, frozen=True, kw_only=True):
    """The form of a step.

    Attributes:
        is_paper: it is only typed, in the name of whoever signed the paper.
        is_due: it is what the next limit asks for.
        follows: what will follow, by verdict.
    """

    step: str
    title: str
    about: str
    fields: list[Field]
    follows: list[Consequence] = []
    is_paper: bool = False
    is_due: bool = False


def forms_of(
    entry: Entry, user: User, people: People, measure: Measure, *, day: date, now: datetime
) -> list[StepForm]:
    """The forms of the steps that somebody can take on an entry now, then those that he can only type.

    What the next limit asks for comes first.
    """
    foresight = Foresight(people, day, now)
    own = [step for step in open_steps(entry, user, people, day) if _is_asked(step, entry)]
    typed = [
        step for step in paper_steps(entry, user, people, day) if step not in own and _is_asked(step, entry)
    ]
    due, forms = _due_steps(entry, measure, day), []
    for step in (*own, *typed):
        verdicts = _verdicts(step, entry, user, people, day) if step in own else step.verdicts
        follows = [
            foresight.of(Request(step=step.name, verdict=verdict), entry, measure, user)
            for verdict in verdicts or ("",)
        ]
        form = form_of(step, people, [entry.opened.office], on=day, verdicts=verdicts)
        forms.append(
            StepForm(
                step=step.name,
                title=step.title,
                about=step.about,
                fields=[*form, *_late_fields(is_paper=step not in own)],
                follows=follows,
                is_paper=step not in own,
                is_due=step in own and step.name in due,
            )
        )
    return sorted(forms, key=lambda form: not form.is_due)


def _due_steps(entry: Entry, measure: Measure, day: date) -> set[str]:
    """The names of the steps that the limits of a day ask for."""
    found = clocks_of(entry, measure)
    clocks = (found.current(day), found.appeal)
    return {_STEP_OF.get(clock.limit, clock.limit) for clock in clocks if clock is not None}


def _is_asked(step: Step, entry: Entry) -> bool:
    """Whether a step makes sense now: nobody acknowledges what was not given to him, or twice."""
    return step.name != "serve" or (entry.now.assignments > 0 and not entry.is_served)


def form_of(
    step: Step,
    people: People,
    offices: Iterable[str | None],
    *,
    on: date,
    verdicts: Sequence[str] | None = None,
) -> list[Field]:
    """The fields of a step on entries of some offices."""
    takes = {name.rstrip("?"): not name.endswith("?") for name in step.takes}
    fields = []
    said = step.verdicts if verdicts is None else verdicts
    if said:
        choices = [(verdict, verdict_title(step.name, verdict)) for verdict in said]
        fields.append(Field(name="verdict", title="结论", kind="choice", is_needed=True, choices=choices))
    if "to" in takes and step.name == "assign":
        groups = targets(people, offices, on)
        fields.append(Field(name="to", title="交办给", kind="pick", groups=groups))
        hint = "名单中没有的人：填写人员编号"
        fields.append(Field(name="to_other", title="或交办给其他人", kind="line", hint=hint))
    elif "to" in takes:
        hint = "如纪检监察机关、公安机关"
        fields.append(Field(name="to", title=_WHOM[step.name], kind="line", hint=hint, is_needed=True))
    if "kind" in takes:
        choices = list(ASSIGNMENTS.items())
        fields.append(Field(name="kind", title="方式", kind="choice", is_needed=True, choices=choices))
    if "due" in takes:
        title, hint = _DAYS[step.name]
        fields.append(Field(name="due", title=title, kind="day", hint=hint, is_needed=takes["due"]))
    if "severity" in takes:
        choices = [("", "不调整"), *SEVERITIES.items()]
        fields.append(
            Field(name="severity", title="级别调整为", kind="pick", groups={"": choices}, hint="原级别保留")
        )
    fields.append(Field(name="text", title=step.says or "说明", kind="text", is_needed=bool(step.says)))
    return fields


def targets(people: People, offices: Iterable[str | None], on: date) -> Groups:
    """Whom entries of some offices can be given to: sections and persons."""
    places = {office or "" for office in offices}
    sections: dict[str, str] = {}
    persons: dict[str, str] = {}
    for user in people.users.values():
        for acting in people.acting(user, on):
            held = acting.held
            if acting.for_login or not all(held.covers(place) for place in places):
                continue
            if held.role in ("head", "handler") and held.section:
                sections[f"section:{held.section}"] = held.section
            if held.role in ("head", "handler"):
                name = user.person_name or user.login
                place = f"，{held.section}" if held.section else ""
                persons[f"person:{user.person_id}"] = f"{name}（{user.person_id}{place}）"
    return {"科室": sorted(sections.items()), "人员": sorted(persons.items(), key=lambda each: each[1])}


def paper_steps(entry: Entry, user: User, people: People, on: date) -> list[Step]:
    """The steps that somebody can only type from a paper that another signed: the chain ends here."""
    return [
        step
        for step in STEPS.values()
        if can_be_taken(entry, step) and any(_can_type(step, entry, user, people, on))
    ]


def _can_type(step: Step, entry: Entry, user: User, people: People, on: date) -> Iterator[bool]:
    signers = [person for person in entry.subjects if not people.logins_of(person)]
    for signer in (*(signers if SUBJECT in step.roles else ()), "\0"):
        for verdict in step.verdicts if step.name == "extend" else ("",):
            try:
                yield standing(Asked(step, entry, people, on, verdict), user, signed_by=signer).is_paper
            except RefusedStepError:
                continue


def _verdicts(step: Step, entry: Entry, user: User, people: People, on: date) -> tuple[str, ...]:
    """What somebody may say: an extension is asked for by one and answered by another."""
    if step.name != "extend":
        return step.verdicts
    found = []
    for verdict in step.verdicts:
        if verdict != "ask" and entry.now.asked_to is None:
            continue
        try:
            standing(Asked(step, entry, people, on, verdict), user)
        except RefusedStepError:
            continue
        found.append(verdict)
    return tuple(found) or ("ask",)


def _late_fields(*, is_paper: bool) -> Iterator[Field]:
    """What is said of a decision that was made on paper, or is typed later."""
    yield late_field()
    if is_paper:
        yield signer_field()


def signer_field() -> Field:
    """The field of who signed the paper that a step is typed from."""
    hint = "书面批准须附上签字的文件"
    return Field(name="signed_by", title="签字人的人员编号", kind="line", hint=hint, is_needed=True)


def late_field() -> Field:
    """The field of a decision that is typed later."""
    hint = "补录时填写，如 2026-03-31 或 2026-03-31 18:00；不写为现在"
    return Field(name="at", title="作出决定的时间", kind="moment", hint=hint)


def read_request(step: Step, given: dict[str, str], now: datetime, latest: datetime) -> Request:
    """A step as a form says it.

    Args:
        step: the step.
        given: the fields by name.
        now: local time.
        latest: up to when a step may have been decided.

    Raises:
        RegauditError: a field cannot be read (Chinese).
    """
    said = {name: given.get(name, "").strip() for name in FIELDS}
    if len(said["text"]) > _LONGEST:
        raise RegauditError(f"文字超过 {_LONGEST} 个字：请缩短，或作为附件提交")
    other = fold(said["to_other"])
    if said["to"] and other:
        raise RegauditError("“交办给”与“或交办给其他人”只能填写一个")
    return Request(
        step=step.name,
        text=said["text"].replace("\r\n", "\n"),
        at=parse_decided(said["at"].replace("T", " ") or None, now, latest),
        verdict=said["verdict"],
        to=f"person:{other}" if other else said["to"],
        kind=said["kind"],
        due=parse_day(said["due"]) if said["due"] else None,
        severity=said["severity"],
        signed_by=said["signed_by"],
    )
