"""What a night tells of users: who decides, as facts held against the night before; the rest as a note."""

from collections.abc import Iterable, Mapping

from regaudit.catalogue.event_types import (
    DeputyNamed,
    RoleEnded,
    RoleGranted,
    SecretChanged,
    SettingChange,
    UserAdded,
    UserLocked,
)
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.people import STREAM, Held, People, User
from regaudit.ledger.secrets import PASSWORD
from regaudit.ledger.states import ADMINISTRATORS, ROLES, Role

DECIDING: frozenset[Role] = frozenset({*ADMINISTRATORS, "post", "leader", "superior"})
"""The roles whose change is a change of what decides."""
_FEW = 10


def user_facts(people: People) -> dict[str, str]:
    """Who decides: each user of post and above and each administrator, by a name for people (Chinese)."""
    return {
        _name(user.login): _fact(user)
        for _, user in sorted(people.users.items())
        if any(held.role in DECIDING for held in user.held)
    }


def passing_changes(
    events: Iterable[LogEvent], old: Mapping[str, str], new: Mapping[str, str]
) -> list[SettingChange]:
    """Roles that decide and were granted and taken back, or the reverse, between two nights.

    Args:
        events: those of users since the night before, in the order of the log.
        old: the facts of that night, which do not tell of them.
        new: the facts now, which do not either.
    """
    done: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, RoleGranted | RoleEnded) and event.role in DECIDING:
            done.setdefault(_login_of(event), []).append(_role_line(event))
    return [
        SettingChange(what=_name(login), old=old.get(_name(login), ""), new=f"其间{'、'.join(lines)}")
        for login, lines in sorted(done.items())
        if old.get(_name(login), "") == new.get(_name(login), "")
    ]


def other_changes(events: Iterable[LogEvent]) -> list[str]:
    """What was changed of users and is no fact: roles below the post, deputies, locks; a line each (Chinese).

    Args:
        events: those of users since the night before, in the order of the log.
    """
    lines = [line for event in events if (line := _line(event))]
    if len(lines) > _FEW:
        left = len(lines) - _FEW
        lines = [*lines[:_FEW], f"用户和角色另有 {left} 处变动,现状见 regaudit user list"]
    return lines


def _fact(user: User) -> str:
    order = list(ROLES)
    deciding = sorted(
        (held for held in user.held if held.role in DECIDING),
        key=lambda held: (order.index(held.role), held.office, held.section),
    )
    name = f"{user.person_name} " if user.person_name else ""
    roles = "、".join(held.title for held in deciding)
    return f"{name}人员编号 {user.person_id}:{roles}" + (";已锁定" if user.is_locked else "")


def _line(event: LogEvent) -> str:
    """What one event changed, where no fact tells it."""
    login = _login_of(event)
    if isinstance(event, RoleGranted | RoleEnded) and event.role not in DECIDING:
        return f"用户 {login}:{_role_line(event)}"
    if isinstance(event, DeputyNamed):
        return f"用户 {login}:由 {event.by} 指定代理 {event.for_login},至 {event.until}"
    if isinstance(event, UserLocked):
        return f"用户 {login}:由 {event.by} {'锁定' if event.is_locked else '解锁'}"
    if isinstance(event, SecretChanged) and event.by != login:
        what = "口令" if event.kind == PASSWORD else "第二因素"
        return f"用户 {login}:由 {event.by} 重设{what}"
    if isinstance(event, UserAdded) and event.originator_version > 1:
        return f"用户 {login}:由 {event.by} 更正,人员编号 {event.person_id}"
    return ""


def _role_line(event: RoleGranted | RoleEnded) -> str:
    role: Role = event.role  # type: ignore[assignment]
    done = "授予" if isinstance(event, RoleGranted) else "收回"
    return f"由 {event.by} {done}{Held(role, event.office, event.section).title}"


def _login_of(event: LogEvent) -> str:
    return event.originator_id.removeprefix(STREAM)


def _name(login: str) -> str:
    return f"用户·{login}"
