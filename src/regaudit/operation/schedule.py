"""Runs the night every day at the hour of `regaudit.toml`; the work of `regaudit schedule`."""

import signal
import tempfile
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Event
from threading import Lock as ThreadLock
from types import FrameType
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from regaudit.audit.ledger_nights import nights
from regaudit.base.clock import Clock, local_time, system_clock
from regaudit.base.errors import LockLostError, RegauditError, WorkspaceBusyError, reason_of
from regaudit.base.failures import explain
from regaudit.base.folders import APPEND_LOCK, IMPORT_LOCK, LOG_FILE, RUN_LOCK
from regaudit.base.settings import Settings
from regaudit.eventlog.lock import Lock, local_lock
from regaudit.eventlog.log import EventLog
from regaudit.operation.busy import tell_busy
from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_night

_ONE_DAY = timedelta(days=1)
_BUSY_WAIT = timedelta(minutes=10)
_WRITTEN_FILES = (RUN_LOCK, IMPORT_LOCK, APPEND_LOCK, LOG_FILE)
_WRITTEN_FOLDERS = ("outbox", "archive", "quarantine", ".work")


def last_due(now: datetime, at: time) -> datetime:
    """The latest moment at or before `now` when a night was due."""
    today = datetime.combine(now.date(), at)
    return today if today <= now else today - _ONE_DAY


def missed_night(home: Path, settings: Settings, now: datetime) -> bool:
    """Whether nights were run before, but none since the last one was due."""
    with EventLog(home) as log:
        finished = [datetime.fromisoformat(run.finished_at) for run in nights(log).values()]
    return bool(finished) and max(finished) < last_due(now, time.fromisoformat(settings.schedule.at))


def hold_night(home: Path, zone: str, *, say: Callable[[str], None], clock: Clock = system_clock) -> bool:
    """Run one night and say what became of it, whatever that is.

    Returns:
        False where the workspace was busy, or may have been another's before the night's end.
    """

    def tell(text: str) -> None:
        say(f"{local_time(clock, zone)} {' '.join(text.split())}")

    try:
        with open_night(home, "schedule", clock=clock) as opened:
            summary = run_night(opened, ())
    except LockLostError as error:
        # Another night may be at work: whoever is to hear of this one hears of that, or of the next try.
        tell(f"{error};{local_time(clock, zone) + _BUSY_WAIT:%H:%M} 再试")
        return False
    except WorkspaceBusyError as error:
        tell_busy(home, error, local_time(clock, zone))
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
    with local_lock(home, "schedule", local_time(clock, settings.zone), Lock.RESIDENT) as proof:
        _serve(home, settings, say, clock, proof)


def _serve(
    home: Path, settings: Settings, say: Callable[[str], None], clock: Clock, proof: Callable[[], None]
) -> None:
    in_progress, lost = ThreadLock(), list[LockLostError]()

    def night() -> None:
        with in_progress:
            try:
                proof()
            except LockLostError as error:
                lost.append(error)
                told_to_stop.set()
                return
            if not hold_night(home, settings.zone, say=say, clock=clock):
                # Somebody imports by hand at that hour: the night must not be lost for it.
                again = local_time(clock, settings.zone) + _BUSY_WAIT
                scheduler.add_job(night, "date", run_date=again, max_instances=1)

    zone = ZoneInfo(settings.zone)
    hour, minute = settings.schedule.at.split(":")
    scheduler, told_to_stop = BackgroundScheduler(timezone=zone), Event()
    trigger = CronTrigger(hour=hour, minute=minute, timezone=zone)
    scheduler.add_job(night, trigger, max_instances=1, coalesce=True, misfire_grace_time=None)

    def stop(_number: int, _frame: FrameType | None) -> None:
        told_to_stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    say(f"每天 {settings.schedule.at}({settings.zone})运行夜间作业;工作区 {home}")
    if why := _why_now(home, settings, local_time(clock, settings.zone)):
        say(why)
        scheduler.add_job(night, max_instances=1)
    scheduler.start()
    told_to_stop.wait()
    if in_progress.locked():
        say("收到停止信号:正在运行的夜间作业结束后停止")
    # Waiting itself, the scheduler would keep a night from naming the time at which it is tried again.
    scheduler.shutdown(wait=False)
    with in_progress:
        pass
    say("已停止")
    for error in lost:
        raise error


def _why_now(home: Path, settings: Settings, now: datetime) -> str:
    """Why a night is to run at once, or empty; one that cannot read the log tells the posts."""
    try:
        return "上一晚未运行,现在补做" if missed_night(home, settings, now) else ""
    except Exception as error:  # noqa: BLE001 - a damaged log shows itself in any way
        return f"事件日志无法读取,现在运行夜间作业并告知岗位:{' '.join(explain(error).split())}"
