"""Which nights of the ledger an office has had no mail of: what they found is new on no later night."""

from collections.abc import Callable, Iterable
from datetime import date

import duckdb
from msgspec import Struct

from regaudit.catalogue.event_types import MailKept, MailSent, RunCompleted

# Where each office's first action stands in the log: what it had no data of, it need not be told.
_FIRST = (
    "SELECT office, min(position) FROM staging.steps WHERE office IN (FROM unnest($offices)) GROUP BY office"
)


class Untold(Struct, frozen=True):
    """A night of the ledger that no mail told `office` of; None: told nobody of."""

    night: date
    office: str | None


def untold(
    db: duckdb.DuckDBPyConnection,
    offices: Iterable[str],
    runs: Iterable[RunCompleted],
    mails: Iterable[MailSent | MailKept],
    *,
    before: date,
    is_waiting: Callable[[str], bool],
) -> list[Untold]:
    """Nights behind the last one of which an office was mailed, the earliest first.

    Args:
        db: the warehouse.
        offices: those that are mailed tonight.
        runs: the nightly runs that count.
        mails: all that were delivered or kept; what was kept and is neither was told nobody.
        before: tonight.
        is_waiting: whether the mail of a Message-ID lies in the outbox.
    """
    told = _told(mails, before.isoformat(), is_waiting)
    last = max(told.values(), default="")
    reached = {run.night: run.log_position for run in runs if run.night < before.isoformat()}
    found = [Untold(date.fromisoformat(night), None) for night in sorted(reached) if night > last]
    lacking = {office: told.get(office, "") for office in offices if told.get(office, "") < last}
    if lacking:
        first = dict(db.execute(_FIRST, {"offices": [*lacking]}).fetchall())
        found += [
            Untold(date.fromisoformat(night), office)
            for night in sorted(reached)
            for office in sorted(first)
            if lacking[office] < night <= last and first[office] <= reached[night]
        ]
    return found


def _told(
    mails: Iterable[MailSent | MailKept], before: str, is_waiting: Callable[[str], bool]
) -> dict[str, str]:
    """The last night that each office was mailed of."""
    told: dict[str, str] = {}
    for mail in mails:
        if mail.person or not told.get(mail.office, "") < mail.night < before:
            continue
        if isinstance(mail, MailSent) or is_waiting(mail.message_id):
            told[mail.office] = mail.night
    return told
