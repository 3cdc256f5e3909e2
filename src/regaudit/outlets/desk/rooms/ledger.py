"""`/ledger`: the table of the entries that somebody sees, as a page, XLSX and CSV."""

from datetime import date
from math import ceil
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from regaudit.catalogue.rules import FAMILIES, SEVERITIES, load_rules
from regaudit.ledger.rights import state_title
from regaudit.ledger.states import LIGHTS, STATES
from regaudit.ledger.steps import BY_SEVERITY, STEPS, SUBJECT, Step
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.downloads import CSV, XLSX, csv_of, download, xlsx_of
from regaudit.outlets.desk.entry_columns import COLUMNS, HEADER, Names, cells
from regaudit.outlets.desk.entry_filter import SIZES, EntryFilter, read_filter
from regaudit.outlets.desk.pages import moved, page
from regaudit.outlets.desk.viewer import Viewer

_MOST_FIELDS = 500
_TAKES = {
    "handler": (SUBJECT,),
    "head": ("head", SUBJECT),
    "post": ("post", BY_SEVERITY),
    "leader": ("post", "leader", BY_SEVERITY),
    "superior": ("post", "leader", "superior", BY_SEVERITY),
}
"""Whose steps each role takes: of those beneath it where nobody there may."""
_STATES = {state: state_title(state) for state in (*STATES, "appealed")}


def table(request: Request) -> Response:
    """The entries of a view, page by page."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    wanted = read_filter(request.query_params.multi_items())
    standing = desk.entries.standing(desk.now())
    found = desk.entries.page(wanted, viewer, standing.day)
    pages = max(ceil(found.total / wanted.size), 1)
    if wanted.page > pages:
        return moved(f"/ledger?{wanted.query(page=pages)}")
    rows = [viewer.shown(row) for row in found.rows]
    names = Names(standing.people, desk.settings.office_name)
    return page(
        request,
        "ledger.html",
        wanted=wanted,
        rows=[(row, cells(row, names)) for row in rows],
        columns=COLUMNS,
        total=found.total,
        by_state=[(_STATES[state], number) for state, number in sorted(found.by_state.items(), key=_place)],
        by_light=[(light, found.by_light[light]) for light in reversed(LIGHTS) if light in found.by_light],
        pages=pages,
        sizes=SIZES,
        choices=_choices(desk, viewer, standing.day),
        steps=[step for step in STEPS.values() if _may_be_his(step, viewer)],
        day=standing.day,
        opens=viewer.holds("post", "leader", "superior"),
        is_filtered=bool(wanted.query(sort="-light", page=1, size=SIZES[0])),
    )


def as_csv(request: Request) -> Response:
    """The whole view as CSV."""
    return _file(request, "csv")


def as_xlsx(request: Request) -> Response:
    """The whole view as a workbook."""
    return _file(request, "xlsx")


def _file(request: Request, kind: str) -> Response:
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    wanted = read_filter(request.query_params.multi_items())
    standing = desk.entries.standing(desk.now())
    names = Names(standing.people, desk.settings.office_name)
    rows = (cells(viewer.shown(row), names) for row in desk.entries.rows(wanted, viewer, standing.day))
    name = f"台账-{standing.day}.{kind}"
    if kind == "csv":
        return download(csv_of(HEADER, rows), name, CSV)
    return download(xlsx_of("台账", HEADER, rows), name, XLSX)


def _may_be_his(step: Step, viewer: Viewer) -> bool:
    """Whether there may be entries on which a viewer can take a step, together with others."""
    roles = {role for held in viewer.held for role in _TAKES.get(held.role, ())}
    return step.name != "correct" and not roles.isdisjoint(step.roles)


def _choices(desk: Desk, viewer: Viewer, day: date) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer: of offices, sections and rules those that there are."""
    found = desk.entries.choices(viewer, day)
    titles = {name: rule.title for name, rule in load_rules().items()}
    return {
        "state": list(_STATES.items()),
        "light": [(str(light), title) for light, title in LIGHTS.items()],
        "severity": list(SEVERITIES.items()),
        "family": list(FAMILIES.items()),
        "rule": [(rule, titles.get(rule, rule)) for rule in found["rule"]],
        "office": [(office, desk.settings.office_name(office)) for office in found["office"]],
        "section": [(section, section) for section in found["section"]],
    }


def _place(item: tuple[str, int]) -> int:
    return list(_STATES).index(item[0])


def wanted_of(request: Request) -> EntryFilter:
    """The view that a form came from."""
    return read_filter(parse_qsl(str(request.state.form.get("view", "")), max_num_fields=_MOST_FIELDS))


ROOM = Room(name="ledger", path="/ledger", title="台账", who=lambda viewer: viewer.sees_ledger, order=20)
ROOMS = [ROOM]
routes = [
    ROOM.get("/ledger", table),
    ROOM.get("/ledger/view.csv", as_csv),
    ROOM.get("/ledger/view.xlsx", as_xlsx),
]
