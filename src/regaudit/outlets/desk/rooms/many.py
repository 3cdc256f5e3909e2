"""`/ledger/steps`: one step on many entries at once; first what would follow, then all of them or none."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import Attachment
from regaudit.eventlog.log import EventLog
from regaudit.ledger.entries import read_some
from regaudit.ledger.entry import Entry
from regaudit.ledger.request import Request as StepRequest
from regaudit.ledger.rights import Asked, RefusedStepError, may, standing, state_title
from regaudit.ledger.rows import EntryRow, row_of
from regaudit.ledger.steps import STEPS, Step
from regaudit.ledger.validity import can_be_taken
from regaudit.outlets.desk.consequences import Foresight
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.entry_table import Standing
from regaudit.outlets.desk.pages import page, refused
from regaudit.outlets.desk.rooms.ledger import ROOM, wanted_of
from regaudit.outlets.desk.step_forms import FIELDS, form_of, late_field, read_request
from regaudit.outlets.desk.uploads import laid_down, sent_files
from regaudit.outlets.desk.viewer import Viewer

MOST = 2_000
"""How many entries one step is taken on at once."""
_SHOWN = 200


class Chosen(Struct, frozen=True, kw_only=True):
    """The entries that somebody chose, as he saw them.

    Attributes:
        seen: the version of each, by number.
        able: those on which the step can be taken now.
        unable: the others, each with why (Chinese).
    """

    seen: dict[str, int]
    able: dict[str, Entry]
    rows: dict[str, EntryRow]
    unable: dict[str, str]


def steps(request: Request) -> Response:
    """The form of a step on many entries, what would follow from it, or what became of it."""
    desk: Desk = request.app.state.desk
    step = STEPS.get(str(request.state.form.get("step", "")))
    if step is None:
        return refused(request, "没有选择办理", "请返回台账，选择要办理的步骤。")
    picked = _picked(request, desk.entries.standing(desk.now()))
    if not picked:
        return refused(request, "没有选择事项", "请返回台账，勾选要办理的事项，或选择“筛选出的全部”。")
    if len(picked) > MOST:
        text = f"一次最多办理 {MOST} 项，选择了 {len(picked)} 项：请加上筛选条件，分几次办理。"
        return refused(request, "选择的事项太多", text)
    try:
        return _answer(request, step, picked)
    except RegauditError as error:
        return _page(request, step, _chosen(request, step, picked), problem=str(error))


def _answer(request: Request, step: Step, picked: Mapping[str, int]) -> Response:
    """The form, as it was sent.

    Raises:
        RegauditError: it cannot be taken so; nothing was written.
    """
    desk: Desk = request.app.state.desk
    form, chosen = request.state.form, _chosen(request, step, picked)
    if form.get("do") not in ("preview", "take"):
        return _page(request, step, chosen)
    asked = read_request(step, _typed(request), desk.now(), desk.entries.standing(desk.now()).latest)
    if form.get("do") == "preview":
        return _page(request, step, _tried(request, chosen, asked), asked=asked)
    if not chosen.able:
        raise RefusedStepError("选择的事项中没有现在可以办理的")
    author, requests = desk.author(request.state.viewer.login), dict.fromkeys(chosen.able, asked)
    with laid_down(sent_files(form)) as paths:
        outcomes = desk.steps.take(requests, author, seen=chosen.seen, files=paths)
    back = wanted_of(request).query()
    return page(request, "steps_taken.html", step=step, outcomes=outcomes, unable=chosen.unable, back=back)


def _typed(request: Request) -> dict[str, str]:
    return {name: str(request.state.form.get(name, "")) for name in FIELDS}


def _picked(request: Request, standing_now: Standing) -> dict[str, int]:
    """What was chosen: numbers with the versions that were seen, or the whole view as it is now."""
    desk: Desk = request.app.state.desk
    form = request.state.form
    if form.get("scope") == "view":
        rows = desk.entries.rows(wanted_of(request), request.state.viewer, standing_now.day)
        return {row.entry: row.version for row in rows}
    found = {}
    for each in form.getlist("entry"):
        number, _, version = str(each).rpartition("@")
        if number and version.isascii() and version.isdigit():
            found[fold(number)] = int(version)
    return found


def _chosen(request: Request, step: Step, picked: Mapping[str, int]) -> Chosen:
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    standing_now = desk.entries.standing(desk.now())
    with EventLog(desk.home) as log:
        entries = read_some(log, picked)
    people, day = standing_now.people, standing_now.day
    able, rows, unable = {}, {}, {}
    for number in picked:
        entry = entries.get(number)
        row = None if entry is None else row_of(entry, standing_now.calendars.of(entry.opened.office), day)
        if entry is None or row is None or not viewer.sees_entry(row):
            unable[number] = "台账中没有这一项"
            continue
        rows[number] = viewer.shown(row)
        if not can_be_taken(entry, step):
            unable[number] = f"现为“{state_title(entry.shown_state)}”，不能{step.title}"
        elif not may(step, entry, viewer.user, people, day):
            unable[number] = _why(step, entry, viewer, people, day)
        elif not entry.told_version <= picked[number] <= entry.version:
            unable[number] = "您选择之后，别人办理过这一项：请打开看过再办理"
        else:
            able[number] = entry
    return Chosen(seen=dict(picked), able=able, rows=rows, unable=unable)


def _why(step: Step, entry: Entry, viewer: Viewer, people: Any, day: Any) -> str:
    try:
        standing(Asked(step, entry, people, day), viewer.user)
    except RefusedStepError as error:
        return str(error)
    return f"不能{step.title}"


def _tried(request: Request, chosen: Chosen, asked: StepRequest) -> Chosen:
    """What is left of the entries when the step is tried out on them."""
    desk: Desk = request.app.state.desk
    files = sent_files(request.state.form)
    named = [Attachment(name=file.filename or "", sha256="", size=0) for file in files]
    tried = dict.fromkeys(chosen.able, replace(asked, attachments=named))
    author = desk.author(request.state.viewer.login)
    outcomes = desk.steps.preview(tried, author, seen=chosen.seen)
    unable = {each.entry: each.refused for each in outcomes if each.refused}
    able = {number: entry for number, entry in chosen.able.items() if number not in unable}
    return replace(chosen, able=able, unable=chosen.unable | unable)


def _page(
    request: Request,
    step: Step,
    chosen: Chosen,
    *,
    asked: StepRequest | None = None,
    problem: str = "",
) -> Response:
    desk: Desk = request.app.state.desk
    standing_now = desk.entries.standing(desk.now())
    offices = {entry.opened.office for entry in chosen.able.values()}
    fields = [*form_of(step, standing_now.people, offices, on=standing_now.day), late_field()]
    return page(
        request,
        "steps.html",
        status=409 if problem else 200,
        step=step,
        fields=fields,
        chosen=chosen,
        shown=list(chosen.able)[:_SHOWN],
        typed=_typed(request),
        problem=problem,
        is_tried=asked is not None,
        follows=_follows(request, chosen, step, asked),
        wanted=wanted_of(request),
        had_files=bool(sent_files(request.state.form)),
    )


def _follows(
    request: Request, chosen: Chosen, step: Step, asked: StepRequest | None
) -> list[tuple[str, int]]:
    """What would follow, alike ones counted: the most frequent first."""
    desk: Desk = request.app.state.desk
    standing_now = desk.entries.standing(desk.now())
    foresight = Foresight(standing_now.people, standing_now.day, desk.now())
    requests = (
        [asked] if asked else [StepRequest(step=step.name, verdict=each) for each in step.verdicts or ("",)]
    )
    counted: Counter[str] = Counter()
    for entry in chosen.able.values():
        measure = standing_now.calendars.of(entry.opened.office)
        for each in requests:
            counted[foresight.of(each, entry, measure, request.state.viewer.user).told] += 1
    return counted.most_common()


ROOMS: list[Room] = []
routes = [ROOM.post("/ledger/steps", steps, who=lambda viewer: viewer.takes_steps)]
