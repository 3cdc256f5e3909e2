"""Runs the night every day at the hour of `regaudit.toml`; the work of `regaudit schedule`."""

import signal
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from threading import Event, Thread
from types import FrameType

from regaudit.audit.ledger_nights import nights
from regaudit.base.clock import Clock, local_time, night_of, steady, system_clock
from regaudit.base.errors import LockLostError, RegauditError, WorkspaceBusyError, reason_of
from regaudit.base.failures import explain
from regaudit.base.folders import APPEND_LOCK, IMPORT_LOCK, LOG_FILE, RUN_LOCK
from regaudit.base.settings import Settings
from regaudit.eventlog.lock import Lock, local_lock
from regaudit.eventlog.log import EventLog
from regaudit.operation.busy import tell_busy
from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_night
from regaudit.operation.timetable import JUMP, Standing, Timetable, Watch, last_due

_BUSY_WAIT = timedelta(minutes=10)
_LOOK_SECONDS = 1.0
# Of Windows, to which nobody sends SIGTERM: Ctrl+Break, and a console that is closed.
_STOPS = ("SIGTERM", "SIGINT", "SIGBREAK")
_WRITTEN_FILES = (RUN_LOCK, IMPORT_LOCK, APPEND_LOCK, LOG_FILE)
_WRITTEN_FOLDERS = ("outbox", "archive", "quarantine", ".work")


def standing_of(home: Path, due: datetime) -> Standing:
    """What the log knows of the night that was due then."""
    with EventLog(home) as log:
        runs = list(nights(log).values())
    finished = [datetime.fromisoformat(run.finished_at) for run in runs]
    if finished and max(finished) < due:
        return Standing.MISSED
    is_run = any(
        at >= due and date.fromisoformat(run.night) == night_of(due)
        for run, at in zip(runs, finished, strict=True)
    )
    return Standing.RUN if is_run else Standing.OPEN


def missed_night(home: Path, settings: Settings, now: datetime) -> bool:
    """Whether nights were run before, but none since the last one was due."""
    return standing_of(home, last_due(now, time.fromisoformat(settings.schedule.at))) is Standing.MISSED


def hold_night(
    home: Path,
    zone: str,
    *,
    say: Callable[[str], None],
    clock: Clock = system_clock,
    told: Sequence[str] = (),
) -> bool:
    """Run one night and say what became of it, whatever that is; `told` is told with it (Chinese).

    Returns:
        False where the workspace was busy, or may have been another's before the night's end.
    """

    def tell(text: str) -> None:
        say(f"{local_time(clock, zone)} {' '.join(text.split())}")

    try:
        with open_night(home, "schedule", clock=clock) as opened:
            summary = run_night(opened, (), told=told)
    except LockLostError as error:
        # Another night may be at work: whoever is to hear of this one hears of that, or of the next try.
        tell(f"{error};{local_time(clock, zone) + _BUSY_WAIT:%H:%M} 再试")
        return False
    except WorkspaceBusyError as error:
        try:
            tell_busy(home, error, local_time(clock, zone))
        except Exception as untold:  # noqa: BLE001 - the night is tried again whatever becomes of its mail
            tell(f"未能告知岗位夜间作业推迟:{explain(untold)}")
        tell(f"{error};{local_time(clock, zone) + _BUSY_WAIT:%H:%M} 再试")
        return False
    except Exception as error:  # noqa: BLE001 - the service must live on, and nothing else would tell
        tell(f"夜间作业失败,邮件未能发出:{explain(error)}")
        return True
    for label, text in summary.remarks:
        tell(f"{label}:{text}")
    found = summary.checked.findings if summary.checked else 0
    tell(f"夜间作业结束:状态 {summary.exit_status},问题 {found} 项")
    return True


def check_place(home: Path) -> None:
    """Raise unless what a night writes can be written.

    Raises:
        RegauditError: the message names what cannot.
    """
    path = home
    try:
        for path in (home / name for name in _WRITTEN_FILES):
            if path.exists():
                path.open("ab").close()
        for path in (home, *(home / name for name in _WRITTEN_FOLDERS)):
            if path.exists():
                tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise RegauditError(
            f"{path} 不能写入:{reason_of(error)}。夜间作业要写工作区:"
            "请检查文件权限(须由运行服务的用户所有)和磁盘,再启动 regaudit schedule"
        ) from error


def run_schedule(
    home: Path, settings: Settings, *, say: Callable[[str], None], clock: Clock = system_clock
) -> None:
    """Run the night at its hour until SIGTERM or SIGINT; a night in progress is finished first.

    Nights never overlap; one that finds the workspace busy is tried again until it runs. Of nights missed
    while not running, one is caught up at once.

    Raises:
        RegauditError: the workspace cannot be written.
        WorkspaceBusyError: another schedule runs on it.
        LockLostError: another may by now: somebody deleted the lock's file.
    """
    check_place(home)
    with local_lock(home, "schedule", local_time(clock, settings.zone), Lock.RESIDENT) as prove:
        _serve(home, settings, say, clock, prove)


def timetable_of(
    home: Path,
    settings: Settings,
    watch: Watch,
    say: Callable[[str], None],
    may_begin: Callable[[], bool] = lambda: True,
) -> Timetable:
    """The nights of a workspace by its settings and a watch; none is run that may not begin."""

    def night(told: Sequence[str]) -> bool:
        return not may_begin() or hold_night(home, settings.zone, say=say, clock=watch.clock, told=told)

    return Timetable(
        time.fromisoformat(settings.schedule.at),
        settings.zone,
        watch,
        night=night,
        standing=lambda due: standing_of(home, due),
        say=say,
        busy_wait=_BUSY_WAIT,
    )


def _serve(
    home: Path, settings: Settings, say: Callable[[str], None], clock: Clock, prove: Callable[[], None]
) -> None:
    told_to_stop, lost = Event(), list[LockLostError]()

    def may_begin() -> bool:
        """Whether the nights are still ours; where they may be another's, this is the end."""
        try:
            prove()
        except LockLostError as error:
            lost.append(error)
            told_to_stop.set()
        return not lost

    def stop(_number: int, _frame: FrameType | None) -> None:
        told_to_stop.set()

    for number in (each for each in signal.Signals if each.name in _STOPS):
        signal.signal(number, stop)
    watch = Watch(clock, steady, told_to_stop.wait)
    timetable = timetable_of(home, settings, watch, say, may_begin)
    say(f"每天 {settings.schedule.at}({settings.zone})运行夜间作业;工作区 {home}")
    if doubt := _doubt(home, local_time(clock, settings.zone)):
        say(doubt)
    if why := _why_now(home, settings, local_time(clock, settings.zone)):
        say(why)
    # In a thread of its own, so that a signal is answered while a night runs.
    server = Thread(target=timetable.serve, kwargs={"at_once": bool(why)})
    server.start()
    # Windows lets no signal through to a wait without an end.
    while not told_to_stop.wait(_LOOK_SECONDS):
        pass
    if timetable.is_running:
        say("收到停止信号:正在运行的夜间作业结束后停止")
    server.join()
    say("已停止")
    for error in lost:
        raise error


def _why_now(home: Path, settings: Settings, now: datetime) -> str:
    """Why a night is to run at once, or empty; one that cannot read the log tells the posts."""
    try:
        return "上一晚未运行,现在补做" if missed_night(home, settings, now) else ""
    except Exception as error:  # noqa: BLE001 - a damaged log shows itself in any way
        return f"事件日志无法读取,现在运行夜间作业并告知岗位:{' '.join(explain(error).split())}"


def _doubt(home: Path, now: datetime) -> str:
    """That the clock cannot be right, or empty: the log's last night was finished after `now`."""
    with suppress(Exception), EventLog(home) as log:
        last = max((datetime.fromisoformat(run.finished_at) for run in nights(log).values()), default=now)
        if last - now > JUMP:
            return (
                f"系统时钟可能不对:现在是 {now},而日志中最近一晚完成于 {last}。"
                "请校准本机时间;改正后夜间作业自动重新排定"
            )
    return ""
