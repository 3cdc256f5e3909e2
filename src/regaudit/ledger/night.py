"""What a night does to the ledger: it opens entries and notes what happened since, and nothing else."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import duckdb
from msgspec import convert
from msgspec.structs import replace

from regaudit.audit.ledger_nights import Night
from regaudit.audit.results import make_result
from regaudit.catalogue.event_types import (
    EntryEvidence,
    EntryNoted,
    EntryOpened,
    EntryPerson,
    LedgerBegun,
    NotedEvidence,
    RunCompleted,
)
from regaudit.catalogue.events import LogEvent
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import SEVERITIES
from regaudit.catalogue.sqlfile import result_sql
from regaudit.eventlog.log import EventLog
from regaudit.ledger.declarations import contradictions
from regaudit.ledger.entries import STREAM
from regaudit.ledger.known import changed_rules, load_entry_rules
from regaudit.ledger.numbers import Numbers
from regaudit.ledger.relapses import Relapses, read_relapses
from regaudit.ledger.states import NOTES, gravest

BEGUN = "ledger"
"""The stream that says since when there is a ledger of entries."""


class LedgerNight:
    """The part of a night that is about the ledger."""

    def __init__(
        self, log: EventLog, night: Night, profile: Profile, last: RunCompleted | None, now: datetime
    ) -> None:
        """Of a night whose last counting predecessor was `last`; `now` is when it is stored."""
        self._log, self._night, self._profile, self._last, self._now = log, night, profile, last, now

    def plan(self, db: duckdb.DuckDBPyConnection, run: RunCompleted) -> list[LogEvent]:
        """What there is to open and to note, from a run's violations and the tables of entries.

        The numbers are taken: others give higher ones. Versions follow those that were read;
        `stored` gives them as they are when the events are stored.
        """
        begins = self._log.version(BEGUN) == 0
        load_entry_rules(db, self._profile, changed_rules(self._night, self._last, run))
        for name in ("entry_cover", "entry_signs", "entry_news"):
            make_result(db, name)
        terms = {
            "is_first": begins,
            "before": self._night.before,
            "history_days": self._profile.ledger.history_days,
        }
        make_result(db, "entry_olds", terms)
        common: dict[str, Any] = {
            "at": run.as_of,
            "recorded_at": self._now.isoformat(),
            "run_no": run.originator_version,
            "log_position": run.log_position,
        }
        openings = [{**common, **_history(row)} for row in _rows(db, "entry_histories")]
        singles = _rows(db, "entry_singles")
        facts = _facts(db, [row["finding_id"] for row in singles])
        places: dict[str, int] = {}
        for group in _matters(singles):
            places |= {row["finding_id"]: len(openings) for row in group}
            openings.append({**common, **_opening(group, facts)})
        openings += [
            {**common, **fields} for fields in contradictions(self._log, self._profile.zero, openings)
        ]
        events: list[LogEvent] = list(self._opened(openings, read_relapses(db)))
        streams = [event.originator_id for event in events]
        notes = [(f"{STREAM}{row['entry']}", _note(row)) for row in _rows(db, "entry_notes")]
        for row in singles:
            if row["part_of_entry"] or row["part_of_finding"]:
                of_entry = f"{STREAM}{row['part_of_entry']}"
                stream = of_entry if row["part_of_entry"] else streams[places[row["part_of_finding"]]]
                notes.append((stream, _part(row, facts[row["finding_id"]][0])))
        versions = dict.fromkeys(streams, 1) | _versions(db, [stream for stream, _ in notes])
        for stream, note in notes:
            versions[stream] += 1
            events.append(EntryNoted(stream, versions[stream], **common, **note))
        if begins:
            begun = self._now.isoformat()
            number = run.originator_version
            events.append(LedgerBegun(BEGUN, 1, night=run.night, run_no=number, begun_at=begun))
        return events

    def stored(self, planned: Iterable[LogEvent]) -> list[LogEvent]:
        """Planned events for the versions as the log has them now: people may have taken steps meanwhile."""
        events = list(planned)
        first: dict[str, int] = {}
        for event in events:
            first.setdefault(event.originator_id, event.originator_version)
        known = self._log.versions(first)
        later = {stream: version + 1 - first[stream] for stream, version in known.items()}
        return [
            replace(event, originator_version=event.originator_version + later.get(event.originator_id, 0))
            for event in events
        ]

    def _opened(self, openings: list[dict[str, Any]], relapses: Relapses) -> Iterator[EntryOpened]:
        """The entries that are opened, with numbers that nobody else is given."""
        if not openings:
            return
        with self._log.alone():
            numbers = Numbers(self._log, is_run=True)
            taken = [numbers.next(fields["office"], self._night.on) for fields in openings]
            numbers.take()
        for number, fields in zip(taken, openings, strict=True):
            event = EntryOpened(f"{STREAM}{number}", 1, **fields)
            relapsed = relapses.count(event, self._night.on)
            yield replace(event, recurrences=relapsed) if relapsed else event


def _matters(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Findings that open one entry each, together; those that are part of another matter are left out."""
    own = {row["finding_id"] for row in rows if not (row["part_of_entry"] or row["part_of_finding"])}
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["part_of_finding"] not in own:
            row["part_of_finding"] = None
        if not (row["part_of_entry"] or row["part_of_finding"]):
            groups.setdefault(row["matter"], []).append(row)
    yield from groups.values()


def _rows(db: duckdb.DuckDBPyConnection, name: str, parameters: Any = None) -> list[dict[str, Any]]:
    cursor = db.execute(result_sql(name), parameters or {})
    names = [name for name, *_ in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _versions(db: duckdb.DuckDBPyConnection, streams: list[str]) -> dict[str, int]:
    """The versions of entries as the run has read them, by stream."""
    numbers = [stream.removeprefix(STREAM) for stream in streams]
    found = db.execute(
        "SELECT entry, last_version FROM results.entry_rows WHERE entry IN (SELECT unnest($numbers))",
        {"numbers": numbers},
    ).fetchall()
    return {f"{STREAM}{entry}": version for entry, version in found}


def _facts(
    db: duckdb.DuckDBPyConnection, findings: list[str]
) -> dict[str, tuple[list[EntryEvidence], list[EntryPerson]]]:
    """Rows and persons of findings."""
    found = _rows(db, "entry_persons", {"findings": findings}) if findings else []
    return {
        row["finding_id"]: (
            convert(row["evidence"], list[EntryEvidence]),
            convert(row["persons"], list[EntryPerson]),
        )
        for row in found
    }


def _history(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of an entry that lists the old findings of a rule and an office."""
    ids = row["finding_ids"]
    span = " 至 ".join(dict.fromkeys((str(row["first_on"]), str(row["last_on"]))))
    return {
        "kind": "history",
        **{name: row[name] for name in ("rule", "rule_version", "title", "severity", "office")},
        "finding_ids": ids,
        "summary": f"历史存量：{row['title']} {len(ids)} 项，发生于 {span}。",
        "basis": row["basis"] or "",
        "door": "night",
    }


def _opening(
    group: list[dict[str, Any]], facts: dict[str, tuple[list[EntryEvidence], list[EntryPerson]]]
) -> dict[str, Any]:
    """The fields of an entry that one or several findings of one unit of work open."""
    first = group[0]
    evidence = {row.position: row for each in group for row in facts[each["finding_id"]][0]}
    persons = {(who.person_id, who.role): who for each in group for who in facts[each["finding_id"]][1]}
    more = f"（同批次共 {len(group)} 件）" if len(group) > 1 else ""
    return {
        "kind": "finding",
        **{name: first[name] for name in ("rule", "rule_version", "title", "office")},
        "severity": gravest(*(row["severity"] for row in group)),
        "finding_ids": [row["finding_id"] for row in group],
        "case_nos": [row["case_no"] for row in group if row["case_no"]],
        **{name: first[name] or "" for name in ("batch_no", "account", "person_id", "source")},
        "occurred_at": first["occurred_at"].isoformat() if first["occurred_at"] else None,
        "due_on": first["due_on"].isoformat() if first["due_on"] else None,
        "summary": first["summary"] + more,
        "basis": first["basis"] or "",
        "evidence": [evidence[position] for position in sorted(evidence)],
        "persons": [persons[key] for key in sorted(persons)],
        "recurs_of": first["recurs_of"] or "",
        "follows": first["follows"] or "",
        "door": "night",
    }


def _part(row: dict[str, Any], evidence: Iterable[EntryEvidence]) -> dict[str, Any]:
    """The note of a finding that is the same matter as an entry of another rule."""
    return {
        "kind": "part",
        **{name: row[name] for name in ("finding_id", "rule", "severity")},
        "evidence": [NotedEvidence(position=each.position, role=each.role) for each in evidence],
        "text": f"同一事项另有“{row['title']}”：{row['summary']}",
    }


_TEXTS = {
    "gone": "本夜不再发现这一问题；挂账不因此销号。",
    "back": "这一问题又被发现。",
    "not_run": "规则未运行或未运行完，本项的问题是否仍在不得而知。",
    "runs": "规则恢复运行。",
}


def _note(row: dict[str, Any]) -> dict[str, Any]:
    """The note of what happened to a finding of an entry."""
    kind = row["kind"]
    text = _TEXTS.get(kind) or f"{NOTES[kind]}。"
    if kind == "evidence":
        text = f"新增证据 {len(row['new_rows'])} 行。"
    elif kind == "severity":
        text = f"本夜这一问题的级别为{SEVERITIES[row['severity']]}。"
    return {
        "kind": kind,
        "finding_id": row["finding_id"],
        "rule": row["rule"],
        "severity": row["severity"] or "",
        "evidence": convert(row["new_rows"], list[NotedEvidence]),
        "text": text,
    }
