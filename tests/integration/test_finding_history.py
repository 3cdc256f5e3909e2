"""`finding_history`: every appearance, change and disappearance, its night, and what brought it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from conftest import Desk, Row, ordinary_case, step

from regaudit.catalogue.event_types import RunCompleted
from regaudit.eventlog.log import EventLog

pytestmark = pytest.mark.long

# 2026-03-02 is a Monday; the general limit is 5 working days, so a case of that day is due on 03-09.
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
PAUSE = step("L1", "pause", "2026-03-05 09:00:00", "li", pause_kind="supplement", reason="补正")
RESUME = step("L1", "resume", "2026-03-05 15:00:00", "li")
ROSTER = "账号,人员编号,姓名,登记机构,机构类别\n"
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12"


def night(desk: Desk, as_of: str, rows: Sequence[Row] = (), name: str = "") -> None:
    desk.ok("nightly", *([desk.export(f"{name or as_of}.csv", rows)] if rows else []), "--as-of", as_of)


def history(desk: Desk, rule: str, columns: str = "change, night, severity, import_no") -> list[Any]:
    return desk.query(
        f"SELECT {columns.replace('night', 'night::VARCHAR')} FROM finding_history AS h "
        f"JOIN findings AS f USING (finding_id) WHERE rule = '{rule}' ORDER BY run_no".replace(
            "severity", "h.severity"
        )
    )


@pytest.mark.slow
def test_it_appears_by_time_goes_and_comes_back_by_rows(desk: Desk) -> None:
    night(desk, MONDAY, [LATE])
    night(desk, TUESDAY, ordinary_case("2"))
    appeared = ("opened", TUESDAY, "major", None)
    assert history(desk, "overdue") == [appeared]
    assert history(desk, "due-soon") == [("opened", MONDAY, "minor", 1), ("gone", TUESDAY, "minor", None)]
    night(desk, WEDNESDAY)
    assert history(desk, "overdue") == [appeared]  # it lasts
    night(desk, THURSDAY, [PAUSE])
    went = ("gone", THURSDAY, "major", 3)
    assert history(desk, "overdue") == [appeared, went]
    desk.ok("import", desk.export("resumed.csv", [RESUME]))
    night(desk, "2026-03-13", ordinary_case("3"))
    assert history(desk, "overdue") == [appeared, went, ("reopened", "2026-03-13", "major", 4)]


def test_it_appears_by_the_import_of_its_evidence_however_late(desk: Desk) -> None:
    accepted, reviewed, *rest = ordinary_case("1")
    night(desk, MONDAY, [accepted, reviewed, *rest])
    late = step("1", "review", "2026-03-02 10:30:00", accepted["account"], node="复审")
    night(desk, TUESDAY, [late])
    assert history(desk, "accept-review-same", "change, night, import_no") == [("opened", TUESDAY, 2)]


def test_another_severity_is_a_change(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE])
    night(desk, "2026-05-29")
    assert history(desk, "overdue") == [
        ("opened", TUESDAY, "major", 1),
        ("changed", "2026-05-29", "critical", None),
    ]


@pytest.mark.slow
def test_an_account_appears_by_its_use_and_goes_by_the_roster(desk: Desk, tmp_path: Path) -> None:
    profiles = desk.home / "profiles"
    profiles.mkdir(exist_ok=True)
    text = 'title = "本地"\nextends = "ordos-2023"\n[params.unregistered-account]\nroster_days = 0\n'
    (profiles / "local.toml").write_text(text, encoding="utf-8")
    desk.configure("", profile="local")
    night(desk, MONDAY, ordinary_case("1"))
    roster = tmp_path / "roster.csv"
    for as_of, names, rows in ((TUESDAY, ["wang"], "2"), (WEDNESDAY, ["zhang", "wang", "li", "zhao"], "3")):
        entries = (f"{name},P-{name},{name},150602,center\n" for name in names)
        roster.write_text(ROSTER + "".join(entries), encoding="utf-8")
        desk.ok("nightly", roster, desk.export("b.csv", ordinary_case(rows)), "--as-of", as_of)
    told = set(history(desk, "unregistered-account", "change, night, import_no"))
    assert ("gone", WEDNESDAY, 4) in told
    assert {change for change, *_ in told} == {"opened", "gone"}


@pytest.mark.slow
def test_every_run_of_a_night_tells_its_own(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE])
    night(desk, TUESDAY, [PAUSE], "pause")
    night(desk, TUESDAY, [RESUME], "resume")
    night(desk, TUESDAY)
    assert history(desk, "overdue", "run_no, change, night, import_no") == [
        (1, "opened", TUESDAY, 1),
        (2, "gone", TUESDAY, 2),
        (3, "reopened", TUESDAY, 3),
    ]


@pytest.mark.slow
def test_a_withdrawn_night_is_told_of_no_more(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE])
    night(desk, WEDNESDAY, [PAUSE])
    assert [change for change, *_ in history(desk, "overdue")] == ["opened", "gone"]
    desk.ok("withdraw-night", WEDNESDAY, "--reason", "误运行")
    desk.ok("check", "--as-of", WEDNESDAY)
    assert history(desk, "overdue") == [("opened", TUESDAY, "major", 1)]
    # What the withdrawn night brought is new to the next one.
    night(desk, THURSDAY)
    assert history(desk, "overdue") == [("opened", TUESDAY, "major", 1), ("gone", THURSDAY, "major", 2)]
    desk.ok("verify")


@pytest.mark.slow
def test_a_check_adds_nothing_and_one_of_the_past_tells_no_later_night(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE])
    desk.ok("import", desk.export("pause.csv", [PAUSE]))
    desk.ok("check", "--as-of", WEDNESDAY)
    assert desk.query("SELECT state FROM findings WHERE rule = 'overdue'") == [("gone",)]
    assert history(desk, "overdue") == [("opened", TUESDAY, "major", 1)]
    night(desk, THURSDAY)
    assert len(history(desk, "overdue")) == 2
    desk.ok("check", "--as-of", WEDNESDAY)
    assert history(desk, "overdue") == [("opened", TUESDAY, "major", 1)]
    desk.ok("check", "--as-of", MONDAY)
    assert desk.query("FROM finding_history") == []


def test_it_is_held_against_the_log(desk: Desk) -> None:
    night(desk, TUESDAY, [LATE])
    with duckdb.connect(desk.home / "regaudit.duckdb") as db:
        db.execute("UPDATE finding_history SET night = night + 1")
    run = desk.run("verify")
    assert (run.status, "finding_history表与重算结果不同" in run.text) == (1, True)


@pytest.mark.parametrize("is_updated", [False, True])
def test_a_table_that_is_not_there_is_a_damage_unless_the_sql_is_newer(
    desk: Desk, *, is_updated: bool
) -> None:
    night(desk, TUESDAY, [LATE])
    database = desk.home / "regaudit.duckdb"
    with duckdb.connect(database) as db:
        db.execute("DROP TABLE finding_history")
    if is_updated:
        with EventLog(desk.home) as log:
            [last] = log.events("runs", RunCompleted)
            position = log.position()
            again = {"originator_version": 2, "log_position": position, "sql_sha256": "0" * 64}
            log.append_all([msgspec.structs.replace(last, **again)])
        with duckdb.connect(database) as db:
            changed = f"2 AS run_no, {position} AS log_position"
            db.execute(f"INSERT INTO runs SELECT * REPLACE ({changed}) FROM runs")
    run = desk.run("verify")
    assert run.status == (0 if is_updated else 1)
    assert ("未核对分析数据库中还没有的表finding_history" in run.text) == is_updated
    assert ("finding_history表不能读取" in run.text) != is_updated
