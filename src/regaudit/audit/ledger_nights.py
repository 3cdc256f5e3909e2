"""The ledger's nights as the log has them, and how one that should not have been is withdrawn."""

from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.clock import night_of
from regaudit.base.errors import RegauditError
from regaudit.catalogue.event_types import ImportRecorded, NightWithdrawn, RunCompleted
from regaudit.eventlog.log import EventLog

_WITHDRAWALS = "withdrawals"
_IMPORTS = "imports"


class Night(Struct, frozen=True, kw_only=True):
    """A night and the ledger that it is held against, read once; `reread` adds what was imported since.

    Attributes:
        as_of: local time up to which actions count.
        last: the date of the ledger's last night, `date.min` without any.
        before: the log position of the last night of an earlier date; 0 without any.
        previous: the date of that night; None without any.
        withdrawn: which nights were withdrawn behind that position, by whom and why (Chinese).
        imports: every import that the log has, in order.
        known_imports: how many of them that earlier night knew.
    """

    as_of: datetime
    last: date
    before: int
    previous: date | None
    withdrawn: list[str]
    imports: list[ImportRecorded]
    known_imports: int

    @property
    def on(self) -> date:
        """Its date, see `night_of`: nights of one date are one night, whatever the hour."""
        return night_of(self.as_of)

    @property
    def is_latest(self) -> bool:
        """The ledger has no night of a later date, so it takes this one."""
        return self.on >= self.last

    @property
    def new_imports(self) -> list[ImportRecorded]:
        """The imports since the last night of an earlier date."""
        return self.imports[self.known_imports :]


def read_night(log: EventLog, as_of: datetime) -> Night:
    """The night of a time, against the ledger as it stands."""
    withdrawals = log.events_at(_WITHDRAWALS, NightWithdrawn)
    counted = _counted(log, [event for _, event in withdrawals])
    tonight = night_of(as_of).isoformat()
    earlier = [run for run in counted.values() if run.night < tonight]
    before = max((run.log_position for run in earlier), default=0)
    previous = max((run.night for run in earlier), default="")
    imports = list(log.events(_IMPORTS, ImportRecorded))
    new = len(log.events_after(_IMPORTS, before, ImportRecorded)) if imports else 0
    return Night(
        as_of=as_of,
        last=_last(counted),
        before=before,
        previous=date.fromisoformat(previous) if previous else None,
        withdrawn=[
            f"台账 {event.night} 的一晚已由 {event.withdrawn_by} 撤销:{event.reason}"
            for position, event in withdrawals
            if position > before
        ],
        imports=imports,
        known_imports=len(imports) - new,
    )


def reread(log: EventLog, night: Night, upto: int | None = None) -> Night:
    """The same night with the imports that followed, up to a position of the log."""
    if upto is None:
        known = night.imports[-1].originator_version if night.imports else 0
        return replace(night, imports=[*night.imports, *log.events(_IMPORTS, ImportRecorded, after=known)])
    return replace(night, imports=log.events_after(_IMPORTS, 0, ImportRecorded, upto))


def nights(log: EventLog) -> dict[int, RunCompleted]:
    """The nightly runs that count, by run number; a date may have several."""
    return _counted(log, log.events(_WITHDRAWALS, NightWithdrawn))


def withdrawn_runs(log: EventLog) -> set[int]:
    """The numbers of the runs that count no more."""
    return {number for event in log.events(_WITHDRAWALS, NightWithdrawn) for number in event.run_nos}


def _counted(log: EventLog, withdrawals: Iterable[NightWithdrawn]) -> dict[int, RunCompleted]:
    withdrawn = {number for event in withdrawals for number in event.run_nos}
    runs = {run.originator_version: run for run in log.events("runs", RunCompleted)}
    return {number: run for number, run in runs.items() if run.kind == "nightly" and number not in withdrawn}


def _last(counted: dict[int, RunCompleted]) -> date:
    return max((date.fromisoformat(run.night) for run in counted.values()), default=date.min)


def withdrawal(log: EventLog, night: date, *, reason: str, by: str, now: datetime) -> NightWithdrawn:
    """The event by which the ledger's last night counts no more, not appended yet.

    Its runs, findings and mails stay in the log. Earlier nights can be withdrawn one after the other.

    Raises:
        RegauditError: it is not the ledger's last night, or no reason is given.
    """
    if not reason.strip() or not by.strip():
        raise RegauditError("请用 --reason 写明为什么撤销;用 --by 写明何人决定(默认为当前系统用户)")
    withdrawals = list(log.events(_WITHDRAWALS, NightWithdrawn))
    counted = _counted(log, withdrawals)
    last = _last(counted)
    if last == date.min:
        raise RegauditError("台账还没有任何一晚,无可撤销")
    for earlier in withdrawals:
        if earlier.night == night.isoformat() and night > last:
            who, at = earlier.withdrawn_by, earlier.withdrawn_at.replace("T", " ")
            raise RegauditError(f"{night} 的一晚已由 {who} 于 {at} 撤销")
    if night != last:
        raise RegauditError(f"台账最近一晚是 {last}:只能从最近一晚起,一晚一晚撤销")
    numbers = [number for number, run in counted.items() if run.night == night.isoformat()]
    return NightWithdrawn(
        _WITHDRAWALS,
        log.version(_WITHDRAWALS) + 1,
        night=night.isoformat(),
        run_nos=numbers,
        reason=reason.strip(),
        withdrawn_by=by.strip(),
        withdrawn_at=now.isoformat(),
    )
