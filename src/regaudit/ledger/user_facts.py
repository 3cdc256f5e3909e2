"""What a night tells of users: who decides, as facts held against the night before; the rest as a note."""

from collections.abc import Iterable

from regaudit.catalogue.event_types import DeputyNamed, RoleEnded, RoleGranted, UserAdded, UserLocked
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.people import STREAM, Held, People, User
from regaudit.ledger.states import ADMINISTRATORS, ROLES, Role

DECIDING: frozenset[Role] = frozenset({*ADMINISTRATORS, "post", "leader", "superior"})
"""The roles whose change is a change of what decides."""
_FEW = 10


def user_facts(people: People) -> dict[str, str]:
    """Who decides: each user of post and above and each administrator, by a name for people (Chinese)."""
    return {
        f"用户·{user.login}": _fact(user)
        for _, user in sorted(people.users.items())
        if any(held.role in DECIDING for held in user.held)
    }


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
    login = event.originator_id.removeprefix(STREAM)
    if isinstance(event, RoleGranted | RoleEnded):
        role: Role = event.role  # type: ignore[assignment]
        if role in DECIDING:
            return ""
        done = "授予" if isinstance(event, RoleGranted) else "收回"
        return f"{event.by} {done}用户 {login} 的角色:{Held(role, event.office, event.section).title}"
    if isinstance(event, DeputyNamed):
        return f"{event.by} 指定 {login} 代理 {event.for_login},至 {event.until}"
    if isinstance(event, UserLocked):
        return f"{event.by} {'锁定' if event.is_locked else '解锁'}用户 {login}"
    if isinstance(event, UserAdded) and event.originator_version > 1:
        return f"{event.by} 更正用户 {login}:{event.person_name} 人员编号 {event.person_id}"
    return ""
