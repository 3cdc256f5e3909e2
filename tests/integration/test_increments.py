"""Nights that follow on the one before say exactly what a build from nothing says."""

import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pytest
from conftest import Desk, ordinary_case, step

from regaudit.catalogue.published import published_tables
from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.simulate import simulate
from regaudit.warehouse.increments import passing_tables

FILES = load_sql_files()


def contents(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every core, findings and published table, rows sorted; lists sorted too: their order means nothing."""
    tables = {}
    for file, schemas in (("regaudit.duckdb", ("main",)), (".work/warehouse.duckdb", ("core", "findings"))):
        with duckdb.connect(home / file, read_only=True) as db:
            for schema in schemas:
                names = db.execute(
                    "SELECT table_name FROM duckdb_tables() WHERE schema_name = ? ORDER BY 1", [schema]
                ).fetchall()
                for (name,) in names:
                    if name in ("runs", "rule_runs", "imports", "import_nights", "nights", "setting_changes"):
                        continue  # they tell when they ran
                    kinds = [
                        kind
                        for kind in db.execute(f"DESCRIBE {schema}.{name}").fetchall()
                        if kind[0] != "recorded_at"
                    ]
                    columns = ", ".join(f"list_sort({c})" if k.endswith("[]") else c for c, k, *_ in kinds)
                    rows = db.execute(f"SELECT {columns} FROM {schema}.{name}").fetchall()
                    tables[f"{schema}.{name}"] = sorted(rows, key=repr)
    return tables


def warehouse(desk: Desk, sql: str) -> list[tuple[object, ...]]:
    """Ask the working warehouse."""
    with duckdb.connect(desk.home / ".work/warehouse.duckdb", read_only=True) as db:
        return db.execute(sql).fetchall()


def was_whole(home: Path) -> bool:
    """Whether the last build began from nothing: it then left no list of touched cases behind."""
    with duckdb.connect(home / ".work/warehouse.duckdb", read_only=True) as db:
        return not db.execute("FROM duckdb_tables() WHERE table_name = 'touched'").fetchall()


def dispatched(desk: Desk, dispatch: str, profile: str = "ordos-2023") -> None:
    """Put a workspace under a profile with another way to dispatch cases."""
    (desk.home / "profiles").mkdir()
    own = f'title = "派件"\nextends = "{profile}"\ndispatch = "{dispatch}"\n'
    (desk.home / "profiles" / "own.toml").write_text(own, encoding="utf-8")
    desk.configure("", profile="own")


@pytest.mark.parametrize(
    ("seed", "dispatch"),
    [pytest.param(3, "pool", marks=pytest.mark.slow), pytest.param(8, "assigned", marks=pytest.mark.long)],
)
def test_following_equals_starting_over(
    new_desk: Callable[[str], Desk], tmp_path: Path, seed: int, dispatch: str
) -> None:
    made = simulate(400, seed, tmp_path / "export")
    told = pl.read_csv(tmp_path / "export" / "steps.csv", infer_schema=False)
    told = told.sort("occurred_at", maintain_order=True)
    rows = told.with_columns(subtype=pl.lit(""), matter=pl.lit(""))
    gained = told.filter(pl.col("matter") != "").head(150).gather_every(18)  # columns that come later
    roster = tmp_path / "export" / "roster.csv"
    late = rows.gather_every(37)  # actions that arrive nights after they were done
    rest = rows.join(late, on=rows.columns, how="anti", nulls_equal=True).sort("occurred_at")
    cuts = [0, rest.height - 900, rest.height - 600, rest.height - 300, rest.height - 30, rest.height]
    desk, fresh = new_desk("following"), new_desk("fresh")
    for each in (desk, fresh):
        dispatched(each, dispatch, made.profile)
        each.ok("import", roster)
    followed = 0
    for night, (start, stop) in enumerate(pairwise(cuts)):
        part = rest.slice(start, stop - start)
        more = {2: [gained], 3: [late]}
        for number, frame in enumerate([part, *more.get(night, [])]):
            path = tmp_path / f"{night}-{number}.csv"
            frame.write_csv(path)
            for each in (desk, fresh):
                each.ok("import", path)
        if night == 4:
            changed = pl.read_csv(path, infer_schema=False).with_columns(reason=pl.lit("改过"))
            changed = pl.concat([changed, gained.head(9).with_columns(matter=pl.lit("改过"))])
            changed.write_csv(tmp_path / "changed.csv")
            for each in (desk, fresh):
                each.ok("import", tmp_path / "changed.csv")
        as_of = str(part["occurred_at"].max())[:10]
        desk.ok("nightly", "--as-of", as_of)
        fresh.ok("nightly", "--as-of", as_of, "--rebuild")
        followed += not was_whole(desk.home)
        ours, theirs = contents(desk.home), contents(fresh.home)
        assert ours.keys() == theirs.keys()
        for name, expected in theirs.items():
            assert ours[name] == expected, f"night {night}, {name}"
    assert followed >= 3
    assert len(desk.events("step-extended")) > 5
    assert len(ours["main.findings"]) > 10


@pytest.mark.slow
def test_what_decides_about_old_cases_starts_over(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("changes")
    cases = [step(f"c{n}", "accept", "2026-03-02 09:00:00", "li") for n in range(20)]
    booked = [step(f"c{n}", "book", "2026-03-03 09:00:00", "wang") for n in range(20)]
    desk.ok("import", desk.export("a.csv", [*cases, *booked]))
    desk.ok("check", "--as-of", "2026-03-05")
    desk.ok("import", desk.export("b.csv", [step("new", "accept", "2026-03-05 09:00:00", "li")]))
    desk.ok("check", "--as-of", "2026-03-06")
    assert not was_whole(desk.home)
    assert desk.query("SELECT count(DISTINCT person_name) FROM steps WHERE case_no = 'c1'") == [(2,)]

    # A roster that arrives later says who they were, in cases that nothing happened to since.
    roster = [
        {"account": name, "person_id": "P1", "person_name": "同一人", "org_kind": "center"}
        for name in ("li", "wang")
    ]
    desk.ok("import", desk.export("roster.csv", roster))
    desk.ok("check", "--as-of", "2026-03-06")
    assert desk.query("SELECT DISTINCT person_name FROM steps WHERE case_no = 'c1'") == [("同一人",)]

    # So does another calendar; and an earlier day does not see later actions.
    desk.configure('[[calendar.days]]\non = 2026-03-03\nkind = "closure"\nname = "停电"\n')
    desk.ok("check", "--as-of", "2026-03-06")
    assert desk.query("SELECT used_days FROM cases WHERE case_no = 'c1'") == [(0,)]
    desk.ok("check", "--as-of", "2026-03-02")
    assert desk.query("SELECT count(*), max(state) FROM cases") == [(20, "open")]


def test_a_build_that_was_cut_off_is_not_followed(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("cut")
    desk.ok(
        "import", desk.export("a.csv", [step(f"c{n}", "refuse", "2026-03-02 09:00:00") for n in range(9)])
    )
    desk.ok("check", "--as-of", "2026-03-05")
    with duckdb.connect(desk.home / ".work/warehouse.duckdb") as db:
        # As a build leaves it before it is finished: no run has sealed that.
        db.execute("DELETE FROM log.built")
        db.execute("DELETE FROM core.cases")
    desk.ok("check", "--as-of", "2026-03-05")
    assert desk.query("SELECT count(*) FROM cases") == [(9,)]
    # A private copy that is lost is written anew, with what lay there alone.
    handed = desk.query("SELECT count(*) FROM handovers")
    (desk.home / ".work/published.duckdb").unlink()
    desk.ok("check", "--as-of", "2026-03-06")
    assert was_whole(desk.home)
    assert desk.query("SELECT count(*) FROM handovers") == handed
    assert desk.query("SELECT count(*) FROM steps") == [(9,)]


@pytest.mark.slow
def test_a_night_cut_off_before_it_is_written_back_leaves_the_one_before(
    new_desk: Callable[[str], Desk], tmp_path: Path
) -> None:
    desk = new_desk("unwritten")
    rest = [step(f"c{n}", "refuse", "2026-03-02 09:00:00") for n in range(20)]
    desk.ok("import", desk.export("a.csv", [*rest, step("late", "accept", "2026-03-02 09:00:00")]))
    desk.ok("check", "--as-of", "2026-03-03")
    kept = shutil.copytree(desk.home / ".work", tmp_path / "kept")
    desk.ok("import", desk.export("b.csv", [step("late", "book", "2026-03-06 09:00:00")]))
    desk.ok("check", "--as-of", "2026-03-09")
    assert desk.query("SELECT booked_at IS NOT NULL FROM cases WHERE case_no = 'late'") == [(True,)]
    # As a kill after publishing leaves it; the day that comes now is one before.
    shutil.copytree(kept, desk.home / ".work", dirs_exist_ok=True)
    desk.ok("check", "--as-of", "2026-03-04")
    assert not was_whole(desk.home)
    assert desk.query("SELECT booked_at IS NOT NULL FROM cases WHERE case_no = 'late'") == [(False,)]
    following = contents(desk.home)
    desk.ok("check", "--as-of", "2026-03-04", "--rebuild")
    assert following == contents(desk.home)


def test_tables_that_nobody_asks_for_are_not_kept(new_desk: Callable[[str], Desk]) -> None:
    passing = passing_tables(FILES)
    assert "core.case_limits" in passing
    # Published, and read by nothing that is not of its cases: the published copy has it.
    assert {"core.handovers", "core.queue_overtakes"} < passing & {
        t.source for t in published_tables().values()
    }
    assert not passing & {"core.cases", "core.steps", "core.queue_units"}
    desk = new_desk("passing")
    desk.ok(
        "import", desk.export("a.csv", [step(f"c{n}", "refuse", "2026-03-02 09:00:00") for n in range(9)])
    )
    for day in ("2026-03-05", "2026-03-06"):
        desk.ok("check", "--as-of", day)
        kept = warehouse(desk, "SELECT schema_name || '.' || table_name FROM duckdb_tables()")
        assert {name for (name,) in kept} >= {"core.cases", "core.steps"}
        assert not {name for (name,) in kept} & passing


def test_overtime_recorded_later_clears_cases_that_nothing_happened_to(
    new_desk: Callable[[str], Desk],
) -> None:
    desk = new_desk("overtime")
    quick = [
        step(f"q{n}", name, f"2026-03-0{n} 18:{minute}:00", "li")
        for n in (2, 3)
        for name, minute in (("accept", "00"), ("book", "20"))
    ]
    rest = [step(f"c{n}", "refuse", "2026-03-02 09:00:00") for n in range(20)]
    desk.ok("import", desk.export("a.csv", [*quick, *rest]))
    desk.ok("check", "--as-of", "2026-03-05")
    found = "SELECT case_no FROM findings WHERE rule = 'too-fast' ORDER BY 1"
    assert desk.query(found) == [("q2",), ("q3",)]
    off = "SELECT case_no FROM findings WHERE rule = 'off-hours' ORDER BY 1"
    assert desk.query(off) == [("q2",), ("q3",)]
    desk.ok("import", desk.export("b.csv", [step("late", "overtime", "2026-03-03 18:00:00")]))
    desk.ok("check", "--as-of", "2026-03-05")
    assert not was_whole(desk.home)
    assert desk.query(found) == [("q2",)]
    assert desk.query(off) == [("q2",)]


def test_a_precheck_is_late_once_its_hours_have_passed_though_its_case_is_closed(
    new_desk: Callable[[str], Desk],
) -> None:
    desk = new_desk("precheck")
    asked = [
        step("p", "precheck_submit", "2026-03-04 20:00:00", "web"),
        step("p", "accept", "2026-03-04 21:00:00", "li", registration_type="200"),
        step("p", "refuse", "2026-03-04 22:00:00", "li"),
    ]
    rest = [step(f"c{n}", "refuse", "2026-03-02 09:00:00") for n in range(20)]
    desk.ok("import", desk.export("a.csv", [*asked, *rest]))
    desk.ok("check", "--as-of", "2026-03-05T09:00:00")
    found = "SELECT case_no FROM findings WHERE rule = 'precheck-overdue'"
    assert desk.query("SELECT state FROM cases WHERE case_no = 'p'") == [("closed",)]
    assert desk.query(found) == []
    desk.ok("check", "--as-of", "2026-03-06T09:00:00")
    assert not was_whole(desk.home)
    assert desk.query(found) == [("p",)]


def test_a_desk_that_becomes_known_places_closed_cases_too(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("desks")
    dispatched(desk, "assigned")
    roster = [{"account": name, "person_id": name, "person_name": name} for name in ("hall", "li")]
    desk.ok("import", desk.export("roster.csv", [person | {"org_kind": "center"} for person in roster]))

    def given(case: str) -> list[dict[str, str]]:
        attributes = {"registration_type": "200", "right_type": "04"}
        return [
            step(case, "accept", "2026-03-02 09:00:00", "hall", **attributes),
            step(case, "assign", "2026-03-02 09:10:00", "li"),
        ]

    closed = [*given("w"), step("w", "withdraw", "2026-03-02 10:00:00", "hall")]
    rest = [step(f"c{n}", "refuse", "2026-03-02 09:00:00", "hall") for n in range(20)]
    desk.ok("import", desk.export("a.csv", [*closed, *rest]))
    desk.ok("check", "--as-of", "2026-03-05")
    lane = "SELECT lane FROM core.queue_units WHERE unit = 'case:w'"
    assert warehouse(desk, lane) == [(None,)]
    reviewed = [*given("k"), step("k", "review", "2026-03-03 09:00:00", "li")]
    desk.ok("import", desk.export("b.csv", reviewed))
    desk.ok("check", "--as-of", "2026-03-05")
    assert not was_whole(desk.home)
    [(known,)] = warehouse(desk, lane)
    assert str(known).endswith("/li")
    assert desk.query("SELECT lane FROM queue_units WHERE case_no = 'w'") == [(known,)]


def test_a_batch_that_grows_is_one_unit(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("batch")

    def accept(case: str, at: str, batch: str = "") -> dict[str, str]:
        return step(case, "accept", at, "li", registration_type="200", right_type="04", batch_no=batch)

    rest = [step(f"c{n}", "refuse", "2026-03-02 09:00:00") for n in range(20)]
    first = accept("b1", "2026-03-02 10:00:00", "B")
    desk.ok("import", desk.export("a.csv", [first, step("b1", "book", "2026-03-03 09:00:00"), *rest]))
    desk.ok("check", "--as-of", "2026-03-05")
    desk.ok("import", desk.export("b.csv", [accept("b2", "2026-03-02 09:30:00", "B")]))
    desk.ok("check", "--as-of", "2026-03-05")
    assert not was_whole(desk.home)
    units = warehouse(
        desk,
        "SELECT list_sort(case_nos), arrived_at::VARCHAR FROM core.queue_units WHERE unit LIKE 'batch:%'",
    )
    assert units == [(["b1", "b2"], "2026-03-02 09:30:00")]


@pytest.mark.slow
def test_a_queue_is_followed_from_month_to_month(new_desk: Callable[[str], Desk], tmp_path: Path) -> None:
    desk = new_desk("months")
    kind = {"registration_type": "200", "right_type": "04"}

    def taken(case: str, month: int, day: int) -> list[dict[str, str]]:
        return [
            step(case, "accept", f"2026-0{month}-{day:02d} 09:00:00", "li", **kind),
            step(case, "review", f"2026-0{month}-{day:02d} 15:00:00", "wang"),
            step(case, "refuse", f"2026-0{month}-{day:02d} 16:00:00", "wang"),
        ]

    def paused(case: str, at: str, until: str) -> list[dict[str, str]]:
        pause = step(case, "pause", f"2026-{at} 09:00:00", "li", pause_kind="other")
        return [pause, step(case, "resume", f"2026-{until} 09:00:00", "li")]

    waiting = [step(case, "accept", "2026-01-05 09:00:00", "li", **kind) for case in ("old", "away")]
    first = [row for day in range(6, 30) for row in taken(f"a{day}", 1, day)]
    rest = [step(f"c{n}", "refuse", "2026-01-05 09:00:00") for n in range(300)]
    nights = [
        ("2026-01-31", [*waiting, *first, *rest, *paused("away", "01-12", "01-14")]),
        # Overtaken in the next month, too, one of them after a break that began in this.
        ("2026-02-20", [row for day in (3, 4, 5) for row in taken(f"b{day}", 2, day)]),
        # Nothing but the end of a wait; a break in a month long past; late turns of it.
        ("2026-03-06", [step("old", "review", "2026-03-05 10:00:00", "wang")]),
        ("2026-03-10", [*paused("away", "01-19", "01-21"), *taken("d", 1, 7), *taken("e", 3, 9)]),
        # As many in turn as overtook it before: it is not stalled any more.
        ("2026-04-10", [*step_many(range(60), kind), step("away", "review", "2026-04-09 18:00:00", "wang")]),
    ]
    stalled = []
    for night, (as_of, rows) in enumerate(nights):
        desk.ok("import", desk.export(f"{night}.csv", rows))
        fresh = desk.copy_to(tmp_path / f"fresh{night}")
        desk.ok("check", "--as-of", as_of)
        fresh.ok("check", "--as-of", as_of, "--rebuild")
        assert was_whole(desk.home) == (night == 0)
        ours, theirs = contents(desk.home), contents(fresh.home)
        for name, rebuilt in theirs.items():
            assert ours[name] == rebuilt, f"night {night}, {name}"
        found = desk.query("SELECT case_no FROM findings WHERE rule = 'passed-over' ORDER BY 1")
        stalled.append([case for (case,) in found if case in ("away", "old")])
    assert stalled == [["away", "old"]] * 4 + [["old"]]


def step_many(numbers: range, kind: dict[str, str]) -> list[dict[str, str]]:
    """Cases that came before all others and were taken in turn, one a minute."""
    return [
        row
        for n in numbers
        for row in (
            step(f"t{n}", "accept", f"2026-01-02 09:{n:02d}:00", "li", **kind),
            step(f"t{n}", "review", f"2026-04-09 09:{n:02d}:00", "wang"),
            step(f"t{n}", "refuse", f"2026-04-09 10:{n:02d}:00", "wang"),
        )
    ]


@pytest.mark.slow
def test_new_writings_of_a_case_a_login_and_a_name_join_what_was_there(
    new_desk: Callable[[str], Desk],
) -> None:
    desk = new_desk("writings")
    roster = [{"account": "li", "person_id": "P1", "person_name": "李婷", "org_kind": "center"}]
    desk.ok("import", desk.export("roster.csv", roster))
    rest = [step(f"c{n}", "refuse", "2026-03-02 09:00:00", "other") for n in range(20)]
    desk.ok("import", desk.export("a.csv", [step("苏（1）", "accept", "2026-03-02 09:00:00", "li"), *rest]))
    desk.ok("check", "--as-of", "2026-03-05")
    odd = [
        step("苏(1)", "review", "2026-03-02 10:00:00", "LI"),
        step("苏\u200b（1）", "book", "2026-03-03 11:00:00", "", operator="李\u00ad 婷"),
        step("late", "refuse", "2026-03-02 09:00:00", "Other"),
    ]
    desk.ok("import", desk.export("b.csv", odd))
    desk.ok("check", "--as-of", "2026-03-05")
    assert not was_whole(desk.home)
    follows = contents(desk.home)
    assert desk.query("SELECT DISTINCT case_no, person_id FROM steps WHERE person_id = 'P1'") == [
        ("苏（1）", "P1")
    ]
    found = desk.query("SELECT case_no FROM findings WHERE rule = 'one-person'")
    assert found == [("苏（1）",)]
    assert desk.query("SELECT DISTINCT account FROM steps ORDER BY 1") == [("li",), ("other",), (None,)]
    desk.ok("check", "--as-of", "2026-03-05", "--rebuild")
    assert contents(desk.home) == follows


@pytest.mark.long
def test_columns_that_known_rows_gain_are_followed(new_desk: Callable[[str], Desk], tmp_path: Path) -> None:
    desk = new_desk("gained")
    rows = {(row["case_no"], row["step"]): row for n in range(20) for row in ordinary_case(f"c{n}")}
    issued = step("c6", "issue", "2026-03-09 09:00:00", "qian")
    opened = step("open", "accept", "2026-03-03 09:00:00", "li")

    def told(case: str, name: str = "accept", **more: str) -> dict[str, str]:
        return rows[case, name] | {"subtype": "", "matter": ""} | more

    nights = [
        # Closed cases to which nothing else happens; one in other words; an action that is still to come.
        [
            told("c1", subtype="2001", matter="分割"),
            told("c2", "book", matter="买卖"),
            told("c3", matter="合并", occurred_at="2026-03-02 09:00"),
            issued | {"subtype": "2006", "matter": "继承"},
            opened | {"subtype": "2009", "matter": ""},
        ],
        # Other values, a blank one, another column beside them; of what was told once more.
        [
            told("c1", subtype="2001", matter="买卖"),
            told("c2", "book", subtype="2002", matter=""),
            told("c4", registration_type="300", subtype="2004", matter="赠与"),
            told("c3", subtype="2003", matter="合并"),
        ],
        # Nothing but a column of one row; the action to come is there now.
        [told("c5", "review", subtype="2005")],
    ]
    expected: list[dict[str, tuple[str | None, str | None]]] = [
        {"c1": ("2001", "分割"), "c2": (None, "买卖"), "c3": (None, "合并"), "open": ("2009", None)},
        {"c2": ("2002", "买卖"), "c3": ("2003", "合并"), "c4": ("2004", "赠与")},
        {"c5": ("2005", None), "c6": ("2006", "继承")},
    ]
    desk.ok("import", desk.export("plain.csv", [*rows.values(), issued, opened]))
    desk.ok("check", "--as-of", "2026-03-04")
    found: dict[str, tuple[str | None, str | None]] = {}
    for night, changed in enumerate(nights):
        desk.ok("import", desk.export(f"{night}.csv", changed))
        fresh = desk.copy_to(tmp_path / f"fresh{night}")
        as_of = ("2026-03-05", "2026-03-06", "2026-03-10")[night]
        desk.ok("check", "--as-of", as_of)
        fresh.ok("check", "--as-of", as_of, "--rebuild")
        assert not was_whole(desk.home)
        assert was_whole(fresh.home)
        ours, theirs = contents(desk.home), contents(fresh.home)
        assert ours.keys() == theirs.keys()
        for name, rebuilt in theirs.items():
            assert ours[name] == rebuilt, f"night {night}, {name}"
        found |= expected[night]
        given = "SELECT case_no, subtype, matter FROM cases WHERE coalesce(subtype, matter) IS NOT NULL"
        assert {case: (subtype, matter) for case, subtype, matter in desk.query(given)} == found
    counted = "SELECT is_of_altered, count(*) FROM extended_steps GROUP BY ALL ORDER BY ALL"
    assert len(desk.events("step-extended")) == 7
    assert len(desk.events("step-altered")) == 3
    assert desk.query(counted) == [(False, 7), (True, 3)]


def test_a_rejected_row_leaves_open_what_a_closed_case_lacks(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("rejected")
    rest = [step(f"c{n}", "refuse", "2026-03-02 09:00:00") for n in range(20)]
    unreviewed = [step("q", name, "2026-03-02 09:00:00", name) for name in ("accept", "book")]
    desk.ok("import", desk.export("a.csv", [*unreviewed, *rest]))
    desk.ok("check", "--as-of", "2026-03-05")
    found = "SELECT case_no FROM findings WHERE rule = 'missing-step'"
    assert desk.query(found) == [("q",)]
    desk.facts("import", desk.export("b.csv", [step("q", "review", "2026-03-02 25:00:00")]), status=3)
    desk.ok("check", "--as-of", "2026-03-05")
    assert not was_whole(desk.home)
    assert desk.query(found) == []
    assert desk.query("SELECT case_no FROM unknowns WHERE rule = 'missing-step'") == [("q",)]
