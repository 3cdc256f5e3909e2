"""How commands come to the ledger: opened for a person's step, by whom, and the words they have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from regaudit.audit.workspace import Workspace
from regaudit.base.settings import load_settings
from regaudit.base.typed_times import parse_day, parse_decided
from regaudit.cli.author import command_author, password_in
from regaudit.cli.options import file_type, system_user
from regaudit.cli.screen import progress_bar
from regaudit.ledger.admittance import admit
from regaudit.ledger.request import Author
from regaudit.ledger.service import Ledger
from regaudit.ledger.validity import last_moment
from regaudit.operation.open import local_now, open_workspace

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

by_login_option = click.option("--by", default="", help="何人办理:登录名(默认为当前系统用户)")
at_option = click.option("--at", help="作出决定的时间,如补录书面决定:2026-03-31 为当日结束;默认为现在")
password_option = click.option("--password-file", type=file_type, help="办理人密码所在的文件")


def day_option(flag: str, about: str, *, name: str = "due", required: bool = False) -> Decorator:
    """An option that takes a day: `2026-03-31`."""

    def read(_context: click.Context, _option: click.Parameter, given: str | None) -> date | None:
        return parse_day(given) if given is not None else None

    return click.option(flag, name, metavar="日期", callback=read, required=required, help=about)


@contextmanager
def opened_ledger(home: Path, command: str) -> Iterator[tuple[Workspace, Ledger]]:
    """A workspace and its ledger for a person's own step: a night or an import may run meanwhile.

    Raises:
        RegauditError: it is no workspace, or its log takes nothing.
    """
    with (
        progress_bar() as progress,
        open_workspace(home, f"ledger {command}", progress=progress, locks=()) as workspace,
    ):
        yield workspace, Ledger(workspace)


def admitted(workspace: Workspace, by: str, password_file: Path | None, *, door: str = "command") -> Author:
    """Who takes a step on the command line; without a login, whoever runs the command.

    Raises:
        RegauditError: the settings do not let him, or his password is wrong or cannot be read.
    """
    author = replace(command_author(by or system_user()), door=door)
    password = password_in(password_file) if password_file is not None else None
    admit(workspace, author.login, password)
    return author


def decided_at(workspace: Workspace, at: str | None) -> datetime | None:
    """When a step was decided that is typed now; None is now.

    Raises:
        UsageError: it is no time.
    """
    return parse_decided(at, workspace.now(), last_moment(workspace))


def now_of(home: Path) -> datetime:
    """Now in a workspace that is only read.

    Raises:
        RegauditError: it is no workspace, or its settings are wrong.
    """
    return local_now(load_settings(home).zone)
