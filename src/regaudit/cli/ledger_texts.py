"""The ledger as text: its list, one entry in full, and what became of a workbook."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.markup import escape

from regaudit.base.running_text import half_width
from regaudit.catalogue.rules import SEVERITIES
from regaudit.cli.screen import say, say_lines, shown_time
from regaudit.ledger.excel import RowOutcome, TakenSheet
from regaudit.ledger.rights import state_title
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.states import ASSIGNMENTS, DOORS, KINDS, LIGHTS, ROLES, verdict_title
from regaudit.outlets.entry_story import LIMIT_TITLES

_LIGHTS: dict[str, str] = {str(light): title for light, title in LIGHTS.items()}
_ROLES: dict[str, str] = {str(role): title for role, title in ROLES.items()}
EVIDENCE_PARTS = {
    "act": "被禁止的行为",
    "late": "迟到",
    "overtaken": "被超越",
    "closing": "办结",
    "reason": "原因",
    "roster": "名册",
    "context": "背景",
}
_PERSONS = {
    "accepted": "受理人",
    "reviewed": "审核人",
    "booked": "登簿人",
    "held_when_due": "到期时在其手中",
    "acted": "行为人",
    "subject": "所涉人",
}
_MOST_POSITIONS = 20


def print_list(rows: Sequence[EntryRow]) -> None:
    """Entries, two lines each."""
    say(f"台账 {len(rows)} 项" + _by_light(rows))
    say_lines(line for row in rows for line in _lines(row))


def _by_light(rows: Sequence[EntryRow]) -> str:
    counts = {title: sum(row.light == light for row in rows) for light, title in reversed(LIGHTS.items())}
    told = "、".join(f"{title} {count}" for title, count in counts.items() if count and title != "无")
    return f"({told})" if told else ""


def _lines(row: EntryRow) -> Iterator[str]:
    parts = (
        row.entry,
        f"灯 {LIGHTS[row.light]}" + ("(有因)" if row.is_excused else ""),
        state_title(row.shown_state),
        SEVERITIES.get(row.gravest, ""),
        row.title,
        f"{LIMIT_TITLES.get(row.limit, row.limit)}期限 {row.due_on}" if row.due_on else "",
        row.subject,
        f"再犯于 {row.recurs_of}" if row.recurs_of else "",
        "规则未运行" if row.is_not_run else "不再发现" if row.is_gone and not row.is_final else "",
    )
    yield "  ".join(filter(None, parts))
    if row.summary:
        yield f"    {half_width(row.summary)}"


def print_entry(facts: dict[str, Any]) -> None:
    """One entry in full: what it was opened on, what happened in order, limits, and what can be done."""
    say(escape(f"台账 {facts['entry']}  {facts['title']}"))
    shown = (
        ("状态", _state(facts)),
        ("灯色", _LIGHTS[facts["light"]] + ("(有因)" if facts["is_excused"] else "")),
        ("级别", _severity(facts)),
        ("登记机构", facts["office"]),
        ("涉及", facts["subject"]),
        ("交办给", facts["section"] or facts["person"]),
        ("再犯于", facts["recurs_of"]),
        ("承接", facts["follows"]),
        ("版本", facts["version"]),
    )
    for title, text in shown:
        if text:
            say(escape(f"  {title}:{text}"))
    if facts["facts"]:
        say("挂账时的事实")
        for line in _frozen(facts["facts"]):
            say(escape(f"  {line}"))
    say("经过")
    for event in facts["history"]:
        for line in _event(event):
            say(escape(f"  {line}"))
    if facts["limits"]:
        say("期限")
    for clock in facts["limits"]:
        provisional = "(待定:日历未公布)" if clock["is_provisional"] else ""
        holder = _ROLES.get(clock["holder"], "")
        say(f"  {clock['title']} {clock['due_on']}{provisional}  {holder}  灯 {_LIGHTS[clock['light']]}")
    say("现在可以办理:" + ("、".join(f"{s['title']} {s['step']}" for s in facts["steps"]) or "无"))


def _state(facts: Mapping[str, Any]) -> str:
    shown, beneath = state_title(facts["state"]), state_title(facts["state_beneath"])
    waits = "(待另一人确认认定)" if facts["pending"] else ""
    return (shown if shown == beneath else f"{shown}(其下为{beneath})") + waits


def _severity(facts: Mapping[str, Any]) -> str:
    noted = {"系统提示": facts["noted_severity"], "调整为": facts["adjusted_severity"]}
    beside = ",".join(f"{title} {SEVERITIES[code]}" for title, code in noted.items() if code)
    return SEVERITIES.get(facts["severity"], "") + (f"({beside})" if beside else "")


def _frozen(opened: Mapping[str, Any]) -> Iterator[str]:
    yield f"来源:{KINDS.get(opened['kind'], opened['kind'])}"
    if opened["rule"]:
        yield f"规则:{opened['rule']} 第 {opened['rule_version']} 版"
    yield f"情况:{half_width(opened['summary'])}"
    named = (
        ("依据", opened["basis"]),
        ("业务", "、".join(opened["case_nos"])),
        ("批次", opened["batch_no"]),
        ("账号", opened["account"]),
        ("人员", opened["person_id"]),
        ("发生时间", shown_time(opened["occurred_at"])),
        ("应办结日期", opened["due_on"]),
        ("问题编号", "、".join(opened["finding_ids"][:_MOST_POSITIONS]) + _more(opened["finding_ids"])),
    )
    yield from (f"{title}:{text}" for title, text in named if text)
    roles: dict[str, list[str]] = {}
    for each in opened["evidence"]:
        roles.setdefault(each["role"], []).append(str(each["position"]))
    for role, positions in roles.items():
        shown = "、".join(positions[:_MOST_POSITIONS]) + _more(positions)
        yield f"证据({EVIDENCE_PARTS.get(role, role)}):日志位置 {shown}"
    for person in opened["persons"]:
        name = person.get("person_name") or ""
        mark = ";责任人" if person.get("is_answerable") else ""
        yield f"人员:{name}({person['person_id']}) {_PERSONS.get(person['role'], person['role'])}{mark}"


def _more(listed: Sequence[Any]) -> str:
    return f" 等 {len(listed)} 项" if len(listed) > _MOST_POSITIONS else ""


def _event(event: Mapping[str, Any]) -> Iterator[str]:
    """What happened, by whom, when, by which door; then what was said."""
    verdict, step = event.get("verdict", ""), event.get("step", "")
    what = event["title"] + (f"·{verdict_title(step, verdict)}" if verdict else "")
    who = event.get("by", "")
    signed = event.get("signed_by", "")
    marks = (
        "待负责人确认" if event.get("is_pending") else "",
        "补录" if event.get("is_typed_later") else "",
        f"书面批准,签字人 {signed}" if signed else "",
        f"逾期(期限 {event.get('due_on')})" if event.get("is_late") else "",
        "已更正" if event.get("is_corrected") else "",
    )
    told = ";".join(filter(None, marks))
    parts = (
        f"{event['version']}. {shown_time(event.get('at') or event.get('made_at'))[:19]}",
        what + (f"({told})" if told else ""),
        f"{who}({event['person']})" if who and event.get("person") else who,
        _ROLES.get(event.get("role", ""), "") + _for(event),
        DOORS.get(event.get("door", ""), ""),
        f"录入于 {shown_time(event['recorded_at'])}" if event.get("is_typed_later") else "",
    )
    yield "  ".join(filter(None, parts))
    said = (
        ("给", event.get("to")),
        ("方式", ASSIGNMENTS.get(event.get("kind", ""))),
        ("期限", event.get("due")),
        ("级别", SEVERITIES.get(event.get("severity", ""))),
        ("说明", event.get("text")),
        ("文书", event.get("document_no")),
        *(("附件", f"{each['name']}(SHA-256 {each['sha256']})") for each in event.get("attachments", ())),
    )
    yield from (f"   {title}:{text}" for title, text in said if text)


def _for(event: Mapping[str, Any]) -> str:
    return f"(代 {event['for_login']})" if event.get("for_login") else ""


def print_plan(rows: Sequence[RowOutcome]) -> None:
    """What each row of a workbook would do."""
    say(f"填写了 {len(rows)} 行")
    say_lines(map(_plan, rows))


def _plan(row: RowOutcome) -> str:
    head = f"第 {row.row} 行 {row.entry} {row.step}".rstrip()
    return f"{head}:退回,{row.refused}" if row.refused else f"{head}:将为“{state_title(row.state)}”"


def print_taken(result: TakenSheet, *, is_dry: bool) -> None:
    """What became of a workbook."""
    able = len(result.rows) - result.refused
    if is_dry:
        say(f"可以办理 {able} 行,将退回 {result.refused} 行;未写入任何记录")
        return
    say(f"已办理 {able} 行,退回 {result.refused} 行")
    if result.returned:
        say(f"退回的行及原因:{escape(str(result.returned))}")
