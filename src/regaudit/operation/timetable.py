"""When a night is due, by a wall clock that may be wrong, be set, or have slept.

Nothing here waits longer than a minute, and each time the wall clock is asked anew: a clock that was wrong by
a year when the service started, and was then set right, lets the night run that evening. The steady clock,
which nobody can set, shows that the wall clock jumped.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from enum import Enum
from threading import Lock
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from msgspec import Struct

from regaudit.base.clock import Clock, local_time
from regaudit.base.failures import explain

LONGEST_WAIT = 60.0
"""Seconds after which the wall clock is asked again, at the latest."""
JUMP = timedelta(minutes=2)
_ONE_DAY = timedelta(days=1)
_SHORTEST_WAIT = 0.5
_WATCHED = timedelta(hours=12)
"""So shortly before a night was due the service looked on: it is run even where there never was one."""


class Watch(Struct, frozen=True):
    """What tells the time, and waits.

    `steady` counts seconds that nobody can set. `wait` waits for some seconds, or less where it is told to
    stop: then it says True.
    """

    clock: Clock
    steady: Callable[[], float]
    wait: Callable[[float], bool]


class Standing(Enum):
    """What the log knows of a night that is due."""

    RUN = "it was run since, or under its date"
    MISSED = "nights were run before, none since"
    OPEN = "neither: there is none yet, or the last one lies after it"


def last_due(now: datetime, at: time) -> datetime:
    """The latest moment at or before `now` when a night was due."""
    today = datetime.combine(now.date(), at)
    return today if today <= now else today - _ONE_DAY


class Timetable:
    """Runs a night whenever one is due, until it is told to stop; nights never overlap.

    Args:
        at: the hour, of the zone's wall clock.
        zone: the workspace's.
        watch: tells the time.
        night: runs one, given what is to be told with it (Chinese), and says whether it could: where the
            workspace was busy, it is tried again after `busy_wait`.
        standing: what the log knows of the night that was due at a time.
        say: tells whoever looks on.
        busy_wait: between two attempts.
    """

    def __init__(
        self,
        at: time,
        zone: str,
        watch: Watch,
        *,
        night: Callable[[Sequence[str]], bool],
        standing: Callable[[datetime], Standing],
        say: Callable[[str], None],
        busy_wait: timedelta,
    ) -> None:
        self._at, self._zone, self._watch = at, zone, watch
        self._night, self._standing, self._say = night, standing, say
        self._busy_wait = busy_wait.total_seconds()
        self._trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=ZoneInfo(zone))
        self._in_progress = Lock()
        self._done: set[datetime] = set()
        self._jumps: list[str] = []
        self._try_again_at: float | None = None
        self._seen = self._now()
        self._marks = (watch.clock(), watch.steady())

    @property
    def is_running(self) -> bool:
        """Whether a night is in progress."""
        return self._in_progress.locked()

    def serve(self, *, at_once: bool = False) -> None:
        """Run nights until told to stop, the first now if `at_once`."""
        if at_once:
            self._run()
        while not self._watch.wait(self._pause()):
            self._tick()

    def _now(self) -> datetime:
        return local_time(self._watch.clock, self._zone)

    def _pause(self) -> float:
        """Seconds to wait: until the next night is due, but never long, for the clock may be set."""
        now = self._watch.clock()
        until: float = (self._trigger.get_next_fire_time(None, now) - now).total_seconds()
        if self._try_again_at is not None:
            until = min(until, self._try_again_at - self._watch.steady())
        return min(LONGEST_WAIT, max(_SHORTEST_WAIT, until))

    def _tick(self) -> None:
        self._note_jump()
        now, seen = self._now(), self._seen
        # A clock that was set back comes by the same hours again.
        self._seen = now
        due = last_due(now, self._at)
        if self._try_again_at is not None:
            if self._watch.steady() >= self._try_again_at or due > seen:
                self._run()
        elif due > seen and due not in self._done and self._is_wanted(due, seen):
            self._run()

    def _is_wanted(self, due: datetime, seen: datetime) -> bool:
        """Whether the night that came due since we last looked is still to be run."""
        try:
            standing = self._standing(due)
        except Exception as error:  # noqa: BLE001 - a damaged log shows itself in any way; the night tells the posts
            self._say(f"事件日志无法读取,现在运行夜间作业并告知岗位:{' '.join(explain(error).split())}")
            return True
        if standing is Standing.MISSED or due - seen <= _WATCHED:
            return standing is not Standing.RUN
        # Hours that the clock passed over, and no night is missing: the next one comes at its hour.
        return False

    def _run(self) -> None:
        now, told = self._now(), list(self._jumps)
        try:
            with self._in_progress:
                could = self._night(told)
        except Exception as error:  # noqa: BLE001 - the service must live on, and nothing else would tell
            self._say(f"夜间作业失败:{' '.join(explain(error).split())}")
            could = True
        if not could:
            # Somebody imports by hand at that hour: the night must not be lost for it.
            self._try_again_at = self._watch.steady() + self._busy_wait
            return
        self._try_again_at = None
        self._jumps = self._jumps[len(told) :]
        self._done.add(last_due(now, self._at))

    def _note_jump(self) -> None:
        """Tell when the wall clock went on by more or less than the steady one did."""
        then, mark = self._marks
        now, steady = self._marks = (self._watch.clock(), self._watch.steady())
        jump = (now - then) - timedelta(seconds=steady - mark)
        if abs(jump) <= JUMP:
            return
        before = local_time(lambda: now - jump, self._zone)
        after = local_time(lambda: now, self._zone)
        text = (
            f"系统时钟向{'前' if jump > timedelta() else '后'}跳了{_in_words(abs(jump))}:"
            f"本应是 {before},现在是 {after}。可能是校时,也可能是机器休眠过;"
            f"夜间作业按现在的时钟在 {self._at:%H:%M} 运行,已做过的一晚不重做"
        )
        self._jumps.append(text)
        self._say(f"{after} {text}")


def _in_words(span: timedelta) -> str:
    """A span's two largest units (Chinese): ` 365 天`, ` 3 小时 20 分`."""
    minutes = round(span.total_seconds() / 60)
    parts = ((minutes // 1440, "天"), (minutes // 60 % 24, "小时"), (minutes % 60, "分"))
    return "".join(f" {number} {unit}" for number, unit in [p for p in parts if p[0]][:2])
