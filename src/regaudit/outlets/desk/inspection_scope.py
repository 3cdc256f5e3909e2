"""What of the inspections somebody may see: the forms of his offices, and what was found in them."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from starlette.requests import Request

from regaudit.base.running_text import full_width
from regaudit.catalogue.inspection_terms import InspectionPlan
from regaudit.eventlog.log import EventLog
from regaudit.outlets.case_counts import part_title
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.viewer import Viewer
from regaudit.outlets.inspection.inspections import (
    ALL,
    Form,
    Inspection,
    read_inspection,
    read_inspections,
)
from regaudit.outlets.inspection.outcome import Found, found_lines, outcome_of

_MONTH = len("2026-03")


class Seen(Struct, frozen=True, kw_only=True):
    """An inspection as a viewer may see it.

    Attributes:
        inspection: all of it.
        forms: those of the draw in force, of the offices that he sees.
        is_whole: he sees all of its offices.
    """

    inspection: Inspection
    forms: list[Form]
    is_whole: bool

    @property
    def examined(self) -> int:
        """How many of the forms are examined."""
        return sum(form.examined is not None for form in self.forms)

    def form(self, number: str) -> Form | None:
        """A form that he sees, by its number."""
        return next((form for form in self.forms if form.number == number), None)


def seen_inspections(request: Request) -> list[Seen]:
    """Every inspection that the viewer may see, the latest month first."""
    desk: Desk = request.app.state.desk
    with EventLog(desk.home) as log:
        found = read_inspections(log)
    return [seen for one in found if (seen := _seen(request.state.viewer, one)) is not None]


def seen_inspection(request: Request) -> Seen | None:
    """The inspection that a path names, if the viewer may see it."""
    desk: Desk = request.app.state.desk
    name = request.path_params["name"]
    scope, month = name[: -_MONTH - 1], name[-_MONTH:]
    if name != f"{scope}-{month}" or not scope:
        return None
    with EventLog(desk.home) as log:
        inspection = read_inspection(log, "" if scope == ALL else scope, month)
    return _seen(request.state.viewer, inspection) if inspection.events else None


def results(
    seen: Seen, plan: InspectionPlan, titles: Mapping[str, str]
) -> Iterator[tuple[str, Found, list[str]]]:
    """What was found, by stratum and as a whole, each with what one may say (Chinese)."""
    told = outcome_of(seen.inspection, plan)
    offices = {form.office for form in seen.forms}
    for found in told.strata:
        if seen.is_whole or found.name.partition("/")[0] in offices:
            yield part_title(found.name, titles), found, _lines(found)
    if seen.is_whole:
        yield "抽中合计", told.whole, _lines(told.whole)
        yield "必查（不用于推断）", told.mandatory, []


def _lines(found: Found) -> list[str]:
    return [full_width(line) for line in found_lines(found)]


def _seen(viewer: Viewer, inspection: Inspection) -> Seen | None:
    """An inspection as far as somebody sees it; of all offices together those of his."""
    is_whole = viewer.sees_inspections_of(inspection.office or None)
    forms = [form for form in inspection.forms() if is_whole or viewer.sees_inspections_of(form.office)]
    return Seen(inspection=inspection, forms=forms, is_whole=is_whole) if is_whole or forms else None
