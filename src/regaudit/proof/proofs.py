"""The proof of a case, a finding or an entry as one JSON document: its events, their places, who signed.

The format stands in `docs/proof-format.md`.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from regaudit.base.errors import RegauditError, UsageError
from regaudit.base.folded_text import fold
from regaudit.eventlog.key_changes import listed_keys
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.keys import has_private_key
from regaudit.eventlog.tree.notes import parse_checkpoint, sign_note
from regaudit.intake.originals import as_facts, find_rows
from regaudit.ledger.entries import STREAM as ENTRIES
from regaudit.outlets.database import AnalystDatabase, no_case
from regaudit.proof.proof_file import FORMAT, OLD_FORMAT, statement_of

_ID = re.compile("[0-9a-f]{16}")
_IMPORTS, _RUNS, _WITHDRAWALS = "imports", "runs", "withdrawals"
Events = dict[int, dict[str, Any]]
"""By position: the stored event, and its fields as `content`."""


def prove(home: Path, subject: str) -> dict[str, Any]:
    """Everything that shows a case (`OFFICE/CASE_NO`), a finding or an entry to somebody who has no log.

    Of a finding it is asked by the id, of an entry of the ledger by the number.
    Where the private key is not there it is of the old format, whose whole nobody has signed.

    Raises:
        UsageError: there is no such case in the log, or no such finding or entry in its ledger.
        LogError: the log cannot be read or is damaged.
        KeyFileError: the private key is damaged, or another log's.
    """
    with EventLog(home) as log:
        signer = log.signer() if has_private_key(home) else None
        size, note = log.last_checkpoint()
        if "/" in subject:
            events = _case_events(log, subject)
        elif "-" in subject:
            events = _entry_events(log, subject)
        else:
            subject = _finding_id(home, subject)
            events = _finding_events(log, subject)
        events |= _imports(log, events)
        # Others append meanwhile.
        events = {position: event for position, event in events.items() if position <= size}
        for position, event in events.items():
            event["index"] = position - 1
            event["hashes"] = [b64encode(h).decode() for h in log.inclusion_proof(position, size)]
        document = {
            "format": FORMAT if signer else OLD_FORMAT,
            "subject": subject,
            "origin": parse_checkpoint(note).origin,
            "hash": log.hashing.name,
            "checkpoint": note,
            "keys": listed_keys(log),
            "events": [_shown(events[position]) for position in sorted(events)],
        }
    rows, problem = _rows(home, events)
    document |= {"rows": rows, **({"rows_problem": problem} if problem else {})}
    return document | ({"statement": sign_note(statement_of(document), [signer])} if signer else {})


def _case_events(log: EventLog, subject: str) -> Events:
    events = _streams(log, {f"case:{subject}", fold(f"case:{subject}")})
    if not events:
        raise no_case(subject)
    return events


def _finding_id(home: Path, finding_id: str) -> str:
    """The whole id that somebody may have begun only."""
    if _ID.fullmatch(finding_id):
        return finding_id
    with AnalystDatabase(home) as database:
        return str(database.finding(finding_id)["finding_id"])


def _finding_events(log: EventLog, finding_id: str) -> Events:
    """The finding's life in the ledger, its runs and withdrawals, and the evidence that it was opened by."""
    life = _streams(log, [f"finding:{finding_id}"])
    if not life:
        raise UsageError(
            f"台账中没有编号为 {finding_id} 的问题:只有 regaudit nightly 查出并立账的问题可以证明,"
            "编号见 regaudit findings 的第一列"
        )
    return _with_runs(log, life) | _at(log, life[min(life)]["content"]["evidence"])


def _entry_events(log: EventLog, number: str) -> Events:
    """All that was done with an entry, its runs and withdrawals, and the evidence that its events name."""
    life = _streams(log, [f"{ENTRIES}{number}"])
    if not life:
        raise UsageError(f"台账中没有 {number} 这一项:编号见 regaudit ledger list 的第一列")
    named = (one for event in life.values() for one in event["content"].get("evidence", []))
    return _with_runs(log, life) | _at(log, sorted({one["position"] for one in named}))


def _with_runs(log: EventLog, life: Events) -> Events:
    """The events of a finding or an entry, with the runs that they name and what took these back."""
    numbers = {event["content"].get("run_no", 0) for event in life.values()} - {0}
    withdrawals = _streams(log, [_WITHDRAWALS]).items()
    withdrawn = {at: event for at, event in withdrawals if numbers & set(event["content"]["run_nos"])}
    return life | _versions(log, _RUNS, numbers) | withdrawn


def _streams(log: EventLog, streams: Iterable[str]) -> Events:
    rows = (row for table in log.read_streams(streams) for row in table.to_pylist())
    return {row["position"]: _event(row) for row in rows}


def _at(log: EventLog, positions: Iterable[int]) -> Events:
    return {
        row["position"]: _event(row)
        for position in positions
        for table in log.read(after=position - 1, upto=position)
        for row in table.to_pylist()
    }


def _imports(log: EventLog, events: Events) -> Events:
    """The imports that brought the events: they hold the hashes of the files."""
    numbers = {event["content"]["import_no"] for event in events.values() if "import_no" in event["content"]}
    return _versions(log, _IMPORTS, numbers)


def _versions(log: EventLog, stream: str, numbers: set[int]) -> Events:
    events = _streams(log, [stream]) if numbers else {}
    return {position: event for position, event in events.items() if event["originator_version"] in numbers}


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"content": msgspec.json.decode(row["state"])}


def _shown(event: dict[str, Any]) -> dict[str, Any]:
    names = ("position", "originator_id", "originator_version", "topic", "state", "index", "hashes")
    return {name: event[name] for name in names}


def _rows(home: Path, events: Events) -> tuple[list[dict[str, Any]], str]:
    """The rows of the archived files; a proof stands without them, so what hinders them is only told."""
    places = dict(_places(events))
    try:
        found = find_rows(home, places)
    except RegauditError as error:
        return [], str(error)
    return [{"position": position, **as_facts(found[position])} for position in sorted(found)], ""


def _places(events: Events) -> Iterator[tuple[int, tuple[int, int, int]]]:
    for position, event in events.items():
        content = event["content"]
        if "row_no" in content:
            yield position, (content["import_no"], content.get("part_no", 1), content["row_no"])
