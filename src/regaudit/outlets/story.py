"""The story of a finding: what the published database and the log hold about it, for a person to follow.

A rule's head says which `story` convinces: `acts` (its evidence in order of time, which every rule has),
`lane` (the queue around the case), `clock` (the case's calendar day by day), `switches` (an account going
from terminal to terminal).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import msgspec

from regaudit.catalogue.events import catalogue
from regaudit.catalogue.rules import Rule, load_rules
from regaudit.catalogue.sqlfile import result_sql
from regaudit.eventlog.log import EventLog
from regaudit.intake.imports import import_states
from regaudit.outlets.case_story import Rows, case_story
from regaudit.outlets.database import AnalystDatabase

_MOST_UNITS = 40
_UNIT = """
SELECT u.* FROM queue_units AS u
WHERE u.office = $office AND list_contains(u.case_nos, $case_no)
ORDER BY u.started_at NULLS LAST LIMIT 1
"""


class Published(Protocol):
    """Whatever asks the published tables."""

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> Rows:
        """The rows of a query as dicts."""


def explain(home: Path, database: AnalystDatabase, finding_id: str) -> dict[str, Any]:
    """All that there is to say about a finding, for programs; `cli` makes Chinese text of it.

    Returns:
        `finding` (its row), `rule` (title, why, what it is not, parameters of the last run), `story` (its
        kind), `evidence` (events by time, each with log position, file, row, and what it is to the finding as
        `role`) and, by the kind of story, `lane`, `switches` or `case`, `rounds` and `days`.

    Raises:
        UsageError: no such finding, or the beginning of several.
        LogError: the log cannot be read.
    """
    finding = database.finding(finding_id)
    rule = load_rules()[finding["rule"]]
    parts = _parts(database, finding["finding_id"])
    rows = evidence_rows(home, database, list(parts))
    facts: dict[str, Any] = {
        "finding": finding,
        "rule": {
            "rule": rule.name,
            "title": rule.title,
            "why": rule.why,
            "not_this": rule.not_this,
            "params": _params(database).get(rule.name, {}),
        },
        "story": rule.story,
        "evidence": [row | {"role": parts[row["position"]]} for row in rows],
    }
    listed = [row for row in rows if row["position"] in finding["evidence"]]
    return facts | told_by(database, finding, rule, listed)


def _parts(database: Published, finding_id: str) -> dict[int, str]:
    """What each row is to a finding: its evidence, and what closed the case or told why."""
    asked = "SELECT position, role FROM finding_evidence WHERE finding_id = $finding_id"
    return {row["position"]: row["role"] for row in database.rows(asked, {"finding_id": finding_id})}


def told_by(database: Published, finding: dict[str, Any], rule: Rule, evidence: Rows) -> dict[str, Any]:
    """What convinces beside the evidence of a finding, by the kind of its rule's story, as `explain`."""
    if rule.story == "lane":
        return {"lane": _lane(database, finding, rule)}
    if rule.story == "clock" and finding["case_no"] is not None:
        traced = case_story(database.rows, finding["office"], finding["case_no"]) or {}
        return {name: traced[name] for name in ("case", "rounds", "days") if name in traced}
    return {"switches": list(_switches(evidence))} if rule.story == "switches" else {}


def _params(database: Published) -> dict[str, dict[str, Any]]:
    rows = database.rows("SELECT max_by(params, run_no) AS params FROM runs")
    params: dict[str, dict[str, Any]] = msgspec.json.decode(rows[0]["params"] or "{}")
    return params


def evidence_rows(home: Path, database: Published, positions: Sequence[int]) -> Rows:
    """The events at log positions, by time: actions as published, all others as the log has them."""
    steps = database.rows(
        result_sql("evidence_steps"),
        {"positions": list(positions)},
    )
    rows = [{"topic": "step-recorded"} | row for row in steps]
    if missing := sorted(set(positions) - {row["position"] for row in steps}):
        rows += _from_log(home, missing)
    # What is no action has no time of its own and comes last.
    return sorted(
        rows, key=lambda row: (row["topic"] != "step-recorded", str(row.get("occurred_at")), row["position"])
    )


def _from_log(home: Path, positions: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Events that are no actions in force: roster entries, altered versions, imports, missed exports."""
    with EventLog(home) as log:
        files = {number: state.file_name for number, state in import_states(log).items()}
        for position in positions:
            for table in log.read(after=position - 1, upto=position):
                topic = str(table.column("topic")[0])
                state = msgspec.json.decode(str(table.column("state")[0]))
                place = {name: state[name] for name in ("import_no", "row_no") if name in state}
                content = state.get("action") or state.get("entry") or state
                yield {
                    "position": position,
                    "topic": topic,
                    "title": catalogue()[topic].title,
                    **place,
                    "file_name": state.get("file_name") or files.get(state.get("import_no", 0)),
                    "content": {n: v for n, v in content.items() if isinstance(v, str | int) and v != ""},
                }


def _lane(database: Published, finding: dict[str, Any], rule: Rule) -> dict[str, Any] | None:
    """The unit of a finding among those who waited with it; None where the case is in no queue any more."""
    key = {"office": finding["office"], "case_no": finding["case_no"]}
    found = database.rows(_UNIT, key)
    if not found:
        return None
    unit = found[0]
    pairs = database.rows(
        "SELECT * FROM queue_overtakes WHERE office = $office AND case_no = $case_no",
        key,
    )
    as_of = database.rows("SELECT max_by(as_of, run_no) AS as_of FROM runs")[0]["as_of"]
    last = unit["started_at"] or unit["waited_until"] or as_of
    first = min([unit["arrived_at"], *(pair["overtaken_arrived_at"] for pair in pairs)])
    mates = database.rows(
        result_sql("lane_units"),
        {
            "most": _MOST_UNITS,
            "lane": unit["lane"],
            "unit": unit["unit"],
            "arrived_micros": unit["arrived_micros"],
            "marked": [pair["overtaken_case_no"] for pair in pairs],
            "first": first,
            "last": last,
        },
    )
    overtaken = {pair["overtaken_case_no"] for pair in pairs}
    of_rule, _, parameter = rule.gap.partition(".")
    gap = _params(database).get(of_rule, {}).get(parameter, 0)
    for mate in mates:
        mate["role"] = _role(mate, unit, overtaken, last, gap)
    places = _places(database, mates)
    for mate in mates:
        mate["review"] = places.get(mate["review_position"])
        mate["arrival"] = places.get(mate["arrival_position"])
        del mate["is_marked"]
    mates.sort(key=lambda mate: (mate["arrived_at"], mate["unit"]))
    return {"lane": unit["lane"], "unit": unit["unit"], "gap_minutes": gap, "units": mates}


def _role(mate: dict[str, Any], unit: dict[str, Any], overtaken: set[str], last: datetime, gap: int) -> str:
    """What a unit of the lane is to the one in question, as of the end of that one's wait."""
    if mate["unit"] == unit["unit"]:
        return "self"
    if mate["case_no"] in overtaken:
        return "overtaken"
    was_taken = mate["started_at"] is not None and mate["started_at"] < last
    came_later = mate["lead_minutes"] < 0
    if not came_later:
        return "in_turn" if was_taken else _waiting(mate, last, gap)
    if was_taken and -mate["lead_minutes"] >= gap:
        return "overtaker"
    return "close" if was_taken else "later"


def _waiting(mate: dict[str, Any], last: datetime, gap: int) -> str:
    """Why one who came earlier and still waited was not overtaken."""
    if mate["lead_minutes"] < gap:
        return "close"
    left = mate["waited_until"]
    return "left" if left is not None and left <= last and left != mate["started_at"] else "waiting"


def _places(database: Published, units: Rows) -> dict[int, dict[str, Any]]:
    wanted = {unit[name] for unit in units for name in ("arrival_position", "review_position")} - {None}
    rows = database.rows(
        """SELECT steps.position, file_name, row_no, person_name
        FROM steps INNER JOIN imports USING (import_no)
        WHERE steps.position IN (SELECT unnest($positions::BIGINT[]))""",
        {"positions": sorted(wanted)},
    )
    return {row["position"]: row for row in rows}


def _switches(evidence: Rows) -> Iterator[dict[str, Any]]:
    """Every change of terminal between two actions in a row of the same day."""
    timed = [row for row in evidence if row.get("terminal") and row["precision"] == "time"]
    for before, after in pairwise(timed):
        same_day = before["occurred_at"].date() == after["occurred_at"].date()
        if same_day and before["terminal"] != after["terminal"]:
            yield {
                "on_date": after["occurred_at"].date(),
                "minutes": (after["occurred_at"] - before["occurred_at"]).total_seconds() / 60,
                "before": before,
                "after": after,
            }
