"""The tree in SQLite's tables, as the log's growth and its proofs read and write it."""

from collections.abc import Sequence

from eventsourcing.sqlite import SQLiteCursor

from regaudit.eventlog.sqlite.schema import EVENTS
from regaudit.eventlog.tree.covered import FIRST
from regaudit.eventlog.tree.stored import Node


class SqliteTree:
    """The tree and the checkpoints within one transaction: a `growth.GrowingStore`."""

    def __init__(self, c: SQLiteCursor) -> None:
        self._c = c

    def hashes(self, level: int, first: int, stop: int) -> Sequence[bytes]:
        """See `tree.TreeStore`."""
        if level:
            self._c.execute(
                "SELECT hash FROM tree_nodes WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
                (level, first, stop),
            )
        else:
            self._c.execute(
                f"SELECT leaf FROM {EVENTS} WHERE position > ? AND position <= ? ORDER BY position",
                (first, stop),
            )
        return [row[0] for row in self._c.fetchall()]

    def last_position(self) -> int:
        """The position of the last event; 0 without any."""
        self._c.execute(f"SELECT max(position) FROM {EVENTS} WHERE position >= {FIRST}")
        return self._c.fetchone()[0] or 0

    def last_checkpoint(self) -> tuple[int, str] | None:
        """Size and note of the last checkpoint."""
        self._c.execute("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1")
        row = self._c.fetchone()
        return row and (row[0], row[1])

    def states(self, stream: str, upto: int) -> list[bytes]:
        """The states of a stream's events up to a position, in order."""
        self._c.execute(
            f"SELECT state FROM {EVENTS} WHERE originator_id = ? AND +position BETWEEN {FIRST} AND ? "
            "ORDER BY originator_version",
            (stream, upto),
        )
        return [row[0] for row in self._c.fetchall()]

    def count(self, level: int, first: int) -> int:
        """How many hashes of a level are stored with a number from `first` on; level 0 is the leaves."""
        if level:
            self._c.execute("SELECT count(*) FROM tree_nodes WHERE level = ? AND number >= ?", (level, first))
        else:
            self._c.execute(f"SELECT count(*) FROM {EVENTS} WHERE position > ?", (first,))
        return int(self._c.fetchone()[0])

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Store nodes."""
        values = [(node.level, node.number, node.hash) for node in nodes]
        self._c.executemany("INSERT INTO tree_nodes VALUES (?,?,?)", values)

    def add_checkpoint(self, size: int, note: str) -> None:
        """Store a checkpoint."""
        self._c.execute("INSERT INTO checkpoints VALUES (?,?)", (size, note))
