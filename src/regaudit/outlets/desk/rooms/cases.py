"""办件: the search for cases, and a case with its steps, its clock, its findings and its original rows."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold
from regaudit.catalogue.sqlfile import result_sql
from regaudit.catalogue.vocabulary import value_titles
from regaudit.intake.originals import Original, as_facts, find_originals
from regaudit.outlets.case_story import case_story
from regaudit.outlets.clock_days import DUE_STATES, ENDINGS, clock_days, round_title
from regaudit.outlets.desk.case_rights import CaseEntries, case_entries, seen_entries
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.pages import missing, page
from regaudit.outlets.desk.pictures.calendar_strip import calendar_strip
from regaudit.outlets.desk.pictures.picture import Picture
from regaudit.outlets.desk.table_page import Paging, page_of, paging_of
from regaudit.outlets.desk.viewer import Viewer

STATES = {"open": "在办", "paused": "暂停", "closed": "办结"}
_WANTED = {"": "全部", **STATES, "late": "在办已超期"}
_PAGE = 50

ROOMS = [
    CASES := Room(name="cases", path="/cases", title="办件", order=30, who=lambda viewer: viewer.sees_cases)
]


def search(request: Request) -> Response:
    """Cases that he may see, by what he typed."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    asked = {name: request.query_params.get(name, "").strip() for name in ("q", "office", "state", "class")}
    known = desk.offices.get()
    offices = viewer.offices(known)
    is_asked = any(asked.values())
    cases, paging = _found(request, asked, offices or known) if is_asked else ([], Paging(1, 1, 0))
    return page(
        request,
        "cases.html",
        asked=asked,
        is_asked=is_asked,
        sees_offices=bool(offices),
        cases=cases,
        paging=paging,
        address=f"/cases?{urlencode({name: value for name, value in asked.items() if value})}&page={{page}}",
        offices=[("", "全部"), *((office, desk.settings.office_name(office)) for office in offices)],
        states=list(_WANTED.items()),
        classes=[("", "全部"), *desk.class_titles.items()],
        class_titles=desk.class_titles,
        state_titles=STATES,
        due_states=DUE_STATES,
    )


def _found(
    request: Request, asked: dict[str, str], offices: Sequence[str]
) -> tuple[list[dict[str, Any]], Paging]:
    """Cases of some offices; for who sees no office as a whole, those of the entries that he sees."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    is_chosen, number = not viewer.offices(offices), paging_of(request)
    # What nobody typed anything for many ask alike.
    ask = desk.published.rows if asked["q"] or is_chosen else desk.published.kept_rows
    wanted = {
        "offices": [office for office in offices if asked["office"] in ("", office)],
        "text": fold(asked["q"]),
        "state": asked["state"],
        "class": asked["class"],
        "is_chosen": is_chosen,
        "chosen": _of_entries(desk, viewer) if is_chosen else [],
        "most": _PAGE,
    }
    return page_of(
        number, _PAGE, lambda skipped: ask(result_sql("case_search"), wanted | {"skipped": skipped})
    )


def _of_entries(desk: Desk, viewer: Viewer) -> list[str]:
    """The cases of the entries that somebody sees, each OFFICE/CASE_NO."""
    seen = seen_entries(viewer, desk.current.rows().values())
    found = desk.published.rows(
        "SELECT DISTINCT office, case_no FROM findings"
        " WHERE finding_id IN (SELECT unnest($findings::VARCHAR[])) AND case_no IS NOT NULL",
        {"findings": sorted({finding for row in seen for finding in row.finding_ids})},
    )
    named = {f"{row.office}/{row.case_no}" for row in seen if row.case_no}
    return sorted(named | {f"{row['office']}/{row['case_no']}" for row in found})


def show(request: Request) -> Response:
    """A case that he may see."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    office, case_no = request.path_params["office"], request.path_params["case_no"]
    with desk.published.open_cases() as (db, places):
        story = case_story(desk.published.ask_of(db), office, case_no, places.of(office, case_no))
    if story is None:
        return missing(request)
    found = [row["finding_id"] for row in story["findings"]]
    entries = case_entries(viewer, desk.current.index(), office, case_no, found)
    if not viewer.sees_office(office) and not entries.seen:
        return missing(request)
    is_original = request.query_params.get("original") == "1"
    originals, problem = _originals(desk, office, case_no) if is_original else ([], "")
    findings = _open_findings(story["findings"], entries)
    told = {finding["entry"] for finding in findings}
    return page(
        request,
        "case.html",
        case=story["case"],
        office_name=desk.settings.office_name(office),
        steps=story["steps"],
        altered=story["altered_steps"],
        extended=story["extended_steps"],
        findings=findings,
        entries=[row for row in entries.seen if row.entry not in told],
        pictures=_pictures(story),
        is_original=is_original,
        originals=originals,
        problem=problem,
        step_titles=value_titles("step"),
        result_titles=value_titles("result"),
        class_titles=desk.class_titles,
        state_titles=STATES,
        due_states=DUE_STATES,
        endings=ENDINGS,
        sees_persons=viewer.sees_office(office),
    )


def _open_findings(findings: Sequence[dict[str, Any]], entries: CaseEntries) -> list[dict[str, Any]]:
    """Findings that are not hidden from him, each with the entry that it is dealt with in."""
    numbers = {finding: row.entry for row in entries.seen for finding in row.finding_ids}
    return [
        row | {"entry": numbers.get(row["finding_id"], "")}
        for row in findings
        if row["finding_id"] not in entries.hidden
    ]


def _pictures(story: dict[str, Any]) -> list[Picture]:
    """The clock's calendar, a picture for each round."""
    rounds, closed_at = story["rounds"], story["case"]["closed_at"]
    found = []
    for one in rounds:
        days = [day for day in story["days"] if day["round_no"] == one["round_no"]]
        told = clock_days(days, one, closed_at)
        found.append(calendar_strip(told, round_title(one, len(rounds)), f"clock-{one['round_no']}"))
    return found


def _originals(desk: Desk, office: str, case_no: str) -> tuple[list[dict[str, Any]], str]:
    """The rows that the case was made of, each once, mapped columns alone; or why they cannot be shown."""
    try:
        found = find_originals(desk.home, office, case_no)
    except RegauditError as error:
        return [], str(error)
    rows: dict[tuple[int, str, int], tuple[Original, list[int]]] = {}
    for position, original in sorted(found.items()):
        key = original.import_no, original.table, original.row_no
        rows.setdefault(key, (original, []))[1].append(position)
    return [
        as_facts(original, is_whole=False) | {"positions": positions} for original, positions in rows.values()
    ], ""


routes = [CASES.get("/cases", search), CASES.get("/cases/{office}/{case_no:path}", show)]
