"""The queue of the warehouse is the queue of the rules: random lanes against a comparison of every pair."""

import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

from clock_law import Calendar
from examples import examples
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from queue_law import Action, Case, Office, Params, Verdict, verdict
from rule_world import Given, built, records

# Each window of days has a lunch, a night and a weekend; most have make-up days and holidays.
FIRST_DAYS = [date(2026, 2, 11), date(2026, 3, 4), date(2026, 4, 28), date(2026, 9, 17), date(2025, 9, 26)]
HOURS = ((time(8, 30), time(12)), (time(13, 30), time(17, 30)))
OWN_HOURS = ((time(9), time(16)),)
CLASSES = {"general": "", "mortgage": "mortgage"}
TIMES = [time(h, m) for h in range(8, 19) for m in (0, 30)] + [time(13, 29, 59), time(9, 0, 1), time(23)]
LATER = [
    "pause",
    "pause",
    "resume",
    "assign",
    "return",
    "accept",
    "expedite",
    "explain",
    "withdraw",
    "refuse",
    "book",
]

K = TypeVar("K")
V = TypeVar("V")


@st.composite
def moments(draw: st.DrawFn, first: date, days: int) -> datetime:
    day = first + timedelta(draw(st.integers(0, days)))
    return datetime.combine(day, draw(st.sampled_from(TIMES)))


@st.composite
def actions(draw: st.DrawFn, first: date) -> list[Action]:
    """A case: accepted, most often reviewed, sometimes more, sometimes with dates alone."""
    by = draw(st.sampled_from(["hall", "hall", "chen", "bot", ""]))
    accepted = Action("accept", draw(moments(first, 5)), account=by)
    made = [accepted]
    for step in draw(st.lists(st.sampled_from(LATER), max_size=3) | st.just([])):
        reason = (
            draw(st.sampled_from(["", "急", "老人就医", "没有。", "无"]))
            if step in ("expedite", "explain")
            else ""
        )
        kind = draw(st.sampled_from(["supplement", "supplement", "other"])) if step == "pause" else ""
        given = draw(st.sampled_from(["wang", "li", "hall", ""])) if step == "assign" else ""
        made.append(
            Action(step, draw(moments(accepted.at.date(), 3)), kind=kind, account=given, reason=reason)
        )
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        begun = draw(moments(accepted.at.date(), 4))
        started = draw(st.sampled_from([None, begun]))
        ended = begun + timedelta(hours=draw(st.integers(0, 3))) if started else begun
        account = draw(st.sampled_from(["wang", "wang", "li", "li", ""]))
        # Midnight sharp is how exports write a date without a time.
        is_date = ended.time() == time()
        made.append(Action("review", ended, is_date, started_at=started, account=account))
    if draw(st.integers(0, 9)) == 0:
        n = draw(st.integers(0, len(made) - 1))
        bare = made[n]
        midnight = datetime.combine(bare.at.date(), time())
        made[n] = Action(bare.step, midnight, True, bare.kind, account=bare.account, reason=bare.reason)
    # Few lack their acceptance.
    return made[1:] if len(made) > 1 and draw(st.integers(0, 19)) == 0 else made


@dataclass(frozen=True)
class World:
    as_of: datetime
    params: Params
    is_assigned: bool
    changes: dict[date, bool]
    cases: list[Case] = field(repr=False)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    first = draw(st.sampled_from(FIRST_DAYS))
    made = draw(st.lists(actions(first), min_size=50, max_size=90))
    offices = draw(st.sampled_from([["150602"], ["150602", "150602", "150603"]]))
    batches = draw(st.sampled_from([[""], ["", "", "", "", "X", "Y"]]))
    cases = [
        Case(
            draw(st.sampled_from(offices)),
            f"C{n:02d}",
            draw(st.sampled_from(["general", "general", "mortgage"])),
            draw(st.sampled_from(batches)),
            happened,
        )
        for n, happened in enumerate(made)
    ]
    params = Params(
        gap_minutes=draw(st.sampled_from([30, 60, 60, 240])),
        min_overtaken=draw(st.sampled_from([1, 3, 3])),
        stalled_after=draw(st.sampled_from([1, 3, 10, 10, 25])),
        critical_overtaken=draw(st.sampled_from([5, 20])),
        stalled_percent=draw(st.sampled_from([80, 80, 50, 20])),
    )
    local = draw(st.dictionaries(st.integers(0, 8), st.booleans(), max_size=3))
    changes = {first + timedelta(n): is_workday for n, is_workday in local.items()}
    as_of = draw(moments(first + timedelta(3), 8))
    return World(as_of, params, draw(st.booleans()), changes, cases)


# A world of many cases shrinks too slowly to wait for; the differences say enough.
@settings(
    max_examples=examples(12),
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(worlds())
def test_who_overtook_whom_is_what_comparing_every_pair_says(world: World) -> None:
    offices = {
        "150602": Office(Calendar({}), HOURS),
        "150603": Office(Calendar(world.changes), OWN_HOURS),
    }
    said = judged(world)
    law = verdict(world.cases, offices, world.params, world.as_of, is_assigned=world.is_assigned)
    assert differences(said.stalled, law.stalled) == {}
    assert differences(said.jumps, law.jumps) == {}
    # Of those who overtook more, the longest waiting are listed.
    many = {
        jumper
        for jumper, pairs in Counter((office, b) for office, b, _ in law.pairs).items()
        if pairs > world.params.critical_overtaken
    }
    listed = {key: pair for key, pair in said.pairs.items() if key[:2] in many}
    assert listed.items() <= law.pairs.items()
    assert all(n >= world.params.critical_overtaken for n in Counter(key[:2] for key in listed).values())
    assert {key[:2] for key in listed} == many
    few = {key: pair for key, pair in law.pairs.items() if key[:2] not in many}
    assert differences({key: pair for key, pair in said.pairs.items() if key not in listed}, few) == {}


def judged(world: World) -> Verdict:
    """What the warehouse says."""
    local = "".join(
        f'[[calendar.days]]\non = {day}\nkind = "{"workday" if is_workday else "closure"}"\nname = "x"\n'
        'offices = ["150603"]\n'
        for day, is_workday in world.changes.items()
    )
    dispatch = "assigned" if world.is_assigned else "pool"
    numbers = "".join(f"{name} = {value}\n" for name, value in asdict(world.params).items())
    given_world = Given(
        step_logs=[[row(case, action) for case in world.cases for action in case.actions]],
        profile="ordos-2023",
        profile_toml=f'dispatch = "{dispatch}"\n[params.queue-jump]\n{numbers}',
        settings_toml=f'[[offices]]\noffice = "150603"\nhours = ["09:00-16:00"]\n{local}',
        as_of=world.as_of.isoformat(" "),
        tables=frozenset({"findings.queue_jump", "findings.passed_over", "core.queue_overtakes"}),
    )
    said = Verdict()
    with tempfile.TemporaryDirectory() as folder, built(Path(folder) / "home", given_world) as db:
        jumps = """
            SELECT j.office, j.case_no, j.is_violation, v.severity FROM findings.queue_jump AS j
            LEFT JOIN results.violations AS v
                ON v.rule = 'queue-jump' AND v.office = j.office AND v.case_no = j.case_no
            """
        for office, case_no, is_violation, severity in db.execute(jumps).fetchall():
            said.jumps[office, case_no] = (is_violation, severity)
        for line in records(db, "SELECT office, case_no, is_violation FROM findings.passed_over"):
            is_stalled = line["is_violation"]
            assert is_stalled is None or isinstance(is_stalled, bool)
            said.stalled[str(line["office"]), str(line["case_no"])] = is_stalled
        pairs = "SELECT office, case_no, overtaken_case_no, lead_minutes, explained FROM core.queue_overtakes"
        for office, case_no, overtaken_no, lead, explained in db.execute(pairs).fetchall():
            said.pairs[office, case_no, overtaken_no] = (lead, explained)
    return said


def differences(said: dict[K, V], law: dict[K, V]) -> dict[K, tuple[V | None, V | None]]:
    return {
        key: (said.get(key), law.get(key)) for key in said | law if said.get(key, ...) != law.get(key, ...)
    }


def row(case: Case, action: Action) -> dict[str, str]:
    return {
        "office": case.office,
        "case_no": case.case_no,
        "step": action.step,
        "occurred_at": action.on.isoformat() if action.is_date else action.at.isoformat(" "),
        "started_at": action.started_at.isoformat(" ") if action.started_at else "",
        "account": action.account,
        "reason": action.reason,
        "pause_kind": action.kind,
        "batch_no": case.batch_no,
        "right_type": CLASSES[case.limit_class],
    }
