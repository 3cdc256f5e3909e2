"""`/ledger/open`: an entry that somebody opens by hand: of an inspection, a complaint, or of one finding."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.errors import RegauditError
from regaudit.base.typed_times import parse_decided
from regaudit.catalogue.rules import SEVERITIES
from regaudit.ledger.manual import OPENABLE
from regaudit.ledger.request import Opening
from regaudit.ledger.states import KINDS
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.pages import moved, page
from regaudit.outlets.desk.rooms.ledger import ROOM
from regaudit.outlets.desk.uploads import laid_down, sent_files
from regaudit.outlets.desk.viewer import Viewer

_OPENERS: Final = ("post", "leader", "superior")
_FIELDS: Final = (
    *("office", "title", "severity", "kind", "case_no", "account", "person_id", "finding_id", "text"),
)


def blank(request: Request) -> Response:
    """The form; an address may fill it in: a finding or a case that is looked at."""
    return _page(request, {name: request.query_params.get(name, "") for name in _FIELDS})


def take(request: Request) -> Response:
    """Open it."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    given = {name: str(request.state.form.get(name, "")).strip() for name in (*_FIELDS, "at")}
    try:
        at = given["at"].replace("T", " ") or None
        latest = desk.entries.standing(desk.now()).latest
        opening = Opening(
            **{name: given[name] for name in _FIELDS if name != "office"},
            office=given["office"] or None,
            at=parse_decided(at, desk.now(), latest),
        )
        with laid_down(sent_files(request.state.form)) as files:
            outcome = desk.steps.open(opening, desk.author(viewer.login), files=files)
    except RegauditError as error:
        return _page(request, given, problem=str(error), had_files=bool(sent_files(request.state.form)))
    return moved(f"/ledger/{outcome.entry}")


def _page(request: Request, typed: dict[str, str], *, problem: str = "", had_files: bool = False) -> Response:
    viewer: Viewer = request.state.viewer
    offices = sorted({held.office for held in viewer.held if held.role in _OPENERS and held.office})
    return page(
        request,
        "open.html",
        status=409 if problem else 200,
        typed=typed,
        problem=problem,
        had_files=had_files,
        offices=offices,
        kinds=[(kind, KINDS[kind]) for kind in OPENABLE],
        severities=list(SEVERITIES.items()),
    )


def _opens(viewer: Viewer) -> bool:
    return viewer.holds(*_OPENERS)


ROOMS: list[Room] = []
routes = [ROOM.get("/ledger/open", blank, who=_opens), ROOM.post("/ledger/open", take, who=_opens)]
