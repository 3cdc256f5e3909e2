"""Who looked at what: on the disk before the page is answered, in the log some lines at a time."""

from collections.abc import Callable, Sequence

import msgspec

from regaudit.catalogue.event_types import AccessLine
from regaudit.outlets.desk.store import DeskStore

_DECODER = msgspec.json.Decoder(AccessLine)
_LONGEST = 500


class AccessRecord:
    """The access record of a workspace: lines that wait for the log, and those that came into it lately."""

    def __init__(self, store: DeskStore) -> None:
        self._store = store

    def note(self, line: AccessLine) -> None:
        """Record a line; it is on the disk when this returns."""
        short = msgspec.structs.replace(line, path=line.path[:_LONGEST])
        with self._store.open() as db:
            db.execute("INSERT INTO access_lines (line) VALUES (?)", [msgspec.json.encode(short).decode()])

    def waiting(self) -> list[tuple[int, AccessLine]]:
        """The lines that are not in the log yet, by their number."""
        with self._store.open() as db:
            rows = db.execute("SELECT line_no, line FROM access_lines ORDER BY line_no").fetchall()
        return [(line_no, _DECODER.decode(line)) for line_no, line in rows]

    def count(self) -> int:
        """How many lines wait."""
        with self._store.open() as db:
            [count] = db.execute("SELECT count(*) FROM access_lines").fetchone()
        return int(count)

    def hand_over(self, record: Callable[[Sequence[AccessLine]], object], most: int) -> int:
        """Put waiting lines into the log, at most so many an event; returns how many.

        A process that is killed between the event and what follows puts the lines into the log again.
        """
        lines = self.waiting()
        for first in range(0, len(lines), most):
            part = lines[first : first + most]
            record([line for _, line in part])
            with self._store.open() as db:
                db.execute(
                    "DELETE FROM access_lines WHERE line_no BETWEEN ? AND ?", [part[0][0], part[-1][0]]
                )
        return len(lines)
