"""`/ledger/NUMBER`: one entry in full, the steps that can be taken on it, and its files."""

from math import ceil
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import Attachment
from regaudit.eventlog.log import EventLog
from regaudit.ledger.documents.kinds import REFERRED, is_urged, same, version_of
from regaudit.ledger.documents.wording import KINDS, Kind
from regaudit.ledger.entries import read_entry
from regaudit.ledger.entry import Entry
from regaudit.ledger.request import Request as StepRequest
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.rows import EntryRow, row_of
from regaudit.ledger.steps import STEPS
from regaudit.ledger.workdays import Measure
from regaudit.outlets.desk.consequences import Consequence, Foresight
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.entry_page import Happening, evidence_of, facts_of, happenings, limits_of, spans_of
from regaudit.outlets.desk.entry_pictures import pictures_of
from regaudit.outlets.desk.entry_table import Standing
from regaudit.outlets.desk.evidence import PAGE, exhibits, listed_findings
from regaudit.outlets.desk.pages import missing, moved, page
from regaudit.outlets.desk.pictures.picture import Picture
from regaudit.outlets.desk.pictures.timeline import timeline
from regaudit.outlets.desk.published import NothingPublishedError
from regaudit.outlets.desk.rooms.ledger import ROOM
from regaudit.outlets.desk.step_forms import FIELDS, StepForm, forms_of, read_request
from regaudit.outlets.desk.uploads import laid_down, sent_files
from regaudit.outlets.desk.viewer import Viewer

_MAKERS = ("post", "leader", "superior")
_DIGITS = 6
_TAKEN = "taken"


class Seen(Struct, frozen=True, kw_only=True):
    """An entry as a viewer may see it.

    Attributes:
        entry: folded anew.
        row: as it stands today, bare where what it is about is hidden.
        is_open: he sees what it is about.
        reads: he reads what people wrote.
    """

    entry: Entry
    row: EntryRow
    standing: Standing
    measure: Measure
    is_open: bool
    reads: bool


class Sent(Struct, frozen=True, kw_only=True):
    """A form that was not taken, shown again with what was typed.

    Attributes:
        step: its name.
        typed: its fields.
        problem: why (Chinese); empty: it was tried out.
        foreseen: what would follow, where it was tried out.
        seen: the version that was seen when it was typed.
        had_files: files were sent with it, which a browser does not keep.
    """

    step: str
    typed: dict[str, str]
    problem: str = ""
    foreseen: Consequence | None = None
    seen: int = 0
    had_files: bool = False


def seen_entry(request: Request) -> Seen | None:
    """The entry that a path names, if the viewer may see that there is one."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    standing = desk.entries.standing(desk.now())
    with EventLog(desk.home) as log:
        entry = read_entry(log, fold(request.path_params["number"]))
    if entry is None:
        return None
    measure = standing.calendars.of(entry.opened.office)
    row = row_of(entry, measure, standing.day)
    if not viewer.sees_entry(row):
        return None
    is_open = viewer.is_open(row)
    return Seen(
        entry=entry,
        row=row if is_open else viewer.shown(row),
        standing=standing,
        measure=measure,
        is_open=is_open,
        reads=is_open and (viewer.reads_entry(row) or standing.settings.publish.texts),
    )


def supervises(request: Request, seen: Seen) -> bool:
    """Whether the viewer reads everything about an entry, a judgement that waits for another too."""
    viewer: Viewer = request.state.viewer
    return viewer.reads_office(seen.entry.opened.office) and viewer.user.person_id not in seen.entry.subjects


def makes_documents(viewer: Viewer, entry: Entry) -> bool:
    """Whether a viewer may have documents of an entry made."""
    return viewer.holds_at(_MAKERS, entry.opened.office) and entry.now.state != REFERRED


def show(request: Request) -> Response:
    """One entry."""
    seen = seen_entry(request)
    return missing(request) if seen is None else _page(request, seen)


def take(request: Request) -> Response:
    """Take a step on it, or try one out."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    seen = seen_entry(request)
    form = request.state.form
    step = STEPS.get(str(form.get("step", "")))
    if seen is None or step is None:
        return missing(request)
    number, files = seen.entry.number, sent_files(form)
    version = str(form.get("seen", ""))
    sent = Sent(
        step=step.name,
        typed={name: str(form.get(name, "")) for name in FIELDS},
        seen=int(version) if version.isascii() and version.isdigit() else 0,
        had_files=bool(files),
    )
    try:
        asked = read_request(step, sent.typed, desk.now(), seen.standing.latest)
        if form.get("do") == "preview":
            return _page(request, seen, replace(sent, foreseen=_foreseen(request, seen, sent, asked)))
        with laid_down(files) as paths:
            seen_versions = {number: sent.seen}
            desk.steps.take({number: asked}, desk.author(viewer.login), seen=seen_versions, files=paths)
    except RegauditError as error:
        fresh = seen_entry(request)
        problem = str(error).removeprefix(f"{number}:")
        return missing(request) if fresh is None else _page(request, fresh, replace(sent, problem=problem))
    return moved(f"/ledger/{number}?{_TAKEN}={step.name}")


def _foreseen(request: Request, seen: Seen, sent: Sent, asked: StepRequest) -> Consequence:
    """What would follow from a step as it was typed.

    Raises:
        RefusedStepError: it may not be taken so.
    """
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    number = seen.entry.number
    named = [
        Attachment(name=file.filename or "", sha256="", size=0) for file in sent_files(request.state.form)
    ]
    tried = replace(asked, attachments=named)
    [outcome] = desk.steps.preview({number: tried}, desk.author(viewer.login), seen={number: sent.seen})
    if outcome.refused:
        raise RefusedStepError(outcome.refused)
    foresight = Foresight(seen.standing.people, seen.standing.day, desk.now())
    return foresight.of(asked, seen.entry, seen.measure, viewer.user)


def _page(request: Request, seen: Seen, sent: Sent | None = None) -> Response:
    """The page of an entry, with a form that was not taken, if there is one."""
    viewer: Viewer = request.state.viewer
    entry, standing = seen.entry, seen.standing
    desk: Desk = request.app.state.desk
    facts: dict[str, Any] = {"later": [], "evidence": [], "forms": [], "happened": [], "unmade": {}}
    office = standing.settings.office_name(entry.opened.office) if entry.opened.office else ""
    if seen.is_open:
        happened = happenings(
            entry,
            standing.people,
            reads=seen.reads,
            is_supervisor=supervises(request, seen),
        )
        spans = spans_of(entry, seen.row, standing.day)
        facts = {
            "facts": facts_of(entry, seen.row, standing.people, office=office),
            "forms": _forms(request, seen),
            "happened": happened,
            "later": _later(happened, entry, sent),
            "picture": timeline(spans, f"{entry.number} 办理时间轴"),
            "pictures": _pictures(desk, viewer, entry),
            "listed": _listed(desk, entry),
            "unmade": _unmade(seen, viewer),
            "proves": supervises(request, seen),
            **_evidence(request, seen),
        }
    return page(
        request,
        "entry.html",
        status=409 if sent and sent.problem else 200,
        number=entry.number,
        row=seen.row,
        is_open=seen.is_open,
        version=entry.told_version,
        limits=limits_of(entry, seen.measure, standing.day),
        sent=sent,
        sent_step=STEPS[sent.step] if sent else None,
        taken=STEPS.get(request.query_params.get(_TAKEN, "")),
        sees_persons=viewer.sees_persons,
        **facts,
    )


def _later(happened: list[Happening], entry: Entry, sent: Sent | None) -> list[Happening]:
    """What happened since a form was filled in that its sender did not know."""
    if sent is None or not sent.seen or entry.told_version <= sent.seen:
        return []
    return [each for each in happened if each.number > sent.seen]


def _listed(desk: Desk, entry: Entry) -> list[dict[str, Any]]:
    """The findings of a collective entry."""
    if entry.opened.kind != "history":
        return []
    try:
        return listed_findings(desk.published, entry.opened)
    except NothingPublishedError:
        return []


def _pictures(desk: Desk, viewer: Viewer, entry: Entry) -> list[Picture]:
    """What convinces of it; what was published may be gone, or nothing published yet."""
    sees_office = viewer.sees_office(entry.opened.office)
    try:
        return pictures_of(desk.home, desk.published, entry.opened, sees_office=sees_office)
    except NothingPublishedError:
        return []


def _forms(request: Request, seen: Seen) -> list[StepForm]:
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    standing = seen.standing
    if not viewer.takes_steps:
        return []
    return forms_of(seen.entry, viewer.user, standing.people, seen.measure, day=standing.day, now=desk.now())


def _evidence(request: Request, seen: Seen) -> dict[str, Any]:
    """A page of the evidence, in the order in which it came to the entry."""
    desk: Desk = request.app.state.desk
    parts = evidence_of(seen.entry)
    pages = max(ceil(len(parts) / PAGE), 1)
    given = request.query_params.get("evidence", "1")
    number = min(int(given), pages) if given.isascii() and given.isdigit() and len(given) < _DIGITS else 1
    number = max(number, 1)
    chosen = dict(list(parts.items())[(number - 1) * PAGE : number * PAGE])
    with_originals = bool(request.query_params.get("original"))
    told: dict[str, Any] = {"pages": pages, "page": number, "with_originals": with_originals}
    try:
        found = exhibits(desk.home, desk.published, chosen, with_originals=with_originals) if chosen else []
    except RegauditError as error:
        return {"evidence": [], "evidence_pages": told, "evidence_problem": str(error), "pieces": len(parts)}
    return {"evidence": found, "evidence_pages": told, "evidence_problem": "", "pieces": len(parts)}


def _unmade(seen: Seen, viewer: Viewer) -> dict[Kind, str]:
    """The documents that can be made of it and were not, for who may have them made."""
    entry, light = seen.entry, seen.row.light
    if not makes_documents(viewer, entry):
        return {}
    found: list[Kind] = [
        kind for kind in KINDS if kind != "urge" and version_of(entry, kind) and same(entry, kind) is None
    ]
    if not entry.is_final and is_urged(light) and same(entry, "urge", light) is None:
        found.append("urge")
    return {kind: KINDS[kind] for kind in found}


ROOMS: list[Room] = []
routes = [
    ROOM.get("/ledger/{number}", show),
    ROOM.post("/ledger/{number}", take, who=lambda viewer: viewer.takes_steps),
]
