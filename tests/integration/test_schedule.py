"""When the night is due, whether one was missed, and a service that stops when it is told to."""

import signal
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import needs
import pytest
from conftest import Desk, MailServer, ordinary_case, step

from regaudit.base.errors import LockLostError
from regaudit.base.settings import load_settings
from regaudit.operation import schedule
from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_workspace
from regaudit.operation.schedule import hold_night, missed_night, run_schedule
from regaudit.operation.timetable import last_due

LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
ZONE = ZoneInfo("Asia/Shanghai")
SECONDS = 60


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-10 22:29:59", "2026-03-09 22:30:00"),
        ("2026-03-10 22:30:00", "2026-03-10 22:30:00"),
        ("2026-03-11 00:00:00", "2026-03-10 22:30:00"),
        ("2026-01-01 08:00:00", "2025-12-31 22:30:00"),
    ],
)
def test_the_last_night_that_was_due(now: str, due: str) -> None:
    assert last_due(at(now), time(22, 30)) == at(due)


def test_a_missed_night_is_one_that_was_due_since_the_last(desk: Desk) -> None:
    settings = load_settings(desk.home)
    now = datetime.now(UTC).astimezone(ZONE).replace(tzinfo=None)
    # A new workspace has missed nothing.
    assert not missed_night(desk.home, settings, now)
    desk.ok("check")
    assert not missed_night(desk.home, settings, now + timedelta(days=9))
    desk.ok("nightly")
    assert not missed_night(desk.home, settings, now)
    assert missed_night(desk.home, settings, now + timedelta(days=1))
    assert missed_night(desk.home, settings, now + timedelta(days=9))


def hour_in(minutes: int) -> str:
    return f"{datetime.now(UTC).astimezone(ZONE) + timedelta(minutes=minutes):%H:%M}"


def wait_for(condition: Callable[[], object]) -> None:
    until = clock.monotonic() + SECONDS
    while not condition():
        assert clock.monotonic() < until
        clock.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_nothing_runs(desk: Desk, number: signal.Signals) -> None:
    process = desk.start("schedule")
    assert process.stdout is not None
    assert "22:30" in process.stdout.readline()
    process.send_signal(number)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out
    assert "已停止" in out
    assert "Traceback" not in out
    assert desk.events() == []


@pytest.mark.slow
def test_a_missed_night_is_caught_up_once_and_finished_before_it_stops(
    desk: Desk, mail_server: MailServer
) -> None:
    ran_at(desk, datetime.now(UTC) - timedelta(days=2))
    mail_server.delay = 2
    desk.configure(
        mail_server.settings("150602")
        + f'[[sources]]\npath = "exports/*.csv"\n[schedule]\nat = "{hour_in(-2)}"\n'
    )
    desk.export("exports/a.csv", [LATE, *ordinary_case("1")])
    process = desk.start("schedule")
    wait_for(lambda: mail_server.mails)
    # The night is at its mail: nobody else may write now.
    assert desk.run("check").status == 1
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out
    assert "补做" in out
    assert "Traceback" not in out
    # It was told to stop in the middle of the mail, and finished the night first.
    assert out.index("夜间作业结束") < out.index("已停止")
    assert [event.state["delivery"] for event in desk.events("mail-sent")] == ["outbox", "smtp"]
    assert [event.state["kind"] for event in desk.events("run-completed")] == ["nightly", "nightly"]
    assert desk.temporary() == []
    assert len(desk.actions()) == 4


def ran_at(desk: Desk, moment: datetime) -> None:
    """A night that ran at another time, by the clock that it was given."""
    with open_workspace(desk.home, "nightly", clock=lambda: moment) as workspace:
        run_night(workspace, (), as_of=workspace.now())


def test_a_night_that_fails_does_not_end_the_service(desk: Desk) -> None:
    ran_at(desk, datetime.now(UTC) - timedelta(days=2))
    before = (desk.home / "regaudit.toml").read_text(encoding="utf-8")
    due = before.replace('at = "22:30"', f'at = "{hour_in(-2)}"')
    (desk.home / "regaudit.toml").write_text(due, encoding="utf-8")
    process = desk.start("schedule")
    assert process.stdout is not None
    process.stdout.readline()
    (desk.home / "regaudit.toml").write_text("[", encoding="utf-8")
    clock.sleep(1)
    alive = process.poll() is None
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert alive, out
    assert process.returncode == 0, out
    (desk.home / "regaudit.toml").write_text(before, encoding="utf-8")


@pytest.mark.slow
def test_a_night_that_finds_the_workspace_busy_is_tried_again(desk: Desk) -> None:
    ran_at(desk, datetime.now(UTC) - timedelta(days=2))
    toml = desk.home / "regaudit.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('at = "22:30"', f'at = "{hour_in(-2)}"'), encoding="utf-8")
    with open_workspace(desk.home, "import"):
        process = desk.start("schedule")
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert "正被另一个进程写入" in lines[2]
    assert "再试" in lines[2]
    assert "失败" not in lines[2] + out
    assert process.returncode == 0, out


def test_a_busy_night_that_can_tell_nobody_is_tried_again_all_the_same(desk: Desk) -> None:
    said: list[str] = []
    with open_workspace(desk.home, "import"):
        text = (desk.home / "regaudit.toml").read_text(encoding="utf-8")

        def spoilt() -> datetime:
            # Somebody edits the settings while the night waits for the workspace.
            (desk.home / "regaudit.toml").write_text("[", encoding="utf-8")
            return datetime.now(UTC)

        assert not hold_night(desk.home, "Asia/Shanghai", say=said.append, clock=spoilt)
        (desk.home / "regaudit.toml").write_text(text, encoding="utf-8")
    assert "再试" in said[-1]


@pytest.mark.slow
def test_a_log_whose_last_night_lies_in_the_future_doubts_the_clock(desk: Desk) -> None:
    ran_at(desk, datetime.now(UTC) + timedelta(days=400))
    process = desk.start("schedule")
    assert process.stdout is not None
    process.stdout.readline()
    assert "系统时钟可能不对" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out


def broken_settings(desk: Desk) -> None:
    (desk.home / "regaudit.toml").write_text("[", encoding="utf-8")


def settings_that_cannot_be_read(desk: Desk) -> None:
    (desk.home / "regaudit.toml").unlink()
    (desk.home / "regaudit.toml").mkdir()


@pytest.mark.parametrize("spoil", [broken_settings, settings_that_cannot_be_read])
def test_a_night_that_fails_in_any_way_is_one_line(
    desk: Desk, tmp_path: Path, spoil: Callable[[Desk], None]
) -> None:
    said: list[str] = []
    with desk.copied(tmp_path / "broken") as broken:
        spoil(broken)
        assert hold_night(broken.home, "Asia/Shanghai", say=said.append)
    [line] = said
    assert "夜间作业失败" in line
    assert "regaudit.toml" in line
    assert "\n" not in line


def test_a_failed_night_is_mailed_and_its_reason_said(desk: Desk) -> None:
    said: list[str] = []
    desk.configure("", profile="no-such")
    assert hold_night(desk.home, "Asia/Shanghai", say=said.append)
    assert "no-such" in said[0]
    assert "状态 1" in said[-1]
    assert len(desk.mails()) == 1


@pytest.mark.slow
def test_a_night_that_the_ledger_has_overtaken_is_no_success(desk: Desk) -> None:
    said: list[str] = []
    desk.ok("nightly", "--as-of", "2062-03-31")
    assert hold_night(desk.home, "Asia/Shanghai", say=said.append)
    assert any("2062-03-31" in line for line in said)
    assert "状态 1" in said[-1]


@pytest.mark.slow
def test_hints_and_open_rows_are_said(desk: Desk) -> None:
    said: list[str] = []
    assert desk.run(
        "import", desk.export("steps.csv", [*ordinary_case("1"), step("2", "book", "昨天")])
    ).status
    assert hold_night(desk.home, "Asia/Shanghai", say=said.append)
    assert "共 1 行待改正" in said[0]
    assert "状态 3" in said[-1]


@pytest.mark.slow
def test_a_second_one_on_a_workspace_is_refused(desk: Desk) -> None:
    first = desk.start("schedule")
    assert first.stdout is not None
    first.stdout.readline()
    second = desk.run("schedule")
    assert second.status == 1
    assert str(first.pid) in second.err
    assert "schedule" in second.err
    # What was killed holds nothing.
    first.kill()
    first.communicate(timeout=SECONDS)
    third = desk.start("schedule")
    assert third.stdout is not None
    assert "22:30" in third.stdout.readline()
    third.send_signal(signal.SIGTERM)
    third.communicate(timeout=SECONDS)
    assert third.returncode == 0


def test_it_ends_where_another_may_have_taken_its_place(desk: Desk) -> None:
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        (desk.home / "schedule.lock").unlink(missing_ok=True)

    handlers = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        with (
            patch.object(schedule, "_why_now", lambda *_: "现在补做"),
            pytest.raises(LockLostError, match=r"schedule\.lock 在运行中被删除"),
        ):
            run_schedule(desk.home, load_settings(desk.home), say=say)
    finally:
        for number, handler in handlers:
            signal.signal(number, handler)
    assert said[-1] == "已停止"
    assert desk.events() == []


@pytest.mark.parametrize("name", ["regaudit.lock", "outbox"])
def test_it_does_not_start_where_it_cannot_write(desk: Desk, name: str) -> None:
    """A folder for a file, and a file for a folder: nobody can write those, not even root."""
    place = desk.home / name
    place.unlink(missing_ok=True)
    place.mkdir() if name.endswith(".lock") else place.write_text("")
    run = desk.run("schedule")
    assert run.status == 1
    assert name in run.text
    assert "不能写入" in run.text


@pytest.mark.slow
def test_the_real_service_follows_a_clock_that_is_set_right(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started a year ago by its clock; the night is two minutes away by the right one."""
    offset = tmp_path / "offset"
    offset.write_text("-365d")
    desk.configure(f'[schedule]\nat = "{hour_in(2)}"\n')
    monkeypatch.setenv("LD_PRELOAD", needs.library("*/faketime/libfaketime.so.1", needs.FAKETIME))
    monkeypatch.setenv("FAKETIME_TIMESTAMP_FILE", str(offset))
    monkeypatch.setenv("FAKETIME_NO_CACHE", "1")
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    process = desk.start("schedule")
    for name in ("LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE"):
        monkeypatch.delenv(name)
    assert process.stdout is not None
    assert "夜间作业" in process.stdout.readline()
    offset.write_text("+0")
    assert "系统时钟向前跳了 365 天" in process.stdout.readline()
    until = clock.monotonic() + 4 * SECONDS
    while not desk.mails() and clock.monotonic() < until:
        clock.sleep(1)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert "夜间作业结束" in out
    [run] = desk.events("run-completed")
    assert run.state["finished_at"][:10] == f"{datetime.now(UTC).astimezone(ZONE):%Y-%m-%d}"


def test_a_log_that_cannot_be_read_is_told_at_once(desk: Desk, tmp_path: Path) -> None:
    with desk.copied(tmp_path / "broken") as broken:
        for path in broken.home.glob("events.sqlite*"):
            path.unlink()
        process = broken.start("schedule")
        wait_for(broken.mails)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, out
        assert "状态 1" in out
        assert "Traceback" not in out
