"""What earlier nights said of themselves: their settings, what they could not decide, and their reasons.

Everything is held against the last counting night of an earlier date: the last run of its date that is not
withdrawn. What another run of this same night said is kept beside that.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from regaudit.audit.ledger_nights import withdrawn_runs
from regaudit.audit.light import Reason
from regaudit.catalogue.event_types import NightJudged, SettingsChanged, Undecided
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.streams import StreamReader

Subjects = dict[tuple[str, str], set[str]]
"""Ids of subjects by rule and office."""


class Earlier(Struct, frozen=True, kw_only=True):
    """What earlier nights said.

    Attributes:
        facts: how all settings stood; None where no earlier night looked at them.
        undecided: what could not be decided; None where no earlier night counted that.
        reasons: those of earlier runs of this same night.
    """

    facts: dict[str, str] | None
    undecided: Subjects | None
    reasons: list[Reason]


def read_earlier(log: EventLog, night: date) -> Earlier:
    """What the nights before `night`, and its own earlier runs, said."""
    withdrawn, tonight = withdrawn_runs(log), night.isoformat()
    judged = [event for event in log.events("nights", NightJudged) if event.run_no not in withdrawn]
    settings = [event for event in log.events("settings", SettingsChanged) if event.run_no not in withdrawn]
    facts = [event.facts for event in settings if event.night < tonight]
    return Earlier(
        facts=facts[-1] if facts else None,
        undecided=_undecided([event for event in judged if event.run_no and event.night < tonight]),
        reasons=[
            Reason(
                code=each.code,
                light="red" if each.light == "red" else "yellow",
                text=each.text,
                count=each.count,
                office=each.office,
            )
            for event in judged
            if event.night == tonight
            for each in event.because
        ],
    )


def said_of(log: StreamReader, run_no: int) -> tuple[NightJudged | None, SettingsChanged | None]:
    """What a run said of its night and of the settings; None of what it did not."""
    judged = [event for event in log.events("nights", NightJudged) if event.run_no == run_no]
    told = [event for event in log.events("settings", SettingsChanged) if event.run_no == run_no]
    return next(iter(judged), None), next(iter(told), None)


def with_earlier(tonight: Iterable[Reason], earlier: Iterable[Reason]) -> list[Reason]:
    """Tonight's reasons, and those of earlier runs of this night that it does not give again, each once."""
    reasons = {(reason.code, reason.office, reason.text): reason for reason in tonight}
    for reason in earlier:
        kept = Reason(
            code=reason.code,
            light=reason.light,
            text=reason.text,
            count=reason.count,
            office=reason.office,
            is_earlier=True,
        )
        reasons.setdefault((reason.code, reason.office, reason.text), kept)
    return list(reasons.values())


def without(subjects: Subjects, known: Subjects) -> Subjects:
    """What is in the first and not in the second."""
    left = {key: found - known.get(key, set()) for key, found in subjects.items()}
    return {key: found for key, found in left.items() if found}


def listed(subjects: Subjects) -> list[Undecided]:
    """Subjects as an event tells them."""
    return [
        Undecided(rule=rule, office=office, subjects=sorted(found))
        for (rule, office), found in sorted(subjects.items())
    ]


def _undecided(events: Iterable[NightJudged]) -> Subjects | None:
    """What could not be decided on the last of these nights: what became so, less what ceased to be."""
    last_of_date: Mapping[str, NightJudged] = {event.night: event for event in events}
    found: Subjects = {}
    for _, event in sorted(last_of_date.items()):
        for each in event.became_unknown:
            found.setdefault((each.rule, each.office), set()).update(each.subjects)
        for each in event.ceased_unknown:
            found.setdefault((each.rule, each.office), set()).difference_update(each.subjects)
    return found if last_of_date else None
