"""What analysts join with: offices, codes, handovers, who took part."""

import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import Desk, step

from regaudit.catalogue.codes import code_kinds
from regaudit.catalogue.published import published_tables
from regaudit.ledger.code_titles import code_titles

SAMPLE = Path(__file__).parents[2] / "sample_logs"
SETTINGS = """
[hours]
default = ["08:30-12:00", "14:30-17:30"]
[[offices]]
office = "150602"
name = "东胜区"
[[offices]]
office = "150603"
name = "康巴什区"
hours = ["10:00-12:00"]
[[offices]]
office = "150699"
name = "已撤并"
until = 2026-03-31
"""
ROSTER = [
    {"account": "li", "person_id": "P1", "person_name": "李一", "office": "150602", "org_kind": "center"},
    {"account": "li2", "person_id": "P1", "person_name": "李一", "office": "150602", "org_kind": "center"},
    {"account": "wang", "person_id": "P2", "person_name": "王二", "office": "150602", "org_kind": "center"},
    {"account": "bot", "person_id": "", "person_name": "", "office": "150602", "org_kind": "robot"},
    {"account": "far", "person_id": "P9", "person_name": "远九", "office": "150604", "org_kind": "center"},
]
# 6 March 2026 is a Friday.
STEPS = [
    step("c1", "accept", "2026-03-06 11:30:00", "li", registration_type="200"),
    step("c1", "review", "2026-03-06 16:00:59", "wang", started_at="2026-03-06 15:00:00"),
    step("c1", "review", "2026-03-09 09:00:00", "li2"),
    step("c1", "book", "2026-03-09 08:59:00", "bot", started_at="2026-03-09 08:50:00"),
    step("c2", "accept", "2026-03-06 11:30:00", "far", office="150603"),
    step("c2", "review", "2026-03-09", "far", office="150603"),
    step("c2", "book", "2026-03-09 11:00:00", "", office="150603"),
    step("c3", "charge", "2026-03-09 11:00:00", "li"),
    step("c4", "accept", "2026-03-09 10:00:00", "li"),
    step("c4", "review", "2026-03-09 10:10:00", "wang"),
    step("c4", "review", "2026-03-09 10:20:00", "wang"),
    step("c4", "book", "2026-03-09 10:20:00", "wang", started_at="2026-03-09 10:15:00"),
    step("c5", "accept", "2026-03-09 09:00:00", "li"),
    step("c5", "review", "2026-03-09 10:00:00", "wang", started_at="2026-03-09 10:00:00"),
    step("c5", "book", "2026-03-09 10:00:00", "wang"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("tables") / "home").make()
    desk.configure(SETTINGS)
    roster, steps = desk.export("roster.csv", ROSTER), desk.export("steps.csv", STEPS)
    desk.ok("import", roster)
    desk.ok("import", steps)
    desk.ok("check", "--as-of", "2026-03-10")
    return desk


def test_every_office_that_is_named_anywhere_is_listed(world: Desk) -> None:
    rows = world.query("SELECT office, title, calendar, cases, open_cases, until_on IS NULL FROM offices")
    assert rows == [
        ("150602", "东胜区", "*", 4, 1, True),
        ("150603", "康巴什区", "150603", 1, 0, True),
        ("150604", None, "*", 0, 0, True),
        ("150699", "已撤并", "*", 0, 0, False),
    ]
    [(first, last)] = world.query("SELECT first_on, last_on FROM offices WHERE office = '150602'")
    assert (f"{first}", f"{last}") == ("2026-03-06", "2026-03-09")


def test_an_office_that_is_renamed_is_no_damage(world: Desk, tmp_path: Path) -> None:
    """What an office is called is kept with no run; all else of the table is compared."""
    desk = world.copy_to(tmp_path / "renamed")
    desk.configure(SETTINGS.replace("东胜区", "东胜"))
    assert desk.facts("verify")["damages"] == []
    with duckdb.connect(desk.home / "regaudit.duckdb") as db:
        db.execute("UPDATE offices SET cases = 3 WHERE office = '150602'")
    [damage, *_] = desk.facts("verify", status=1)["damages"]
    assert "offices" in damage["problem"]


def test_a_handover_is_told_in_working_minutes_of_its_office(world: Desk) -> None:
    rows = world.query(
        "SELECT case_no, from_step, to_step, from_person, to_person, wait_minutes, CAST(to_at AS VARCHAR) "
        "FROM handovers WHERE case_no < 'c4' ORDER BY case_no, from_at"
    )
    assert rows == [
        # Half an hour of the morning, half an hour of the afternoon.
        ("c1", "accept", "review", "P1", "P2", 60, "2026-03-06 15:00:00"),
        # From 16:00:59 on Friday to 8:50 on Monday; neither the weekend counts nor a minute begun.
        ("c1", "review", "book", "P2", None, 109, "2026-03-09 08:50:00"),
        ("c1", "book", "review", None, "P1", 1, "2026-03-09 09:00:00"),
        # Of an office that opens from ten to noon; what has a date alone is passed over.
        ("c2", "accept", "book", "P9", None, 90, "2026-03-09 11:00:00"),
    ]


def test_who_begins_before_the_other_has_ended_did_not_wait(world: Desk) -> None:
    rows = world.query("SELECT to_step, wait_minutes FROM handovers WHERE case_no = 'c4' ORDER BY from_at")
    assert rows == [("review", 10), ("review", 10), ("book", 0)]


def test_a_step_takes_working_minutes_where_its_beginning_is_known(world: Desk) -> None:
    rows = world.query("SELECT case_no, step, work_minutes FROM step_times ORDER BY case_no, occurred_at")
    assert rows == [("c1", "review", 60), ("c1", "book", 9), ("c4", "book", 5)]


def test_who_took_part_is_told_and_who_is_not_known_is_counted(world: Desk) -> None:
    columns = (
        "accepted_by, accepted_name, reviewed_by, booked_by, reviewers, reviews, robot_acts, unknown_acts"
    )
    found = {case: rest for case, *rest in world.query(f"SELECT case_no, {columns} FROM case_people")}
    # Two accounts are one person; the last review counts, the other stands in the list.
    assert found["c1"] == ["P1", "李一", "P1", None, ["P1", "P2"], 2, 1, 0]
    assert found["c2"] == ["P9", "远九", "P9", None, ["P9"], 1, 0, 1]
    assert found["c3"] == [None, None, None, None, [], 0, 0, 0]
    assert found["c4"] == ["P1", "李一", "P2", "P2", ["P2"], 2, 0, 0]


def test_a_review_made_up_at_export_is_nobodys(world: Desk) -> None:
    """Begun and ended at the instant of booking, by who booked: it shows neither who reviewed nor when."""
    assert world.query("SELECT count(*) FROM steps WHERE evidence = 'synthesised'") == [(1,)]
    columns = "reviewed_by, reviewers, reviews, unknown_acts, booked_by"
    assert world.query(f"SELECT {columns} FROM case_people WHERE case_no = 'c5'") == [(None, [], 1, 1, "P2")]
    handed = world.query("SELECT from_step, to_step, wait_minutes FROM handovers WHERE case_no = 'c5'")
    assert handed == [("accept", "book", 60)]


def test_codes_are_unique_and_name_columns_that_there_are(world: Desk) -> None:
    assert world.query("SELECT kind, code FROM codes GROUP BY ALL HAVING count(*) > 1") == []
    named = {name for (name,) in world.query("SELECT DISTINCT unnest(columns) FROM codes")}
    tables = published_tables()
    held = {f"{name}.{column}" for name, table in tables.items() for column in table.codes}
    assert named == held
    for name, table in tables.items():
        assert table.codes.keys() <= table.columns.keys(), name
    assert world.query("SELECT title FROM codes WHERE kind = 'step' AND code = 'accept'") == [("受理",)]
    assert world.query("SELECT title FROM codes WHERE kind = 'limit_class' AND code = 'general'")


def test_a_comment_calls_a_code_what_the_table_calls_it() -> None:
    kinds = code_titles()
    for name, table in published_tables().items():
        for column, kind in table.codes.items():
            about = table.columns[column]
            assert "{" not in about
            for code, title in kinds.get(kind, {}).items():
                if f"{code} " in about and kind not in ("evidence_role", "person_role", "ledger_step"):
                    assert f"{code} {title}" in about, f"{name}.{column}: {code} is called {title}"


@pytest.mark.long
def test_every_code_of_the_sample_has_a_title(tmp_path: Path) -> None:
    """But for what platforms wrote and nobody knows, which stays as they wrote it."""
    desk = Desk(tmp_path / "home").make()
    for file in ("roster.csv", "steps.csv"):
        shutil.copy(SAMPLE / file, desk.home / file)
    desk.ok("nightly", desk.home / "roster.csv", desk.home / "steps.csv", "--as-of", "2026-04-03")
    free = {"step", "pause_kind"}
    checked = 0
    with duckdb.connect(desk.home / "regaudit.duckdb", read_only=True) as db:
        for name, table in published_tables().items():
            for column, kind in table.codes.items():
                if kind in free or f"{name}.{column}" == "nights.because":
                    continue
                values = f"SELECT DISTINCT CAST({column} AS VARCHAR) AS code FROM {name}"
                if f"{name}.{column}" in ("persons.org_kinds", "ceased.verdicts"):
                    values = f"SELECT DISTINCT unnest({column}) AS code FROM {name}"
                untold = db.execute(
                    f"SELECT code FROM ({values}) WHERE code <> '' "
                    "AND code NOT IN (SELECT code FROM codes WHERE kind = ?)",
                    [kind],
                ).fetchall()
                assert not untold, f"{name}.{column}"
                checked += db.execute(f"SELECT count(*) FROM ({values})").fetchall()[0][0]
    assert checked > 100
    assert "severity" in code_kinds()
