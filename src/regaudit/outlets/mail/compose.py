"""Digests from the ledger's findings: one for each office, with what the night says about it."""

from collections import Counter
from datetime import date
from typing import Any

import duckdb

from regaudit.base.settings import Route, Settings
from regaudit.catalogue.rules import warning_rules
from regaudit.catalogue.sqlfile import result_sql
from regaudit.outlets.mail.digest import Digest, Line, NightReport, RuleCount, Totals

ANY_OFFICE = "*"
# A source may be missing before it ever brought a case of its office.
_OFFICES = """
SELECT office FROM core.cases
UNION
SELECT office FROM results.published_findings WHERE office IS NOT NULL
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
    db: duckdb.DuckDBPyConnection | None, office: str, settings: Settings, report: NightReport
) -> Digest:
    """The digest of one office; without a warehouse, that of a night that failed before it had one."""
    warnings = warning_rules()
    findings = _findings(db, office) if db is not None else []
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
        line = Line(**row)
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
        totals=_totals(db, office, report.on) if db is not None else None,
    )


def _findings(db: duckdb.DuckDBPyConnection, office: str) -> list[dict[str, Any]]:
    cursor = db.execute(result_sql("mailed_findings"), {"office": office, "is_all": office == ANY_OFFICE})
    names = [name for name, *_ in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _totals(db: duckdb.DuckDBPyConnection, office: str, today: date) -> Totals:
    cursor = db.execute(
        result_sql("mailed_totals"),
        {"office": office, "is_all": office == ANY_OFFICE, "today": today},
    )
    names = [name for name, *_ in cursor.description or []]
    [row] = cursor.fetchall()
    return Totals(**dict(zip(names, row, strict=True)))
