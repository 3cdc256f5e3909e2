"""What the zero return of a period says (六不准 零报告): the conditions of a zero, and what is against it."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import msgspec
from msgspec import Struct

from regaudit.base.running_text import full_width
from regaudit.catalogue.zero_terms import DECLARATIONS, Ban, rules_by_ban
from regaudit.ledger.declarations import CLEARED, fields_of, speaks_of
from regaudit.ledger.entry import Entry
from regaudit.ledger.states import ROLES
from regaudit.outlets.reports.bridge import Stand
from regaudit.outlets.reports.report_facts import ALL, Basis, Sources

ZERO, NONZERO = "zero", "nonzero"
DECLARED = {"": "待签署", **DECLARATIONS}
"""What a return declares, for people."""
_MOST = 40


class Signature(Struct, frozen=True, kw_only=True):
    """Who signed a return: see the event `report-made`."""

    declared: str
    by: str
    name: str
    person: str
    role: str
    for_login: str
    at: str


class Condition(Struct, frozen=True, kw_only=True):
    """A condition of a zero: whether it is met, and the sentence that says so (Chinese)."""

    key: str
    title: str
    is_met: bool
    text: str


def zero_facts(
    sources: Sources,
    office: str,
    basis: Basis,
    *,
    bans: Mapping[str, Ban],
    signature: Signature | None,
    is_over: bool,
) -> dict[str, Any]:
    """What the return of an office, or of all (`ALL`), says."""
    counted, period = sources.counted, sources.counted.period
    stands = sources.stands(office)
    told = _bans(sources, stands, office, bans)
    hidden = sum(
        bool(_rules(stand.after) & bans.keys()) and stand.is_hidden and stand.is_new for stand in stands
    )
    hidden += sum(
        entry.now.state == "referred" for entry in _known_later(sources, stands, office, bans.keys())
    )
    conditions = list(_conditions(sources, office, told, hidden, is_over=is_over))
    return {
        "format": 1,
        "kind": "zero",
        "period": period.key,
        "title": period.title,
        "word": period.word,
        "first": f"{period.first}",
        "last": f"{period.last}",
        "office": office,
        "office_name": "全部登记机构" if office == ALL else basis.names.get(office) or office,
        "declared": signature.declared if signature else "",
        "declared_title": DECLARED[signature.declared if signature else ""],
        "signature": _signed(signature),
        "may_be_zero": all(condition.is_met for condition in conditions),
        "conditions": [msgspec.to_builtins(condition) for condition in conditions],
        "bans": told,
        "referred": hidden,
        "unknowns": [row for row in sources.unknowns(office) if row["rule"] in bans],
        "basis": {
            **msgspec.to_builtins(basis),
            "as_of": counted.run.as_of.isoformat(),
            "profile": counted.run.profile,
            "run_position": counted.run.log_position,
        },
    }


def refusals(facts: Mapping[str, Any]) -> list[str]:
    """Why a return cannot be signed as zero, a sentence each (Chinese)."""
    return [condition["text"] for condition in facts["conditions"] if not condition["is_met"]]


def _bans(
    sources: Sources, stands: Sequence[Stand], office: str, bans: Mapping[str, Ban]
) -> list[dict[str, Any]]:
    """Each prohibition with the entries that contradict it, those cleared, and what nobody can tell."""
    unknowns = {row["rule"]: row["subjects"] for row in sources.unknowns(office)}
    ran = {row["rule"]: row for row in sources.counted.rules}
    rows = []
    for text, (ban, rules) in rules_by_ban(bans).items():
        mine = [
            s for s in stands if _rules(s.after) & set(rules) and not s.is_hidden and (s.is_open or s.is_new)
        ]
        rows.append({
            "ban": full_width(text),
            "basis": full_width(ban.basis),
            "verbatim": ban.verbatim,
            "rules": [
                {"rule": rule, "title": ran[rule]["title"], "status": ran[rule]["status"]}
                if rule in ran
                else {"rule": rule, "title": rule, "status": "not_run"}
                for rule in rules
            ],
            "open": sorted(s.after.number for s in mine if s.is_open),
            "new": sorted(s.after.number for s in mine if s.is_new and not s.is_open and not _is_cleared(s)),
            "late": sorted(
                entry.number
                for entry in _known_later(sources, stands, office, set(rules))
                if entry.now.state != "referred"
            ),
            "cleared": sorted(s.after.number for s in mine if s.is_new and _is_cleared(s)),
            "unknown": sum(unknowns.get(rule, 0) for rule in rules),
        })  # fmt: skip
    return rows


def _conditions(
    sources: Sources, office: str, bans: Sequence[Mapping[str, Any]], hidden: int, *, is_over: bool
) -> Iterator[Condition]:
    nights = sources.counted.worked(office)
    missing = [f"{row['on_date']}" for row in nights if row["run_no"] is None]
    wanting = ("failed", "integrity")
    failed = [f"{row['on_date']}" for row in nights if any(why["code"] in wanting for why in row["because"])]
    lost = [f"{row['source']} {night}" for row in sources.exports(office) for night in row["nights"]]
    rules = {rule["rule"]: rule for row in bans for rule in row["rules"]}
    wrong = sorted(rule["title"] for rule in rules.values() if rule["status"] in ("error", "not_run"))
    against = sorted({number for row in bans for number in (*row["open"], *row["new"], *row["late"])})
    yield _condition("over", "本期已终了", [] if is_over else ["本期尚未终了"], "本期尚未终了")
    yield _condition(
        "nights",
        "每个工作日都有夜间作业",
        missing,
        f"{len(nights)} 个工作日中有 {len(missing)} 晚没有夜间作业",
    )
    yield _condition(
        "failed",
        "各晚没有失败的，记录完好",
        failed,
        f"有 {len(failed)} 晚运行失败、规则出错或发现记录被改动",
    )
    yield _condition("rules", "所列规则都已运行", wrong, "最近一次运行中未运行或出错的规则")
    yield _condition("exports", "应到的导出都已送达", lost, f"有 {len(lost)} 次应到的导出没有送达")
    yield _condition(
        "bans", "规程列明了禁止与规则", [] if bans else ["[zero] 为空"], "规程没有列明所禁止的事项"
    )
    yield _condition(
        "entries",
        "台账没有与之抵触的事项",
        [*against, *([f"已移交的 {hidden} 项"] if hidden else [])],
        f"台账有 {len(against) + hidden} 项与所禁止的事项抵触",
    )


def _condition(key: str, title: str, against: Sequence[str], text: str) -> Condition:
    if not against:
        return Condition(key=key, title=title, is_met=True, text=f"{title}。")
    more = f"等 {len(against)} 处" if len(against) > _MOST else ""
    return Condition(key=key, title=title, is_met=False, text=f"{text}：{'、'.join(against[:_MOST])}{more}。")


def _known_later(sources: Sources, stands: Sequence[Stand], office: str, rules: Set[str]) -> Iterator[Entry]:
    """Entries of rules about acts within the period that came, or came to stand again, after its end."""
    told = {s.after.number for s in stands if s.is_open or (s.is_new and not _is_cleared(s))}
    for entry in sources.entries.values():
        is_told = entry.number in told or entry.now.state in CLEARED
        is_ours = speaks_of(fields_of(entry.opened), office, sources.counted.period)
        if is_ours and not is_told and _rules(entry) & rules:
            yield entry


def _rules(entry: Entry) -> set[str]:
    """The rules that found what an entry is about."""
    return {entry.opened.rule, *(note.rule for note in entry.notes if note.kind == "part")}


def _is_cleared(stand: Stand) -> bool:
    return stand.after.now.state in CLEARED


def _signed(signature: Signature | None) -> dict[str, Any] | None:
    if signature is None:
        return None
    return {**msgspec.to_builtins(signature), "role_title": ROLES.get(signature.role, signature.role)}  # type: ignore[call-overload]
