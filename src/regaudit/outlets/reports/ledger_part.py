"""What a report says of the ledger beside its bridge: states, lights, limits missed, relapses, appeals."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from regaudit.base.periods import Period
from regaudit.catalogue.event_types import EntryStepped
from regaudit.ledger.clocks import clocks_of
from regaudit.ledger.people import People
from regaudit.ledger.progress import Turn
from regaudit.ledger.relapses import keys_of
from regaudit.ledger.states import LIGHTS, OPEN, ROLES, STATES
from regaudit.ledger.workdays import Calendars
from regaudit.outlets.rates import FEWEST
from regaudit.outlets.reports.bridge import Stand, day_of

_AGES = (
    (5, "5 个工作日以内"),
    (10, "6 至 10 个"),
    (20, "11 至 20 个"),
    (60, "21 至 60 个"),
    (None, "60 个以上"),
)
FUNNEL = (
    ("listed", "挂账", ""),
    ("assigned", "交办", "assign"),
    ("judged", "认定", "judge"),
    ("upheld", "成立", ""),
    ("demanded", "责令整改", "demand"),
    ("reported", "整改报告", "report"),
    ("passed", "复核通过", ""),
    ("struck", "销号", "strike"),
)
"""How far entries came: key, title, and the step that says so where one does."""
_SILENT = "handler"


class Facts(Struct, frozen=True, kw_only=True):
    """What the ledger of some entries is counted with."""

    stands: Sequence[Stand]
    period: Period
    calendars: Calendars
    people: People


def ledger_part(facts: Facts) -> dict[str, Any]:
    """The ledger's part of a report, as plain values."""
    steps = list(_steps(facts))
    return {
        "open": sum(stand.is_open for stand in facts.stands),
        "states": _states(facts),
        "lights": _lights(facts),
        "ages": _ages(facts),
        "limits": _limits(facts, steps),
        "relapses": _relapses(facts),
        "extensions": _extensions(facts, steps),
        "appeals": _appeals(facts, steps),
        "verdicts": _verdicts(steps),
        "funnel": _funnel(facts),
        "paper": sum(bool(step.signed_by) for _, step in steps),
        "typed_later": sum(step.is_typed_later for _, step in steps),
    }


def lights_of(facts: Facts) -> dict[str, str]:
    """The light of each open entry at the end of the period, by number."""
    return {
        stand.after.number: clocks_of(stand.after, facts.calendars.of(stand.after.opened.office)).light(
            facts.period.last
        )
        for stand in facts.stands
        if stand.is_open
    }


def _steps(facts: Facts) -> Iterator[tuple[Stand, EntryStepped]]:
    """The steps of the period that stand at its end, each with its entry."""
    for stand in facts.stands:
        for step in stand.after.steps:
            if facts.period.first <= day_of(step) <= facts.period.last:
                yield stand, step


def _states(facts: Facts) -> list[dict[str, Any]]:
    """Open entries by state, with the lights of each."""
    lights = lights_of(facts)
    found: dict[str, Counter[str]] = {state: Counter() for state in OPEN}
    for stand in facts.stands:
        if stand.is_open:
            found[stand.after.now.state][lights[stand.after.number]] += 1
    return [
        {"state": state, "title": STATES[state], "entries": counts.total(), **{n: counts[n] for n in LIGHTS}}
        for state, counts in found.items()
        if counts
    ]


def _lights(facts: Facts) -> dict[str, int]:
    counts = Counter(lights_of(facts).values())
    return {light: counts[light] for light in LIGHTS}


def _ages(facts: Facts) -> list[dict[str, Any]]:
    """Open entries by how many working days ago they were opened."""
    counts = [0] * len(_AGES)
    for stand in facts.stands:
        if stand.is_open:
            days = facts.calendars.of(stand.after.opened.office).days
            age = days.between(day_of(stand.after.opened), facts.period.last)
            counts[next(n for n, (most, _) in enumerate(_AGES) if most is None or age <= most)] += 1
    return [{"title": title, "entries": count} for (_, title), count in zip(_AGES, counts, strict=True)]


def _limits(facts: Facts, steps: Sequence[tuple[Stand, EntryStepped]]) -> list[dict[str, Any]]:
    """By role: steps with a limit in the period, those that missed it, and what is past due at the end."""
    had, late, past_due, silent = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    persons: dict[str, Counter[str]] = {}
    for _, step in steps:
        if step.due_on is None:
            continue
        had[step.role] += 1
        if step.is_late:
            late[step.role] += 1
            persons.setdefault(step.role, Counter())[_name(facts, step.by)] += 1
    for stand in facts.stands:
        silent[_SILENT] += _is_silent(stand, facts.period)
        if not stand.is_open:
            continue
        clock = clocks_of(stand.after, facts.calendars.of(stand.after.opened.office)).current(
            facts.period.last
        )
        if clock is not None and clock.due_on < facts.period.last:
            past_due[clock.holder] += 1
    roles = [role for role in ROLES if had[role] or past_due[role] or silent[role]]
    return [
        {
            "role": role,
            "title": ROLES[role],
            "steps": had[role],
            "late": late[role],
            "silent": silent[role],
            "past_due": past_due[role],
            "persons": [{"name": n, "late": k} for n, k in _most(persons.get(role, Counter()))],
        }
        for role in roles
    ]


def _is_silent(stand: Stand, period: Period) -> bool:
    """Whether it was judged in the period without an answer: the limit of the answer went by in silence."""
    return any(
        (before.step, after.step) == ("assign", "judge") and period.first <= day_of(after) <= period.last
        for before, after in pairwise(
            step for step in stand.after.steps if step.step in ("assign", "answer", "judge")
        )
    )


def _relapses(facts: Facts) -> list[dict[str, Any]]:
    """Entries opened in the period that recur, with whoever answers; of referred ones nothing."""
    found = []
    for stand in facts.stands:
        opened = stand.after.opened
        if not (stand.is_new and opened.recurs_of) or stand.is_hidden:
            continue
        names = {who.person_id: who.person_name for who in opened.persons if who.is_answerable}
        answers = [
            names.get(key.removeprefix("person:"), "") or key.partition(":")[2] for _, key in keys_of(opened)
        ]
        found.append({
            "entry": stand.after.number,
            "title": opened.title,
            "office": stand.office,
            "answers": answers,
            "recurs_of": opened.recurs_of,
            "recurrences": opened.recurrences,
        })  # fmt: skip
    return sorted(found, key=lambda row: (-row["recurrences"], row["entry"]))


def _extensions(facts: Facts, steps: Sequence[tuple[Stand, EntryStepped]]) -> dict[str, int]:
    counts = Counter(step.verdict for _, step in steps if step.step == "extend")
    thrice = sum(stand.is_open and stand.after.now.asked > 2 for stand in facts.stands)  # noqa: PLR2004 - two are usual
    return {**{name: counts[name] for name in ("ask", "grant", "refuse")}, "thrice": thrice}


def _appeals(facts: Facts, steps: Sequence[tuple[Stand, EntryStepped]]) -> dict[str, int]:
    made = sum(step.step == "appeal" for _, step in steps)
    decided = Counter(step.verdict for _, step in steps if step.step == "decide")
    pending = sum(stand.after.is_appealed for stand in facts.stands)
    return {
        "made": made,
        **{name: decided[name] for name in ("upheld", "changed", "quashed")},
        "pending": pending,
    }


def _verdicts(steps: Sequence[tuple[Stand, EntryStepped]]) -> list[dict[str, Any]]:
    """Of each rule: how what it found was judged in the period. Unfounded and quashed are its errors."""
    rules: dict[str, Counter[str]] = {}
    titles: dict[str, str] = {}
    for stand, step in steps:
        is_judged = step.step == "judge" and not step.is_pending
        if not stand.after.opened.rule or not (
            is_judged or (step.step, step.verdict) == ("decide", "quashed")
        ):
            continue
        rule = stand.after.opened.rule
        titles[rule] = stand.after.opened.title
        rules.setdefault(rule, Counter())[step.verdict] += 1
    rows = []
    for rule, counts in sorted(rules.items()):
        judged = sum(counts[name] for name in ("upheld", "excused", "unfounded"))
        wrong = counts["unfounded"]
        rows.append({
            "rule": rule,
            "title": titles[rule],
            "judged": judged,
            **{name: counts[name] for name in ("upheld", "excused", "unfounded", "quashed")},
            "percent": round(100 * wrong / judged, 1) if judged >= FEWEST else None,
        })  # fmt: skip
    return rows


def _funnel(facts: Facts) -> list[dict[str, Any]]:
    """How far the entries came that were open when the period began, or came in it."""
    cohort = [stand.after for stand in facts.stands if stand.was_open or stand.is_new]
    reached = Counter[str]()
    for entry in cohort:
        taken = {step.step for step in entry.steps}
        states = {turn.state for turn in entry.turns}
        for key, _, step in FUNNEL:
            reached[key] += step in taken if step else key in states
    judged = {"judged": sum(bool(_judged(entry.turns)) for entry in cohort)}
    return [
        {"key": key, "title": title, "entries": {**reached, **judged}.get(key, 0)} for key, title, _ in FUNNEL
    ]


def _judged(turns: Sequence[Turn]) -> bool:
    return any(turn.state in ("upheld", "excused", "unfounded") for turn in turns)


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _name(facts: Facts, login: str) -> str:
    user = facts.people.get(login)
    return (user.person_name if user else "") or login
