"""The pictures of an entry: what convinces of its finding, where people would rather look than read."""

from pathlib import Path
from typing import Any

from regaudit.catalogue.event_types import EntryOpened
from regaudit.catalogue.rules import load_rules
from regaudit.outlets.clock_days import clock_days, round_title
from regaudit.outlets.desk.pictures.calendar_strip import calendar_strip
from regaudit.outlets.desk.pictures.lane import lane_picture
from regaudit.outlets.desk.pictures.picture import Picture
from regaudit.outlets.desk.pictures.switches import switches_picture
from regaudit.outlets.story import Published, evidence_rows, told_by

_OWN = ("self", "overtaken")


def pictures_of(home: Path, published: Published, opened: EntryOpened, *, sees_office: bool) -> list[Picture]:
    """The lane of a queue-jump, the calendar strip of a late case, the switches of an account.

    Args:
        home: the workspace.
        published: what the last night published.
        opened: what the entry was opened on.
        sees_office: whether cases of the office may be shown that are no evidence.

    Raises:
        LogError: the log cannot be read.
    """
    rule = load_rules().get(opened.rule)
    if rule is None or rule.story == "acts" or opened.kind == "history" or not opened.finding_ids:
        return []
    found = published.rows("SELECT * FROM findings WHERE finding_id = $id", {"id": opened.finding_ids[0]})
    if not found:
        return []
    [finding] = found
    evidence = evidence_rows(home, published, finding["evidence"]) if rule.story == "switches" else []
    told = told_by(published, finding, rule, evidence)
    if lane := told.get("lane"):
        units = [unit for unit in lane["units"] if sees_office or unit["role"] in _OWN]
        return [lane_picture(lane | {"units": units})]
    if told.get("switches"):
        acts = [row for row in evidence if row.get("terminal") and row["precision"] == "time"]
        return [switches_picture(acts, told["switches"], finding["account"] or "")]
    return _strips(told) if "rounds" in told else []


def _strips(told: dict[str, Any]) -> list[Picture]:
    rounds, closed_at = told["rounds"], told["case"]["closed_at"]
    return [
        calendar_strip(
            clock_days([day for day in told["days"] if day["round_no"] == one["round_no"]], one, closed_at),
            round_title(one, len(rounds)),
            f"clock-{one['round_no']}",
        )
        for one in rounds
    ]
