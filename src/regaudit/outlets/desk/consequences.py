"""What will follow from a step, said before it is taken: the state, the next limit, and who hears of it."""

from datetime import date, datetime

from msgspec import Struct

from regaudit.base.running_text import day_text
from regaudit.ledger.entry import Entry
from regaudit.ledger.outlook import outlook
from regaudit.ledger.people import People, User
from regaudit.ledger.request import Request
from regaudit.ledger.rights import state_title
from regaudit.ledger.rows import EntryRow, row_of
from regaudit.ledger.states import ROLES, verdict_title
from regaudit.ledger.steps import Step
from regaudit.ledger.workdays import Measure
from regaudit.outlets.entry_story import LIMIT_TITLES
from regaudit.outlets.mail.audience import Audience
from regaudit.outlets.mail.entry_facts import EntryFacts, EntryStep
from regaudit.outlets.mail.roles_told import ROLES_TOLD, duty, hears

_TITLES: dict[str, str] = {str(role): title for role, title in ROLES.items()}
_GIVEN = "被交办的科室或人员"
TO_DO = {**LIMIT_TITLES, "report": "提交整改报告", "review_on": "复查中止的事项"}
"""What is to be done by each limit, as it stands in a sentence (Chinese)."""
_SHOWN = 4


class Consequence(Struct, frozen=True, kw_only=True):
    """What follows from a step (Chinese).

    Attributes:
        says: the verdict that it is of; empty where the step has none.
        state: the state that follows; `is_same`: it stays as it is; `waits`: another judgement of the
            same verdict has to follow.
        limit: the next limit with its day and who has to act by it; empty: none.
        hears: who hears of it by mail, each a role with its persons; empty: nobody.
    """

    says: str
    state: str
    is_same: bool
    waits: bool
    limit: str
    hears: list[str]

    @property
    def told(self) -> str:
        """As one sentence."""
        says = f"{self.says}：" if self.says else ""
        waits = "，待另一级作出相同的认定" if self.waits else ""
        limit = f"；{self.limit}" if self.limit else ""
        hears = f"；{'、'.join(self.hears)}将收到邮件" if self.hears else "；不另发邮件"
        return f"{says}状态{'仍为' if self.is_same else '成为'}“{self.state}”{waits}{limit}{hears}"


class Foresight:
    """What steps would lead to on a day."""

    def __init__(self, people: People, day: date, now: datetime) -> None:
        self._people, self._day, self._now = people, day, now
        self._audience = Audience(people, day)

    def of_step(self, step: Step, entry: Entry, measure: Measure, user: User) -> list[Consequence]:
        """What follows from a step on an entry, whatever it says: one for each verdict."""
        verdicts = step.verdicts or ("",)
        return [self.of(Request(step=step.name, verdict=each), entry, measure, user) for each in verdicts]

    def of(self, request: Request, entry: Entry, measure: Measure, user: User) -> Consequence:
        """What follows from a step as it is asked for."""
        found = outlook(entry, request, measure, self._now, person=user.person_id)
        row = row_of(found.entry, measure, self._day)
        facts = _facts(row)
        step = EntryStep(
            position=0,
            entry=entry.number,
            change="step",
            step=request.step,
            kind=request.kind,
            decided_at=self._now,
            recorded_at=self._now,
            login=user.login,
            person=user.person_id,
            role="",
            for_login="",
            signed_by="",
            door="page",
            system_user="",
            machine="",
            given_to=request.to,
            set_due_on=request.due,
            verdict=request.verdict,
            is_pending=found.event.is_pending,
            severity=request.severity,
            run_no=0,
            is_hidden=False,
        )
        before = _facts(row_of(entry, measure, self._day))
        return Consequence(
            says=verdict_title(request.step, request.verdict) if request.verdict else "",
            state=state_title(row.shown_state),
            waits=found.event.is_pending,
            is_same=found.entry.shown_state == entry.shown_state,
            limit=self._limit(row, request),
            hears=[
                self._named(role, self._audience.of(role, facts), is_given=bool(row.person or row.section))
                for role in ROLES_TOLD
                if (hears(role, step, facts) or self._is_asked(role, before, facts))
                # What a section was given no handler hears of by mail.
                and not (role == "handler" and row.section)
            ],
        )

    def _is_asked(self, role: str, before: EntryFacts, facts: EntryFacts) -> bool:
        """Whether a role has something to do then that it had not before."""
        asked, asked_before = duty(role, facts, self._day), duty(role, before, self._day)
        return asked is not None and (asked_before is None or asked.text != asked_before.text)

    def _limit(self, row: EntryRow, request: Request) -> str:
        if row.due_on is None:
            return ""
        who = _TITLES.get(row.holder, "")
        title = TO_DO.get(row.limit, row.limit)
        own = request.step in ("demand", "extend", "suspend", "assign") and request.due is None
        about = "（不另写日期时）" if own else ""
        provisional = "，该年节假日尚未公布，暂定" if row.is_provisional else ""
        return f"{who}须在{day_text(row.due_on)}前{title}{about}{provisional}"

    def _named(self, role: str, persons: list[str], *, is_given: bool) -> str:
        title = _TITLES[role]
        if role in ("handler", "head") and not is_given:
            return _GIVEN if role == "handler" else f"其{title}"
        readers = self._audience.readers
        names = [readers[person].name if person in readers else person for person in persons]
        more = f"等{len(names)}人" if len(names) > _SHOWN else ""
        return f"{title}（{'、'.join(names[:_SHOWN])}{more}）" if names else f"{title}（现无人担任）"


def _facts(row: EntryRow) -> EntryFacts:
    return EntryFacts(
        entry=row.entry,
        title=row.title,
        office=row.office,
        subject=row.subject,
        severity=row.gravest,
        state=row.state,
        shown_state=row.shown_state,
        is_final=row.is_final,
        summary=row.summary,
        section=row.section,
        person=row.person,
        subjects=row.subjects,
        pending=row.pending,
        assigned_at=row.assigned_at,
        is_served=row.is_served,
        asked_to=row.asked_to,
        is_provisional=row.is_provisional,
        is_excused=row.is_excused,
        appeal_due_on=row.appeal_due_on,
        answer_due_on=row.due_on if row.limit == "answer" else None,
        light=row.light,
        lit_on=None,
        due_on=row.due_on,
        due_limit=row.limit,
        holder=row.holder,
    )
