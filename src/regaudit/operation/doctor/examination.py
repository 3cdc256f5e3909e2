"""Looks at everything, and stops at nothing that it finds."""

from datetime import datetime
from pathlib import Path

from regaudit.base.clock import Clock, local_time, system_clock
from regaudit.base.errors import RegauditError
from regaudit.base.folders import Folders
from regaudit.base.settings import Settings, load_settings
from regaudit.operation.doctor.checks import Check
from regaudit.operation.doctor.ground import check_ground
from regaudit.operation.doctor.habits import check_habits
from regaudit.operation.doctor.machine import check_machine


def examine(home: Path, *, with_mail: bool = False, clock: Clock = system_clock) -> list[Check]:
    """What this machine and the workspace at `home` lack; nothing of it is changed.

    Args:
        home: a workspace, or any other folder: then the machine alone is looked at.
        with_mail: whether to connect to the mail server and log in; no mail is sent.
        clock: tells the time.
    """
    settings, refused = _settings(home)
    moment = clock()
    now = local_time(lambda: moment, (settings or Settings()).zone)
    here = moment.astimezone().replace(tzinfo=None, microsecond=0)
    return [*check_machine(now, here), *_workspace(home, settings, refused, now, with_mail=with_mail)]


def _settings(home: Path) -> tuple[Settings | None, str]:
    """The settings, or why there are none."""
    try:
        return load_settings(home), ""
    except RegauditError as error:
        return None, str(error)


def _workspace(
    home: Path, settings: Settings | None, refused: str, now: datetime, *, with_mail: bool
) -> list[Check]:
    if settings is None:
        is_there = Folders(home).settings.exists()
        return [
            Check(
                check="settings",
                title="设置",
                status="failed" if is_there else "note",
                found=refused if is_there else f"{home} 不是工作区,只检查了本机",
                advice="" if is_there else "用 regaudit init 新建工作区,或用 --home 指明它",
            )
        ]
    return [
        Check(check="settings", title="设置", status="ok", found=f"regaudit.toml 有效,时区 {settings.zone}"),
        *check_ground(home, is_log_here=not settings.store.url),
        *check_habits(home, settings, now, with_mail=with_mail),
    ]
