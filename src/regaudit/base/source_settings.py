"""The sources that `regaudit.toml` declares: files, folders, and queries on a platform's database."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from regaudit.base.errors import RegauditError, reason_of

SINCE = "{since}"
_SOURCE_NAME = re.compile(r"\w[\w.-]{0,79}")
# What we pass ourselves, and whatever may hold a password.
_NOT_AN_OPTION = re.compile(
    r"^(user|host|server|port|database|dbname|db|service_name|autocommit|dsn|conninfo)$"
    r"|(password|passwd|pwd|secret|token|_pin)$",
    re.IGNORECASE,
)

Text = Annotated[str, Meta(min_length=1)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: list[Weekday] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Database(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A platform's database; `port` 0 is the kind's own, `options` go to the Python driver as they are.

    `watermark` is a time column of the result: the query's `{since}` is the highest value seen so far, less
    `overlap_minutes`; `first_since` in the first night. The password is never in this file.
    """

    kind: Literal["postgresql", "mysql", "oracle", "sqlserver", "dm", "kingbase"]
    host: Text
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    database: str = ""
    user: Text
    password_env: str = ""
    password_file: str = ""
    options: dict[str, Any] = {}
    watermark: str = ""
    overlap_minutes: Annotated[int, Meta(ge=0, le=5_256_000)] = 1440
    first_since: date = date(1990, 1, 1)
    batch_rows: Annotated[int, Meta(ge=1, le=200_000)] = 20_000
    connect_timeout_seconds: Annotated[int, Meta(ge=1, le=600)] = 10
    answer_timeout_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 3600

    def password(self, home: Path) -> str:
        """The password named by `password_env` or `password_file` (relative to the workspace)."""
        return read_password(self.password_env, self.password_file, home, "数据库")


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """An export that the night imports: a file or a glob, relative to the workspace, or a query.

    Exactly one of `path` and `query`; a query has a `database` and a `name` of its own. By `due` o'clock the
    night's export should be there, new, not last night's once more. `covers_days` is how many days, up to
    the night's, it claims to hold every action of; 0 is no claim. `nights` are those on which it delivers;
    none named: every night of a working day. It `delivers` all actions as they come, or cases when they are
    closed.
    """

    path: str = ""
    query: str = ""
    name: str = ""
    database: Database | None = None
    mapping: str | None = None
    expected: bool = True
    office: str | None = None
    due: Annotated[str, Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")] = ""
    covers_days: Annotated[int, Meta(ge=0, le=36_600)] = 0
    nights: list[Weekday] = []
    delivers: Literal["all", "closed"] = "all"

    @property
    def label(self) -> str:
        """What the log and people call it."""
        return self.name or self.path


def read_password(variable: str, file: str, home: Path, what: str) -> str:
    """The password in an environment variable or, without one, in a file; empty when neither is named.

    Args:
        variable: name of the environment variable.
        file: path, relative to `home`; white space at either end is no part of the password.
        home: the workspace.
        what: whose password it is, for messages.

    Raises:
        RegauditError: the variable is not set, or the file cannot be read.
    """
    if variable:
        secret = os.environ.get(variable)
        if secret is None:
            raise RegauditError(f"环境变量 {variable} 未设置:请设置{what}密码后重试")
        return secret
    if not file:
        return ""
    path = home / file
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise RegauditError(f"{what}密码文件 {path} 无法读取:{reason_of(error)}") from error
    except UnicodeDecodeError:
        # Its text holds a part of the password, so it must not be the cause of ours.
        raise RegauditError(f"{what}密码文件 {path} 不是 UTF-8 文本:请重新保存") from None


def check_sources(sources: list[Source]) -> None:
    """Raise when a source is neither a file nor a query, or a query lacks something or says it twice."""
    names: set[str] = set()
    for number, source in enumerate(sources, start=1):
        which = f"第 {number} 个 [[sources]]" + (f"({source.name})" if source.name else "")
        if bool(source.path) == bool(source.query):
            raise RegauditError(f"{which} 应写 path(文件)或 query(查询)之一,且只写其一")
        if source.path and source.database:
            raise RegauditError(f"{which} 是文件,不应有 [sources.database]")
        if source.query:
            _check_query(source, which)
        if source.name and source.name.casefold() in names:
            raise RegauditError(f"{which} 的 name 与另一个数据源重复:每个数据源的名称应各不相同")
        names.add(source.name.casefold())


def _check_query(source: Source, which: str) -> None:
    database = source.database
    if not _SOURCE_NAME.fullmatch(source.name):
        raise RegauditError(
            f"{which} 是查询,应有 name:由汉字、字母、数字和 . - _ 组成,不超过 80 字,取数所得的文件以此命名"
        )
    if database is None:
        raise RegauditError(f"{which} 是查询,应有 [sources.database]:kind、host、user 等")
    if bool(database.watermark) != (SINCE in source.query):
        raise RegauditError(
            f"{which} 的 watermark 与 query 中的 {SINCE} 应同时有或同时没有:"
            f"watermark 是结果中的时间列,{SINCE} 是取数的起始时间"
        )
    nested = [key for value in database.options.values() if isinstance(value, dict) for key in value]
    for key in [*database.options, *nested]:
        if _NOT_AN_OPTION.search(key):
            raise RegauditError(
                f"{which} 的 options.{key} 不可用:主机、库名、用户写在 [sources.database] 的同名项中,"
                "密码用 password_env 或 password_file 给出"
            )
