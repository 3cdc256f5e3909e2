"""抽查: the draws of each month, the form of each unit to be filled in, and what the result lets one say."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.archive import restore, safe_name
from regaudit.base.errors import RegauditError
from regaudit.base.folders import Folders
from regaudit.base.press import NoPressError
from regaudit.base.running_text import full_width
from regaudit.base.typed_times import parse_day
from regaudit.catalogue.inspection_items import inspection_items
from regaudit.catalogue.inspection_terms import GRADES, VERDICTS, WAYS
from regaudit.catalogue.profiles import Profile, load_profile
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.downloads import PDF, download
from regaudit.outlets.desk.inspection_scope import Seen, results, seen_inspection, seen_inspections
from regaudit.outlets.desk.pages import missing, moved, page, refused
from regaudit.outlets.desk.viewer import Viewer
from regaudit.outlets.inspection.examination import Examination
from regaudit.outlets.inspection.form_files import inspector_of, set_paper
from regaudit.outlets.inspection.forms import cases_of, handlers_of, heads_of
from regaudit.outlets.inspection.grades import rule_text
from regaudit.outlets.inspection.inspections import Form, examinations
from regaudit.outlets.inspection.inspectors import able_to_inspect, handled

ROOMS = [
    INSPECTIONS := Room(
        name="inspections",
        path="/inspections",
        title="抽查",
        order=35,
        who=lambda viewer: viewer.sees_inspections,
    )
]
_SEVERITIES = {"minor": "一般", "major": "重要"}
_LONGEST = 18
_CHOICES = [("", "请选择"), *VERDICTS.items()]


def listed(request: Request) -> Response:
    """Every inspection that he may see, the latest first."""
    return page(request, "inspections.html", rows=seen_inspections(request), ways=WAYS)


def show(request: Request) -> Response:
    """One inspection: its draw, its forms, its result."""
    seen = seen_inspection(request)
    if seen is None:
        return missing(request)
    desk: Desk = request.app.state.desk
    inspection, terms = seen.inspection, _profile(desk).inspection
    is_drawn = bool(inspection.drawn)
    return page(
        request,
        "inspection.html",
        seen=seen,
        inspection=inspection,
        frozen=inspection.frozen[-1],
        draws=list(enumerate(inspection.drawn, start=1)),
        heads=heads_of(desk.published.rows, desk.settings, inspection, seen.forms) if is_drawn else [],
        tables=list(results(seen, terms.plan, desk.class_titles)) if is_drawn else [],
        ways=WAYS,
        grades=GRADES,
        rule=full_width(rule_text(terms.grades)),
    )


def form(request: Request) -> Response:
    """The form of a unit: to be filled in by whoever may, else as it was filled in."""
    seen, one = _found(request)
    return missing(request) if seen is None or one is None else _form_page(request, seen, one)


def take(request: Request) -> Response:
    """Record what was filled in."""
    seen, one = _found(request)
    if seen is None or one is None:
        return missing(request)
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    given = {name: str(value) for name, value in request.state.form.items()}
    try:
        desk.steps.examine(_asked(one, given), desk.author(viewer.login))
    except RegauditError as error:
        return _form_page(request, seen, one, typed=given, problem=str(error))
    return moved(f"/inspections/{seen.inspection.name}/{one.number}?taken=1")


def paper(request: Request) -> Response:
    """The form of a unit as PDF."""
    seen, one = _found(request)
    if seen is None or one is None:
        return missing(request)
    desk: Desk = request.app.state.desk
    [head] = heads_of(desk.published.rows, desk.settings, seen.inspection, [one])
    try:
        content = set_paper(head, _profile(desk), desk.people())
    except NoPressError as error:
        return refused(request, "没有制作 PDF", str(error), status=503)
    return download(content, f"{safe_name(one.number)}.pdf", PDF)


def draw_file(request: Request) -> Response:
    """The file of a draw as it was made, by which anybody computes it again."""
    seen, wanted = seen_inspection(request), request.path_params["draw_no"]
    draws = seen.inspection.drawn if seen is not None and seen.is_whole else []
    if wanted not in map(str, range(1, len(draws) + 1)):
        return missing(request)
    desk: Desk = request.app.state.desk
    with TemporaryDirectory(prefix="regaudit-shown-") as folder:
        target = Path(folder) / "draw"
        restore(Folders(desk.home).archive, draws[int(wanted) - 1].draw_sha256, target)
        content = target.read_bytes()
    return download(content, f"DRAW-{request.path_params['name']}-{wanted}.json", "application/json")


def _found(request: Request) -> tuple[Seen | None, Form | None]:
    """The inspection and the form that a path names, if the viewer may see them."""
    seen = seen_inspection(request)
    return seen, seen.form(request.path_params["form"]) if seen is not None else None


def _asked(one: Form, given: Mapping[str, str]) -> Examination:
    """What a form asks for.

    Raises:
        UsageError: its day is none.
    """
    day, seen = given.get("on", "").strip(), given.get("seen", "")
    return Examination(
        number=one.number,
        verdicts={item: given.get(f"v-{item}", "") for item in inspection_items()},
        remarks={item: given.get(f"r-{item}", "") for item in inspection_items()},
        remark=given.get("remark", "").replace("\r\n", "\n"),
        on=parse_day(day) if day else None,
        # What is no version was made up: it is that of nothing that he has seen.
        seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= _LONGEST else -1,
    )


def _form_page(
    request: Request, seen: Seen, one: Form, *, typed: Mapping[str, str] | None = None, problem: str = ""
) -> Response:
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    [head] = heads_of(desk.published.rows, desk.settings, seen.inspection, [one])
    people = desk.people()
    others = [form.number for form in seen.forms if form.examined is None and form.number != one.number]
    return page(
        request,
        "inspection_form.html",
        status=409 if problem else 200,
        inspection=seen.inspection,
        head=head,
        number=full_width(head.number, [*head.cases, head.batch_no]),
        why=full_width(head.why),
        barred=_barred(desk, viewer, seen, one),
        problem=problem,
        is_taken=request.query_params.get("taken") == "1" and not problem,
        typed=typed if typed is not None else _recorded(one),
        items=[_item_facts(name) for name in inspection_items()],
        choices=_CHOICES,
        verdicts=VERDICTS,
        grades=GRADES,
        rule=full_width(rule_text(_profile(desk).inspection.grades)),
        inspector=inspector_of(one, people),
        earlier=list(examinations(seen.inspection, one.unit))[:-1],
        following=others[0] if others else "",
    )


def _item_facts(name: str) -> dict[str, Any]:
    item = inspection_items()[name]
    texts = {"title": item.title, "about": item.about, "basis": item.basis}
    return {
        "item": name,
        "severity": _SEVERITIES[item.severity],
        **{key: full_width(text) for key, text in texts.items()},
    }


def _recorded(one: Form) -> dict[str, str]:
    """The fields of a form as they were filled in last."""
    if one.examined is None:
        return {}
    fields = {"remark": one.examined.remark, "on": one.examined.at[:10]}
    for said in one.examined.items:
        fields |= {f"v-{said.item}": said.verdict, f"r-{said.item}": said.remark}
    return fields


def _barred(desk: Desk, viewer: Viewer, seen: Seen, one: Form) -> str:
    """Why the viewer may not fill in a form (Chinese); empty: he may."""
    acting = able_to_inspect(viewer.people, viewer.user, one.office, viewer.day)
    if acting is None:
        return "检查由质检员或质量监管岗办理，您可以查看。"
    numbers = cases_of(desk.published.rows, seen.inspection, [one])
    handlers = handlers_of(desk.published.rows, [one], numbers)[one.unit]
    principal = viewer.people.get(acting.for_login)
    if any(user is not None and handled(user, handlers) for user in (viewer.user, principal)):
        return "您（或您代理的人）经办过此件，须由另一自然人检查。"
    return ""


def _profile(desk: Desk) -> Profile:
    return load_profile(desk.settings.profile, desk.home)


def _inspects(viewer: Viewer) -> bool:
    return viewer.inspects


routes = [
    INSPECTIONS.get("/inspections", listed),
    INSPECTIONS.get("/inspections/{name}", show),
    INSPECTIONS.get("/inspections/{name}/draws/{draw_no}", draw_file),
    INSPECTIONS.get("/inspections/{name}/{form}", form),
    INSPECTIONS.post("/inspections/{name}/{form}", take, who=_inspects),
    INSPECTIONS.get("/inspections/{name}/{form}/pdf", paper),
]
