"""人员: what somebody did, his accounts and their use, findings that he had to do with."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from regaudit.base.folded_text import fold, fold_login
from regaudit.catalogue.sqlfile import result_sql
from regaudit.catalogue.vocabulary import value_titles
from regaudit.outlets.desk.case_rights import hidden_findings
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.doors import Room
from regaudit.outlets.desk.figure_tables import FigureTable, name_of, step_title
from regaudit.outlets.desk.pages import missing, page
from regaudit.outlets.desk.person_work import work_tables
from regaudit.outlets.desk.table_page import page_of, paging_of
from regaudit.outlets.desk.viewer import Viewer

_PAGE, _MOST_FINDINGS = 50, 200
ROLES = {
    "accepted": "受理人",
    "reviewed": "审核人",
    "booked": "登簿人",
    "held_when_due": "期限届满时在其手中",
    "acted": "行为人",
}
"""As what somebody has to do with a finding."""
_ORGS = {
    "center": "登记中心",
    "bank": "银行",
    "agency": "中介",
    "court": "法院",
    "notary": "公证处",
    "robot": "机器人",
}
_STATES = {"open": "存在", "gone": "已消失", "not_run": "规则未运行，问题仍在"}

ROOMS = [
    PERSONS := Room(
        name="persons", path="/persons", title="人员", order=40, who=lambda viewer: viewer.sees_persons
    )
]


def search(request: Request) -> Response:
    """Persons of the offices that he sees, by name."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    text, number = request.query_params.get("q", "").strip(), paging_of(request)
    offices = viewer.offices(desk.offices.get())
    # What nobody typed anything for many ask alike.
    ask = desk.published.rows if text else desk.published.kept_rows
    wanted = {"offices": offices, "text": fold(text), "login": fold_login(text), "most": _PAGE}
    rows, paging = page_of(
        number, _PAGE, lambda skipped: ask(result_sql("person_search"), wanted | {"skipped": skipped})
    )
    work = desk.person_work.get()
    return page(
        request,
        "persons.html",
        text=text,
        persons=rows,
        acts={row["person_id"]: work.acts(row["person_id"], offices) for row in rows},
        orgs=_ORGS,
        paging=paging,
        address=f"/persons?{urlencode({'q': text})}&page={{page}}",
    )


def show(request: Request) -> Response:
    """A person of an office that he sees; of other offices nothing is told."""
    desk: Desk = request.app.state.desk
    viewer: Viewer = request.state.viewer
    person = request.path_params["person"]
    found = desk.published.rows("SELECT * FROM persons WHERE person_id = $person", {"person": person})
    offices = viewer.offices(found[0]["offices"] or []) if found else []
    if not offices:
        return missing(request)
    key = {"person": person, "offices": offices}
    accounts = desk.published.kept_rows(result_sql("person_accounts"), key)
    hidden = hidden_findings(viewer, desk.current.index())
    findings = [
        row | {"role_titles": "、".join(ROLES.get(role, role) for role in row["roles"].split(","))}
        for row in desk.published.rows(result_sql("person_findings"), key)
        if row["finding_id"] not in hidden
    ]
    used = [at for account in accounts for at in (account["first_at"], account["last_at"]) if at]
    answered = Counter(row["office"] for row in findings if row["is_answerable"] and row["state"] != "gone")
    names = {account["account"] for account in accounts if account["account"]}
    return page(
        request,
        "person.html",
        person=found[0],
        org_kinds=sorted({account["org_kind"] for account in accounts if account["org_kind"]}),
        offices=offices,
        months=_months(desk.published.kept_rows(result_sql("person_months"), key)),
        used=(min(used), max(used)) if used else None,
        tables=work_tables(desk.person_work.get(), person, offices, answered),
        accounts=accounts,
        findings=findings[:_MOST_FINDINGS],
        counts=_counts(findings),
        more=max(len(findings) - _MOST_FINDINGS, 0),
        recurrences=_recurrences(desk, viewer, person, names),
        orgs=_ORGS,
        states=_STATES,
    )


def _months(rows: Sequence[dict[str, Any]]) -> FigureTable:
    """Acts by month and step; the latest month first."""
    totals = Counter[str]()
    months: dict[Any, dict[str, int]] = {}
    for row in rows:
        totals[row["step"]] += row["acts"]
        months.setdefault(row["month"], {})[row["step"]] = row["acts"]
    order = [step for step in value_titles("step") if step in totals]
    order += sorted(set(totals) - set(order))
    cells = [
        [name_of("month", month), *(f"{acts.get(step, 0)}" for step in order), f"{sum(acts.values())}"]
        for month, acts in sorted(months.items(), reverse=True)
    ]
    cells.append(["合计", *(f"{totals[step]}" for step in order), f"{totals.total()}"])
    return FigureTable(
        key="months",
        title="各月办理的",
        columns=("月份", *map(step_title, order), "合计"),
        rows=cells,
        note="操作数；导出时生成的审核不计。",
    )


def _counts(findings: Sequence[dict[str, Any]]) -> FigureTable:
    """Findings by rule: of how many he is answerable, and with how many he only had to do."""
    rules: dict[str, list[Any]] = {}
    for row in findings:
        if row["state"] != "gone":
            sums = rules.setdefault(row["rule"], [row["rule_title"], 0, 0])
            sums[1 if row["is_answerable"] else 2] += 1
    return FigureTable(
        key="rules",
        title="按规则",
        columns=("规则", "应负责的", "仅涉及的"),
        rows=[[title, f"{own}", f"{other}"] for title, own, other in sorted(rules.values())],
        note="现存的问题。仅涉及的只说明他经手过该办件，不是他的问题。",
    )


def _recurrences(desk: Desk, viewer: Viewer, person: str, accounts: set[str]) -> list[dict[str, Any]]:
    """Where he, or an account of his, did again what had been struck off; entries that he may see alone."""
    rows = desk.published.rows(
        "SELECT * FROM recurrences WHERE (answers_as = 'person' AND answers = $person)"
        " OR (answers_as = 'account' AND list_contains($accounts, answers)) ORDER BY rule",
        {"person": person, "accounts": sorted(accounts)},
    )
    entries = desk.current.rows()
    found = []
    for row in rows:
        known = [entries[number] for number in row["entries"] if number in entries]
        seen = [entry.entry for entry in known if viewer.sees_entry(entry) and viewer.is_open(entry)]
        if seen:
            found.append(row | {"entries": seen})
    return found


routes = [PERSONS.get("/persons", search), PERSONS.get("/persons/{person:path}", show)]
