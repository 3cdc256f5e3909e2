"""`regaudit.toml` as typed structs.

Unknown keys, wrong types and impossible values are errors that name the file and the key: a setting with
a slip of the pen must not be ignored silently.
"""

import re
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from regaudit.base.calendar_settings import Calendar, check_calendar
from regaudit.base.clock import since_noon
from regaudit.base.desk_settings import DeskSettings, check_desk
from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.folders import SETTINGS_FILE, Folders
from regaudit.base.lake_settings import LakeSettings
from regaudit.base.ledger_settings import Ledger
from regaudit.base.publish_settings import Publish
from regaudit.base.report_settings import ReportSettings
from regaudit.base.source_settings import Source, Text, check_sources, read_password
from regaudit.base.tomltext import in_chinese
from regaudit.base.typed_paths import check_paths
from regaudit.base.warehouse_settings import WarehouseSettings

DEFAULT_HOURS = ["08:30-12:00", "13:30-17:30"]
_LEAP_YEAR = date(2000, 1, 1)
YEAR_DAYS = [day.month * 100 + day.day for day in (_LEAP_YEAR + timedelta(number) for number in range(366))]
"""Every day of a year as one number: 101, 102 … 1231."""
_SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")

Span = Annotated[str, Meta(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]
MonthDay = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Spans = Annotated[list[Span], Meta(min_length=1, max_length=2)]


class Season(Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """Office hours of a part of every year, first and last day included; it may run over New Year."""

    first: MonthDay
    last: MonthDay
    hours: Spans

    def covers(self, month_day: int) -> bool:
        """Whether a day of the year, such as 501 for 1 May, lies in it."""
        first, last = (int(text.replace("-", "")) for text in (self.first, self.last))
        return first <= month_day <= last if first <= last else not last < month_day < first


class Office(Struct, frozen=True, forbid_unknown_fields=True):
    """A registration centre: its code in the log, its name in mails, its hours if they differ.

    `until` is the last day on which it acts: from then on nobody misses it.
    """

    office: Text
    name: str = ""
    hours: Spans | None = None
    seasons: list[Season] = []
    until: date | None = None


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets an office's digest; `office = "*"` is every office without a route of its own."""

    office: Text
    to: list[Text] = []
    name: str = "质量监管岗"


class Smtp(Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server; the password comes from the environment or a file, never from this file."""

    host: str = ""
    port: int = 0
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_env: str = ""
    password_file: str = ""
    timeout_seconds: float = 30.0
    ca_file: str = ""

    def password(self, home: Path) -> str:
        """The password named by `password_env` or `password_file` (relative to the workspace)."""
        return read_password(self.password_env, self.password_file, home, "邮件")


class Mail(Struct, frozen=True, forbid_unknown_fields=True):
    """Mail settings. Without `smtp.host` every mail stays in `outbox/`."""

    sender: str = "regaudit@localhost"
    subject_prefix: str = "登记监管"
    smtp: Smtp = Smtp()
    routes: list[Route] = []


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """Office hours on working days: one span, or morning and afternoon."""

    default: Spans = msgspec.field(default_factory=lambda: list(DEFAULT_HOURS))
    seasons: list[Season] = []


class Schedule(Struct, frozen=True, forbid_unknown_fields=True):
    """When `regaudit schedule` runs the night: wall-clock time in the workspace's zone."""

    at: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "22:30"


class Store(Struct, frozen=True, forbid_unknown_fields=True):
    """The event log's database: without `url` it is SQLite in the workspace, else PostgreSQL.

    The password comes from the environment or a file, never from `url`.
    """

    url: str = ""
    schema: Annotated[str, Meta(pattern=r"^(?!pg_)[a-z_][a-z0-9_]{0,39}$")] = "regaudit"
    password_env: str = ""
    password_file: str = ""

    def password(self, home: Path) -> str:
        """The password named by `password_env` or `password_file` (relative to the workspace)."""
        return read_password(self.password_env, self.password_file, home, "事件日志数据库")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A workspace's settings, as in `regaudit.toml`."""

    profile: Text = "default"
    zone: Text = "Asia/Shanghai"
    store: Store = Store()
    sources: list[Source] = []
    calendar: Calendar = Calendar()
    hours: Hours = Hours()
    offices: list[Office] = []
    mail: Mail = Mail()
    schedule: Schedule = Schedule()
    publish: Publish = Publish()
    ledger: Ledger = Ledger()
    desk: DeskSettings = DeskSettings()
    reports: ReportSettings = ReportSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    lake: LakeSettings = LakeSettings()

    def office_name(self, office: str) -> str:
        """The office's name in mails: as configured, else its code."""
        return next((known.name for known in self.offices if known.office == office and known.name), office)


def parse_span(span: str) -> tuple[time, time]:
    """Opening and closing time of `"08:30-12:00"`."""
    match = _SPAN.fullmatch(span)
    if match is None:
        raise RegauditError(f"办公时间 {span!r} 应写作 08:30-12:00")
    try:
        opens, closes = (time.fromisoformat(part) for part in match.groups())
    except ValueError as error:
        raise RegauditError(f"办公时间 {span!r} 不是有效的时刻") from error
    if opens >= closes:
        raise RegauditError(f"办公时间 {span!r} 的结束早于开始")
    return opens, closes


def check_spans(spans: list[str]) -> None:
    """Raise when spans are malformed, overlap, or are out of order."""
    last: time | None = None
    for opens, closes in map(parse_span, spans):
        if last is not None and opens < last:
            raise RegauditError(f"办公时间 {'、'.join(spans)} 互相重叠或次序颠倒")
        last = closes


def check_seasons(seasons: list[Season]) -> None:
    """Raise when a season's day does not exist, its hours are malformed, or two seasons share a day."""
    for season in seasons:
        check_spans(season.hours)
        for text in (season.first, season.last):
            if int(text.replace("-", "")) not in YEAR_DAYS:
                raise RegauditError(f"季节的日期 {text} 不存在")
    for day in YEAR_DAYS:
        if sum(season.covers(day) for season in seasons) > 1:
            raise RegauditError(f"两个季节的办公时间都包括 {day // 100:02}-{day % 100:02}")


def check_store(store: Store) -> None:
    """Raise when the store is no PostgreSQL database, or its URL holds a password, which is not repeated."""
    if not store.url:
        return
    scheme, _, rest = store.url.partition("://")
    if scheme not in ("postgresql", "postgres") or not rest:
        raise RegauditError(
            "store.url 应形如 postgresql://用户@主机:5432/数据库,或留空(事件日志存于工作区的 SQLite)"
        )
    if ":" in rest.rpartition("@")[0] or "password" in rest.partition("?")[2].casefold():
        raise RegauditError(
            "store.url 中不应有密码:请删去,改用 store.password_env(环境变量名)"
            "或 store.password_file(文件),并更换这个密码"
        )


def check_due(settings: Settings) -> None:
    """Raise when a source is due later in the night than the night runs: it would never be missed."""
    runs_at = time.fromisoformat(settings.schedule.at)
    for source in settings.sources:
        if source.due and since_noon(time.fromisoformat(source.due)) > since_noon(runs_at):
            raise RegauditError(
                f"数据源 {source.label} 的 due = {source.due} 晚于夜间作业的时刻 schedule.at = "
                f"{settings.schedule.at}(一夜从中午算到次日中午):缺了永远不会知道。请把 due 提前,或把 at 推后"
            )


class _OnlyStore(Struct, frozen=True):
    store: Store = Store()


def load_store(home: Path) -> Store:
    """Where the log of the workspace at `home` is; SQLite in a folder without settings.

    Raises:
        RegauditError: the settings cannot be read, or name no store that there is.
    """
    path = Folders(home).settings
    try:
        store = msgspec.toml.decode(path.read_text(encoding="utf-8-sig"), type=_OnlyStore).store
        check_store(store)
    except (FileNotFoundError, NotADirectoryError):
        return Store()
    except OSError as error:
        raise RegauditError(f"{path} 无法读取:{reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise RegauditError(f"{path} 不是 UTF-8 文本:请另存为 UTF-8") from error
    except msgspec.DecodeError as error:
        raise _wrong(path, error) from error
    except RegauditError as error:
        raise RegauditError(f"{path} 有误:{error}") from error
    return store


def no_workspace(home: Path) -> RegauditError:
    """What is said of a folder that is no workspace."""
    return RegauditError(
        f"{home} 不是工作区(没有 {SETTINGS_FILE}):请用 --home 指明工作区,或用 regaudit init {home} 新建"
    )


def load_settings(home: Path) -> Settings:
    """The settings of the workspace at `home`.

    Raises:
        RegauditError: no workspace there, or a setting is wrong; the message names file and key.
    """
    path = Folders(home).settings
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise no_workspace(home) from error
    except UnicodeDecodeError as error:
        raise RegauditError(f"{path} 不是 UTF-8 文本:请另存为 UTF-8") from error
    try:
        settings = msgspec.toml.decode(text, type=Settings)
        check_spans(settings.hours.default)
        for office in settings.offices:
            check_spans(office.hours or settings.hours.default)
        for seasons in (settings.hours.seasons, *(office.seasons for office in settings.offices)):
            check_seasons(seasons)
        ZoneInfo(settings.zone)
        check_store(settings.store)
        check_paths(msgspec.to_builtins(settings))
        check_sources(settings.sources)
        check_due(settings)
        check_calendar(settings.calendar)
        check_desk(settings.desk)
    except msgspec.DecodeError as error:
        raise _wrong(path, error) from error
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RegauditError(f"{path} 有误:时区 zone = {settings.zone!r} 不存在") from error
    except RegauditError as error:
        raise RegauditError(f"{path} 有误:{error}") from error
    return settings


def load_calendar(home: Path) -> Calendar:
    """What the workspace at `home` counts working days by; the national calendar without settings.

    Raises:
        RegauditError: a setting is wrong.
    """
    return load_settings(home).calendar if Folders(home).settings.is_file() else Calendar()


def _wrong(path: Path, error: Exception) -> RegauditError:
    return RegauditError(
        f"{path} 有误:{in_chinese(str(error))}。请对照文件中的注释修改;regaudit init 新建的工作区里有原样"
    )
