"""Who may do users and roles, and which roles one natural person may hold together."""

import re
from collections.abc import Iterable
from datetime import date

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold, fold_login
from regaudit.ledger.people import Held, People, User
from regaudit.ledger.states import ADMINISTRATORS, ROLES, Role

_LOGIN = re.compile(r"[^\W_][\w.@-]{0,63}")
_MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
FIRST_STEP = "请先由工作区的所有者添加安全管理员:regaudit user add 登录名 --person 人员编号 --role secadmin"


class RefusedUserError(RegauditError):
    """A change of users or roles that may not be made, and why (Chinese); nothing was written."""


def has_secadmin(people: People) -> bool:
    """Whether somebody who can do users and roles is there."""
    return any(_is_secadmin(user) for user in people.users.values())


def check_clerk(people: People, by: str, *, is_first: bool = False, own: str = "") -> None:
    """Refuse who may not do users and roles.

    Before the first user is there anybody may; the first secadmin is made by the workspace's owner; from then
    on by an unlocked secadmin alone.

    Args:
        people: as they are.
        by: the login who does it; empty: the workspace's owner.
        is_first: what is done makes a secadmin.
        own: the login whose own matter it is, who may do it as well.

    Raises:
        RefusedUserError: he may not.
    """
    if by and not people:
        return
    if not by:
        if has_secadmin(people):
            raise RefusedUserError("用户和角色由安全管理员办理:请用 --by 写明是哪一位")
        if not is_first:
            raise RefusedUserError(f"还没有安全管理员。{FIRST_STEP}")
        return
    clerk = people.get(by)
    if clerk is None:
        raise RefusedUserError(f"没有用户 {by}:--by 应为已有的用户")
    if clerk.is_locked:
        raise RefusedUserError(f"用户 {by} 已锁定,不能办理")
    if by != own and not _is_secadmin(clerk):
        rest = "" if has_secadmin(people) else f"。还没有安全管理员。{FIRST_STEP}"
        raise RefusedUserError(f"{clerk.title} 不是安全管理员,不能办理用户和角色{rest}")


def check_owner(people: People, by: str, login: str) -> User:
    """The user of a login, for who may set his password: himself, or a secadmin.

    Raises:
        RefusedUserError: he may not, or there is no such user.
    """
    check_clerk(people, by, own=login)
    return known_user(people, login)


def known_user(people: People, login: str) -> User:
    """The user of a login.

    Raises:
        RefusedUserError: there is none.
    """
    user = people.get(fold(login))
    if user is None:
        raise RefusedUserError(f"没有用户 {login}:现有的见 regaudit user list")
    return user


def check_names(people: People, login: str, person: str, mail: str) -> None:
    """Refuse a login, a natural person or an address that is none, or that is there in another writing.

    Raises:
        RefusedUserError: why.
    """
    if not _LOGIN.fullmatch(login):
        raise RefusedUserError(f"登录名 {login!r} 应由字母、汉字、数字和 . _ - @ 组成,不超过 64 字")
    if not person or not person.isprintable():
        raise RefusedUserError("请用 --person 写明自然人的人员编号,与账号名册一致")
    if mail and not _MAIL.fullmatch(mail):
        raise RefusedUserError(f"邮箱 {mail!r} 应写作 name@example.org")
    for user in people.users.values():
        if user.login != login and fold_login(user.login) == fold_login(login):
            raise RefusedUserError(f"已有用户 {user.login},与 {login} 只是写法不同:请另取登录名")
        is_other_writing = fold_login(user.person_id) == fold_login(person) and user.person_id != person
        if is_other_writing and user.login != login:
            raise RefusedUserError(
                f"用户 {user.login} 的人员编号写作 {user.person_id}:同一自然人请用同一写法,以便识别"
            )


def role_of(word: str) -> Role:
    """A role by its word, or its Chinese name.

    Raises:
        RefusedUserError: there is none such.
    """
    told = fold(word)
    for role, title in ROLES.items():
        if told in (role, title):
            return role
    known = "、".join(f"{role} {title}" for role, title in ROLES.items())
    raise RefusedUserError(f"没有角色 {word!r},应为:{known}")


def check_roles(people: People, person: str, roles: Iterable[Role], *, without: str = "") -> None:
    """Refuse roles that one natural person may not hold together, under whatever logins.

    An administrator holds that one role, is nobody's deputy and has none.

    Args:
        people: as they are.
        person: the natural person.
        roles: which he is to hold beside those that he has.
        without: a login of his whose roles are among `roles` already.

    Raises:
        RefusedUserError: why.
    """
    others = [user for user in people.logins_of(person) if user.login != without]
    together = {held.role for user in others for held in user.held} | set(roles)
    administers = sorted(together & ADMINISTRATORS)
    if administers and len(together) > 1:
        named = "、".join(ROLES[role] for role in ROLES if role in together)
        raise RefusedUserError(
            f"自然人 {person} 将兼任{named}:系统管理员、安全管理员、审计员须是三个不同的自然人,且不兼其他角色"
        )


def check_deputies(people: People, user: User, on: date) -> None:
    """Refuse an administrator's role for who is a deputy, or has one.

    Raises:
        RefusedUserError: until when.
    """
    logins = {each.login for each in people.logins_of(user.person_id)} | {user.login}
    for deputy in people.users.values():
        for principal, until in deputy.deputy_for.items():
            if until >= on and (deputy.login in logins or principal in logins):
                raise RefusedUserError(
                    f"{deputy.login} 代理 {principal} 至 {until},管理员不代理他人,也不由他人代理:请先终止代理"
                )


def check_deputy(people: People, deputy: User, principal: User, until: date, on: date) -> None:
    """Refuse a deputy who cannot be one.

    A last day that has passed ends a deputy's time.

    Raises:
        RefusedUserError: why.
    """
    if deputy.person_id == principal.person_id:
        raise RefusedUserError(f"{deputy.login} 与 {principal.login} 是同一自然人,不能代理自己")
    running = deputy.deputy_for.get(principal.login)
    if until < on:
        if running is None or running < on:
            raise RefusedUserError(f"代理的截止日期 {until} 已经过去")
        return
    for user in (deputy, principal):
        if user.is_locked:
            raise RefusedUserError(f"用户 {user.login} 已锁定,不能代理")
        if people.is_administrator(user.person_id):
            raise RefusedUserError(f"{user.title} 是管理员或审计员:不代理他人,也不由他人代理")
    if not principal.held:
        raise RefusedUserError(f"{principal.title} 没有角色可代理")


def check_last_secadmin(people: People, user: User, left: Iterable[Held] = ()) -> None:
    """Refuse to take away the last who can do users and roles.

    Args:
        people: as they are.
        user: who is locked out or loses a role.
        left: the roles that he keeps; none: he is locked out.

    Raises:
        RefusedUserError: he is the last.
    """
    if not _is_secadmin(user) or any(held.role == "secadmin" for held in left):
        return
    if not any(_is_secadmin(other) for other in people.users.values() if other is not user):
        raise RefusedUserError(f"{user.title} 是唯一的安全管理员:请先添加另一名,否则再没有人能办理用户和角色")


def place_of(user: User, wanted: Held) -> Held:
    """The role that is meant: as it is named, or the only one of its kind at the places named.

    Raises:
        RefusedUserError: he does not hold it, or holds it at several places.
    """
    if wanted in user.held:
        return wanted
    like = sorted(
        held
        for held in user.held
        if held.role == wanted.role
        and wanted.office in ("", held.office)
        and wanted.section in ("", held.section)
    )
    if len(like) == 1:
        return like[0]
    if like:
        places = "、".join(held.title for held in like)
        raise RefusedUserError(f"{user.title} 有 {places}:请用 --office、--section 写明收回哪一个")
    raise RefusedUserError(f"{user.title} 不是{wanted.title}")


def _is_secadmin(user: User) -> bool:
    return not user.is_locked and any(held.role == "secadmin" for held in user.held)
