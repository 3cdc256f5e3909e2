"""How a workspace is used: its settings, log, nights, calendar, people, mail."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from regaudit.audit.ledger_nights import nights
from regaudit.base.errors import RegauditError
from regaudit.base.parts import how_to_get
from regaudit.base.settings import Settings
from regaudit.catalogue.calendar.table import calendar_notices, published_years
from regaudit.catalogue.profiles import load_profile
from regaudit.catalogue.rules import check_profile, load_rules
from regaudit.eventlog.log import EventLog
from regaudit.ledger.chain_gaps import chain_gaps, offices_of
from regaudit.ledger.people import read_people
from regaudit.operation.doctor.checks import Check
from regaudit.operation.doctor.machine import is_installed
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.mail.errors import MailError
from regaudit.outlets.mail.smtp import Mailer

_SILENT = timedelta(days=4)
"""After the longest ordinary week-end somebody should have noticed that no night ran."""
_FORWARD = timedelta(hours=1)
_CERTIFICATE = timedelta(days=30)


def check_habits(home: Path, settings: Settings, now: datetime, *, with_mail: bool) -> Iterator[Check]:
    """What a workspace lacks; `now` is local time, `with_mail` asks the mail server, too."""
    yield _profile(home, settings)
    yield from _log(home, settings, now)
    yield _calendar(home, now)
    yield from _needed(settings)
    yield _routes(settings)
    if with_mail and settings.mail.smtp.host:
        yield _server(home, settings, now)


def _profile(home: Path, settings: Settings) -> Check:
    try:
        profile = load_profile(settings.profile, home)
        check_profile(profile, load_rules())
    except RegauditError as error:
        return Check(
            check="profile",
            title="规程",
            status="failed",
            found=str(error),
            advice="请改正 regaudit.toml 的 profile,或 profiles/ 中的文件",
        )
    return Check(check="profile", title="规程", status="ok", found=f"{settings.profile} {profile.title}")


def _log(home: Path, settings: Settings, now: datetime) -> Iterator[Check]:
    place = "PostgreSQL" if settings.store.url else "events.sqlite"
    try:
        with EventLog(home) as log:
            log.check_writable()
            yield Check(
                check="log",
                title="事件日志",
                status="ok",
                found=f"{place},共 {log.position()} 条,签名密钥可用",
            )
            finished = [datetime.fromisoformat(run.finished_at) for run in nights(log).values()]
            yield _nights(finished, settings, now)
            yield _staff(home, settings, log)
    except RegauditError as error:
        yield Check(
            check="log",
            title="事件日志",
            status="failed",
            found=str(error),
            advice="请先按所说的处理;查不明白的运行 regaudit verify",
        )


def _nights(finished: list[datetime], settings: Settings, now: datetime) -> Check:
    title = "夜间作业"
    if not finished:
        return Check(
            check="nights",
            title=title,
            status="note",
            found="还没有运行过",
            advice=f"运行 regaudit nightly,或用 regaudit schedule 每天 {settings.schedule.at} 运行",
        )
    last = max(finished)
    if last - now > _FORWARD:
        return Check(
            check="nights",
            title=title,
            status="failed",
            found=f"最近一晚完成于 {last:%Y-%m-%d %H:%M},晚于本机的现在",
            advice="请校准本机时间",
        )
    is_silent = now - last > _SILENT
    return Check(
        check="nights",
        title=title,
        status="warning" if is_silent else "ok",
        found=f"最近一晚完成于 {last:%Y-%m-%d %H:%M}",
        advice="请查看计划任务或 regaudit schedule 是否还在运行" if is_silent else "",
    )


def _staff(home: Path, settings: Settings, log: EventLog) -> Check:
    title, people = "岗位", read_people(log)
    if not people:
        return Check(
            check="staff",
            title=title,
            status="note",
            found="还没有用户,台账的步骤无人办理",
            advice="请用 regaudit user add 添加",
        )
    offices = offices_of(people) | {each.office for each in settings.offices} | _published(home)
    gaps = chain_gaps(people, offices)
    return Check(
        check="staff",
        title=title,
        status="warning" if gaps else "ok",
        found=";".join(f"{each.office} {'、'.join(each.gaps)}" for each in gaps)
        or f"{len(people.users)} 名用户,各机构的岗位齐全",
        advice="请用 regaudit user add、user role 补齐" if gaps else "",
    )


def _published(home: Path) -> set[str]:
    with suppress(RegauditError), AnalystDatabase(home) as database:
        return set(database.offices())
    return set()


def _calendar(home: Path, now: datetime) -> Check:
    notices = calendar_notices(home, now.date())
    return Check(
        check="calendar",
        title="工作日历",
        status="warning" if notices else "ok",
        found=f"至 {published_years(home)[-1]} 年",
        advice=";".join(notices),
    )


def _needed(settings: Settings) -> Iterator[Check]:
    """The optional parts that the settings ask for."""
    wanted = {source.database.kind for source in settings.sources if source.database}
    if settings.store.url:
        wanted.add("postgresql")
    if settings.desk.address:
        yield _part("desk", "desk.address")
    if settings.desk.oidc:
        yield _part("oidc", "desk.oidc")
    for name in sorted(wanted):
        yield _part(name, "store.url 或 sources")


def _part(name: str, asked: str) -> Check:
    is_there = is_installed(name)
    return Check(
        check=f"needs-{name}",
        title=f"设置所需的 {name}",
        status="ok" if is_there else "failed",
        found="已安装" if is_there else f"regaudit.toml 的 {asked} 需要它,而未安装",
        advice="" if is_there else how_to_get(name),
    )


def _routes(settings: Settings) -> Check:
    mail = settings.mail
    lacking = [
        text
        for is_lacking, text in (
            (not mail.smtp.host, "没有邮件服务器(mail.smtp.host),邮件都留在 outbox/"),
            (not any(route.to for route in mail.routes), "没有收件人(mail.routes)"),
        )
        if is_lacking
    ]
    return Check(
        check="mail",
        title="邮件设置",
        status="warning" if lacking else "ok",
        found=";".join(lacking) or f"{mail.smtp.host}({mail.smtp.security})",
        advice="请在 regaudit.toml 中填写,并用 regaudit doctor --mail 试连" if lacking else "",
    )


def _server(home: Path, settings: Settings, now: datetime) -> Check:
    smtp, title = settings.mail.smtp, "邮件服务器"
    try:
        with Mailer(smtp, home) as mailer:
            expires = mailer.greet()
    except MailError as error:
        return Check(
            check="mail-server",
            title=title,
            status="failed",
            found=str(error),
            advice="请按所说的处理,再运行 regaudit doctor --mail;此前邮件留在 outbox/",
        )
    if expires is not None and expires - now < _CERTIFICATE:
        return Check(
            check="mail-server",
            title=title,
            status="warning",
            found=f"{smtp.host} 可以登录,其证书 {expires:%Y-%m-%d} 到期",
            advice="请提醒邮件管理员更换证书:到期后邮件发不出去",
        )
    secured = "未加密" if smtp.security == "none" else "加密,证书有效"
    return Check(
        check="mail-server", title=title, status="ok", found=f"{smtp.host} 可以连接和登录({secured})"
    )
