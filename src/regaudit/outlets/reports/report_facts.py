"""All that a report says, as plain values: its JSON, from which workbook and paper are made."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from regaudit.catalogue.inspection_terms import InspectionPlan
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People
from regaudit.ledger.workdays import Calendars
from regaudit.outlets.inspection.inspections import Inspection
from regaudit.outlets.reports.bridge import COLUMNS, Stand, bridge_of, day_of, stands_of
from regaudit.outlets.reports.case_measures import Group, day_counts, groups_of, monthly_rates
from regaudit.outlets.reports.counted import Counted
from regaudit.outlets.reports.inspected import inspected_of
from regaudit.outlets.reports.ledger_part import Facts, ledger_part
from regaudit.outlets.reports.method import method_of
from regaudit.outlets.reports.period_light import light_of, reasons_of
from regaudit.outlets.reports.report_words import sentences

FORMAT = 1
"""Counts up when what the JSON means changes."""
ALL = "ALL"
"""Stands for all offices together, as in numbers of entries that belong to none."""


class Basis(Struct, frozen=True, kw_only=True):
    """What a report rests on, as it was the first time: see the event `report-made`."""

    run_no: int
    log_position: int
    checkpoint_size: int
    checkpoint: str
    made_at: str
    by: str
    names: dict[str, str]
    profile_title: str


class Sources(Struct, frozen=True, kw_only=True):
    """What the reports of a period are made from, whichever office they are of."""

    counted: Counted
    entries: Mapping[str, Entry]
    people: People
    calendars: Calendars
    inspections: Sequence[Inspection]
    plan: InspectionPlan
    titles: Mapping[str, str]
    """Classes of limits as people call them."""

    @property
    def ledger_begins(self) -> date | None:
        """The day of the first entry that there is; None without any."""
        return min((day_of(entry.opened) for entry in self.entries.values()), default=None)

    def stands(self, office: str) -> list[Stand]:
        """The entries of an office, or of all, in the period."""
        wanted = (e for e in self.entries.values() if office in (ALL, e.opened.office or ""))
        return stands_of(wanted, self.counted.period)

    def unknowns(self, office: str) -> list[dict[str, Any]]:
        """What rules could not decide at an office, or at all, by rule."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.counted.unknowns:
            if office in (ALL, row["office"]):
                kept = found.setdefault(
                    row["rule"], {"rule": row["rule"], "title": row["title"], "subjects": 0, "waiting": 0}
                )
                kept["subjects"] += row["subjects"]
                kept["waiting"] += row["waiting"]
        return list(found.values())

    def exports(self, office: str) -> list[dict[str, Any]]:
        """The exports that an office, or all, missed; those of no single office are everybody's."""
        return [
            {**row, "nights": [f"{night}" for night in row["nights"]]}
            for row in self.counted.exports
            if office == ALL or row["office"] in ("", office)
        ]


def report_facts(sources: Sources, office: str, basis: Basis, *, is_over: bool) -> dict[str, Any]:
    """What the report of an office, or of all (`ALL`), says; one of a period that is not over is marked."""
    counted, period = sources.counted, sources.counted.period
    offices = counted.offices if office == ALL else [office]
    told = [(office, offices), *((each, [each]) for each in (counted.offices if office == ALL else ()))]
    groups = [
        group
        for name, these in told
        for group in groups_of(
            counted.cases,
            counted.still_open,
            period,
            offices=these,
            name=name,
            begins=counted.run.begins_on,
        )
    ]
    measures = {measure.key: measure for measure in groups[0].measures}
    stands = sources.stands(office)
    bridge = bridge_of(stands)
    ledger = ledger_part(
        Facts(stands=stands, period=period, calendars=sources.calendars, people=sources.people)
    )
    nights = counted.worked(office)
    exports, unknowns = sources.exports(office), sources.unknowns(office)
    late = {
        key: (measures[key].now.numerator or 0, measures[key].now.denominator or 0)
        for key in ("late_closed", "late_open")
    }
    reasons = list(
        reasons_of(
            period,
            stands=stands,
            lights=ledger["lights"],
            nights=nights,
            exports=exports,
            figures=late,
            rejected=counted.run.rejected,
        )
    )
    unknown = sum(row["subjects"] for row in unknowns)
    return {
        "format": FORMAT,
        "kind": "monthly",
        "period": period.key,
        "title": period.title if is_over else f"{period.title}（未完）",
        "is_over": is_over,
        "word": period.word,
        "first": f"{period.first}",
        "last": f"{period.last}",
        "before": period.before.title,
        "year_before": period.year_before.title,
        "office": office,
        "office_name": "全部登记机构" if office == ALL else basis.names.get(office) or office,
        "names": basis.names,
        "correction": None,
        "light": light_of(reasons),
        "because": [msgspec.to_builtins(reason) for reason in reasons],
        "summary": list(
            sentences(
                period,
                measures=measures,
                total=bridge[-1],
                ledger=ledger,
                nights=nights,
                unknown=unknown,
                ledger_begins=sources.ledger_begins,
            )
        ),
        "bridge": [
            {"family": row.family, "title": row.title, **{name: row.counts[name] for name in COLUMNS}}
            for row in bridge
        ],
        "figures": [_group(group) for group in groups],
        "nights": _nights(counted, office),
        "exports": exports,
        "unknowns": unknowns,
        "ledger": ledger,
        "inspections": inspected_of(
            sources.inspections, sources.plan, office, period, titles=sources.titles, all_name=ALL
        ),
        "trend": monthly_rates(counted.cases, period.trend, offices),
        "days": [{"days": day, "cases": cases} for day, cases in day_counts(counted.cases, period, offices)],
        "rules": counted.rules,
        "method": method_of(period),
        "basis": {
            **msgspec.to_builtins(basis),
            "as_of": counted.run.as_of.isoformat(),
            "night": f"{counted.run.night}",
            "profile": counted.run.profile,
            "profile_sha256": counted.run.profile_sha256,
            "calendar": counted.run.calendar,
            "run_position": counted.run.log_position,
            "begins_on": f"{counted.run.begins_on}" if counted.run.begins_on else None,
        },
    }


def encoded(facts: dict[str, Any]) -> bytes:
    """The JSON of a report: always the same bytes for the same facts."""
    return msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n"


def _group(group: Group) -> dict[str, Any]:
    return {
        "office": group.office,
        "limit_class": group.limit_class,
        "measures": [msgspec.to_builtins(measure) for measure in group.measures],
    }


def _nights(counted: Counted, office: str) -> dict[str, Any]:
    """How many working days had a night, now and then; which had none; how many were green, yellow, red.

    Of a time before the log begins nothing is said.
    """
    period = counted.period
    rows = counted.worked(office)
    begins = counted.run.begins_on
    ran = {
        name: {
            "ran": sum(row["run_no"] is not None for row in counted.worked(office, each.key)),
            "workdays": len(counted.worked(office, each.key)),
        }
        if name == "now" or (begins and each.last >= begins)
        else None
        for name, each in (("now", period), ("before", period.before), ("year_before", period.year_before))
    }
    return {
        **ran,
        "missing": [f"{row['on_date']}" for row in rows if row["run_no"] is None],
        "lights": {light: sum(row["light"] == light for row in rows) for light in ("green", "yellow", "red")},
    }
