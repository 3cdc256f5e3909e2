"""Digests from the ledger's findings: one for each office, with what the night says about it."""

from collections import Counter
from typing import Any

import duckdb

from regaudit.base.settings import Route, Settings
from regaudit.catalogue.rules import warning_rules
from regaudit.outlets.mail.digest import (
    ANY_OFFICE,
    Digest,
    Line,
    NightReport,
    Person,
    RuleCount,
    Totals,
    Unknown,
)
from regaudit.outlets.mail.entry_facts import rows_of
from regaudit.outlets.mail.ledger_stand import Since, read_stand

# A source may be missing before it ever brought a case of its office.
_OFFICES = """
SELECT office FROM core.cases
UNION
SELECT office FROM results.published_findings WHERE office IS NOT NULL
"""
_HAS_PERSONS = """
SELECT 1 FROM information_schema.tables WHERE table_schema = 'results' AND table_name = 'finding_persons'
"""


def route_for(office: str, settings: Settings) -> Route:
    """The office's own route, else the one for all offices, else one without recipients."""
    routes = settings.mail.routes
    own = next((route for route in routes if route.office == office), None)
    return own or next((route for route in routes if route.office == ANY_OFFICE), Route(office=ANY_OFFICE))


def offices_to_tell(db: duckdb.DuckDBPyConnection | None, settings: Settings) -> list[str]:
    """Every office with a route, in the settings, in the log or with a finding; `*` when none is known."""
    known = {route.office for route in settings.mail.routes} | {office.office for office in settings.offices}
    if db is not None:
        known |= {office for (office,) in db.execute(_OFFICES).fetchall()}
    return sorted(known - {ANY_OFFICE}) or [ANY_OFFICE]


def compose(
    db: duckdb.DuckDBPyConnection | None,
    office: str,
    settings: Settings,
    report: NightReport,
    since: Since | None = None,
) -> Digest:
    """The digest of one office; without a warehouse, that of a night that failed before it had one.

    `since` is given by a night that opens entries of the ledger.
    """
    warnings = warning_rules()
    findings = _findings(db, office) if db is not None else []
    persons = _persons(db, [row["finding_id"] for row in findings]) if db is not None else {}
    today = report.on
    lines: dict[str, list[Line]] = {"new": [], "continuing": [], "gone": []}
    due_soon: list[Line] = []
    tally: dict[tuple[str, str, str], Counter[str]] = {}
    for row in findings:
        appeared = row.pop("changed_on")
        state = row.pop("state")
        if state == "gone" and appeared != today:
            continue
        kind = "gone" if state == "gone" else "new" if appeared == today else "continuing"
        line = Line(**row, persons=persons.get(row["finding_id"], []))
        tally.setdefault((line.rule, line.rule_title, line.severity), Counter())[kind] += 1
        if line.rule in warnings and line.severity != "info" and kind != "gone":
            due_soon.append(line)
        else:
            lines[kind].append(line)
    return Digest(
        office=office,
        office_name="全部登记机构" if office == ANY_OFFICE else settings.office_name(office),
        post=route_for(office, settings).name,
        report=report,
        due_soon=due_soon,
        new=lines["new"],
        continuing=lines["continuing"],
        gone=lines["gone"],
        counts=[
            RuleCount(
                rule=rule,
                title=title,
                severity=severity,
                new=kinds["new"],
                continuing=kinds["continuing"],
                gone=kinds["gone"],
            )
            for (rule, title, severity), kinds in sorted(tally.items())
        ],
        unknowns=_unknowns(db, office) if db is not None else [],
        totals=_totals(db, office, report) if db is not None else None,
        ledger=read_stand(db, _of(office), since) if db is not None and since is not None else None,
    )


def _findings(db: duckdb.DuckDBPyConnection, office: str) -> list[dict[str, Any]]:
    return rows_of(db, "mailed_findings", _of(office))


def _persons(db: duckdb.DuckDBPyConnection, findings: list[str]) -> dict[str, list[Person]]:
    """Those whom each finding names."""
    told: dict[str, list[Person]] = {}
    if findings and db.execute(_HAS_PERSONS).fetchall():
        for row in rows_of(db, "mailed_persons", {"findings": findings}):
            told.setdefault(row.pop("finding_id"), []).append(Person(**row))
    return told


def _unknowns(db: duckdb.DuckDBPyConnection, office: str) -> list[Unknown]:
    return [Unknown(**row) for row in rows_of(db, "mailed_unknowns", _of(office))]


def _totals(db: duckdb.DuckDBPyConnection, office: str, report: NightReport) -> Totals:
    [row] = rows_of(db, "mailed_totals", {**_of(office), "night": report.on})
    return Totals(**row)


def _of(office: str) -> dict[str, Any]:
    return {"office": office, "is_all": office == ANY_OFFICE}
