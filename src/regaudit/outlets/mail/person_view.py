"""A person's digest in his words: the light first, then what he has to do, what others did not, what is new.

Both templates lay out what is prepared here, so text and HTML cannot say different things.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from regaudit.base.running_text import day_text, full_width
from regaudit.ledger.states import LIGHTS, Light
from regaudit.outlets.mail.person_digest import NEWS, TASK, WATCHED, EntryCard, PersonDigest, Task
from regaudit.outlets.mail.step_texts import few
from regaudit.outlets.mail.wording import SEVERITIES, one_line

CARD_CAP = 50
STANDING_CAP = 20
_TITLES = {
    TASK: ("请您办理", "请在台账中按编号办理"),
    WATCHED: ("监管岗位逾期", "监管者同样有期限"),
    NEWS: ("请您知悉", ""),
}
_BESIDE = "本项涉及的人已另行收到邮件，一并告知您。"
LEGEND = (
    "灯说的是期限：蓝灯，一个工作日内到期，或未按期交办；黄灯，期限已过；橙灯，又过三个工作日仍未办，或第二次退回；"
    "红灯，再过三个工作日仍未办，或第三次申请延期，或一年内屡改屡犯。"
)
SERVED = "邮件发出不等于签收：交办事项请在台账中签收。"


class EntryView(Struct, frozen=True, kw_only=True):
    """An entry as both templates show it."""

    severity: str
    severity_label: str
    light: Light
    light_name: str
    number: str
    title: str
    subject: str
    where: str
    asked: str
    due: str
    summary: str
    happened: list[str]
    note: str


class PersonSection(Struct, frozen=True, kw_only=True):
    """A list of the mail: `total` entries, of which some are shown."""

    title: str
    total: str
    note: str
    cards: list[EntryView]
    rest: str


class PersonView(Struct, frozen=True, kw_only=True):
    """Everything the templates print."""

    subject: str
    name: str
    night: str
    light: Light
    headline: str
    sentence: str
    sections: list[PersonSection]
    typed: list[str]
    standing_title: str
    standing: list[str]
    unserved: str
    unreached: list[str]
    attachment: str
    legend: str = LEGEND
    served: str = SERVED


def make_person_view(digest: PersonDigest, prefix: str, *, attachment: str, rest: str) -> PersonView:
    """Prepare a person's digest for the templates.

    Args:
        digest: what to tell.
        prefix: `mail.subject_prefix`, which opens the subject.
        attachment: one sentence on the workbook; empty without any.
        rest: where the entries stand that have no card.
    """
    counts = _counts(digest)
    return PersonView(
        subject=_subject(digest, one_line(prefix), counts),
        name=one_line(digest.name),
        night=day_text(digest.night),
        light=digest.light,
        headline=f"● {_light_name(digest.light)}",
        sentence=f"{'，'.join(counts)}。",
        sections=_sections(digest, rest),
        typed=[full_width(one_line(typed.text), typed.entries) + "。" for typed in digest.typed],
        standing_title=f"以前已告知、尚待您办理 {len(digest.standing)} 项",
        standing=_standing(digest.standing, digest.night),
        unserved=_unserved(digest.unserved),
        unreached=[f"{full_width(one_line(text))}。" for text in digest.unreached],
        attachment=attachment,
    )


def is_capped(digest: PersonDigest) -> bool:
    """Whether a mail has no place for all that there is to tell."""
    numbers = [typed.entries for typed in digest.typed]
    return len(digest.cards) > CARD_CAP or any(few(listed) != "、".join(listed) for listed in numbers)


def _counts(digest: PersonDigest) -> list[str]:
    tasks = [card for card in digest.cards if card.kind == TASK]
    missed = sum(card.is_missed for card in tasks)
    watched = sum(card.kind == WATCHED for card in digest.cards)
    news = sum(card.kind == NEWS for card in digest.cards)
    typed = sum(len(typed.entries) for typed in digest.typed)
    late = f"（其中逾期 {missed} 项）" if missed else ""
    return [
        *([f"请您办理 {len(tasks)} 项{late}"] if tasks else []),
        *([f"监管岗位逾期 {watched} 项"] if watched else []),
        *([f"请您知悉 {news} 项"] if news else []),
        *([f"以您名义办理 {typed} 项，请核对"] if typed else []),
        *([f"{len(digest.unreached)} 人未能收到邮件"] if digest.unreached else []),
    ]


def _subject(digest: PersonDigest, prefix: str, counts: Sequence[str]) -> str:
    light = LIGHTS[digest.light] if digest.light != "none" else ""
    mark = "·".join(part for part in (prefix, light) if part)
    return f"【{mark}】台账 {day_text(digest.night, digest.night)}：{'，'.join(counts)}"


def _light_name(light: Light) -> str:
    return "未亮灯" if light == "none" else f"{LIGHTS[light]}灯"


def _sections(digest: PersonDigest, rest: str) -> list[PersonSection]:
    shown = digest.ordered[:CARD_CAP]
    sections = []
    for kind, (title, note) in _TITLES.items():
        total = sum(card.kind == kind for card in digest.cards)
        cards = [_view(card, digest.night) for card in shown if card.kind == kind]
        left = total - len(cards)
        if total:
            sections.append(
                PersonSection(
                    title=title,
                    total=f"{total} 项",
                    note=note,
                    cards=cards,
                    rest=f"{'其余' if cards else '全部'} {left} 项{rest}" if left else "",
                )
            )
    return sections


def _view(card: EntryCard, night: date) -> EntryView:
    keep = (card.entry, card.subject)
    summary = full_width(one_line(card.summary), keep)
    return EntryView(
        severity=card.severity if card.severity in SEVERITIES else "critical",
        severity_label=SEVERITIES.get(card.severity, card.severity),
        light=card.light,
        light_name=_light_name(card.light),
        number=card.entry,
        title=one_line(card.title),
        subject=one_line(card.subject),
        where="，".join(part for part in (one_line(card.office_name), f"状态：{card.state}") if part),
        asked=f"{card.task}。" if card.task else "",
        due=_due_text(card, night),
        summary=summary if not summary or summary.endswith("。") else f"{summary}。",
        happened=[f"{full_width(one_line(text), keep)}。" for text in card.happened],
        note=_BESIDE if card.beside else "",
    )


def _due_text(card: EntryCard, night: date) -> str:
    if card.due_on is None:
        return ""
    supposed = "（暂定：该年的工作日历尚未公布）" if card.is_provisional else ""
    return f"{'已逾期，期限' if card.is_missed else '期限'} {day_text(card.due_on, night)}{supposed}"


def _standing(tasks: Sequence[Task], night: date) -> list[str]:
    """What waits since earlier mails, the first due first."""
    ordered = sorted(tasks, key=lambda task: (task.due_on or date.max, task.entry))
    lines = []
    for task in ordered[:STANDING_CAP]:
        due = f"，期限 {day_text(task.due_on, night)}" if task.due_on else ""
        lines.append(f"[{_light_name(task.light)}] {task.entry} {one_line(task.title)}：{task.text}{due}")
    left = len(ordered) - len(lines)
    return [*lines, *([f"其余 {left} 项见台账"] if left else [])]


def _unserved(numbers: Sequence[str]) -> str:
    return f"已交办、尚无人签收：{few(numbers)}。" if numbers else ""
