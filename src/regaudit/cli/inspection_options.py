"""What the commands of the inspection are asked: which one, who, and what decides the draw."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import UsageError
from regaudit.catalogue.events import LogEvent, state_of
from regaudit.cli.author import command_author
from regaudit.cli.ledger_door import admitted
from regaudit.ledger.request import Author
from regaudit.outlets.inspection.randomness import Randomness, dice, number, root

drawer_option = click.option("--by", default="", help="何人办理:登录名(不写的,记为当前系统用户)")
reason_option = click.option(
    "--reason", default="", help="再次办理、月末以前冻结或自选检查点的原因;原来的保留"
)


def month_options(command: Callable[..., None]) -> Callable[..., None]:
    """Which inspection: the command takes `month` and `office`."""

    @click.option("--month", required=True, metavar="月份", help="办结的月份:2026-03")
    @click.option("--office", default="", help="登记机构;不写的为全部")
    @wraps(command)
    def with_month(**words: Any) -> None:
        command(**words)

    return with_month


def chosen_of(
    thrown: str | None,
    witnesses: tuple[str, ...],
    published: str | None,
    source: str,
    root_size: int | None,
    *,
    digits: int,
) -> Randomness:
    """What decides the draw, of what the options say.

    Raises:
        UsageError: they say more than one thing, or not enough.
    """
    if sum(given is not None for given in (thrown, published, root_size)) > 1:
        raise UsageError("--dice、--number、--checkpoint 只能用其一")
    if thrown is not None:
        return dice(thrown, witnesses, digits=digits)
    if witnesses:
        raise UsageError("--witness 只与 --dice 同用")
    if published is not None:
        return number(published, source)
    if source:
        raise UsageError("--source 只与 --number 同用")
    return root(root_size or 0)


def drawer_of(workspace: Workspace, by: str, password_file: Path | None) -> Author:
    """Who freezes or draws: a user where one is named, else whoever runs the command."""
    return admitted(workspace, by, password_file) if by else command_author("")


def event_facts(event: LogEvent) -> dict[str, Any]:
    """An event of an inspection for `--json`."""
    return {"inspection": event.originator_id.partition(":")[2], **state_of(event)}
