"""Whether a step can be taken on an entry as it stands, whoever takes it."""

from collections.abc import Callable
from datetime import date, datetime

from regaudit.audit.workspace import Workspace
from regaudit.catalogue.event_types import EntryNoted, EntryStepped, NightJudged
from regaudit.catalogue.rules import load_rules
from regaudit.ledger.clocks import clocks_of, report_due, window
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People, User
from regaudit.ledger.request import Request
from regaudit.ledger.rights import RefusedStepError, may, state_title
from regaudit.ledger.states import ASSIGNMENTS, GRAVITY, JUDGED, STATES, verdict_title
from regaudit.ledger.steps import STEPS, Step
from regaudit.ledger.workdays import Measure

_MOST_GRANTS = 2
_TARGETS = ("person:", "section:")
_FIELDS = {"to": "交给谁", "kind": "交办方式", "due": "期限", "severity": "级别"}
_WITHIN = ("dispute", "appeal")
"""Refused once their limit has passed."""


def last_moment(workspace: Workspace) -> datetime:
    """Up to when a step may have been decided: now, or the last night, whichever is later."""
    now = workspace.now()
    last = workspace.log.last_event("nights", NightJudged)
    return now if last is None else max(now, datetime.fromisoformat(last.as_of))


def moment(entry: Entry, request: Request, now: datetime) -> datetime:
    """When a step was decided: as said, else now; a night that ran ahead of the clock is not overtaken."""
    return request.at or max(now, entry.now.last_at)


def can_be_taken(entry: Entry, step: Step) -> bool:
    """Whether the state of an entry allows a step."""
    now = entry.now
    is_beneath = step.name in ("appeal", "decide") and now.beneath in step.of
    if now.state not in step.of and not is_beneath:
        return False
    if step.name == "decide":
        return entry.is_appealed
    if step.name == "serve":  # once for each assignment
        return now.assignments > 0 and not entry.is_served
    return step.name != "correct" or bool(entry.steps)


def open_steps(entry: Entry, user: User | None, people: People, on: date) -> list[Step]:
    """The steps that can be taken on an entry as it stands: by a user, or without one by anybody."""
    return [
        step
        for step in STEPS.values()
        if can_be_taken(entry, step) and (user is None or may(step, entry, user, people, on))
    ]


def check_request(
    entry: Entry,
    step: Step,
    request: Request,
    *,
    at: datetime,
    latest: datetime,
    counts_on: date,
    measure: Measure,
) -> None:
    """Refuse what cannot be done, is incomplete, or comes at a wrong time.

    A limit is met or missed on `counts_on`: the day of `at`, or now where it is typed late without
    the paper.

    Raises:
        RefusedStepError: why (Chinese).
    """
    if not can_be_taken(entry, step):
        may = "、".join(STEPS[name].title for name in STEPS if can_be_taken(entry, STEPS[name]))
        raise RefusedStepError(f"{_why_not(entry, step)},不能{step.title};现在可以:{may or '无'}")
    if at > latest:
        raise RefusedStepError(f"时间(--at) {at:%Y-%m-%d %H:%M} 晚于现在:只能填写已经作出的决定的时间")
    if at < entry.now.last_at:
        raise RefusedStepError(
            f"时间(--at) {at:%Y-%m-%d %H:%M} 早于本项最近一次办理({entry.now.last_at:%Y-%m-%d %H:%M}):"
            "时间不能倒置"
        )
    _check_words(step, request, at.date())
    check = _CHECKS.get(step.name)
    if check is not None:
        check(entry, request, counts_on if step.name in _WITHIN else at.date(), measure)


def _why_not(entry: Entry, step: Step) -> str:
    """What keeps a step from being taken (Chinese)."""
    if step.name == "decide":
        return "申诉未提出或已决定"
    if step.name == "serve" and entry.now.state in step.of:
        if entry.now.assignments == 0:
            return "本项还没有交办"
        served = next(each for each in reversed(entry.steps) if each.step == "serve")
        return f"最近一次交办已由 {served.by} 于 {served.at.replace('T', ' ')} 签收"
    return f"本项现为“{state_title(entry.shown_state)}”"


def _check_words(step: Step, request: Request, on: date) -> None:
    if step.says and not any(sign.isalnum() for sign in request.text):
        raise RefusedStepError(f"请写明{step.says}(说明,--text)")
    if step.verdicts and request.verdict not in step.verdicts:
        may = "、".join(f"{verdict} {verdict_title(step.name, verdict)}" for verdict in step.verdicts)
        raise RefusedStepError(f"{step.title}的结论应为 {may}")
    given = {"to": request.to, "kind": request.kind, "due": request.due, "severity": request.severity}
    allowed = {name.rstrip("?") for name in step.takes}
    for name, value in given.items():
        if value and name not in allowed:
            raise RefusedStepError(f"{step.title}不用写{_FIELDS[name]}")
        if not value and name in step.takes:
            raise RefusedStepError(f"{step.title}须写明{_FIELDS[name]}")
    if request.kind and request.kind not in ASSIGNMENTS:
        raise RefusedStepError(f"交办方式 {request.kind!r} 应为 at_once(立行立改)或 by_date(限期整改)")
    if request.severity and request.severity not in GRAVITY:
        raise RefusedStepError(f"级别 {request.severity!r} 应为 {'、'.join(GRAVITY)} 之一")
    if request.due is not None and request.due < on:
        raise RefusedStepError(f"期限 {request.due} 早于作出决定的日子 {on}")
    if step.name == "assign" and not (
        request.to.startswith(_TARGETS) and request.to.partition(":")[2].strip()
    ):
        raise RefusedStepError(f"交办给 {request.to!r} 应写作 person:人员编号 或 section:科室名称")


def _dispute(entry: Entry, _request: Request, on: date, measure: Measure) -> None:
    if entry.is_final_assignment():
        raise RefusedStepError("管辖异议已经答复过:第二次交办为最终决定")
    limit = window(entry.now, entry.now.since, "dispute", measure)
    if on > limit:
        raise RefusedStepError(f"管辖异议应在 {limit} 前(含)提出,已经过期")


def _judge(entry: Entry, request: Request, on: date, measure: Measure) -> None:
    if entry.now.state == "assigned":
        answer = clocks_of(entry, measure).running[0]
        if on <= answer.due_on:
            raise RefusedStepError(f"尚未说明,说明的期限 {answer.due_on} 还没有过:期满后方可认定")
    if request.due is None:
        return
    if request.verdict != "excused":
        raise RefusedStepError("只有说明采纳(excused)可以写期限(--until)")
    rule = load_rules().get(entry.opened.rule)
    lasts = rule is not None and rule.lasting
    if not lasts and any(each.role == "act" for each in entry.opened.evidence):
        raise RefusedStepError("期限(--until)只用于持续的状态:本项所据的是已经作出的行为")


def _extend(entry: Entry, request: Request, _on: date, measure: Measure) -> None:
    now = entry.now
    due = report_due(now, measure.days)
    if request.verdict == "ask":
        if request.due is None:
            raise RefusedStepError("申请延期须写明延到哪一天(期限,--to)")
        if due and request.due <= due:
            raise RefusedStepError(f"申请的日期 {request.due} 不晚于现在的期限 {due}")
    elif now.asked_to is None:
        raise RefusedStepError("没有待答复的延期申请")
    elif request.verdict == "grant" and now.granted >= _MOST_GRANTS:
        raise RefusedStepError(f"已延期 {now.granted} 次,不能再延:第三次申请只记录,不予批准")
    elif request.verdict == "grant" and due and (request.due or now.asked_to) <= due:
        raise RefusedStepError(f"批准的日期不晚于现在的期限 {due}")


def _appeal(entry: Entry, _request: Request, on: date, measure: Measure) -> None:
    now = entry.now
    if entry.is_appealed:
        raise RefusedStepError("已有申诉在办,请等候决定")
    if now.weighed_at is None or now.appealed_for == now.weighed_at:
        raise RefusedStepError("对同一认定的申诉已经决定过")
    limit = window(now, now.weighed_at, "appeal", measure)
    if on > limit:
        raise RefusedStepError(f"申诉应在 {limit} 前(含)提出,已经过期")


def _decide(entry: Entry, request: Request, _on: date, _measure: Measure) -> None:
    before = entry.now.severity or entry.opened.severity
    if request.severity and request.verdict != "changed":
        raise RefusedStepError("只有变更(changed)可以写级别(--severity)")
    if request.severity and GRAVITY.index(request.severity) > GRAVITY.index(before):
        raise RefusedStepError("不得因申诉加重:变更后的级别不能高于原来的")


def _correct(entry: Entry, _request: Request, _on: date, _measure: Measure) -> None:
    if entry.steps[-1].step == "appeal":
        raise RefusedStepError("申诉不能由他人更正取消:请作出申诉决定")


_CHECKS: dict[str, Callable[[Entry, Request, date, Measure], None]] = {
    "dispute": _dispute,
    "judge": _judge,
    "extend": _extend,
    "appeal": _appeal,
    "decide": _decide,
    "correct": _correct,
}


def meanwhile(entry: Entry, seen: int) -> str:
    """What was done to an entry since somebody looked at it (Chinese)."""
    later = [event for event in entry.history if event.originator_version > seen]
    told = [
        f"{event.by} 于 {event.recorded_at.replace('T', ' ')} {STEPS[event.step].title}"
        for event in later
        if isinstance(event, EntryStepped) and event.step in STEPS
    ] or ["夜间作业作了系统提示" for event in later if isinstance(event, EntryNoted)][:1]
    state = STATES[entry.now.state] if entry.now.state not in JUDGED else state_title(entry.shown_state)
    return (
        f"您看到的是第 {seen} 版,本项现为第 {entry.version} 版({state}):{';'.join(told) or '版本不存在'}。"
        "请看过最新情况再办理"
    )
