"""Findings as cards: which ones a mail has place for, and what stands on each."""

from collections import Counter
from datetime import date

from msgspec import Struct

from regaudit.base.running_text import day_text, full_width, written_days
from regaudit.outlets.mail.digest import Digest, Line, Person
from regaudit.outlets.mail.wording import SEVERITIES, Lists, graded, rank

CARD_CAP = 200
ROLES = {
    "accepted": "受理",
    "reviewed": "审核",
    "booked": "登簿",
    "held_when_due": "到期日经手",
    "acted": "经办",
}
"""What a person may have had to do with a finding, in the order of a case."""
ANSWERABLE = "责任人"


class Card(Struct, frozen=True, kw_only=True):
    """A finding as both templates show it."""

    severity: str
    severity_label: str
    title: str
    case_no: str
    due: str
    summary: str
    facts: list[str]


class Section(Struct, frozen=True, kw_only=True):
    """A list of the mail: `total` findings, of which some are shown."""

    key: str
    title: str
    total: str
    note: str
    cards: list[Card]
    rest: str


def sections_of(digest: Digest, found: Lists, rest: str) -> list[Section]:
    """The lists that are not empty, in their order; `rest` says where those without a card stand."""
    gone = "上一夜仍在，本夜未再发现；不等于已经销号。说明是当时所记"
    if any(reason.code in _GAPS for reason in digest.because):
        gone = "本夜数据不全，不能据此认定问题已经消除"
    blocks = [
        ("new", "新增问题", "项", graded(found.new), found.new, rest),
        ("due_soon", "将到期", "件", "在办，尚未超期，须在期限内办结", found.due_soon, rest),
        ("hints", "提示", "项", "仅供参考，不影响本夜的灯", found.hints, rest),
        ("gone", "不再出现", "项", gone, found.gone, "用 regaudit findings 查看"),
    ]
    carded = _carded(found)
    night = digest.report.on
    sections = []
    for key, title, unit, note, lines, where in blocks:
        cards = [_card(line, key, night) for line in lines if line.finding_id in carded]
        left = len(lines) - len(cards)
        if lines:
            sections.append(
                Section(
                    key=key,
                    title=title,
                    total=f"{len(lines)} {unit}",
                    note=note,
                    cards=cards,
                    rest=f"{'其余' if cards else '全部'} {left} {unit}{where}" if left else "",
                )
            )
    return sections


_GAPS = {"failed", "integrity", "missing", "unread", "quarantined"}


def sources_told(found: Lists) -> set[str | None]:
    """The sources that a card tells of."""
    carded = _carded(found)
    return {line.source for line in found.new if line.finding_id in carded}


def _carded(found: Lists) -> set[str]:
    """The findings that get a card: news before what is gone, the worst first.

    Of one severity each rule gets an equal share, so that none hides the others.
    """
    seen: Counter[tuple[bool, str, str]] = Counter()
    places = []
    lines = [(False, line) for line in (*found.new, *found.due_soon, *found.hints)]
    for is_gone, line in [*lines, *((True, line) for line in found.gone)]:
        group = is_gone, line.severity, line.rule
        seen[group] += 1
        places.append((is_gone, rank(line.severity), seen[group], line.finding_id))
    return {finding_id for *_, finding_id in sorted(places)[:CARD_CAP]}


def _card(line: Line, key: str, night: date) -> Card:
    is_due = key == "due_soon" and line.due_on is not None
    facts = []
    if line.persons:
        facts.append(f"人员：{persons_text(line)}")
    if line.basis:
        facts.append(f"依据：{basis_text(line)}")
    since = f"{day_text(line.first_found_on, night)}首次发现 · " if line.first_found_on < night else ""
    return Card(
        severity=line.severity if line.severity in SEVERITIES else "critical",
        severity_label=SEVERITIES.get(line.severity, line.severity),
        title=line.rule_title,
        case_no=line.case_no or "",
        due=f"{day_text(line.due_on, night)}到期" if is_due and line.due_on else "",
        summary=summary_text(line),
        facts=[*facts, f"{since}编号 {line.finding_id}"],
    )


def summary_text(line: Line) -> str:
    """A finding's sentence in running text; numbers and names in it stay as they came."""
    keep = (line.case_no, line.source, line.account, line.office, *(person.name for person in line.persons))
    text = full_width(written_days(line.summary, keep), keep)
    return text if text.endswith("。") else f"{text}。"


def basis_text(line: Line) -> str:
    """What a finding rests on, each once."""
    return "；".join(
        dict.fromkeys(full_width(part.strip()) for part in line.basis.split(";") if part.strip())
    )


def persons_text(line: Line) -> str:
    """`张伟（受理、登簿；责任人）、李娜（审核）`."""
    return "、".join(map(_person_text, line.persons))


def answerable_text(line: Line) -> str:
    """Those answerable, by name."""
    return "、".join(person.name for person in line.persons if person.is_answerable)


def _person_text(person: Person) -> str:
    order = list(ROLES)
    known = sorted((role for role in person.roles if role in ROLES), key=order.index)
    words = ["、".join(ROLES[role] for role in known), ANSWERABLE if person.is_answerable else ""]
    told = "；".join(word for word in words if word)
    return f"{person.name}（{told}）" if told else person.name
