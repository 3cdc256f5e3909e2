"""How a view answers: a page from a template, one that is not there, one that says what went wrong."""

from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from regaudit.base.running_text import WEEKDAYS, full_width, plain_day, plain_moment, running
from regaudit.catalogue.rules import SEVERITIES
from regaudit.ledger.states import LIGHTS, ROLES, STATES
from regaudit.outlets.desk.viewer import Viewer

FOLDER = Path(__file__).parent


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> Response:
    """A page for who asks, from a template of `templates/`; `facts` are its variables."""
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    known = {
        "request": request,
        "viewer": viewer,
        "token": getattr(request.state, "token", ""),
        "rooms": [room for room in request.app.state.rooms if viewer and room.is_shown and room.who(viewer)],
        "here": getattr(request.state, "room", None),
        "now": request.app.state.desk.now(),
        "kept": getattr(request.state, "kept", 0),
    }
    return HTMLResponse(templates().get_template(template).render(known | facts), status)


def missing(request: Request) -> Response:
    """The answer to who may not see a page, and to who asks for one that is not there: the same."""
    request.state.is_refused = True
    return page(
        request,
        "message.html",
        status=404,
        title="没有这一页",
        text="没有这一页，或者不对您开放。地址从别处得来的，请向发给您的人核对；需要查看而没有权限的，"
        "请向安全管理员申请角色。",
    )


def refused(request: Request, title: str, text: str, *, status: int = 400) -> Response:
    """A page that says what did not work, and what to do (Chinese)."""
    return page(request, "message.html", status=status, title=title, text=text)


def moved(path: str) -> Response:
    """To another page of ours, after a form was taken."""
    return RedirectResponse(path, 303)


@cache
def templates() -> Environment:
    """The templates: everything that is put into them is escaped."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day": day_text,
        "moment": moment_text,
        "weekday": weekday_text,
        "running": running_text,
        "wide": wide_text,
    }
    made.globals |= {
        "asset": asset,
        "LIGHTS": LIGHTS,
        "STATES": STATES | {"appealed": "申诉中"},
        "ROLES": ROLES,
        "SEVERITIES": SEVERITIES,
    }
    return made


@cache
def asset(name: str) -> str:
    """The address of a file of `static/`, which is another one when the file is."""
    digest = sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


def day_text(day: date | str | None) -> str:
    """A day as people write it: `2026年3月31日`; empty where there is none."""
    if not day:
        return ""
    told = date.fromisoformat(day[:10]) if isinstance(day, str) else day
    return plain_day(told)


def running_text(text: str | None, *keep: str | None) -> str:
    """What rules and nights say, with the punctuation and days of the pages; `keep` stays as it is."""
    return running(text, keep) if text else ""


def wide_text(text: str | None, *keep: str | None) -> str:
    """What errors and the like say, with the punctuation of the pages; days stand as they are typed."""
    return full_width(text, keep) if text else ""


def weekday_text(day: date) -> str:
    """A day with its weekday: `2026年3月31日（周二）`."""
    return f"{day_text(day)}（周{WEEKDAYS[day.weekday()]}）"


def moment_text(at: datetime | str | None) -> str:
    """A time as people write it: `2026年3月31日 09:05`; empty where there is none."""
    if not at:
        return ""
    told = datetime.fromisoformat(at) if isinstance(at, str) else at
    return plain_moment(told)
