"""What a monthly report says, counted by plain Python over the events and rows themselves.

Nothing of the program is used: an event is a dict, a case is a list of its rows.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from clock_law import Calendar, Clock, Event, Terms, clock, finish_of

FINAL = {"struck", "unfounded", "excused", "quashed", "referred", "voided"}
TURNS = {
    ("assign", ""): "assigned",
    ("dispute", ""): "disputed",
    ("answer", ""): "answered",
    **{("judge", verdict): verdict for verdict in ("upheld", "excused", "unfounded")},
    ("demand", ""): "rectifying",
    ("report", ""): "rectified",
    ("review", "pass"): "passed",
    ("review", "return"): "rectifying",
    ("strike", ""): "struck",
    ("decide", "quashed"): "quashed",
    ("refer", ""): "referred",
    ("void", ""): "voided",
}
"""The states that steps lead to, by step and verdict."""


def night(at: str) -> date:
    """“A night whose as-of time lies before noon is that of the day before.”"""
    return (datetime.fromisoformat(at) - timedelta(hours=12)).date()


def state_on(events: Sequence[Any], day: date) -> str | None:
    """The state of an entry at the end of a day; None before it was there."""
    opened = events[0].state
    opened_on = (
        night(opened["at"]) if opened["door"] == "night" else datetime.fromisoformat(opened["at"]).date()
    )
    if opened_on > day:
        return None
    states = ["listed"]
    for event in events[1:]:
        if event.topic != "entry-stepped" or datetime.fromisoformat(event.state["at"]).date() > day:
            continue
        step, verdict = event.state["step"], event.state.get("verdict", "")
        if step == "correct":
            states.pop()
        elif event.state.get("is_pending"):
            states.append(states[-1])
        else:
            # A step that leads nowhere stands all the same: a correction takes it back.
            states.append(TURNS.get((step, verdict), states[-1]))
    return states[-1]


def bridge(
    events: Iterable[Any], first: date, last: date, family: Mapping[str, str], office: str
) -> dict[str, Counter[str]]:
    """The bridge of an office by family; an empty office is all of them."""
    streams: dict[str, list[Any]] = defaultdict(list)
    for event in events:
        if event.stream.startswith("entry:"):
            streams[event.stream].append(event)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for own in streams.values():
        opened = own[0].state
        if office and opened["office"] != office:
            continue
        was, now = state_on(own, first - timedelta(1)), state_on(own, last)
        if now is None:
            continue
        row = found[family.get(opened["rule"], "hand")]
        row["opening"] += was is not None and was not in FINAL
        row["closing"] += now not in FINAL
        if was is None:
            row[
                "recurred" if opened.get("recurs_of") else "followed" if opened.get("follows") else "new"
            ] += 1
        elif was in FINAL and now not in FINAL:
            row["reopened"] += 1
        if now in FINAL and (was is None or was not in FINAL):
            row[now] += 1
    return found


def read_cases(path: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The rows of an export by office and case."""
    cases: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            cases[row["office"], row["case_no"]].append(row)
    return cases


class Case:
    """A case as the law sees it, up to a moment."""

    def __init__(self, rows: list[dict[str, str]], limits: Mapping[str, int], as_of: datetime) -> None:
        self.office = rows[0]["office"]
        events = [event_of(row) for row in rows]
        known = list(dict.fromkeys(event for event in events if event.at <= as_of))
        accepts = [event for event in known if event.step == "accept"]
        right = next((row["right_type"] for row in rows if row["step"] == "accept" and row["right_type"]), "")
        self.limit_class = right if right in limits else ""
        self.accepted_on = min(event.at for event in accepts).date() if accepts else None
        finish = finish_of(known)
        self.closed_on = finish.on if finish else None
        self.clock: Clock | None = None
        if accepts:
            self.clock = clock(known, Terms(limit=limits[self.limit_class]), Calendar({}), as_of)

    @property
    def due_on(self) -> date | None:
        return self.clock.due_on if self.clock else None

    @property
    def kind(self) -> str:
        return (self.clock.close_kind if self.clock else None) or ""


def event_of(row: Mapping[str, str]) -> Event:
    text = row["occurred_at"]
    is_date = len(text) == len("2026-03-01")
    at = datetime.fromisoformat(text)
    return Event(row["step"], at, is_date=is_date, kind=row["pause_kind"], result=row["result"] or "approve")


def figures(cases: Iterable[Case], first: date, last: date) -> dict[str, tuple[int | None, int | None]]:
    """Numerator and denominator of each figure of a period; of a plain number, the number alone."""
    cases = list(cases)
    closed = [case for case in cases if case.closed_on and first <= case.closed_on <= last]
    decided = [case for case in closed if case.kind != "withdraw"]
    dated = [case for case in decided if case.due_on]
    on_time = [case for case in dated if case.closed_on <= case.due_on]  # type: ignore[operator]
    early = [case for case in dated if case.closed_on < case.due_on]  # type: ignore[operator]
    still = [
        case
        for case in cases
        if case.accepted_on and case.accepted_on <= last and (case.closed_on is None or case.closed_on > last)
    ]
    late = [case for case in still if case.due_on and case.due_on <= last]
    states = Counter(case.clock.due_state for case in still if case.clock)
    used = [case.clock.used_days for case in decided if case.clock and case.clock.used_days is not None]
    stopped = [(c.clock.used_days or 0, c.clock.paused_days or 0) for c in closed if c.clock]
    accepted = sum(bool(case.accepted_on) and first <= case.accepted_on <= last for case in cases)  # type: ignore[operator]
    return {
        "accepted": (accepted, None),
        "closed": (len(closed), None),
        "on_time": (len(on_time), len(dated)),
        "early": (len(early), len(dated)),
        "median_days": (middle(used, 5), len(used)),
        "mean_days": (sum(used), len(used)),
        "p90_days": (middle(used, 9), len(used)),
        "late_closed": (len(dated) - len(on_time), len(dated)),
        "open": (len(still), None),
        "late_open": (len(late), len(still)),
        "paused_open": (states["paused"], len(still)),
        "unknown_open": (states["none"] + states["provisional"], len(still)),
        "paused": (sum(paused > 0 for _, paused in stopped), len(closed)),
        "paused_days": (sum(paused for _, paused in stopped), sum(map(sum, stopped))),
        "refused": (sum(case.kind == "refuse" for case in closed), len(closed)),
        "withdrawn": (sum(case.kind == "withdraw" for case in closed), len(closed)),
        "unknown": (len(decided) - len(dated), len(decided)),
    }


def middle(values: Sequence[int], tenths: int) -> int | None:
    """By nearest rank."""
    ordered = sorted(values)
    ranks = (n for n in range(1, len(ordered) + 1) if 10 * n >= tenths * len(ordered))
    return next((ordered[n - 1] for n in ranks), None)
