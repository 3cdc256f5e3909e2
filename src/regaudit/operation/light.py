"""The light of a night, put together from what audit, log, store and imports say of it.

It is judged before the night closes, so that its own row stands in the published database and its event in
the transaction of the run.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import duckdb
from msgspec.structs import asdict, replace

from regaudit.audit import found_reasons
from regaudit.audit.found_reasons import SilentOffice
from regaudit.audit.inputs import make_inputs
from regaudit.audit.judged_nights import listed, read_earlier, with_earlier, without
from regaudit.audit.ledger_nights import Night, nights, reread
from regaudit.audit.light import Reason
from regaudit.audit.results import list_night
from regaudit.audit.setting_facts import changes_between, recipients, setting_facts, shadowed_profile
from regaudit.audit.workspace import Workspace
from regaudit.base.clock import night_of
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import (
    Because,
    MailKept,
    MailSent,
    NightJudged,
    OfficeSilent,
    QuarantineDismissed,
    RunCompleted,
    SettingChange,
    SettingsChanged,
    Undecided,
)
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.log import EventLog
from regaudit.ledger.people import STREAM, read_people
from regaudit.ledger.publication import turned_entries
from regaudit.ledger.user_facts import other_changes, passing_changes, user_facts
from regaudit.operation import reasons
from regaudit.operation.books import Booked
from regaudit.operation.gather import Gathered
from regaudit.operation.judgement import Judgement
from regaudit.operation.report import read_known
from regaudit.operation.untold import untold
from regaudit.outlets.mail.compose import offices_to_tell
from regaudit.outlets.mail.outbox import Outbox
from regaudit.outlets.mail.post import OUTBOX_STREAM


class Judge:
    """Judges a night as its run closes; `judgement` is what it said."""

    def __init__(
        self, workspace: Workspace, night: Night, tonight: Gathered, contradictions: Callable[[], list[str]]
    ) -> None:
        self._workspace, self._night, self._tonight = workspace, night, tonight
        self._contradictions = contradictions
        self.judgement = Judgement(because=[])

    def close(self, db: duckdb.DuckDBPyConnection, run: RunCompleted, booked: Booked) -> list[LogEvent]:
        """Judge the night by its computed warehouse, and list it among the nights that are published.

        `booked` is what it did to the ledger.

        Returns:
            The events that tell it, for the transaction of the run.
        """
        workspace, night = self._workspace, self._night
        log = workspace.log
        earlier = read_earlier(log, night.on)
        facts = _facts(workspace)
        of_users = [event for _, event in log.events_of(STREAM, after=night.before)]
        changes: list[SettingChange] = []
        if earlier.facts is not None:
            changes += changes_between(earlier.facts, facts)
            changes += passing_changes(of_users, earlier.facts, facts)
        changes += found_reasons.account_changes(db)
        silent, notes = found_reasons.silent_offices(db)
        subjects = found_reasons.undecided(db)
        became = without(subjects, earlier.undecided or {})
        found = [
            *self._came_in(run.log_position),
            *self._untold(db),
            *reasons.red("failed", found_reasons.rules_in_error(db)),
            *reasons.red("integrity", self._contradictions()),
            *found_reasons.new_findings(db),
            *found_reasons.lost_through_late_rows(db),
            *reasons.turned(turned_entries(db, night.previous)),
            *found_reasons.corrected_actors(db),
            *reasons.changed(changes),
            *map(reasons.silent, silent),
            *reasons.missed(found_reasons.missed_nights(db, night.previous, night.on)),
            *reasons.withdrawn(night.withdrawn),
        ]
        if earlier.undecided is not None:
            found += found_reasons.more_undecided(db, became, workspace.rules, before=night.before)
        shadow = shadowed_profile(workspace.home, workspace.settings.profile)
        self.judgement = Judgement(
            because=with_earlier(found, earlier.reasons),
            changes=changes,
            notes=[*notes, *([shadow] if shadow else []), *other_changes(of_users)],
            booked=booked,
            former={} if earlier.facts is None else recipients(earlier.facts),
        )
        judged = _judged(
            self.judgement,
            log.version("nights") + 1,
            run_no=run.originator_version,
            as_of=night.as_of,
            now=workspace.now(),
            became=listed(became),
            ceased=listed(without(earlier.undecided or {}, subjects)),
        )
        told = _settings_event(workspace, run, facts, changes)
        list_night(db, judged, told)
        return [judged, *([told] if told else []), *(_silence(log, night, office) for office in silent)]

    def _came_in(self, upto: int) -> list[Reason]:
        """Of what came in tonight, up to a log position."""
        log, night, tonight = self._workspace.log, self._night, self._tonight
        known = read_known(self._workspace, tonight, night, night.as_of, upto)
        told = reread(log, night, upto)
        dismissals = log.events_after("dismissals", night.before, QuarantineDismissed, upto)
        return [
            *reasons.red("failed", tonight.failures),
            *reasons.missing(tonight.missing_sources),
            *reasons.unread(known.unread, told.new_imports, told.imports[: told.known_imports]),
            *reasons.quarantined(known.quarantined, known.before, dismissals),
        ]

    def _untold(self, db: duckdb.DuckDBPyConnection) -> list[Reason]:
        """Of nights that ended before all their offices were mailed."""
        log, settings = self._workspace.log, self._workspace.settings
        found = untold(
            db,
            offices_to_tell(db, settings),
            nights(log).values(),
            [*log.events("mails", MailSent), *log.events(OUTBOX_STREAM, MailKept)],
            before=self._night.on,
            is_waiting=Outbox(Folders(self._workspace.home).outbox).has,
        )
        return [reasons.untold(each.night, each.office, settings) for each in found]


def judge_failed(failures: Sequence[str], contradicted: Sequence[str]) -> Judgement:
    """The judgement of a night that failed before it was computed, with what contradicts itself."""
    return Judgement(because=[*reasons.red("failed", failures), *reasons.red("integrity", contradicted)])


def judge_repeated(night: Night, failures: Sequence[str]) -> Judgement:
    """The judgement of a night that the ledger has overtaken: whatever it found, it counts for nothing."""
    return Judgement(because=[*reasons.red("failed", failures), reasons.repeated(night.on, night.last)])


def judge_unpublished(judgement: Judgement, why: str) -> Judgement:
    """The judgement of a night that was computed and closed, and whose tables then could not be published."""
    return replace(judgement, because=[*reasons.red("failed", [why]), *judgement.because])


def record_failed(log: EventLog | None, judgement: Judgement, *, as_of: datetime, now: datetime) -> None:
    """Put the light of a night that failed otherwise than its run says into the log, where that takes it."""
    # Why the night failed may be that the log takes nothing; the mail tells of it, and comes next.
    with suppress(Exception):
        if log is not None:
            log.append_next(
                lambda: [_judged(judgement, log.version("nights") + 1, run_no=0, as_of=as_of, now=now)]
            )


def _facts(workspace: Workspace) -> dict[str, str]:
    settings = workspace.settings
    inputs = make_inputs(workspace.home, settings, settings.profile, workspace.profile)
    return setting_facts(workspace.home, settings, inputs) | user_facts(read_people(workspace.log))


def _judged(
    judgement: Judgement,
    version: int,
    *,
    run_no: int,
    as_of: datetime,
    now: datetime,
    became: Sequence[Undecided] = (),
    ceased: Sequence[Undecided] = (),
) -> NightJudged:
    return NightJudged(
        "nights",
        version,
        night=night_of(as_of).isoformat(),
        run_no=run_no,
        as_of=as_of.isoformat(),
        light=judgement.light,
        because=[Because(**asdict(reason)) for reason in judgement.because],
        became_unknown=list(became),
        ceased_unknown=list(ceased),
        judged_at=now.isoformat(),
    )


def _silence(log: EventLog, night: Night, office: SilentOffice) -> OfficeSilent:
    stream = f"silent:{office.office}"
    return OfficeSilent(
        stream,
        log.version(stream) + 1,
        office=office.office,
        night=night.on.isoformat(),
        last_on=office.last_on.isoformat(),
    )


def _settings_event(
    workspace: Workspace, run: RunCompleted, facts: dict[str, str], changes: list[SettingChange]
) -> SettingsChanged | None:
    """What is to be recorded of the settings: nothing where they are as they were recorded last."""
    last = next(iter([*workspace.log.events("settings", SettingsChanged)][-1:]), None)
    is_told = last is not None and (not changes or (last.night, last.changes) == (run.night, changes))
    if last is not None and is_told and last.facts == facts:
        return None
    return SettingsChanged(
        "settings",
        workspace.log.version("settings") + 1,
        night=run.night,
        run_no=run.originator_version,
        changes=changes,
        facts=facts,
        seen_at=workspace.now().isoformat(),
    )
