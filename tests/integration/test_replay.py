"""A run computed again is the same, byte for byte; where it is not, what has changed since is told."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import SRC, Desk, ordinary_case, step
from filelock import FileLock

from regaudit.audit.scratch import LogUntil
from regaudit.base.errors import RegauditError
from regaudit.eventlog.lock import Lock, hold

pytestmark = pytest.mark.long

LATE = step("20260302001", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
LOCAL_PROFILE = 'title = "本地"\nextends = "ordos-2023"\n[params.queue-jump]\nmin_overtaken = {}\n'


def night(desk: Desk, name: str, rows: list[dict[str, str]], as_of: str) -> None:
    desk.ok("nightly", desk.export(name, rows), "--as-of", as_of)


def files_of(desk: Desk) -> dict[str, str]:
    """Every file of the workspace but the locks, by content."""
    return {
        path.relative_to(desk.home).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(desk.home.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def first_nights(desk: Desk) -> None:
    night(desk, "a.csv", [LATE, *ordinary_case("1")], "2026-03-10")


@pytest.mark.slow
def test_a_run_replays_whatever_came_later(desk: Desk) -> None:
    """Later rows of the same days, an altered row, later nights with their ledger: none of it may be seen."""
    first_nights(desk)
    late_rows = [step("20260302001", "book", "2026-03-06 10:00:00", "li", reason="迟到的记录")]
    night(desk, "b.csv", [*late_rows, step("2", "accept", "2026-03-03 09:00:00", "li")], "2026-03-11")
    night(desk, "c.csv", ordinary_case("3"), "2026-03-12")
    before = files_of(desk)
    events = desk.events("run-completed")
    for event in events:
        facts = desk.facts("replay", str(event.version))
        assert facts["is_equal"] is True
        assert facts["replayed_sha256"] == facts["findings_sha256"] == event.state["findings_sha256"]
        assert facts["log_position"] == event.state["log_position"]
        assert (facts["changes"], facts["rules"], facts["errors"]) == ([], [], [])
    assert len({event.state["findings_sha256"] for event in events}) > 1
    assert files_of(desk) == before
    assert "逐字节相同" in desk.ok("replay", "1").out


@pytest.mark.slow
def test_an_earlier_as_of_replays_too(desk: Desk) -> None:
    first_nights(desk)
    desk.ok("check", "--as-of", "2026-03-04 12:30")
    desk.ok("nightly", "--as-of", "2026-03-13")
    facts = desk.facts("replay", "2")
    assert (facts["kind"], facts["as_of"], facts["is_equal"]) == ("check", "2026-03-04T12:30:00", True)


@pytest.mark.slow
def test_a_run_records_all_that_it_was_computed_from(desk: Desk) -> None:
    first_nights(desk)
    [event] = desk.events("run-completed")
    recorded = event.state
    assert recorded["params"]["overdue"]["statutory_days"] == 30
    assert set(recorded["rules"]) <= set(recorded["params"])
    for name in ("profile_sha256", "local_sha256", "sql_sha256", "findings_sha256"):
        assert len(recorded[name]) == 64
    [(calendar, rules, params)] = desk.query("SELECT calendar, rules, params FROM runs")
    assert (calendar, json.loads(rules), json.loads(params)) == (
        recorded["calendar"],
        recorded["rules"],
        recorded["params"],
    )
    desk.ok("check", "--as-of", "2026-03-11")
    assert desk.query("SELECT count(DISTINCT params), count(DISTINCT rules) FROM runs") == [(1, 1)]


def use_profile(desk: Desk, text: str) -> None:
    (desk.home / "profiles").mkdir(exist_ok=True)
    (desk.home / "profiles" / "local.toml").write_text(text, encoding="utf-8")
    desk.configure("", profile="local")


def archived(desk: Desk) -> dict[str, Path]:
    """Where the archive has what the first run was computed from."""
    state = desk.events("run-completed")[0].state
    names = ("profile_sha256", "local_sha256", "calendar_sha256")
    return {name: desk.home / "archive" / f"{state[name]}.zst" for name in names}


@pytest.mark.slow
def test_an_edited_profile_is_told_and_the_run_replays_as_it_was(desk: Desk) -> None:
    use_profile(desk, LOCAL_PROFILE.format(3))
    first_nights(desk)
    use_profile(desk, 'rules_off = ["overdue"]\n' + LOCAL_PROFILE.format(4))
    facts = desk.facts("replay", "1")
    assert (facts["is_equal"], facts["rules"], facts["lacking"]) == (True, [], [])
    changes = "".join(facts["changes"])
    for text in (
        "规程 local 的内容已变",
        "参数 queue-jump.min_overtaken:当时 3,现在 4",
        "规则 overdue:当时第",
    ):
        assert text in changes, facts["changes"]
    assert "重算用的是存档中当时的规程" in desk.ok("replay", "1").text
    use_profile(desk, LOCAL_PROFILE.format(3))
    assert desk.facts("replay", "1")["changes"] == []


def test_a_profile_that_is_gone_is_taken_from_the_archive(desk: Desk) -> None:
    use_profile(desk, LOCAL_PROFILE.format(3))
    first_nights(desk)
    (desk.home / "profiles" / "local.toml").unlink()
    desk.configure("", profile="default")
    facts = desk.facts("replay", "1")
    assert facts["is_equal"] is True
    assert "规程 local 已不存在或有误" in facts["changes"]


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["lost", "altered"])
def test_without_the_archived_copy_today_s_is_taken_and_that_is_told(desk: Desk, damage: str) -> None:
    use_profile(desk, LOCAL_PROFILE.format(3))
    first_nights(desk)
    copy = archived(desk)["profile_sha256"]
    if damage == "lost":
        copy.unlink()
    else:
        copy.write_bytes(archived(desk)["local_sha256"].read_bytes())
    use_profile(desk, 'title = "本地"\nextends = "weihai-2018"\n')
    facts = desk.facts("replay", "1", status=1)
    assert (facts["is_equal"], facts["lacking"], facts["is_unexplained"]) == (False, ["规程"], False)
    [overdue] = [rule for rule in facts["rules"] if rule["rule"] == "overdue"]
    assert (overdue["violations_then"], overdue["violations_now"]) == (1, 0)
    shown = desk.run("replay", "1")
    assert (shown.status, "不一致" in shown.text, "存档中没有当时的规程" in shown.text) == (1, True, True)


def test_a_changed_national_calendar_does_not_reach_a_run_of_before(desk: Desk) -> None:
    first_nights(desk)
    notice = (SRC.parent / "docs" / "calendar-2026.csv").read_text("utf-8")
    (desk.home / "2026.csv").write_text(f"{notice}2026-03-07,makeup,春节\n", encoding="utf-8")
    desk.ok("calendar", "import", desk.home / "2026.csv", "--replace")
    facts = desk.facts("replay", "1")
    assert facts["is_equal"] is True
    assert "工作日历已变" in "".join(facts["changes"])


def test_a_run_replays_under_its_own_profile(desk: Desk) -> None:
    first_nights(desk)
    desk.configure("", profile="default")
    desk.ok("nightly", "--as-of", "2026-03-11")
    assert desk.facts("replay", "1")["is_equal"] is True
    assert desk.facts("replay", "2")["is_equal"] is True


@pytest.mark.slow
def test_changed_local_days_are_told_and_the_run_replays_as_it_was(desk: Desk) -> None:
    first_nights(desk)
    days = ", ".join(f"2026-03-0{day}" for day in (3, 4, 5, 6, 9))
    desk.configure(
        "".join(
            f'[[calendar.days]]\non = {day}\nkind = "closure"\nname = "停办"\n' for day in days.split(", ")
        )
    )
    facts = desk.facts("replay", "1")
    assert facts["is_equal"] is True
    assert "本地安排" in "".join(facts["changes"])
    desk.ok("check", "--as-of", "2026-03-10")
    desk.configure("")
    then, now = desk.facts("replay", "1"), desk.facts("replay", "2")
    assert (then["is_equal"], then["changes"], now["is_equal"]) == (True, [], True)
    assert then["findings"] != now["findings"]


def test_a_change_without_effect_is_told_and_the_run_is_equal(desk: Desk) -> None:
    first_nights(desk)
    desk.configure("[hours]\ndefault = ['09:00-12:00', '13:30-17:30']\n")
    facts = desk.facts("replay", "1")
    assert facts["is_equal"] is True
    assert "办公时间" in "".join(facts["changes"])


def test_a_log_that_was_changed_behind_our_back_does_not_replay(new_desk: Callable[[str], Desk]) -> None:
    desk = new_desk("tampered")
    first_nights(desk)
    with closing(sqlite3.connect(desk.home / "events.sqlite")) as db, db:
        db.execute("DROP TRIGGER stored_events_no_update")
        db.execute(
            "UPDATE stored_events SET state = replace(state, '2026-03-02', '2026-03-09') "
            "WHERE originator_id LIKE 'case:%20260302001'"
        )
    shown = desk.run("replay", "1")
    assert shown.status == 1
    assert "与其哈希不符" in shown.text


def test_a_log_that_is_shorter_than_it_was_is_told(desk: Desk) -> None:
    first_nights(desk)
    end = len(desk.events())
    with pytest.raises(RegauditError, match=f"只到位置 {end}"):
        LogUntil(desk.home, end + 1)
    with LogUntil(desk.home, end - 1) as log:
        assert log.position() == end - 1
        assert sum(table.num_rows for table in log.read()) == end - 1


def test_no_such_run(desk: Desk) -> None:
    assert "还没有运行过" in _refused(desk, "1")
    first_nights(desk)
    assert "现有第1至1次" in _refused(desk, "2")
    assert "0" in _refused(desk, "0")


def _refused(desk: Desk, run_no: str) -> str:
    run = desk.run("replay", run_no)
    assert run.status == 2, run
    return run.text


def test_a_replay_does_not_wait_for_the_night_nor_hinder_it(desk: Desk) -> None:
    first_nights(desk)
    with hold(desk.home, "nightly", datetime(2026, 3, 10, 22, 30), Lock.RUN):
        assert desk.facts("replay", "1")["is_equal"] is True


def test_one_at_a_time_and_leftovers_go(desk: Desk) -> None:
    first_nights(desk)
    left = desk.home / ".work" / "trial-killed"
    left.mkdir()
    (left / "warehouse.duckdb").write_bytes(b"x")
    with FileLock(desk.home / ".work" / "trials.lock"):
        run = desk.run("replay", "1")
        assert run.status == 1
        assert "请等它结束后再试" in run.text
        assert left.exists()
    desk.ok("replay", "1")
    assert not left.exists()
