"""What an entry is to a role: of which steps it hears, what it has to do, and by when."""

from datetime import date

from msgspec import Struct

from regaudit.base.running_text import day_text
from regaudit.outlets.mail.audience import HANDLER, HEAD, LEADER, POST, SUPERIOR
from regaudit.outlets.mail.entry_facts import EntryFacts, EntryStep
from regaudit.outlets.mail.step_texts import OMISSIONS, TASKS

ALARMS = ("orange", "red")
_HEARS: dict[str, set[str]] = {
    HANDLER: {
        "assign",
        "judge:upheld",
        "judge:excused",
        "judge:unfounded",
        "decide:upheld",
        "decide:changed",
        "decide:quashed",
        "correct",
    },
    POST: {
        "open",
        "dispute",
        "answer",
        "report",
        "extend:ask",
        "appeal",
        "decide:upheld",
        "decide:changed",
        "decide:quashed",
        "suspend",
        "resume",
        "strike",
        "correct",
        "delay",
        "judge:upheld",
        "judge:excused",
        "judge:unfounded",
        "review:pass",
        "note:gone",
        "note:back",
        "note:evidence",
        "note:severity",
        "note:part",
    },
    LEADER: {"extend:ask", "appeal"},
}
_HEARS[HEAD] = _HEARS[HANDLER] | {
    "demand",
    "review:pass",
    "review:return",
    "extend:grant",
    "extend:refuse",
    "suspend",
    "resume",
    "strike",
}
_HEARS[SUPERIOR] = set()
_OF_CRITICAL = {"open", "judge:upheld", "judge:excused", "judge:unfounded", "strike"} | {
    "decide:upheld",
    "decide:changed",
    "decide:quashed",
}
"""Of which steps on critical entries leader and superior hear."""
ROLES_TOLD = (HANDLER, HEAD, POST, LEADER, SUPERIOR)


class Duty(Struct, frozen=True):
    """What a role has to do on an entry, and by when."""

    text: str
    due_on: date | None


def hears(role: str, step: EntryStep, facts: EntryFacts) -> bool:
    """Whether a role hears of a step. Of a judgement that waits for another its subject does not hear yet."""
    if role in (LEADER, SUPERIOR) and facts.severity == "critical" and step.key in _OF_CRITICAL:
        return True
    if role in (HANDLER, HEAD) and step.is_pending:
        return False
    is_his_strike = role == LEADER == facts.holder and step.key == "review:pass"
    return is_his_strike or step.key in _HEARS[role]


def duty(role: str, facts: EntryFacts, night: date) -> Duty | None:
    """What a role has to do on an entry as of a night."""
    if role == LEADER:
        return _leaders(facts, night)
    if role in (HANDLER, HEAD) and facts.state == "assigned":
        return Duty(TASKS["answer"], facts.answer_due_on)
    is_his = role == facts.holder and facts.pending in ("", role)
    return Duty(TASKS[facts.due_limit], facts.due_on) if is_his and facts.due_limit in TASKS else None


def _leaders(facts: EntryFacts, night: date) -> Duty | None:
    if facts.asked_to:
        return Duty(f"请批复延期申请，申请延至{day_text(facts.asked_to, night)}", facts.due_on)
    if facts.pending == LEADER:
        return Duty("请对严重事项作出认定", facts.due_on)
    if facts.appeal_due_on:
        return Duty(TASKS["decide"], facts.appeal_due_on)
    is_on_list = facts.holder == LEADER and facts.due_on is not None
    if not is_on_list or (facts.due_limit == "review_on" and facts.due_on and facts.due_on > night):
        return None
    return Duty(TASKS[facts.due_limit], facts.due_on)


def omission(role: str, facts: EntryFacts, night: date) -> str:
    """What a post has not done in time, for its leader (Chinese); empty where there is nothing."""
    if role != LEADER or facts.holder != POST or facts.due_on is None or facts.due_on >= night:
        return ""
    if facts.due_limit not in OMISSIONS:
        return ""
    day = day_text(facts.due_on, night)
    return f"质量监管岗逾期未{OMISSIONS[facts.due_limit]}，期限 {day}"


def silence(role: str, facts: EntryFacts, night: date) -> date | None:
    """Since when a post may judge without an answer: the day by which that was due."""
    is_silent = facts.state == "assigned" and facts.answer_due_on is not None and facts.answer_due_on < night
    return facts.answer_due_on if role == POST and is_silent else None


def is_alarmed(role: str, facts: EntryFacts) -> bool:
    """Whether the light of an entry is one of which a role hears: 橙 leader, 红 superior."""
    return facts.light in (ALARMS if role == LEADER else ("red",)) and role in (LEADER, SUPERIOR)
