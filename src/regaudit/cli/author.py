"""Who takes a step on the command line, and what he gives to be believed."""

import platform
import sys
from pathlib import Path

import click

from regaudit.base.errors import RegauditError, UsageError, reason_of
from regaudit.cli.options import system_user
from regaudit.ledger.request import Author


def command_author(login: str) -> Author:
    """Somebody on the command line; an empty login is the workspace's owner."""
    return Author(login=login, door="command", system_user=system_user(), machine=platform.node())


def password_in(path: Path) -> str:
    """The password in a file: its first line.

    Raises:
        RegauditError: it cannot be read, or is empty.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise RegauditError(f"口令文件 {path} 无法读取:{reason_of(error)}") from error
    except UnicodeDecodeError:
        # Its text holds a part of the password, so it must not be the cause of ours.
        raise RegauditError(f"口令文件 {path} 不是 UTF-8 文本:请重新保存") from None
    if not lines or not lines[0]:
        raise RegauditError(f"口令文件 {path} 的第一行是空的:口令应写在第一行")
    return lines[0]


def ask_password(text: str, option: str, *, is_new: bool = False) -> str:
    """A password typed on the terminal, not shown; a new one twice.

    Raises:
        UsageError: there is no terminal.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"这里没有终端可以输入口令:请用 {option} 给出口令所在的文件")
    again = "再输入一遍" if is_new else False
    answer: str = click.prompt(text, hide_input=True, confirmation_prompt=again, err=True)
    return answer
