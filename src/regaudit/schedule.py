"""Runs the night every day at the hour of `regaudit.toml`; the work of `regaudit schedule`."""

import signal
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Event
from types import FrameType
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from regaudit.bootstrap import open_workspace
from regaudit.clock import Clock, local_time, system_clock
from regaudit.errors import RegauditError, WorkspaceBusyError
from regaudit.eventlog.log import EventLog
from regaudit.nightly import run_night
from regaudit.settings import Settings

_ONE_DAY = timedelta(days=1)
_BUSY_WAIT = timedelta(minutes=10)


def last_due(now: datetime, at: time) -> datetime:
    """The latest moment at or before `now` when a night was due."""
    today = datetime.combine(now.date(), at)
    return today if today <= now else today - _ONE_DAY


def missed_night(home: Path, settings: Settings, now: datetime) -> bool:
    """Whether nights were run before, but none since the last one was due."""
    with EventLog(home) as log:
        finished = [
            datetime.fromisoformat(vars(event)["finished_at"])
            for event in log.events("runs")
            if vars(event)["kind"] == "nightly"
        ]
    return bool(finished) and max(finished) < last_due(now, time.fromisoformat(settings.schedule.at))


def run_schedule(
    home: Path, settings: Settings, *, say: Callable[[str], None], clock: Clock = system_clock
) -> None:
    """Run the night at its hour until SIGTERM or SIGINT; a night in progress is finished first.

    Nights never overlap; one that finds the workspace busy is tried again until it runs. Of nights missed
    while not running, one is caught up at once.
    """

    def night() -> None:
        try:
            with open_workspace(home, "schedule", clock=clock, is_night=True) as workspace:
                summary = run_night(workspace, ())
            found = summary.checked.findings if summary.checked else 0
            say(f"{local_time(clock, settings.zone)} 夜间作业结束:状态 {summary.exit_status},问题 {found} 项")
        except WorkspaceBusyError as error:
            # Somebody imports by hand at that hour: the night must not be lost for it.
            again = local_time(clock, settings.zone) + _BUSY_WAIT
            scheduler.add_job(night, "date", run_date=again, max_instances=1)
            say(f"{local_time(clock, settings.zone)} {error};{again:%H:%M} 再试")
        except RegauditError as error:
            say(f"{local_time(clock, settings.zone)} 夜间作业失败:{error}")

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
    if missed_night(home, settings, local_time(clock, settings.zone)):
        say("上一晚未运行,现在补做")
        scheduler.add_job(night, max_instances=1)
    scheduler.start()
    told_to_stop.wait()
    scheduler.shutdown(wait=True)
    say("已停止")
