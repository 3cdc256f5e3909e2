"""The ledger's nights as the log has them, and how one that should not have been is withdrawn."""

from datetime import date, datetime
from typing import Any

from regaudit.base.errors import RegauditError
from regaudit.eventlog.log import EventLog

_WITHDRAWALS = "withdrawals"


def nights(log: EventLog) -> dict[int, dict[str, Any]]:
    """The fields of the nightly runs that count, by run number; a date may have several."""
    withdrawn = {number for event in log.events(_WITHDRAWALS) for number in vars(event)["run_nos"]}
    runs = {event.originator_version: vars(event) for event in log.events("runs")}
    return {
        number: run for number, run in runs.items() if run["kind"] == "nightly" and number not in withdrawn
    }


def last_night(log: EventLog) -> date:
    """The date of the ledger's last night, `date.min` without any.

    Nights of one date are one night, whatever the hour.
    """
    return max((date.fromisoformat(run["night"]) for run in nights(log).values()), default=date.min)


def position_before(log: EventLog, night: date) -> int:
    """The log position of the last night before this one; 0 without any."""
    earlier = [run["log_position"] for run in nights(log).values() if run["night"] < night.isoformat()]
    return max(earlier, default=0)


def withdrawals(log: EventLog, position: int) -> list[str]:
    """What was withdrawn behind a position of the log (Chinese)."""
    states = map(vars, log.events_after(_WITHDRAWALS, position))
    return [
        f"台账 {state['night']} 的一晚已由 {state['withdrawn_by']} 撤销:{state['reason']}" for state in states
    ]


def withdraw(log: EventLog, night: date, *, reason: str, by: str, now: datetime) -> list[int]:
    """Let the ledger's last night count no more; the caller holds the run lock.

    Its runs, findings and mails stay in the log. Earlier nights can be withdrawn one after the other.

    Returns:
        The numbers of its runs.

    Raises:
        RegauditError: it is not the ledger's last night, or no reason is given.
    """
    if not reason.strip() or not by.strip():
        raise RegauditError("请用 --reason 写明为什么撤销;用 --by 写明何人决定(默认为当前系统用户)")
    last = last_night(log)
    if last == date.min:
        raise RegauditError("台账还没有任何一晚,无可撤销")
    for earlier in map(vars, log.events(_WITHDRAWALS)):
        if earlier["night"] == night.isoformat() and night > last:
            who, at = earlier["withdrawn_by"], earlier["withdrawn_at"].replace("T", " ")
            raise RegauditError(f"{night} 的一晚已由 {who} 于 {at} 撤销")
    if night != last:
        raise RegauditError(f"台账最近一晚是 {last}:只能从最近一晚起,一晚一晚撤销")
    numbers = [number for number, run in nights(log).items() if run["night"] == night.isoformat()]
    log.append(
        "night-withdrawn",
        _WITHDRAWALS,
        night=night.isoformat(),
        run_nos=numbers,
        reason=reason.strip(),
        withdrawn_by=by.strip(),
        withdrawn_at=now.isoformat(),
    )
    return numbers
