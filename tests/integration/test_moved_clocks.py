"""A clock that is wrong, is set, or slept, under a running schedule.

Nothing sleeps: a watch of the test's own tells the time.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
from conftest import Desk, ordinary_case

from regaudit.base.clock import night_of
from regaudit.base.settings import load_settings
from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_workspace
from regaudit.operation.schedule import timetable_of
from regaudit.operation.timetable import Standing, Timetable, Watch, last_due

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = timedelta(days=365)


class Moved:
    """A wall clock and a steady one; the wall clock is set when the plan says so, by the steady one."""

    def __init__(
        self, start: str, until: timedelta, jumps: Sequence[tuple[timedelta, timedelta]] = ()
    ) -> None:
        self.wall = datetime.fromisoformat(start).replace(tzinfo=ZONE).astimezone(UTC)
        self.seconds = 0.0
        self._until, self._jumps = until.total_seconds(), sorted(jumps)
        self.waits: list[float] = []

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)
        while self._jumps and self._jumps[0][0].total_seconds() <= self.seconds:
            self.wall += self._jumps.pop(0)[1]

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.pass_by(seconds)
        return self.seconds >= self._until

    @property
    def local(self) -> datetime:
        return self.wall.astimezone(ZONE).replace(tzinfo=None)

    @property
    def watch(self) -> Watch:
        return Watch(lambda: self.wall, lambda: self.seconds, self.wait)


class Service:
    """A timetable whose nights take three minutes and are remembered, as the log remembers them."""

    def __init__(self, moved: Moved, *earlier: str, at: str = "22:30") -> None:
        self.moved, self.said = moved, list[str]()
        self.finished = [datetime.fromisoformat(text) for text in earlier]
        self.ran: list[str] = []
        self.told: list[str] = []
        self.busy = 0
        self.at = datetime.strptime(at, "%H:%M").time()
        self.timetable = Timetable(
            self.at,
            "Asia/Shanghai",
            moved.watch,
            night=self.night,
            standing=self.standing,
            say=self.said.append,
            busy_wait=timedelta(minutes=10),
        )

    def night(self, told: Sequence[str]) -> bool:
        if self.busy:
            self.busy -= 1
            return False
        self.ran.append(f"{self.moved.local:%Y-%m-%d %H:%M}")
        self.told += told
        self.moved.pass_by(180)
        self.finished.append(self.moved.local)
        return True

    def standing(self, due: datetime) -> Standing:
        if self.finished and max(self.finished) < due:
            return Standing.MISSED
        is_run = any(at >= due and night_of(at) == night_of(due) for at in self.finished)
        return Standing.RUN if is_run else Standing.OPEN

    def serve(self) -> "Service":
        self.timetable.serve()
        assert max(self.moved.waits) <= 60
        return self


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_it_runs_each_evening_and_never_waits_longer_than_a_minute() -> None:
    service = Service(Moved("2026-03-10 09:00:00", hours(48)), "2026-03-09 22:33:00").serve()
    assert service.ran == ["2026-03-10 22:30", "2026-03-11 22:30"]
    assert service.said == []


@pytest.mark.parametrize("earlier", [[], ["2026-03-09 22:33:00"]])
@pytest.mark.parametrize(
    ("start", "jump"),
    [
        ("2025-03-10 09:00:00", YEAR),
        ("2027-03-10 09:00:00", -YEAR),
        ("2026-03-10 07:00:00", hours(2)),
        ("1970-01-01 08:00:00", datetime(2026, 3, 10, 9) - datetime(1970, 1, 1, 8)),
    ],
)
def test_a_clock_wrong_at_the_start_and_then_set_right_runs_the_night_that_evening(
    start: str, jump: timedelta, earlier: list[str]
) -> None:
    service = Service(Moved(start, hours(24), [(hours(1), jump)]), *earlier).serve()
    assert service.ran == ["2026-03-10 22:30"]
    [text] = service.said
    assert "系统时钟向" in text
    assert service.told == [text.partition(" ")[2].partition(" ")[2]]


@pytest.mark.parametrize("minutes", [-2, -1, 1, 2])
def test_what_a_clock_is_corrected_by_each_day_is_not_told(minutes: int) -> None:
    moved = Moved("2026-03-10 09:00:00", hours(24), [(hours(1), timedelta(minutes=minutes))])
    service = Service(moved, "2026-03-09 22:33:00").serve()
    assert (service.ran, service.said) == (["2026-03-10 22:30"], [])


@pytest.mark.parametrize("back", [timedelta(minutes=10), hours(1), hours(6)])
def test_a_clock_set_back_after_the_night_does_not_run_it_twice(back: timedelta) -> None:
    moved = Moved("2026-03-10 20:00:00", hours(30), [(hours(2.75), -back)])
    service = Service(moved, "2026-03-09 22:33:00").serve()
    assert service.ran[0] == "2026-03-10 22:30"
    assert [text[:10] for text in service.ran] == ["2026-03-10", "2026-03-11"][: len(service.ran)]
    assert len(service.said) == 1
    assert "向后跳了" in service.said[0]


def test_a_night_run_by_another_process_and_met_again_is_not_run_twice() -> None:
    """The service was started anew after the night, and the clock is set back before it."""
    moved = Moved("2026-03-10 22:40:00", hours(3), [(hours(0.1), -hours(1))])
    assert Service(moved, "2026-03-10 22:33:00").serve().ran == []


@pytest.mark.parametrize("gap", [hours(3), hours(10), hours(80)])
def test_a_night_passed_over_is_caught_up_once(gap: timedelta) -> None:
    """The machine slept, or the clock was set on, over one night or several."""
    moved = Moved("2026-03-10 22:00:00", hours(20), [(hours(0.25), gap)])
    service = Service(moved, "2026-03-09 22:33:00").serve()
    due = last_due(datetime(2026, 3, 10, 22, 15) + gap, service.at)
    first = datetime.fromisoformat(service.ran[0])
    assert timedelta() <= first - (datetime(2026, 3, 10, 22, 15) + gap) <= timedelta(minutes=1)
    assert [text for text in service.ran[1:] if datetime.fromisoformat(text) < due + hours(24)] == []
    assert "向前跳了" in service.told[0]


def test_a_new_workspace_misses_nothing_but_its_first_evening() -> None:
    asleep = Moved("2026-03-10 09:00:00", hours(3), [(hours(1), hours(24))])
    assert Service(asleep).serve().ran == []
    corrected = Moved("2026-03-10 22:28:30", hours(3), [(timedelta(minutes=1), timedelta(minutes=5))])
    assert len(Service(corrected).serve().ran) == 1


def test_a_busy_workspace_is_tried_again_whatever_the_clock_says() -> None:
    moved = Moved("2026-03-10 22:00:00", hours(3), [(hours(0.55), -hours(12))])
    service = Service(moved, "2026-03-09 22:33:00")
    service.busy = 2
    assert len(service.serve().ran) == 1


@pytest.mark.parametrize("at", ["00:00", "11:30", "12:00", "23:59"])
def test_any_hour(at: str) -> None:
    service = Service(Moved("2026-03-10 12:30:00", hours(48)), at=at).serve()
    assert [text[11:] for text in service.ran] == [at, at]


def test_a_failure_of_any_sort_ends_nothing() -> None:
    service = Service(Moved("2026-03-10 09:00:00", hours(48)))

    def broken(_told: object) -> bool:
        service.ran.append("")
        raise OSError("gone")

    service.timetable._night = broken
    service.serve()
    assert len(service.ran) == 2
    assert all("夜间作业失败" in line for line in service.said)


def text_of(content: bytes) -> str:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    plain = message.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def ran_at(desk: Desk, clock: Callable[[], datetime]) -> None:
    with open_workspace(desk.home, "nightly", clock=clock) as workspace:
        run_night(workspace, (), as_of=workspace.now())


def test_a_workspace_whose_clock_was_a_year_behind(desk: Desk) -> None:
    """With a real log: the night runs that evening, once, and its mail tells of the jump."""
    ran_at(desk, lambda: datetime(2026, 3, 9, 14, 33, tzinfo=UTC))
    desk.export("exports/a.csv", ordinary_case("1"))
    desk.configure('[[sources]]\npath = "exports/*.csv"\n')
    said: list[str] = []
    moved = Moved(
        "2025-03-10 09:00:00", hours(16), [(hours(1), YEAR), (hours(13.75), -timedelta(minutes=30))]
    )
    timetable_of(desk.home, load_settings(desk.home), moved.watch, said.append).serve()
    runs = [event.state["night"] for event in desk.events("run-completed")]
    assert runs == ["2026-03-09", "2026-03-10"]
    assert [line[20:28] for line in said if line[20:].startswith("系统时钟向")] == [
        "系统时钟向前跳了",
        "系统时钟向后跳了",
    ]
    assert "跳了 365 天" in text_of(desk.mails()[-1].read_bytes())
