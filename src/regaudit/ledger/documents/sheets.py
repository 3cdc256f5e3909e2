"""What stands in a document: from the entry as it was, and the event that says the document was made."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from regaudit.base.folded_text import visible
from regaudit.base.running_text import day_text, full_width
from regaudit.catalogue.event_types import EntryDocumented, EntryStepped
from regaudit.ledger.documents.exhibits import Exhibit
from regaudit.ledger.documents.wording import KINDS, NUMERALS, PARTS, SEVERITIES
from regaudit.ledger.entry import Entry
from regaudit.ledger.rights import state_title
from regaudit.ledger.rows import subject_of
from regaudit.ledger.states import ASSIGNMENTS, LIGHTS, ROLES, VERDICTS, gravest
from regaudit.ledger.states import KINDS as SOURCES
from regaudit.ledger.steps import CHAIN, STEPS

_SMALL, _TEXT = 8, 9
_SHOWN_CASES = 20
_LEADS = {
    "assign": "下列问题已列入台账，现交你（科室）办理。请按下列时限书面说明情况，并附相应材料。"
    "期满未说明的，记为未说明，不视为承认，质量监管岗可以径行认定；"
    "认为不属本科室管辖的，可以在所列期限内提出管辖异议。",
    "demand": "下列问题经认定成立，现责令整改。请按下列要求和时限完成整改，并书面报告整改情况，附证明材料。"
    "不能按期完成的，应在期限届满前申请延期；对认定不服的，可以在所列期限内申诉，申诉不停止整改。",
    "urge": "下列问题逾期未办，或者多次退回、多次申请延期、屡改屡犯，已经亮灯，现予督办。"
    "请立即办理，并书面说明原因；"
    "有正当理由的，记明理由后亮灯不变，标注“有因”。",
    "strike": "下列问题已整改并经复核通过，经批准，现予销号。"
    "销号后同一规则、同一责任人再次发生的，按屡改屡犯另行立项。",
}
_SIGNS = {
    "assign": ["承办人", "负责人", "签收人"],
    "demand": ["承办人", "负责人", "签收人"],
    "urge": ["承办人", "负责人", "签收人"],
    "strike": ["复核人", "批准人", "签收人"],
}
_SAID = {"assign": ("交办要求", "assign"), "demand": ("整改要求", "demand"), "strike": ("批准意见", "strike")}


def sheet(
    entry: Entry, document: EntryDocumented, exhibits: Sequence[Exhibit], left_out: int
) -> dict[str, Any]:
    """The facts of a document as its template takes them.

    Args:
        entry: as it was at the document's version.
        document: what was decided when it was made; its hash and size do not count.
        exhibits: rows of the entry's evidence.
        left_out: how many more there are.
    """
    kind, made_at = document.kind, datetime.fromisoformat(document.made_at)
    steps = [step for step in entry.steps if step.step != "correct"]
    sections = [
        ("事实", _facts(entry), None),
        ("依据", _plain(entry.opened.basis) or "（人工登记，未引规则）", None),
        *_said(kind, steps),
        ("时限", "", _limits(document)),
        ("所涉人员", "", _persons(entry)),
        ("办理经过", "", _course(document, steps)),
    ]
    shown = [section for section in sections if section[1] or section[2]]
    annex = {"title": "附：证据", "text": _evidence_note(entry, exhibits, left_out)}
    return {
        "title": KINDS[kind],  # type: ignore[index]
        "number": document.document_no,
        "office": _plain(document.office_name),
        "to": _plain(_addressee(entry, document)),
        "lead": _LEADS[kind],
        "pairs": [[name, _plain(value), wide] for name, value, wide in _pairs(entry, document)],
        "sections": [
            {"title": f"{NUMERALS[number]}、{title}", "text": text} | (table or _NO_TABLE)
            for number, (title, text, table) in enumerate(shown)
        ],
        "annexes": [annex | (_evidence(exhibits) or _NO_TABLE)] if exhibits else [],
        "signs": _SIGNS[kind],
        "made": f"{made_at.year}年{made_at.month}月{made_at.day}日",
        "footer": f"依据事件日志制作，检查点：前 {document.checkpoint_size} 条，指纹 {document.checkpoint}",
    }


_NO_TABLE: dict[str, Any] = {"heads": [], "widths": [], "rows": [], "size": _TEXT}


def _table(heads: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[str]], size: int) -> Any:
    cells = [[_plain(cell) for cell in row] for row in rows]
    return {"heads": [*heads], "widths": [*widths], "rows": cells, "size": size} if cells else None


def _pairs(entry: Entry, document: EntryDocumented) -> Iterator[tuple[str, str, bool]]:
    opened, now = entry.opened, entry.now
    yield "台账编号", entry.number, False
    yield "挂账日期", _day(opened.at), False
    yield "问题", opened.title, False
    yield "来源", SOURCES.get(opened.kind, opened.kind), False
    rule = f"{opened.rule}（第 {opened.rule_version} 版）" if opened.rule else "（无）"
    yield "规则", rule, False
    yield "级别", _severity(entry), False
    yield "对象", subject_of(entry), False
    yield "发生时间", (opened.occurred_at or "").replace("T", " ")[:16] or "（见证据）", False
    if now.kind:
        yield "办理方式", ASSIGNMENTS.get(now.kind, now.kind), False
        yield "责任单位", _target(entry, document), False
    if document.light:
        yield "现状", state_title(entry.shown_state), False
        light = LIGHTS.get(document.light, document.light)  # type: ignore[call-overload]
        yield "亮灯", f"{light}灯{'（有因）' if now.excuse else ''}", False
        yield "退回次数", f"{now.returns} 次", False
        yield "延期次数", f"申请 {now.asked} 次，同意 {now.granted} 次", False
    links = [("屡改屡犯于", opened.recurs_of), ("承接", opened.follows)]
    for name, number in links:
        if number:
            yield name, number, True
    if document.kind != "strike":
        yield "答复对象", _asker(entry, document), False
        due = next((limit.due_on for limit in document.limits if limit.due_on), None)
        title = "原定期限" if document.kind == "urge" else "最迟日期"
        yield title, _weekday(due) if due else "立即", False


def _facts(entry: Entry) -> str:
    opened = entry.opened
    keep = [*opened.case_nos, opened.batch_no, opened.account, *(p.person_name for p in opened.persons)]
    told = [full_width(_plain(opened.summary), keep)]
    if len(opened.case_nos) > 1:
        named = "、".join(opened.case_nos[:_SHOWN_CASES])
        rest = f" 等 {len(opened.case_nos)} 件" if len(opened.case_nos) > _SHOWN_CASES else ""
        told.append(f"涉及业务：{_plain(named)}{rest}。")
    told += [full_width(_plain(note.text), keep) for note in entry.notes if note.kind != "evidence"]
    return "\n".join(told)


def _said(kind: str, steps: Sequence[EntryStepped]) -> Iterator[tuple[str, str, Any]]:
    """What was judged, and what the document's own step says."""
    judged = [step for step in steps if step.step == "judge" and not step.is_pending]
    if judged and kind != "assign":
        last = judged[-1]
        yield "认定", f"{VERDICTS.get(last.verdict, last.verdict)}。{_plain(last.text)}", None
    title, name = _SAID.get(kind, ("", ""))
    own = [step for step in steps if step.step == name]
    if own and own[-1].text:
        yield title, _plain(own[-1].text), None


def _limits(document: EntryDocumented) -> Any:
    rows = [
        (
            limit.title,
            _weekday(limit.due_on) if limit.due_on else "",
            f"{limit.days} 个工作日" if limit.days else "指定的日期",
            limit.basis,
        )
        for limit in document.limits
    ]
    return _table(("事项", "最迟日期", "期间", "依据"), (3, 3.6, 2, 5), rows, _TEXT)


def _persons(entry: Entry) -> Any:
    people: dict[str, list[str]] = {}
    for person in entry.opened.persons:
        parts = people.setdefault(f"{person.person_name or ''}（{person.person_id}）", [])
        parts += [PARTS.get(person.role, person.role), *(["责任人"] if person.is_answerable else [])]
    rows = [(name, "、".join(dict.fromkeys(parts))) for name, parts in people.items()]
    return _table(("姓名（人员编号）", "与本项的关系"), (1, 1), rows, _TEXT)


def _course(document: EntryDocumented, steps: Sequence[EntryStepped]) -> Any:
    """Every step that stands, with who took it; nothing where the document's own is the only one."""
    rows = [
        (
            step.at.replace("T", " ")[:16],
            f"{STEPS[step.step].title}{_verdict(step)}" if step.step in STEPS else step.step,
            f"{_named(document, step.by)} {_role(step.role)}",
            _course_text(step, is_own=step.originator_version == document.of_version),
        )
        for step in steps
    ]
    is_alone = len(rows) == 1 and document.kind == "assign"
    return None if is_alone else _table(("时间", "环节", "办理人", "内容"), (2.6, 2.2, 3, 6), rows, _SMALL)


def _course_text(step: EntryStepped, *, is_own: bool) -> str:
    due = f"（{_day(step.due)}）" if step.due else ""
    paper = f"（书面批准：{step.signed_by}）" if step.signed_by else ""
    late = "（逾期）" if step.is_late else ""
    attached = f"附件 {len(step.attachments)} 件。" if step.attachments else ""
    text = "见上。" if is_own and step.text else step.text
    return f"{text}{due}{paper}{late}{attached}"


def _verdict(step: EntryStepped) -> str:
    told = VERDICTS.get(step.verdict, step.verdict)
    return f"（{told}{'，待确认' if step.is_pending else ''}）" if told else ""


def _evidence(exhibits: Sequence[Exhibit]) -> Any:
    rows = [(str(e.position), e.role, e.subject, e.act, e.who, e.at[:19], e.source) for e in exhibits]
    heads = ("日志位置", "作用", "业务号", "环节", "账号、姓名", "时间", "来源文件、行")
    return _table(heads, (1.5, 2, 2.6, 2, 2.2, 2.4, 3.4), rows, _SMALL)


def _evidence_note(entry: Entry, exhibits: Sequence[Exhibit], left_out: int) -> str:
    more = f"共 {len(exhibits) + left_out} 条，以下列出 {len(exhibits)} 条，其余见台账。" if left_out else ""
    return f"{more}证明可用 regaudit prove {entry.number} 出具。"


def _severity(entry: Entry) -> str:
    opened, adjusted = entry.opened.severity, entry.now.severity
    original = SEVERITIES.get(gravest(opened, entry.noted_severity), opened)
    return f"{SEVERITIES.get(adjusted, adjusted)}（原为{original}）" if adjusted else original


def _target(entry: Entry, document: EntryDocumented) -> str:
    """Whom it was assigned to."""
    kind, _, name = entry.now.to.partition(":")
    if kind == "person":
        return f"{document.names[name]}（{name}）" if document.names.get(name) else name
    return name


def _addressee(entry: Entry, document: EntryDocumented) -> str:
    """Whom it goes to: of an urge, whoever is late."""
    is_theirs = document.holder in ("", "handler", "head")
    return (_target(entry, document) if is_theirs else "") or _role(document.holder)


def _asker(entry: Entry, document: EntryDocumented) -> str:
    """Whom to answer: who took the step that the document comes with; of an urge, the next above."""
    own = [step for step in entry.steps if step.step == document.kind]
    if own:
        return f"{_role(own[-1].role)} {_named(document, own[-1].by)}"
    return _role(CHAIN.get(document.holder, "superior" if document.holder == "superior" else "post"))


def _role(name: str) -> str:
    return ROLES.get(name, name)  # type: ignore[call-overload,no-any-return]


def _named(document: EntryDocumented, login: str) -> str:
    return document.names.get(login) or login


def _weekday(text: str) -> str:
    return day_text(date.fromisoformat(text))


def _day(text: str) -> str:
    day = datetime.fromisoformat(text)
    return f"{day.year}年{day.month}月{day.day}日"


def _plain(text: str) -> str:
    """A text whose characters all can be seen; lines stay."""
    lines = text.replace("\r\n", "\n").replace("\t", " ").split("\n")
    return "\n".join("".join(c if c.isprintable() else "�" for c in visible(line)) for line in lines)
