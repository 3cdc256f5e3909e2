"""Order of steps and of bookings: random cases through the warehouse, against a comparison of every pair."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path

import duckdb
from clock_law import Event
from examples import examples
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from order_law import UNSURE, Case, is_inverted, missing_law, out_of_turn, said_of
from rule_world import OFFICE, Given, built

TIMES = [time(), time(9), time(9, 0, 1), time(12), time(23, 59, 59)]
STEPS = [
    "accept",
    "accept",
    "review",
    "review",
    "review",
    "book",
    "book",
    "certify",
    "issue",
    "file",
    "withdraw",
    "refuse",
]
RESULTS = ["approve", "approve", "approve", "approve", "通过", "return", UNSURE]
TERMS = "[params.missing-step]\nbegun_days = 0\nended_days = 1\n"


@st.composite
def actions(draw: st.DrawFn) -> Event:
    step = draw(st.sampled_from(STEPS))
    day = draw(st.integers(2, 4))
    at = draw(st.sampled_from(TIMES))
    result = draw(st.sampled_from(RESULTS)) if step != "accept" else "approve"
    return Event(step, datetime.combine(datetime(2026, 3, day), at), at == time(), result=result)


@st.composite
def cases(draw: st.DrawFn, number: int) -> Case:
    made = draw(st.lists(actions(), min_size=2, max_size=7, unique_by=lambda a: (a.step, a.at)))
    return Case(
        f"C{number:02d}",
        draw(st.sampled_from([False, False, True])),
        draw(st.sampled_from(["", "", "", "X", "Y"])),
        tuple(draw(st.lists(st.sampled_from(["U1", "U2", "U3", "U4"]), max_size=2, unique=True))),
        tuple(made),
    )


@st.composite
def registries(draw: st.DrawFn) -> list[Case]:
    return [draw(cases(n)) for n in range(draw(st.integers(30, 60)))]


WANTED = frozenset({"findings.missing_step", "findings.out_of_order", "findings.unit_order"})


@settings(
    max_examples=examples(12),
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(registries())
def test_the_order_of_steps_and_bookings_is_what_comparing_every_pair_says(registry: list[Case]) -> None:
    rows = [row(case, action) for case in registry for action in case.actions]
    first_on = min(action.on for case in registry for action in case.actions)
    with (
        tempfile.TemporaryDirectory() as folder,
        built(Path(folder) / "home", Given(step_logs=[rows], profile_toml=TERMS, tables=WANTED)) as db,
    ):
        assert judged(db, "unit_order") == out_of_turn(registry)
        for rule, law in (("missing_step", missing_law(first_on, 0, 1)), ("out_of_order", is_inverted)):
            said, wanted = judged(db, rule), of_each(registry, law)
            assert said.keys() == wanted.keys()
            wrong = {
                case: (said[case.case_no], wanted[case.case_no])
                for case in registry
                if case.case_no in said and not is_borne_out(said[case.case_no], wanted[case.case_no], case)
            }
            assert not wrong, rule


def is_borne_out(said: bool | None, wanted: set[bool | None], case: Case) -> bool:
    """What is said for certain holds however unknown results are read; without any, all is said."""
    return wanted == {said} or (said is None and not case.is_sure)


def judged(db: duckdb.DuckDBPyConnection, rule: str) -> dict[str, bool | None]:
    return dict(db.execute(f"SELECT case_no, is_violation FROM findings.{rule}").fetchall())


def of_each(registry: list[Case], law: Callable[[Case], bool | None]) -> dict[str, set[bool | None]]:
    said = {}
    for case in registry:
        with suppress(LookupError):
            said[case.case_no] = said_of(case, law)
    return said


def row(case: Case, action: Event) -> dict[str, str]:
    return {
        "office": OFFICE,
        "case_no": case.case_no,
        "step": action.step,
        "result": action.result,
        "occurred_at": action.on.isoformat() if action.is_date else action.at.isoformat(" "),
        "registration_type": "800" if case.is_seizure else "200",
        "batch_no": case.batch_no,
        "unit_no": "、".join(case.unit_nos),
    }
