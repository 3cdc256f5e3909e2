"""The tree in PostgreSQL's tables, as the log's growth and its proofs read and write it."""

from collections.abc import Sequence
from typing import Any

from psycopg import Cursor
from psycopg.sql import SQL, Identifier

from regaudit.eventlog.sqlite.schema import EVENTS
from regaudit.eventlog.tree.covered import FIRST
from regaudit.eventlog.tree.stored import Node


class PostgresqlTree:
    """The tree and the checkpoints within one transaction: a `growth.GrowingStore`."""

    def __init__(self, c: "Cursor[Any]", schema: str) -> None:
        self._c, self._schema = c, Identifier(schema)

    def hashes(self, level: int, first: int, stop: int) -> Sequence[bytes]:
        """See `tree.TreeStore`."""
        if level:
            self._do(
                "SELECT hash FROM {}.tree_nodes "
                "WHERE level = %s AND number >= %s AND number < %s ORDER BY number",
                (level, first, stop),
            )
        else:
            self._do(
                f"SELECT leaf FROM {{}}.{EVENTS} WHERE position > %s AND position <= %s ORDER BY position",
                (first, stop),
            )
        return [row[0] for row in self._c.fetchall()]

    def last_position(self) -> int:
        """The position of the last event; 0 without any."""
        self._do(f"SELECT max(position) FROM {{}}.{EVENTS} WHERE position >= {FIRST}")
        [(last,)] = self._c.fetchall()
        return last or 0

    def last_checkpoint(self) -> tuple[int, str] | None:
        """Size and note of the last checkpoint."""
        self._do("SELECT size, note FROM {}.checkpoints ORDER BY size DESC LIMIT 1")
        return next(iter(self._c.fetchall()), None)

    def states(self, stream: str, upto: int) -> list[bytes]:
        """The states of a stream's events up to a position, in order."""
        self._do(
            f"SELECT state FROM {{}}.{EVENTS} WHERE originator_id = %s AND position BETWEEN {FIRST} AND %s "
            "ORDER BY originator_version",
            (stream, upto),
        )
        return [row[0] for row in self._c.fetchall()]

    def count(self, level: int, first: int) -> int:
        """How many hashes of a level are stored with a number from `first` on; level 0 is the leaves."""
        if level:
            self._do("SELECT count(*) FROM {}.tree_nodes WHERE level = %s AND number >= %s", (level, first))
        else:
            self._do(f"SELECT count(*) FROM {{}}.{EVENTS} WHERE position > %s", (first,))
        [(count,)] = self._c.fetchall()
        return int(count)

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Store nodes."""
        values = [(node.level, node.number, node.hash) for node in nodes]
        self._c.executemany(SQL("INSERT INTO {}.tree_nodes VALUES (%s, %s, %s)").format(self._schema), values)

    def add_checkpoint(self, size: int, note: str) -> None:
        """Store a checkpoint."""
        self._do("INSERT INTO {}.checkpoints VALUES (%s, %s)", (size, note))

    def _do(self, statement: str, values: Sequence[Any] = ()) -> None:
        self._c.execute(SQL(statement).format(self._schema), values)
