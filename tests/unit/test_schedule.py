"""When the night is due, whether one was missed, and a service that stops when it is told to."""

import signal
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from conftest import Desk, MailServer, ordinary_case, step

from regaudit.bootstrap import open_workspace
from regaudit.nightly import run_night
from regaudit.schedule import last_due, missed_night
from regaudit.settings import load_settings

LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
ZONE = ZoneInfo("Asia/Shanghai")
SECONDS = 20


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
