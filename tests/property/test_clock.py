"""The clock of the warehouse is the clock of the rules: random cases against a day-by-day count."""

import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from clock_law import LAST_PUBLISHED, LAWFUL, Calendar, Event, Terms, at, clock
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
AS_OFS = st.one_of(
    st.dates(date(2025, 1, 20), date(2025, 3, 1)),
    st.dates(date(2026, 1, 5), date(2026, 6, 30)),
    st.dates(date(2026, 9, 20), date(2027, 1, 20)),
)
KINDS = st.sampled_from([*LAWFUL, *LAWFUL, "tax", ""])
STEPS = st.sampled_from(
    ["pause", "resume", "pause", "resume", "book", "refuse", "withdraw", "accept", "certify", "issue"]
)


@st.composite
def events(draw: st.DrawFn, as_of: date) -> list[Event]:
    """A case accepted in the half year before the as-of day, and what happened to it around its due day."""
    start = as_of - timedelta(draw(st.integers(0, 25) | st.integers(0, 180)))
    made = [Event("accept", at(start, draw(st.integers(0, 23))))]
    if made[0].at.hour == 0:
        made = [Event("accept", made[0].at, is_date=True)]
    for step in draw(st.lists(STEPS, max_size=7)):
        day = start + timedelta(draw(st.integers(-2, 12) | st.integers(0, 60)))
        hour = draw(st.integers(0, 20))
        result = draw(st.sampled_from(["approve", "approve", "return"])) if step == "book" else "approve"
        kind = draw(KINDS) if step == "pause" else ""
        made.append(Event(step, at(day, hour), is_date=hour == 0, kind=kind, result=result))
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
def worlds(draw: st.DrawFn) -> World:
    as_of = draw(AS_OFS)
    local = draw(st.dictionaries(st.integers(-40, 40), st.booleans(), max_size=10))
    changes = {as_of + timedelta(n): is_workday for n, is_workday in local.items()}
    histories = draw(st.lists(events(as_of), min_size=40, max_size=60))
    return World(
        draw(st.sampled_from(sorted(PROFILES))),
        draw(st.sampled_from(["book", "certify", "issue"])),
        draw(st.sampled_from(["pause", "restart"])),
        draw(st.sampled_from(["profile", "platform", "earlier"])),
        datetime.combine(as_of, draw(st.sampled_from([time(12), time(23, 59, 59)]))),
        {day: is_workday for day, is_workday in changes.items() if day <= LAST_PUBLISHED},
        [
            Case(
                f"C{number:02d}",
                draw(st.sampled_from(["150602", "150603"])),
                draw(st.sampled_from(["", "", "", *CHANNELS])),
                draw(st.sampled_from(["", "mortgage"])),
                draw(st.sampled_from(["", "enterprise"])),
                draw(st.none() | promises(happened[0].on)),
                happened,
            )
            for number, happened in enumerate(histories)
        ],
    )


# A world of many cases shrinks too slowly to wait for; the differences say enough.
@settings(
    max_examples=16,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(worlds())
def test_the_clock_of_every_case_is_the_one_counted_day_by_day(world: World) -> None:
    calendars = {"150602": Calendar({}), "150603": Calendar(world.changes)}
    expected = {}
    for case in world.cases:
        if any(event.step == "accept" and event.at <= world.as_of for event in case.events):
            law = clock(case.events, terms(world, case), calendars[case.office], world.as_of)
            expected[case.office, case.case_no] = {
                "clock_started_on": law.started_on,
                "limit_days": law.limit_days,
                "aim_on": law.aim_on,
                "due_on": law.due_on,
                "due_state": law.due_state,
                "used_days": law.used_days,
                "paused_days": law.paused_days,
                "remaining_days": None
                if law.used_days is None or law.limit_days is None
                else law.limit_days - law.used_days,
                "close_kind": law.close_kind,
                "is_late": law.is_late,
                "severity": law.severity if law.is_late else None,
            }
    said = judged(world)
    assert said.keys() == expected.keys()
    assert [(case, said[case], law) for case, law in expected.items() if said[case] != law] == []


def terms(world: World, case: Case) -> Terms:
    limits = PROFILES[world.profile]
    kind = case.applicant_kind if "enterprise" in limits and case.applicant_kind else case.right_type
    limit, aim = limits.get(kind, limits[""])
    if case.channel:
        limit, aim = CHANNELS[case.channel], None
    return Terms(limit, aim, world.ends_at, world.on_supplement == "restart", world.promise, case.promised_on)


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
        step_logs=[[row(case, event) for case in world.cases for event in case.events]],
        profile=world.profile,
        profile_toml=f'ends_at = "{world.ends_at}"\non_supplement = "{world.on_supplement}"\n'
        f'promise = "{world.promise}"\n{EXTRA_LIMITS}',
        settings_toml=local,
        as_of=world.as_of.isoformat(" "),
    )
    with tempfile.TemporaryDirectory() as folder, built(Path(folder) / "home", given_world) as db:
        rows = records(
            db,
            """
            SELECT c.office, c.case_no, c.clock_started_on, c.limit_days, c.aim_on, c.due_on,
                c.due_state, c.used_days, c.paused_days, c.remaining_days,
                c.close_kind, o.is_violation AS is_late, v.severity
            FROM core.cases AS c
            LEFT JOIN findings.overdue AS o USING (office, case_no)
            LEFT JOIN results.violations AS v
                ON v.rule = 'overdue' AND v.office = c.office AND v.case_no = c.case_no
            WHERE c.accepted_at IS NOT NULL
            """,
        )
    return {(str(row.pop("office")), str(row.pop("case_no"))): row for row in rows}
