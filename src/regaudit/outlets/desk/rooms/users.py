"""用户: users, roles, locks, deputies and secrets, for the secadmin."""

import secrets
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.errors import RegauditError
from regaudit.base.typed_times import parse_day
from regaudit.ledger.chain_gaps import chain_gaps, offices_of
from regaudit.ledger.people import User
from regaudit.ledger.secrets import FACTOR, PASSWORD
from regaudit.ledger.states import ROLES
from regaudit.ledger.users import NewUser, Users
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.pages import missing, moved, page
from regaudit.outlets.desk.viewer import Viewer

ROOMS = [
    USERS := Room(
        name="users", path="/users", title="用户", order=80, who=lambda viewer: viewer.holds("secadmin")
    )
]
_NEW = ("login", "person_id", "person_name", "mail", "role", "office", "section")


def show(request: Request) -> Response:
    """All users."""
    return _list(request)


def _list(request: Request, *, told: str = "", given: dict[str, str] | None = None) -> Response:
    desk: Desk = request.app.state.desk
    people, today = desk.people(), request.state.at.date()
    locks = desk.factors.locks(request.state.at)
    offices = offices_of(people) | {
        office.office for office in desk.settings.offices if office.until is None or office.until >= today
    }
    return page(
        request,
        "users.html",
        status=400 if told else 200,
        told=told,
        given=dict.fromkeys(_NEW, "") | (given or {}),
        facts=[_facts(desk, user, today, locks) for _, user in sorted(people.users.items())],
        gaps=chain_gaps(people, offices),
        offices=_offices(desk),
        office_name=desk.settings.office_name,
    )


def add(request: Request) -> Response:
    """Add a user, with a password that he has to change."""
    desk: Desk = request.app.state.desk
    given = _texts(request, *_NEW)
    password = _new_password()
    try:
        with _changing(desk, request) as users:
            users.add(NewUser(**given))
            users.set_password(given["login"], password)
    except RegauditError as error:
        return _list(request, told=str(error), given=given)
    return _one(request, given["login"], done="已添加。请把临时口令当面或电话告知本人", password=password)


def show_one(request: Request) -> Response:
    """One user."""
    return _one(request, request.path_params["login"])


def _one(request: Request, login: str, *, told: str = "", done: str = "", password: str = "") -> Response:
    desk: Desk = request.app.state.desk
    people, today = desk.people(), request.state.at.date()
    user = people.get(login.strip())
    if user is None:
        return missing(request)
    return page(
        request,
        "user.html",
        status=400 if told else 200,
        told=told,
        done=done,
        password=password,
        user=user,
        fact=_facts(desk, user, today, desk.factors.locks(request.state.at)),
        others=[other for _, other in sorted(people.users.items()) if other is not user],
        offices=_offices(desk),
    )


def change(request: Request) -> Response:
    """Change one user, as the form says."""
    desk: Desk = request.app.state.desk
    login, what = request.path_params["login"], str(request.state.form.get("what", ""))
    if desk.people().get(login) is None or what not in {*_CHANGES, *_RESETS}:
        return missing(request)
    try:
        if what in _RESETS:
            return _RESETS[what](request, login)
        with _changing(desk, request) as users:
            _CHANGES[what](users, login, _texts(request, *_FIELDS))
    except RegauditError as error:
        return _one(request, login, told=str(error))
    return moved(f"/users/{quote(login, safe='')}")


def _give_password(request: Request, login: str) -> Response:
    desk: Desk = request.app.state.desk
    password = _new_password()
    with _changing(desk, request) as users:
        users.set_password(login, password)
    desk.factors.forgive(login)
    done = "口令已重设，原来的登录已结束。请把临时口令当面或电话告知本人"
    return _one(request, login, done=done, password=password)


def _forgive(request: Request, login: str) -> Response:
    request.app.state.desk.factors.forgive(login)
    return _one(request, login, done="可以重新登录了")


def _drop_factor(request: Request, login: str) -> Response:
    desk: Desk = request.app.state.desk
    with _changing(desk, request) as users:
        users.set_factor(login, None)
    return _one(request, login, done="第二因素已重置：他下次登录时重新设置")


def _correct(users: Users, login: str, given: dict[str, str]) -> None:
    users.correct(login, person_id=given["person_id"], person_name=given["person_name"], mail=given["mail"])


def _deputy(users: Users, login: str, given: dict[str, str]) -> None:
    users.name_deputy(login, given["for_login"], parse_day(given["until"]))


_FIELDS = ("person_id", "person_name", "mail", "role", "office", "section", "for_login", "until")
_RESETS: dict[str, Callable[[Request, str], Response]] = {
    "password": _give_password,
    "factor": _drop_factor,
    "forgive": _forgive,
}
_CHANGES: dict[str, Callable[[Users, str, dict[str, str]], object]] = {
    "correct": _correct,
    "grant": lambda users, login, given: users.grant(login, *_place(given)),
    "end": lambda users, login, given: users.end(login, *_place(given)),
    "lock": lambda users, login, _: users.lock(login, is_locked=True),
    "unlock": lambda users, login, _: users.lock(login, is_locked=False),
    "deputy": _deputy,
}
"""What each form of a user's page does."""


def _place(given: dict[str, str]) -> tuple[str, str, str]:
    return given["role"], given["office"], given["section"]


def _changing(desk: Desk, request: Request) -> Any:
    viewer: Viewer = request.state.viewer
    return desk.steps.change_users(desk.author(viewer.login))


def _texts(request: Request, *names: str) -> dict[str, str]:
    return {name: str(request.state.form.get(name, "")).strip() for name in names}


def _new_password() -> str:
    return secrets.token_urlsafe(10)


def _offices(desk: Desk) -> list[tuple[str, str]]:
    """The offices that there are, for a choice."""
    known = {each.office for each in desk.settings.offices} | offices_of(desk.people())
    if desk.published.is_there:
        rows = desk.published.kept_rows("SELECT DISTINCT office FROM main.cases WHERE office IS NOT NULL")
        known |= {row["office"] for row in rows}
    names = ((office, desk.settings.office_name(office)) for office in sorted(known))
    return [
        ("", "全部机构"),
        *((office, f"{name} {office}" if name != office else office) for office, name in names),
    ]


def _facts(desk: Desk, user: User, today: date, locks: dict[str, Any]) -> dict[str, Any]:
    """What a page tells of a user."""
    needs_factor = desk.factors.needs_factor(user)
    damaged = [kind for kind in (PASSWORD, FACTOR) if desk.factors.is_damaged(user, kind)]
    return {
        "user": user,
        "roles": sorted(
            user.held, key=lambda held: (list(ROLES).index(held.role), held.office, held.section)
        ),
        "deputy_for": {login: until for login, until in user.deputy_for.items() if until >= today},
        "locked_until": locks.get(user.login),
        "password": "记录不符" if PASSWORD in damaged else _told_password(user),
        "factor": "记录不符"
        if FACTOR in damaged
        else "已设置"
        if FACTOR in user.secrets
        else "待设置"
        if needs_factor
        else "不需要",
        "is_damaged": bool(damaged),
    }


def _told_password(user: User) -> str:
    if PASSWORD not in user.secrets:
        return "没有"
    return "已设置" if user.secrets_by.get(PASSWORD) == user.login else "临时，待本人更改"


routes = [
    USERS.get("/users", show),
    USERS.post("/users", add),
    USERS.get("/users/{login}", show_one),
    USERS.post("/users/{login}", change),
]
