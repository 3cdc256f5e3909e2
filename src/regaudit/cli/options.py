"""Options that several commands have."""

import getpass
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click
import msgspec

from regaudit.base.errors import UsageError
from regaudit.base.folded_text import fold
from regaudit.base.settings import Store, check_store

file_type = click.Path(path_type=Path)

home_option = click.option(
    "--home",
    type=file_type,
    envvar="REGAUDIT_HOME",
    default=".",
    help="工作区文件夹(默认为当前文件夹)",
)
as_of_option = click.option(
    "--as-of", "as_of", metavar="时间", help="截至时间:2026-03-31 为当日结束;默认为现在"
)
json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON")


def _told_reason(_context: click.Context, option: click.Parameter, given: str | None) -> str:
    """The reason that an option gives, if it was given.

    Raises:
        UsageError: nothing can be read in it.
    """
    if given is None:
        return ""
    reason = fold(given)
    if not any(sign.isalnum() for sign in reason):
        raise UsageError(f"--{option.name} 后面应写明原因,如 --{option.name} 平台 3 月 2 日至 5 日停机")
    return reason


backfill_option = click.option(
    "--backfill",
    metavar="原因",
    callback=_told_reason,
    help="声明补录并写明原因:这次导入中以前各晚已查过的日子的行,不算事后补录,但照样告知",
)
by_option = click.option("--by", default="", help="何人决定(默认为当前系统用户)")


class Coded(click.Choice[str]):
    """What an option gives as a code or as its Chinese name; the command takes the code.

    Attributes:
        told: each code with its name, for a help text.
    """

    def __init__(self, titles: Mapping[Any, str]) -> None:
        super().__init__(map(str, titles))
        self.told = "、".join(f"{code} {title}" for code, title in titles.items())
        self._codes = {title: str(code) for code, title in titles.items()}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The code of either, as click asks for it."""
        word = fold(value)
        return super().convert(self._codes.get(word, word), param, ctx)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002
        """What is said of a word that is neither."""
        return f"{value!r} 应为下列之一:{self.told}"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:  # noqa: ARG002
        """What is said where it must be given and is not."""
        return f"应为下列之一:{self.told}"


def system_user() -> str:
    """Who runs the command; empty where the system does not tell."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def store_options(command: Callable[..., None]) -> Callable[..., None]:
    """What belongs to a store beside its `url`; the command takes all of it as `store`."""

    @click.option("--schema", default=Store().schema, show_default=True, help="PostgreSQL 中的模式名")
    @click.option("--password-env", default="", help="数据库密码所在的环境变量")
    @click.option("--password-file", default="", help="数据库密码所在的文件,相对于工作区")
    @wraps(command)
    def with_store(url: str, schema: str, password_env: str, password_file: str, **words: Any) -> None:
        facts = {"url": url, "schema": schema, "password_env": password_env, "password_file": password_file}
        try:
            store = msgspec.convert(facts, Store)
        except msgspec.ValidationError as error:
            raise UsageError(
                f"--schema {schema!r} 不可用:应为小写字母、数字和下划线,不以 pg_ 开头"
            ) from error
        check_store(store)
        command(store=store, **words)

    return with_store
