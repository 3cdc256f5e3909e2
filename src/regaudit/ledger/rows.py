"""An entry as one row: what lists, Excel, mails and the published table show of it on a day."""

from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from regaudit.ledger.clocks import Clocks, clocks_of
from regaudit.ledger.entry import Entry
from regaudit.ledger.states import LIGHTS, Light
from regaudit.ledger.workdays import Measure


class EntryRow(Struct, frozen=True, kw_only=True):
    """An entry of the ledger on a day.

    Attributes:
        finding_id: its finding, the first of several; `finding_ids` are all.
        subject: the case, batch, account, person or source that it is about.
        severity: as it was opened; `noted_severity` and `adjusted_severity` stand beside it, rights follow
            `gravest`.
        state: beneath a pending appeal, too; `shown_state` is `appealed` then.
        is_excused: a good reason for a missed limit is on record (有因).
        due_on: the next limit of the present state, `limit` its name and `holder` the role that has to act.
        judge_due_on: of an assigned entry, the limit that follows where no answer comes, and who judges then,
            `judge_holder`; `is_judge_provisional` as `is_provisional` is of the next.
        blue_on: the first day of this light or a worse one, and so on.
        section: 科室, `person` the natural person, that it was given to; `assigned_at` when, the last time.
        is_served: somebody has acknowledged the receipt of that assignment (签收).
        subjects: the natural persons whom it is about.
        pending: the role whose judgement of the same verdict a critical entry waits for; empty: none.
        version: the last event that tells something new; a document that was made since is `last_version`.
        is_gone: its finding is no longer found; `is_not_run`: its rule no longer runs.
    """

    entry: str
    kind: str
    rule: str
    rule_version: int
    title: str
    office: str | None
    finding_id: str
    finding_ids: list[str]
    subject: str
    case_no: str
    batch_no: str
    account: str
    person_id: str
    source: str
    severity: str
    noted_severity: str
    adjusted_severity: str
    gravest: str
    state: str
    shown_state: str
    light: Light
    is_excused: bool
    since: datetime
    due_on: date | None
    limit: str
    holder: str
    is_provisional: bool
    judge_due_on: date | None
    judge_holder: str
    is_judge_provisional: bool
    appeal_due_on: date | None
    blue_on: date | None
    yellow_on: date | None
    orange_on: date | None
    red_on: date | None
    section: str
    person: str
    assigned_at: datetime | None
    is_served: bool
    subjects: list[str]
    pending: str
    returns: int
    extensions: int
    asked_to: date | None
    recurs_of: str
    follows: str
    recurrences: int
    is_gone: bool
    is_not_run: bool
    is_touched: bool
    is_final: bool
    opened_at: datetime
    opened_by: str
    summary: str
    basis: str
    version: int
    last_version: int


def row_of(entry: Entry, measure: Measure, day: date) -> EntryRow:
    """The row of an entry on a day."""
    return on_day(standing_row(entry, measure), day)


def standing_row(entry: Entry, measure: Measure) -> EntryRow:
    """The row of an entry, whatever the day: its first limit, and no light."""
    opened, now, found = entry.opened, entry.now, clocks_of(entry, measure)
    clock = next(iter(found.running), None)
    turns = _turns(found)
    target, _, name = now.to.partition(":")
    later = found.running[1] if now.state == "assigned" else None
    return EntryRow(
        entry=entry.number,
        kind=opened.kind,
        rule=opened.rule,
        rule_version=opened.rule_version,
        title=opened.title,
        office=opened.office,
        finding_id=next(iter(opened.finding_ids), ""),
        finding_ids=entry.finding_ids,
        subject=subject_of(entry),
        case_no=next(iter(opened.case_nos), ""),
        batch_no=opened.batch_no,
        account=opened.account,
        person_id=opened.person_id,
        source=opened.source,
        severity=opened.severity,
        noted_severity=entry.noted_severity,
        adjusted_severity=now.severity,
        gravest=entry.severity,
        state=now.state,
        shown_state=entry.shown_state,
        light="none",
        is_excused=now.excuse,
        since=now.since,
        due_on=clock.due_on if clock else None,
        limit=clock.limit if clock else "",
        holder=clock.holder if clock else "",
        is_provisional=bool(clock and clock.is_provisional),
        judge_due_on=later.due_on if later else None,
        judge_holder=later.holder if later else "",
        is_judge_provisional=bool(later and later.is_provisional),
        appeal_due_on=found.appeal.due_on if found.appeal else None,
        blue_on=turns["blue"],
        yellow_on=turns["yellow"],
        orange_on=turns["orange"],
        red_on=turns["red"],
        section=name if target == "section" else "",
        person=name if target == "person" else "",
        assigned_at=now.assigned_at,
        is_served=entry.is_served,
        subjects=sorted(entry.subjects),
        pending=_awaited(entry),
        returns=now.returns,
        extensions=now.granted,
        asked_to=now.asked_to,
        recurs_of=opened.recurs_of,
        follows=opened.follows,
        recurrences=opened.recurrences,
        is_gone=entry.is_gone,
        is_not_run=entry.is_not_run,
        is_touched=entry.is_touched,
        is_final=entry.is_final,
        opened_at=datetime.fromisoformat(opened.at),
        opened_by=opened.by,
        summary=opened.summary,
        basis=opened.basis,
        version=entry.told_version,
        last_version=entry.version,
    )


def light_on(row: EntryRow, day: date) -> Light:
    """The light of a row on another day, on which no step was taken since."""
    turns = (("red", row.red_on), ("orange", row.orange_on), ("yellow", row.yellow_on), ("blue", row.blue_on))
    lit: list[Light] = [light for light, on in turns if on and day >= on]  # type: ignore[misc]
    return lit[0] if lit else "none"


def on_day(row: EntryRow, day: date) -> EntryRow:
    """A row as it stands on a later day, on which no step was taken since."""
    if row.judge_due_on and row.due_on and row.limit == "answer" and day > row.due_on:
        row = replace(
            row,
            due_on=row.judge_due_on,
            limit="judge",
            holder=row.judge_holder,
            is_provisional=row.is_judge_provisional,
            judge_due_on=None,
            is_judge_provisional=False,
        )
    return replace(row, light=light_on(row, day))


def subject_of(entry: Entry) -> str:
    """What an entry is about: its batch, cases, account, person or source."""
    opened = entry.opened
    if opened.kind == "history":
        return f"{len(opened.finding_ids)} 项"
    named = opened.batch_no or "、".join(opened.case_nos[:1]) or opened.account or opened.person_id
    return named or opened.source


def _awaited(entry: Entry) -> str:
    """Whose judgement of the same verdict it waits for."""
    if entry.is_final or entry.now.pending is None:
        return ""
    return "leader" if entry.now.pending.level == "post" else "post"


def _turns(found: Clocks) -> dict[Light, date | None]:
    """The first day of each light or a worse one."""
    days = {
        day
        for clock in (*found.running, *([found.appeal] if found.appeal else []))
        for day in (clock.from_on, clock.blue_on, clock.yellow_on, clock.orange_on, clock.red_on)
        if day
    } | {day for day in (found.orange_on, found.red_on) if day}
    lights, worst = list(LIGHTS), 0
    turns: dict[Light, date | None] = dict.fromkeys(lights)
    for day in sorted(days):
        reached = lights.index(found.light(day))
        for light in lights[worst + 1 : reached + 1]:
            turns[light] = day
        worst = max(worst, reached)
    return turns
