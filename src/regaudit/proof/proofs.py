"""The proof of a case or a finding as one JSON document: its events, their places in the tree, who signed.

The format stands in `docs/proof-format.md`.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.folded_text import fold
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.intake.originals import as_facts, find_rows
from regaudit.outlets.database import AnalystDatabase
from regaudit.proof.trust import read_changes

FORMAT = "regaudit-proof/1"
_IMPORTS = "imports"


def prove(home: Path, subject: str) -> dict[str, Any]:
    """Everything that shows a case (`OFFICE/CASE_NO`) or a finding (its id) to somebody who has no log.

    Raises:
        UsageError: there is no such case or finding in the log.
        LogError: the log cannot be read or is damaged.
    """
    with EventLog(home) as log:
        events = _case_events(log, subject) if "/" in subject else _finding_events(home, log, subject)
        numbers = {
            event["content"]["import_no"] for event in events.values() if "import_no" in event["content"]
        }
        events |= _imports(log, numbers)
        size, note = log.last_checkpoint()
        keys = _keys(log)
        hashing = log.hashing.name
        for position, event in events.items():
            event["index"] = position - 1
            event["hashes"] = [b64encode(h).decode() for h in log.inclusion_proof(position, size)]
    rows, problem = _rows(home, events)
    return {
        "format": FORMAT,
        "subject": subject,
        "origin": parse_checkpoint(note).origin,
        "hash": hashing,
        "checkpoint": note,
        "keys": keys,
        "events": [_shown(events[position]) for position in sorted(events)],
        "rows": rows,
        **({"rows_problem": problem} if problem else {}),
    }


def _case_events(log: EventLog, subject: str) -> dict[int, dict[str, Any]]:
    events = _streams(log, {f"case:{subject}", fold(f"case:{subject}")})
    if not events:
        raise UsageError(f"日志中没有办件 {subject}:请核对登记机构和业务号")
    return events


def _finding_events(home: Path, log: EventLog, finding_id: str) -> dict[int, dict[str, Any]]:
    """The evidence of a finding, and what the ledger says of it."""
    with AnalystDatabase(home) as database:
        found = database.finding(finding_id)
    events = _streams(log, [f"finding:{found['finding_id']}"])
    return events | _at(log, found["evidence"])


def _streams(log: EventLog, streams: Iterable[str]) -> dict[int, dict[str, Any]]:
    rows = (row for table in log.read_streams(streams) for row in table.to_pylist())
    return {row["position"]: _event(row) for row in rows}


def _at(log: EventLog, positions: Iterable[int]) -> dict[int, dict[str, Any]]:
    return {
        row["position"]: _event(row)
        for position in positions
        for table in log.read(after=position - 1, upto=position)
        for row in table.to_pylist()
    }


def _imports(log: EventLog, numbers: set[int]) -> dict[int, dict[str, Any]]:
    """The imports that brought the events: they hold the hashes of the files."""
    events = _streams(log, [_IMPORTS]) if numbers else {}
    return {position: event for position, event in events.items() if event["originator_version"] in numbers}


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"content": msgspec.json.decode(row["state"])}


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    names = ("position", "originator_id", "originator_version", "topic", "state", "index", "hashes")
    return {name: event[name] for name in names}


def _keys(log: EventLog) -> list[dict[str, str]]:
    """The log's keys from the first to the one in force, each with the note by which it was introduced."""
    return [
        {"verifier_key": log.verifier_keys()[0].text()},
        *({"verifier_key": one.key.text(), "introduction": one.introduction} for one in read_changes(log)),
    ]


def _rows(home: Path, events: dict[int, dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """The rows of the archived files; a proof stands without them, so what hinders them is only told."""
    places = dict(_places(events))
    try:
        found = find_rows(home, places)
    except RegauditError as error:
        return [], str(error)
    return [{"position": position, **as_facts(found[position])} for position in sorted(found)], ""


def _places(events: dict[int, dict[str, Any]]) -> Iterator[tuple[int, tuple[int, int, int]]]:
    for position, event in events.items():
        content = event["content"]
        if "row_no" in content:
            yield position, (content["import_no"], content.get("part_no", 1), content["row_no"])
