"""统计: what can be counted, each rate with its numerator and denominator, each chart with its table."""

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.figure_tables import name_of
from regaudit.outlets.desk.figure_views import Period, kept_view
from regaudit.outlets.desk.pages import missing, page, refused
from regaudit.outlets.desk.viewer import Viewer

_SECTIONS = (
    ("按时办结", "on-time", ("months", "offices", "classes")),
    ("办结用时", "days", ("days", "class-days")),
    ("环节与等候", "waits", ("steps", "handovers")),
    ("问题", "findings", ("findings",)),
    ("一日各时", "hours", ("hours",)),
    ("规则自身的差错", "verdicts", ("verdicts",)),
)
"""Title, key, and the keys of their tables."""

ROOMS = [
    FIGURES := Room(
        name="figures", path="/figures", title="统计", order=50, who=lambda viewer: viewer.sees_figures
    )
]


def show(request: Request) -> Response:
    """The figures of the offices that he may see, or of one of them."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    figures = desk.figures.get()
    known = viewer.figure_offices(figures.offices)
    wanted = request.query_params.get("office", "")
    if wanted and wanted not in known:
        return missing(request)
    asked = {name: request.query_params.get(name, "") for name in ("class", "from", "to")}
    try:
        period = Period(_month(asked["from"]), _month(asked["to"]), asked["class"] or None)
    except ValueError:
        return refused(request, "月份不对", "月份应写作 2026-03 这样的年和月：请改正后再查。")
    offices = [wanted] if wanted else known
    return page(
        request,
        "figures.html",
        figures=figures,
        view=kept_view(figures, offices, period, desk.referred()) if offices else None,
        offices=[(office, desk.settings.office_name(office)) for office in known],
        months=[(f"{month:%Y-%m}", name_of("month", month)) for month in reversed(figures.months)],
        classes=[(title, title) for title in figures.classes],
        sections=_SECTIONS,
        wanted=wanted,
        asked=asked,
    )


def _month(text: str) -> date | None:
    return date.fromisoformat(f"{text}-01") if text else None


routes = [FIGURES.get("/figures", show)]
