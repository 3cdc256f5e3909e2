"""`/ledger/NUMBER`: one entry in full, the steps that can be taken on it, and its files."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold
from regaudit.catalogue.rules import load_rules
from regaudit.eventlog.log import EventLog
from regaudit.ledger.documents.kinds import kind_of
from regaudit.ledger.documents.wording import KINDS
from regaudit.ledger.entries import read_entry
from regaudit.ledger.entry import Entry
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.rows import EntryRow, row_of
from regaudit.ledger.steps import STEPS, Step
from regaudit.ledger.validity import can_be_taken
from regaudit.ledger.workdays import Measure
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.entry_page import evidence_of, facts_of, happenings, limits_of, spans_of
from regaudit.outlets.desk.entry_table import Standing
from regaudit.outlets.desk.evidence import PAGE, Exhibit, exhibits
from regaudit.outlets.desk.pages import missing, moved, page
from regaudit.outlets.desk.pictures.timeline import timeline
from regaudit.outlets.desk.published import NothingPublishedError
from regaudit.outlets.desk.rooms.ledger import ROOM
from regaudit.outlets.desk.step_forms import FIELDS, forms_of, read_request
from regaudit.outlets.desk.uploads import laid_down, sent_files
from regaudit.outlets.desk.viewer import Viewer

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
        problem: why (Chinese); empty: it was only tried out.
        foreseen: what would follow (Chinese).
        seen: the version that was seen when it was typed.
        had_files: files were sent with it, which a browser does not keep.
    """

    step: str
    typed: dict[str, str]
    problem: str = ""
    foreseen: str = ""
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
    number, typed = seen.entry.number, {name: str(form.get(name, "")) for name in FIELDS}
    version = str(form.get("seen", ""))
    sent = Sent(
        step=step.name,
        typed=typed,
        seen=int(version) if version.isascii() and version.isdigit() else 0,
        had_files=bool(sent_files(form)),
    )
    author, now = desk.author(viewer.login), desk.now()
    try:
        asked = read_request(step, typed, now, _latest(now, seen.standing))
        if form.get("do") == "preview":
            foreseen = foresee(desk, seen, step, typed, viewer)
            [outcome] = desk.steps.preview({number: asked}, author, seen={number: sent.seen})
            if outcome.refused and "附上" not in outcome.refused:
                raise RefusedStepError(outcome.refused)
            return _page(request, seen, replaced(sent, foreseen=foreseen))
        with laid_down(sent_files(form)) as files:
            desk.steps.take({number: asked}, author, seen={number: sent.seen}, files=files)
    except RegauditError as error:
        fresh = seen_entry(request)
        problem = str(error).removeprefix(f"{number}:")
        return missing(request) if fresh is None else _page(request, fresh, replaced(sent, problem=problem))
    return moved(f"/ledger/{number}?{_TAKEN}={step.name}#history")
