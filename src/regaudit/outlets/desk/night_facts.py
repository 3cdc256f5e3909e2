"""The nights as pages show them: the last one's light with its reasons, and a strip of those before."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from regaudit.audit.light import CODES, Reason, of_office, title_of, unit_of, worst
from regaudit.base.clock import night_of
from regaudit.outlets.desk.pictures.nights import NightMark, nights_of, nights_strip
from regaudit.outlets.desk.pictures.picture import Picture
from regaudit.outlets.desk.published import Published
from regaudit.outlets.desk.viewer import Viewer

STRIP = 60
_OPERATION = frozenset(CODES) - {"new", "ledger", "late", "unknown"}
"""What a reason may be about for who sees no findings."""
_NIGHTS = """
SELECT night, as_of, ran_at, light, because, run_no FROM main.nights WHERE NOT is_withdrawn
ORDER BY night DESC, ran_at DESC LIMIT $limit
"""

_UNRUN = """
WITH ran AS (SELECT night FROM main.nights WHERE NOT is_withdrawn)
SELECT on_date FROM main.workdays
WHERE calendar = '*' AND is_workday AND on_date BETWEEN $since AND $last
    AND on_date > (SELECT min(night) FROM ran) AND on_date NOT IN (SELECT night FROM ran)
ORDER BY on_date
"""


class ToldReason(Struct, frozen=True, kw_only=True):
    """A reason as a page tells it."""

    light: str
    title: str
    count: str
    text: str
    office: str | None
    is_earlier: bool


class NightFacts(Struct, frozen=True, kw_only=True):
    """A night: its light, its reasons as far as a viewer may see them, and how many he may not."""

    night: date
    as_of: datetime
    ran_at: datetime
    light: str
    reasons: list[ToldReason]
    hidden: int


def last_nights(published: Published, viewer: Viewer, limit: int = STRIP) -> list[NightFacts]:
    """The last runs of nights, the latest first.

    Raises:
        NothingPublishedError: there was none.
    """
    found = []
    for row in published.kept_rows(_NIGHTS, {"limit": limit * 2}):
        told = [_reason(each) for each in msgspec.json.decode(row["because"] or "[]")]
        seen = [reason for reason in of_office(told, None) if _is_seen(reason, viewer)]
        found.append(
            NightFacts(
                night=row["night"],
                as_of=row["as_of"],
                ran_at=row["ran_at"],
                light=row["light"] or worst(told),
                reasons=[_told(reason) for reason in seen],
                hidden=len(told) - len(seen),
            )
        )
    return found


def unrun_nights(published: Published, now: datetime) -> list[date]:
    """The working days among the last sixty nights of which no night was run, though one had been before.

    Raises:
        NothingPublishedError: there was none.
    """
    last = night_of(now) - timedelta(days=1)
    given = {"since": last - timedelta(days=STRIP - 1), "last": last}
    return [row["on_date"] for row in published.kept_rows(_UNRUN, given)]


def strip(nights: list[NightFacts], now: datetime) -> Picture | None:
    """The last sixty nights as a picture; None where none ran."""
    if not nights:
        return None
    marks = tuple(
        NightMark(night.night, night.light, "、".join(dict.fromkeys(r.title for r in night.reasons)))
        for night in reversed(nights)
    )
    # The night of today has yet to run.
    return _drawn(marks, max(night_of(now) - timedelta(days=1), marks[-1].night))


@lru_cache(maxsize=16)
def _drawn(marks: tuple[NightMark, ...], last: date) -> Picture:
    """A picture that most who look see alike."""
    return nights_strip(nights_of(marks, last, STRIP))


def _reason(told: dict[str, Any]) -> Reason:
    return Reason(
        code=told["code"],
        light="red" if told["light"] == "red" else "yellow",
        text=told["text"],
        count=told["count"],
        office=told["office"],
        is_earlier=bool(told.get("is_earlier")),
    )


def _is_seen(reason: Reason, viewer: Viewer) -> bool:
    """Whether a viewer may see a reason: what is found is for who sees the office's findings."""
    if reason.code in _OPERATION:
        return True
    return viewer.sees_persons if reason.office is None else viewer.sees_office(reason.office)


def _told(reason: Reason) -> ToldReason:
    return ToldReason(
        light=reason.light,
        title=title_of(reason.code),
        count=f"{reason.count} {unit_of(reason.code)}",
        text=reason.text,
        office=reason.office,
        is_earlier=reason.is_earlier,
    )
