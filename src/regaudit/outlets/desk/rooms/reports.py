"""报告: the reports of months, quarters and years, and the zero returns: to read, to make, to sign."""

from contextlib import suppress
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.archive import safe_name
from regaudit.base.errors import RegauditError
from regaudit.base.periods import Period, period_of
from regaudit.catalogue.event_types import ReportMade
from regaudit.eventlog.log import EventLog
from regaudit.ledger.declarations import REPORTS
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.downloads import PDF, XLSX, download
from regaudit.outlets.desk.pages import missing, moved, page
from regaudit.outlets.desk.published import NothingPublishedError
from regaudit.outlets.desk.viewer import Viewer
from regaudit.outlets.reports.report_facts import ALL
from regaudit.outlets.reports.zero_facts import DECLARED

ROOMS = [
    ROOM := Room(
        name="reports", path="/reports", title="报告", order=55, who=lambda viewer: viewer.sees_figures
    )
]
_MAKERS: Final = ("post", "leader")
_MEDIA: Final = {"pdf": PDF, "xlsx": XLSX, "json": "application/json"}
_FIELDS: Final = ("period", "office", "reason", "declared", "what")


class Listed(Struct, frozen=True):
    """A report as the page lists it."""

    event: ReportMade
    office_name: str

    @property
    def title(self) -> str:
        """What it is."""
        event, title = self.event, period_of(self.event.period).title
        if event.kind == "zero":
            return f"{title}六不准：{DECLARED[event.declared]}"
        number = event.originator_version - 1
        return f"{title}质量监管报告" + (f"（第 {number} 次更正）" if number else "")

    @property
    def path(self) -> str:
        """Where its files are, without the kind of file."""
        event = self.event
        return f"/reports/{event.period}/{event.office}/{event.kind}/{event.originator_version}"

    @property
    def kinds(self) -> list[str]:
        """The kinds of its files."""
        return [kind for kind in _MEDIA if kind in self.event.files]


def show(request: Request) -> Response:
    """The reports that he may see, the newest period first, and the forms for who makes them."""
    return _page(request, {name: request.query_params.get(name, "") for name in _FIELDS})


def change(request: Request) -> Response:
    """Make or correct the reports of a period, or make or sign its zero return."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    given = {name: str(request.state.form.get(name, "")).strip() for name in _FIELDS}
    if given["office"] not in _made_offices(desk, viewer):
        return missing(request)
    try:
        _taken(desk, viewer, given, period_of(given["period"]))
    except RegauditError as error:
        return _page(request, given, problem=str(error))
    return moved(f"/reports?period={given['period']}&office={given['office']}#list")


def file(request: Request) -> Response:
    """A file of a report that he may see, as it was made."""
    desk: Desk = request.app.state.desk
    words = request.path_params
    name, _, kind = words["file"].partition(".")
    wanted = (words["period"], words["office"], words["kind"], name)
    for listed in _listed(desk, request.state.viewer):
        event = listed.event
        known = (event.period, event.office, event.kind, f"{event.originator_version}")
        if known == wanted and kind in listed.kinds:
            content = desk.steps.report_file(event, kind)
            stem = f"{event.period}-{safe_name(event.office)}-{listed.title}"
            return download(content, f"{stem}.{kind}", _MEDIA[kind])
    return missing(request)


def sees_report(viewer: Viewer, event: ReportMade) -> bool:
    """Whether a report is for him: it names persons, a zero return does not."""
    office = None if event.office == ALL else event.office
    return viewer.sees_figures_of(office) if event.kind == "zero" else viewer.sees_office(office)


def _taken(desk: Desk, viewer: Viewer, given: dict[str, str], period: Period) -> None:
    author, office = desk.author(viewer.login), given["office"]
    if given["what"] == "sign":
        desk.steps.sign_zero(period, author, office, given["declared"])
    elif given["what"] == "zero":
        desk.steps.make_zero(period, author, office)
    else:
        desk.steps.make_report(period, author, office, given["reason"])


def _page(request: Request, given: dict[str, str], *, problem: str = "") -> Response:
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    given = {**given, "period": given["period"] or _last_month(desk).key}
    offices = [(office, _named(desk, office)) for office in _made_offices(desk, viewer)]
    return page(
        request,
        "reports.html",
        status=409 if problem else 200,
        listed=_listed(desk, viewer),
        offices=offices,
        given=given,
        problem=problem,
        declared=[(key, title) for key, title in DECLARED.items() if key],
    )


def _listed(desk: Desk, viewer: Viewer) -> list[Listed]:
    with EventLog(desk.home) as log:
        found = [event for _, event in log.events_of(REPORTS) if isinstance(event, ReportMade)]
    seen = [Listed(event, _named(desk, event.office)) for event in found if sees_report(viewer, event)]
    return sorted(seen, key=lambda each: (each.event.period, each.event.made_at), reverse=True)


def _made_offices(desk: Desk, viewer: Viewer) -> list[str]:
    """The offices whose reports he makes and signs."""
    known: list[str] = []
    with suppress(NothingPublishedError):
        known = [*desk.offices.get(), ALL] if viewer.holds(*_MAKERS) else []
    return [office for office in known if viewer.holds_at(_MAKERS, None if office == ALL else office)]


def _last_month(desk: Desk) -> Period:
    """The month before this one: its report is the one that is due."""
    return Period(desk.now().date().replace(day=1), "month").before


def _named(desk: Desk, office: str) -> str:
    return "全部登记机构" if office == ALL else desk.settings.office_name(office)


def _makes(viewer: Viewer) -> bool:
    return viewer.holds(*_MAKERS)


routes = [
    ROOM.get("/reports", show),
    ROOM.post("/reports", change, who=_makes),
    ROOM.get("/reports/{period}/{office}/{kind}/{file}", file),
]
