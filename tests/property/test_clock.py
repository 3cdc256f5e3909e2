"""The clock of the warehouse is the clock of the rules: random cases against a day-by-day count."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest
from clock_law import LAST_PUBLISHED, LAWFUL, Calendar, Clock, Event, Terms, at, clock, lawful_spans, national
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rule_world import Given, built, records

# Profile, then right type: the binding limit and the aim. The enterprise's own limit comes first.
PROFILES: dict[str, dict[str, tuple[int, int | None]]] = {
    "default": {"": (30, None)},
    "ordos-2023": {"": (5, None), "mortgage": (3, None)},
    "guangdong-list-2023": {"": (3, None), "mortgage": (1, None), "enterprise": (1, None)},
    "yunfu-2023": {"": (3, None), "mortgage": (1, None)},
    "weihai-2018": {"": (15, 10), "mortgage": (7, 5)},
    "ningbo-2021": {"": (30, None)},
}
CHANNELS = {"d0": 0, "d1": 1, "d10": 10, "d60": 60}
EXTRA_LIMITS = "".join(
    f'[[limits]]\nclass = "{name}"\ntitle = "{name}"\ndays = {days}\nchannels = ["{name}"]\nbasis = "x"\n'
    for name, days in CHANNELS.items()
)
# As-of days, the step that ends a case, what a supplement does, whose promise binds: each with every profile.
TURNS = (
    (st.dates(date(2026, 1, 5), date(2026, 6, 30)), "book", "pause", "profile"),
    (st.dates(date(2026, 9, 20), date(2027, 1, 20)), "book", "restart", "platform"),
    (st.dates(date(2025, 1, 20), date(2025, 3, 1)), "certify", "restart", "earlier"),
    (st.dates(date(2026, 12, 1), date(2027, 1, 20)), "issue", "pause", "profile"),
)
KINDS = st.sampled_from([*LAWFUL, *LAWFUL, "supplement", "supplement", "tax", ""])
STEPS = st.sampled_from(
    ["pause", "resume", "pause", "resume", "book", "refuse", "withdraw", "accept", "certify", "issue"]
)

DECIDED = ("book", "refuse", "withdraw")


@st.composite
def events(draw: st.DrawFn, as_of: date) -> list[Event]:
    """A case accepted in the half year before the as-of day, and what happened to it around its due day."""
    start = as_of - timedelta(draw(st.integers(0, 25) | st.integers(0, 180)))
    made = [Event("accept", at(start, draw(st.integers(0, 23))))]
    if made[0].at.hour == 0:
        made = [Event("accept", made[0].at, is_date=True)]
    for number in range(draw(st.sampled_from([0, 2, 0, 3]))):  # supplements, one after the other
        day = start + timedelta(4 * number + draw(st.integers(1, 2)))
        made.append(Event("pause", at(day, 9), kind="supplement"))
        made.append(Event("resume", at(day + timedelta(draw(st.integers(0, 1))), 21)))
    day = start
    # By dates alone, one begun on the day of the last's end.
    for _ in range(draw(st.sampled_from([0, 0, 0, 2, 3]))):
        made.append(Event("pause", at(day, 0), is_date=True, kind=draw(KINDS)))
        day += timedelta(draw(st.integers(0, 4)))
        made.append(Event("resume", at(day, 0), is_date=True))
    for step in draw(st.lists(STEPS, max_size=7)):
        day = start + timedelta(draw(st.integers(-2, 12) | st.integers(0, 60)))
        hour = draw(st.integers(0, 20))
        results = ["approve", "approve", "return", "reject"] if step in DECIDED else ["approve"]
        result = draw(st.sampled_from(results))
        kind = draw(KINDS) if step == "pause" else ""
        made.append(Event(step, at(day, hour), is_date=hour == 0, kind=kind, result=result))
        if step == "pause" and draw(st.booleans()):
            later = day + timedelta(draw(st.sampled_from([0, 0, 1, 2, 5])))
            made.append(Event("resume", at(later, 22)))
    return made


def promises(start: date) -> st.SearchStrategy[date]:
    """The platform's promised days: some lie before acceptance."""
    return st.dates(start - timedelta(5), start + timedelta(40))


@dataclass(frozen=True)
class Case:
    case_no: str
    office: str
    channel: str
    right_type: str
    applicant_kind: str
    also: str
    """The right type of another business under the same number."""
    promised_on: date | None
    events: list[Event]


@dataclass(frozen=True)
class World:
    profile: str
    ends_at: str
    on_supplement: str
    promise: str
    as_of: datetime
    changes: dict[date, bool]
    """Office 150603's own working and free days."""
    cases: list[Case] = field(repr=False)


@st.composite
def worlds(draw: st.DrawFn, profile: str, turn: int) -> World:
    as_ofs, ends_at, on_supplement, promise = TURNS[turn]
    as_of = draw(as_ofs)
    local = draw(st.dictionaries(st.integers(-40, 40), st.booleans(), max_size=10))
    changes = {as_of + timedelta(n): is_workday for n, is_workday in local.items()}
    histories = draw(st.lists(events(as_of), min_size=40, max_size=60))
    return World(
        profile,
        ends_at,
        on_supplement,
        promise,
        datetime.combine(as_of, draw(st.sampled_from([time(12), time(23, 59, 59)]))),
        {day: is_workday for day, is_workday in changes.items() if day <= LAST_PUBLISHED},
        [
            Case(
                f"C{number:02d}",
                draw(st.sampled_from(["150602", "150603"])),
                draw(st.sampled_from(["", "", "", *CHANNELS])),
                draw(st.sampled_from(["", "mortgage"])),
                draw(st.sampled_from(["", "enterprise"])),
                draw(st.sampled_from(["", "", "mortgage", "4"])),
                draw(st.none() | promises(happened[0].on)),
                happened,
            )
            for number, happened in enumerate(histories)
        ],
    )


# A world of many cases shrinks too slowly to wait for; the differences say enough.
SOME = settings(
    max_examples=1,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def several(profile: str, turn: int) -> st.SearchStrategy[World]:
    """Worlds in which things happen: the first that is drawn is the simplest there is."""
    return worlds(profile, turn).filter(lambda world: sum(len(case.events) for case in world.cases) > 120)


# Every day each profile, each with another turn.
WAYS = [
    pytest.param(profile, turn, marks=[] if number % len(TURNS) == turn else [pytest.mark.slow])
    for number, profile in enumerate(PROFILES)
    for turn in range(len(TURNS))
]


@pytest.mark.parametrize(("profile", "turn"), WAYS)
def test_the_clock_of_every_case_is_the_one_counted_day_by_day(profile: str, turn: int) -> None:
    @SOME
    @given(several(profile, turn))
    def holds(world: World) -> None:
        expected = {(case.office, case.case_no): columns(law) for case, law in laws(world)}
        said = judged(world)
        assert said.keys() == expected.keys()
        assert [(case, said[case], law) for case, law in expected.items() if said[case] != law] == []

    holds()


@pytest.mark.slow
def test_the_random_cases_hold_all_that_the_rules_speak_of() -> None:
    seen = Counter[str]()
    for profile, turn in product(PROFILES, range(len(TURNS))):

        @SOME
        @given(several(profile, turn))
        def look(world: World) -> None:
            for case, law in laws(world):
                seen.update(kind for kind, holds in kinds_of(world, case, law).items() if holds)

        look()
    assert {kind: seen[kind] for kind in KINDS_OF_CASES if seen[kind] < 5} == {}


KINDS_OF_CASES = (
    *("overlapping pauses", "open pause", "same-day pause", "pause begun after the due day"),
    *("started anew", "started anew twice", "refused", "withdrawn", "booked", "certified", "issued"),
    *("due on a make-up day", "holiday between", "provisional", "paused", "promised by the platform"),
    *("several businesses", "at once", "late", "past the statutory day", "aim", "own days of the office"),
)


def kinds_of(world: World, case: Case, law: Clock) -> dict[str, bool]:
    known = [event for event in case.events if event.at <= world.as_of]
    spans = sorted(lawful_spans(known), key=lambda span: span[0])
    last = min(law.due_on or law.started_on, LAST_PUBLISHED)
    between = [law.started_on + timedelta(n) for n in range((last - law.started_on).days)]
    endings = {"refuse": "refused", "withdraw": "withdrawn", "book": "booked", "certify": "certified"}
    kinds = dict.fromkeys(KINDS_OF_CASES, False)
    kinds |= {
        "overlapping pauses": any(
            b[0] <= (a[1] or LAST_PUBLISHED) and a[0] < b[0] for a, b in pairwise(spans)
        ),
        "open pause": any(end is None for _, end in spans),
        "same-day pause": any(begin == end for begin, end in spans),
        "pause begun after the due day": any(law.due_on and begin > law.due_on for begin, _ in spans),
        "started anew": len(law.rounds) > 1,
        "started anew twice": len(law.rounds) > 2,
        "due on a make-up day": last == law.due_on and last.weekday() >= 5 and national(last),
        "holiday between": any(day.weekday() < 5 and not national(day) for day in between),
        "provisional": law.due_state == "provisional",
        "paused": law.due_state == "paused",
        "promised by the platform": world.promise != "profile" and case.promised_on is not None,
        "several businesses": bool(case.also and case.right_type and case.also != case.right_type),
        "at once": law.limit_days == 0,
        "late": bool(law.is_late),
        "past the statutory day": bool(law.is_late and law.severity == "critical"),
        "aim": law.aim_on is not None,
        "own days of the office": case.office == "150603" and bool(world.changes),
    }
    return kinds | {endings.get(law.close_kind, "issued"): True} if law.close_kind else kinds


def laws(world: World) -> Iterator[tuple[Case, Clock]]:
    """Every accepted case with its clock by the letter."""
    calendars = {"150602": Calendar({}), "150603": Calendar(world.changes)}
    for case in world.cases:
        if any(event.step == "accept" and event.at <= world.as_of for event in case.events):
            yield case, clock(case.events, terms(world, case), calendars[case.office], world.as_of)


def columns(law: Clock) -> dict[str, object]:
    """A clock as the warehouse's columns have it."""
    is_known = law.used_days is not None and law.limit_days is not None
    return {
        "clock_started_on": law.started_on,
        "limit_days": law.limit_days,
        "aim_on": law.aim_on,
        "due_on": law.due_on,
        "due_state": law.due_state,
        "statutory_due_on": law.statutory_due_on,
        "rounds": law.rounds,
        "used_days": law.used_days,
        "paused_days": law.paused_days,
        "remaining_days": (law.limit_days or 0) - (law.used_days or 0) if is_known else None,
        "close_kind": law.close_kind,
        "is_late": law.is_late,
        "severity": law.severity if law.is_late else None,
    }


def terms(world: World, case: Case) -> Terms:
    """“The profile's first matching entry”; of several businesses under one number the longer limit."""
    also = case.also if case.events[0].at <= world.as_of else ""
    businesses = {case.right_type or also, also or case.right_type}
    limit, aim = max(limit_of(world.profile, case, right) for right in businesses)
    return Terms(limit, aim, world.ends_at, world.on_supplement == "restart", world.promise, case.promised_on)


def limit_of(profile: str, case: Case, right_type: str) -> tuple[int, int | None]:
    limits = PROFILES[profile]
    if case.channel:
        return CHANNELS[case.channel], None
    kind = case.applicant_kind if "enterprise" in limits and case.applicant_kind else right_type
    return limits.get(kind, limits[""])


def written(case: Case) -> Iterator[dict[str, str]]:
    yield from (row(case, event) for event in case.events)
    if case.also:
        yield row(case, replace(case.events[0], step="charge")) | {"right_type": case.also}


def row(case: Case, event: Event) -> dict[str, str]:
    return {
        "office": case.office,
        "case_no": case.case_no,
        "step": event.step,
        "occurred_at": event.on.isoformat() if event.is_date else event.at.isoformat(" "),
        "result": event.result,
        "pause_kind": event.kind,
        "channel": case.channel,
        "right_type": case.right_type,
        "applicant_kind": case.applicant_kind,
        "promised_at": case.promised_on.isoformat() if case.promised_on else "",
    }


def judged(world: World) -> dict[tuple[str, str], dict[str, object]]:
    """What the warehouse says of every accepted case."""
    local = "".join(
        f'[[calendar.days]]\non = {day}\nkind = "{"workday" if is_workday else "closure"}"\nname = "x"\n'
        'offices = ["150603"]\n'
        for day, is_workday in world.changes.items()
    )
    given_world = Given(
        step_logs=[[row for case in world.cases for row in written(case)]],
        profile=world.profile,
        profile_toml=f'ends_at = "{world.ends_at}"\non_supplement = "{world.on_supplement}"\n'
        f'promise = "{world.promise}"\n{EXTRA_LIMITS}',
        settings_toml=local,
        as_of=world.as_of.isoformat(" "),
        tables=frozenset({"core.cases", "core.clock_rounds", "findings.overdue"}),
    )
    with tempfile.TemporaryDirectory() as folder, built(Path(folder) / "home", given_world) as db:
        rows = records(
            db,
            """
            SELECT c.office, c.case_no, c.clock_started_on, c.limit_days, c.aim_on, c.due_on,
                c.due_state, c.statutory_due_on, r.rounds, c.used_days, c.paused_days, c.remaining_days,
                c.close_kind, o.is_violation AS is_late, v.severity
            FROM core.cases AS c
            INNER JOIN (
                SELECT office, case_no, array_agg((started_on, due_on) ORDER BY started_on) AS rounds
                FROM core.clock_rounds GROUP BY office, case_no
            ) AS r USING (office, case_no)
            LEFT JOIN findings.overdue AS o USING (office, case_no)
            LEFT JOIN results.violations AS v
                ON v.rule = 'overdue' AND v.office = c.office AND v.case_no = c.case_no
            WHERE c.accepted_at IS NOT NULL
            """,
        )
    return {(str(row.pop("office")), str(row.pop("case_no"))): row for row in rows}
