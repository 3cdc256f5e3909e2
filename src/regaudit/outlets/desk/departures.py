"""Who has been sent to the provider and is to come back: known by a state that is worth something once."""

from datetime import datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from regaudit.outlets.desk.provider import Departure
from regaudit.outlets.desk.store import DeskStore

_LONGEST = timedelta(minutes=10)
_MOST = 10_000


class Arrival(Struct, frozen=True):
    """What was kept of a departure: its secrets, and where its user wanted to go."""

    nonce: str
    verifier: str
    target: str


class Departures:
    """Those of a workspace; each belongs to the browser that it began in."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    def keep(self, departure: Departure, browser: str, target: str, now: datetime) -> None:
        """Keep one for a browser, named by its token; of too many the latest."""
        with self._store.open() as db:
            db.execute(
                "INSERT INTO departures VALUES (?, ?, ?, ?, ?, ?)",
                [
                    _hash(departure.state),
                    _hash(browser),
                    departure.nonce,
                    departure.verifier,
                    target,
                    now.isoformat(),
                ],
            )
            db.execute(
                "DELETE FROM departures WHERE left_at < ? OR rowid NOT IN"
                " (SELECT rowid FROM departures ORDER BY rowid DESC LIMIT ?)",
                [(now - _LONGEST).isoformat(), _MOST],
            )

    def take(self, state: str, browser: str, now: datetime) -> Arrival | None:
        """That of a state, which is then worth nothing more; None where this browser has none of now."""
        with self._store.open() as db:
            place = [_hash(state), _hash(browser)]
            row = db.execute(
                "SELECT nonce, verifier, target, left_at FROM departures"
                " WHERE state_sha256 = ? AND browser_sha256 = ?",
                place,
            ).fetchone()
            db.execute("DELETE FROM departures WHERE state_sha256 = ? AND browser_sha256 = ?", place)
        if row is None or abs(now - datetime.fromisoformat(row[3])) > _LONGEST:
            return None
        return Arrival(*row[:3])


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
