"""Zero returns that later data contradict: the night opens an entry about the declaration, no more."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from regaudit.base.periods import Period, period_of
from regaudit.catalogue.event_types import EntryOpened, EntryPerson, EntryStepped, ReportMade
from regaudit.catalogue.events import LogEvent
from regaudit.catalogue.zero_terms import Ban
from regaudit.eventlog.log import EventLog
from regaudit.ledger.entries import STREAM, fold_entries
from regaudit.ledger.entry import Entry

KIND = "declaration"
"""The kind of an entry about a declared zero."""
REPORTS = "report:"
"""What the streams of reports begin with."""
_ZERO, _ALL = "zero", "ALL"
CLEARED = ("unfounded", "excused", "quashed", "voided")
"""The states in which an entry says that what was found was not so, or not to be blamed."""
_MOST = 10


class Declared(Struct, frozen=True):
    """A zero that somebody signed and that stands, with the log position of its event."""

    event: ReportMade
    position: int

    @property
    def period(self) -> Period:
        """The period that it is about."""
        return period_of(self.event.period)

    @property
    def source(self) -> str:
        """What an entry about it names as its source."""
        return f"{self.event.originator_id}#{self.event.originator_version}"

    def is_contradicted(self, fields: Mapping[str, Any], bans: Mapping[str, Ban]) -> bool:
        """Whether an entry that is opened speaks of a forbidden act of its office within the period."""
        return fields["rule"] in bans and speaks_of(fields, self.event.office, self.period)


def speaks_of(fields: Mapping[str, Any], office: str, period: Period) -> bool:
    """Whether an entry speaks of an act of an office, or of any (`ALL`), within a period.

    Entries of old findings that are listed together do not.
    """
    acted_on = _acted_on(fields)
    is_within = acted_on is not None and period.first <= acted_on <= period.last
    return is_within and fields["kind"] != "history" and office in (_ALL, fields["office"] or "")


def standing_zeros(log: EventLog) -> list[Declared]:
    """The zeros that stand: of each return the last signature, where it says zero."""
    last: dict[str, Declared] = {}
    for position, event in log.events_of(REPORTS):
        if isinstance(event, ReportMade) and event.kind == _ZERO and event.declared:
            last[event.originator_id] = Declared(event, position)
    return [declared for declared in last.values() if declared.event.declared == _ZERO]


def contradictions(
    log: EventLog, bans: Mapping[str, Ban], openings: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The fields of entries about declared zeros that what came since contradicts; one a signature.

    Args:
        log: the log.
        bans: by rule, which prohibition its entries contradict.
        openings: the fields of the entries that tonight opens.
    """
    zeros = standing_zeros(log) if bans else []
    if not zeros:
        return
    tonight = list(openings)
    since = list(_opened_since(log, min(declared.position for declared in zeros)))
    told = {entry.opened.source for _, entry in since if entry.opened.kind == KIND and _stands(entry)}
    for declared in zeros:
        if declared.source in told:
            continue
        new = [fields for fields in tonight if declared.is_contradicted(fields, bans)]
        old = [
            entry
            for position, entry in since
            if position > declared.position
            and _stands(entry)
            and declared.is_contradicted(fields_of(entry.opened), bans)
        ]
        old += [e for e in _restored(log, declared) if declared.is_contradicted(fields_of(e.opened), bans)]
        if new or old:
            yield _opening(declared, bans, new, old)


def _opened_since(log: EventLog, position: int) -> Iterator[tuple[int, Entry]]:
    """Entries opened behind a position, each with that of its opening."""
    found = log.events_of(STREAM, after=position)
    places = {event.originator_id: place for place, event in found if isinstance(event, EntryOpened)}
    entries = fold_entries(event for _, event in found if event.originator_id in places)
    for entry in entries.values():
        yield places[entry.id], entry


def _restored(log: EventLog, declared: Declared) -> Iterator[Entry]:
    """Entries that were held to be none when a zero was signed, which somebody has corrected since."""
    since = log.events_of(STREAM, after=declared.position)
    corrected = dict.fromkeys(
        event.originator_id
        for _, event in since
        if isinstance(event, EntryStepped) and event.step == "correct"
    )
    for name in corrected:
        events = list(log.events_at(name, LogEvent))
        [now] = fold_entries(event for _, event in events).values()
        then = fold_entries(event for position, event in events if position <= declared.position)
        if then and not _stands(*then.values()) and _stands(now):
            yield now


def _stands(entry: Entry) -> bool:
    """Whether nobody said that it was not so; of one about a declaration, whether its night still counts."""
    state = entry.now.state
    return state != "voided" if entry.opened.kind == KIND else state not in CLEARED


def fields_of(opened: EntryOpened) -> dict[str, Any]:
    """What of an opening decides whether it speaks against a zero."""
    return {name: getattr(opened, name) for name in ("office", "rule", "kind", "due_on", "occurred_at")}


def _acted_on(fields: Mapping[str, Any]) -> date | None:
    """The day of the act: of what is late the day on which it was due."""
    if fields.get("due_on"):
        return date.fromisoformat(fields["due_on"])
    at = fields.get("occurred_at")
    return datetime.fromisoformat(at).date() if at else None


def _opening(
    declared: Declared, bans: Mapping[str, Ban], new: list[Mapping[str, Any]], old: list[Entry]
) -> dict[str, Any]:
    event = declared.event
    rules = [fields["rule"] for fields in new] + [entry.opened.rule for entry in old]
    texts = "；".join(dict.fromkeys(bans[rule].ban for rule in rules))
    numbers = "、".join(entry.number for entry in old[:_MOST])
    listed = f"以前各晚所挂 {len(old)} 项（{numbers}），" if old else ""
    listed += f"本晚所挂 {len(new)} 项。" if new else "本晚未再增加。"
    return {
        "kind": KIND,
        "rule": "",
        "rule_version": 0,
        "title": "零报告与此后的数据不符",
        "severity": "major",
        "office": None if event.office == _ALL else event.office,
        "source": declared.source,
        "summary": (
            f"{declared.period.title}的六不准情况，{event.by} 于 {event.made_at.replace('T', ' ')} "
            "签署为零报告；"
            f"此后发现发生在该期内的事项（{texts}）：{listed}"
        ),
        "basis": "；".join(dict.fromkeys(bans[rule].basis for rule in rules)),
        "persons": [EntryPerson(person_id=event.person, role="subject")] if event.person else [],
        "door": "night",
    }
