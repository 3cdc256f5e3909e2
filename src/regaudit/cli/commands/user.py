"""The users of ledger and desk."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.folders import Folders
from regaudit.base.settings import load_settings
from regaudit.base.typed_times import parse_day
from regaudit.cli.author import ask_password, command_author, password_in
from regaudit.cli.help import Menu
from regaudit.cli.options import file_type, home_option, json_option
from regaudit.cli.screen import complain, print_json, print_table, progress_bar, say
from regaudit.eventlog.log import EventLog
from regaudit.ledger.admittance import admit_clerk, needs_password
from regaudit.ledger.chain_gaps import OfficeGaps, chain_gaps, offices_of
from regaudit.ledger.people import People, User, read_people
from regaudit.ledger.states import ROLES
from regaudit.ledger.user_rules import check_owner, role_of
from regaudit.ledger.users import NewUser, Users
from regaudit.operation.open import local_now, open_workspace
from regaudit.operation.user_mail import tell_users, user_notices
from regaudit.outlets.database import AnalystDatabase

_ROLES = "、".join(f"{role} {title}" for role, title in ROLES.items())


def _by(command: Callable[..., None]) -> Callable[..., None]:
    """Who does it; what he gives to be believed."""
    command = click.option(
        "--by-password-file",
        type=file_type,
        help='办理人口令所在的文件([ledger] commands 不是 "trusted"、而他有口令时须给出)',
    )(command)
    return click.option("--by", default="", metavar="登录名", help="何人办理(添加首个安全管理员时不写)")(
        command
    )


_office = click.option("--office", default="", help="在哪个登记机构;不写即全部机构")
_section = click.option("--section", default="", help="在哪个科室;不写即全部科室")


@click.group(cls=Menu)
def user() -> None:
    """台账和监管台的用户:添加、角色、锁定、代理、口令、列出。"""


@user.command(name="add")
@click.argument("login", metavar="登录名")
@click.option("--person", default="", metavar="人员编号", help="自然人的人员编号,与账号名册一致")
@click.option("--role", default="", metavar="角色", help=f"角色:{_ROLES}")
@_office
@_section
@click.option("--name", default="", help="姓名")
@click.option("--mail", default="", help="邮箱")
@click.option("--correct", is_flag=True, help="更正已有用户的人员编号、姓名或邮箱;角色不变")
@_by
@home_option
def add_user(
    login: str,
    *,
    person: str,
    role: str,
    office: str,
    section: str,
    name: str,
    mail: str,
    by: str,
    by_password_file: Path | None,
    home: Path,
    correct: bool,
) -> None:
    """添加用户及其首个角色;或更正已有的用户。"""
    if correct and (role or office or section):
        raise UsageError("--correct 只更正 --person、--name、--mail:角色用 regaudit user role 授予或收回")
    if not correct and not (role and person):
        raise UsageError("添加用户须写明 --person 和 --role")
    with _users(home, "user add", by, by_password_file) as users:
        if correct:
            users.correct(login, person_id=person, person_name=name, mail=mail)
        else:
            users.add(
                NewUser(
                    login=login,
                    person_id=person,
                    role=role,
                    person_name=name,
                    mail=mail,
                    office=office,
                    section=section,
                )
            )
    say(f"用户 {escape(login)} 已{'更正' if correct else '添加:' + ROLES[role_of(role)]}")


@user.command(name="role")
@click.argument("login", metavar="登录名")
@click.option("--grant", default="", metavar="角色", help=f"授予角色:{_ROLES}")
@click.option("--end", default="", metavar="角色", help="收回角色")
@_office
@_section
@_by
@home_option
def change_role(
    login: str,
    *,
    grant: str,
    end: str,
    office: str,
    section: str,
    by: str,
    by_password_file: Path | None,
    home: Path,
) -> None:
    """授予或收回一个角色。"""
    if bool(grant) == bool(end):
        raise UsageError("请写 --grant(授予)或 --end(收回)之一")
    with _users(home, "user role", by, by_password_file) as users:
        change = users.grant if grant else users.end
        held = change(login, grant or end, office, section)
    say(f"用户 {escape(login)}:{'授予' if grant else '收回'}{escape(held.title)}")


@user.command(name="lock")
@click.argument("login", metavar="登录名")
@click.option("--unlock", is_flag=True, help="解锁")
@_by
@home_option
def lock_user(login: str, by: str, by_password_file: Path | None, home: Path, *, unlock: bool) -> None:
    """锁定或解锁一个用户。"""
    with _users(home, "user lock", by, by_password_file) as users:
        users.lock(login, is_locked=not unlock)
    say(f"用户 {escape(login)} 已{'解锁' if unlock else '锁定'}")


@user.command(name="deputy")
@click.argument("login", metavar="登录名")
@click.option("--for", "for_login", required=True, metavar="登录名", help="代理谁")
@click.option("--until", required=True, metavar="日期", help="到哪一天(含);已过去的日期即终止代理")
@_by
@home_option
def name_deputy(
    login: str, *, for_login: str, until: str, by: str, by_password_file: Path | None, home: Path
) -> None:
    """指定代理人:由本人(--for 所写的用户)或安全管理员指定。"""
    day = parse_day(until)
    with _users(home, "user deputy", by, by_password_file) as users:
        users.name_deputy(login, for_login, day)
    say(f"用户 {escape(login)} 代理 {escape(for_login)},至 {day}(含)")


@user.command(name="passwd")
@click.argument("login", metavar="登录名")
@click.option("--password-file", type=file_type, help="新口令所在的文件(第一行);不写则在终端输入,不显示")
@_by
@home_option
def set_password(
    login: str, password_file: Path | None, by: str, by_password_file: Path | None, home: Path
) -> None:
    """设置口令:由本人或安全管理员设置,不写 --by 即本人。"""
    by = by or login
    load_settings(home)
    with EventLog(home) as log:
        check_owner(read_people(log), by, login)
    own = _given(home, by, by_password_file)
    password = (
        password_in(password_file)
        if password_file
        else ask_password(f"{login} 的新口令", "--password-file", is_new=True)
    )
    with _opened(home, "user passwd", by, own) as users:
        users.set_password(login, password)
    say(f"用户 {escape(login)} 的口令已设置")


@user.command(name="list")
@home_option
@json_option
def list_users(home: Path, *, as_json: bool) -> None:
    """列出用户及其角色、代理,并指出岗位不全的机构。"""
    settings = load_settings(home)
    with EventLog(home) as log:
        people = read_people(log)
    today = local_now(settings.zone).date()
    offices = offices_of(people) | {
        office.office for office in settings.offices if office.until is None or office.until >= today
    }
    gaps = chain_gaps(people, offices | _published_offices(home)) if people else []
    facts = [user_facts(each, people, today) for _, each in sorted(people.users.items())]
    print_json({"users": facts, "gaps": gaps}) if as_json else print_users(facts, gaps)


def user_facts(user: User, people: People, today: date) -> dict[str, Any]:
    """A user for programs; of deputies only those whose time has not passed."""
    return {
        "login": user.login,
        "person_name": user.person_name,
        "person_id": user.person_id,
        "mail": user.mail,
        "roles": [
            {"role": held.role, "title": held.title, "office": held.office, "section": held.section}
            for held in sorted(user.held)
        ],
        "locked": user.is_locked,
        "deputy_for": [
            {"login": login, "until": until}
            for login, until in sorted(user.deputy_for.items())
            if until >= today
        ],
        "deputies": [
            {"login": other.login, "until": until}
            for other in people.users.values()
            if (until := other.deputy_for.get(user.login)) is not None and until >= today
        ],
        "has_password": "password" in user.secrets,
    }


def print_users(facts: Sequence[dict[str, Any]], gaps: Sequence[OfficeGaps]) -> None:
    """All users, and the offices where somebody is missing."""
    if not facts:
        say(
            "还没有用户。请先由工作区的所有者添加安全管理员:"
            "regaudit user add LOGIN --person ID --role secadmin"
        )
        return
    rows = [
        (
            fact["login"],
            fact["person_name"],
            fact["person_id"],
            "、".join(role["title"] for role in fact["roles"]),
            "已锁定" if fact["locked"] else "",
            "、".join(f"{each['login']}(至 {each['until']})" for each in fact["deputies"]),
        )
        for fact in facts
    ]
    headers = ("登录名", "姓名", "人员编号", "角色", "状态", "代理人")
    print_table("用户", headers, rows, whole=("登录名",))
    for office in gaps:
        say(f"[bold yellow]机构 {escape(office.office)} 的岗位不全[/]:")
        for gap in office.gaps:
            say(f"  {escape(gap)}")


def _users(home: Path, command: str, by: str, password_file: Path | None) -> AbstractContextManager[Users]:
    """The users of a workspace, for who has shown that he is the one."""
    return _opened(home, command, by, _given(home, by, password_file))


def _given(home: Path, by: str, password_file: Path | None) -> str | None:
    """What somebody gives to be believed; asked for before there is any progress on the terminal."""
    if password_file:
        return password_in(password_file)
    settings = load_settings(home)
    with EventLog(home) as log:
        is_needed = needs_password(settings, read_people(log), by)
    return ask_password(f"{by} 的口令", "--by-password-file") if is_needed else None


@contextmanager
def _opened(home: Path, command: str, by: str, password: str | None) -> Iterator[Users]:
    with (
        progress_bar() as progress,
        open_workspace(home, command, progress=progress, locks=[]) as workspace,
    ):
        admit_clerk(workspace, by, password)
        users = Users(workspace, command_author(by))
        try:
            yield users
        finally:
            _tell(workspace, users)


def _tell(workspace: Workspace, users: Users) -> None:
    """Mail whom a change concerns; that it is made does not rest on it."""
    try:
        posted = tell_users(workspace, user_notices(workspace.log, users.appended))
    except RegauditError as error:
        complain(f"提示:通知本人的邮件未能发出({escape(str(error))}),由下一晚发出")
        return
    for told in (*posted.problems, *posted.notes):
        complain(f"提示:{escape(told)}")


def _published_offices(home: Path) -> set[str]:
    """The offices that there are cases or findings of, as far as a night has published any."""
    if not Folders(home).database.is_file():
        return set()
    with AnalystDatabase(home) as database:
        return set(database.offices())
