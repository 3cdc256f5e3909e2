"""今日: what somebody must do today, what the last night said, what is new and what is due soon."""

from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from regaudit.catalogue.rules import warning_rules
from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.desk.case_rights import hidden_findings
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.night_facts import last_nights, strip
from regaudit.outlets.desk.pages import page
from regaudit.outlets.desk.published import NothingPublishedError
from regaudit.outlets.desk.tasks import chores_of
from regaudit.outlets.desk.viewer import CASES, Viewer

ROOMS = [TODAY := Room(name="today", path="/", title="今日", order=10)]
_FINDINGS = 10


def show(request: Request) -> Response:
    """The first page."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    agenda = request.app.state.agendas.of(viewer, desk.current)
    try:
        nights = last_nights(desk.published, viewer)
    except NothingPublishedError:
        nights = []
    new: list[dict[str, Any]] = []
    soon: list[dict[str, Any]] = []
    if nights and viewer.sees_persons:
        new = _findings(desk, viewer, since=nights[0].night)
        soon = _findings(desk, viewer, rules=sorted(warning_rules()))
    return page(
        request,
        "today.html",
        tasks=agenda.first,
        counts=agenda.counts,
        watched=agenda.watched,
        watched_count=agenda.watched_count,
        chores=chores_of(viewer, desk),
        night=nights[0] if nights else None,
        strip=strip(nights, request.state.at),
        new=new,
        soon=soon,
        office_name=desk.settings.office_name,
    )


def _findings(
    desk: Desk, viewer: Viewer, *, since: date | None = None, rules: list[str] | None = None
) -> list[dict[str, Any]]:
    """The first findings that are new or of some rules, of the offices that a viewer sees."""
    offices = {held.office for held in viewer.held if held.role in CASES}
    return desk.published.kept_rows(
        result_sql("desk_findings"),
        {
            "offices": sorted(offices - {""}),
            "all": "" in offices,
            "since": since,
            "rules": rules,
            "hidden": sorted(hidden_findings(viewer, desk.current.index())),
            "limit": _FINDINGS,
        },
    )


routes = [TODAY.get("/", show)]
