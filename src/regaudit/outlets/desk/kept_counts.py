"""What is counted of a published database once, and kept until another one is published."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

import duckdb

from regaudit.base.errors import RegauditError
from regaudit.outlets.desk.published import Published, telling_of_earlier

T = TypeVar("T")


class KeptCounts(Generic[T]):
    """Something counted of what is published; while it is counted anew, that of the night before is told."""

    def __init__(
        self,
        published: Published,
        count: Callable[[duckdb.DuckDBPyConnection], T],
        prepare: Callable[[T], object] | None = None,
    ) -> None:
        """`prepare` makes of it, when nobody waits, what pages are going to ask for."""
        self._published, self._count, self._prepare = published, count, prepare
        self._counting, self._behind = threading.Lock(), threading.Lock()
        self._kept: tuple[object, T] | None = None

    def get(self) -> T:
        """What was counted; only whoever asks before anything was waits for it.

        Raises:
            NothingPublishedError: no night has published anything yet.
            DatabaseFileError: the file cannot be read.
            EarlierDatabaseError: it lacks what is counted.
        """
        kept = self._kept
        if kept is None:
            return self._counted()
        if kept[0] != self._published.stamp:
            self.warm()
        return kept[1]

    def warm(self) -> None:
        """Count behind the backs of the readers, where that is not being done and something is published."""
        if self._published.is_there and self._behind.acquire(blocking=False):
            threading.Thread(target=self._count_behind, daemon=True).start()

    def _count_behind(self) -> None:
        try:
            # Whoever asks for it is told why it cannot be counted.
            with suppress(RegauditError, duckdb.Error):
                found = self._counted()
                if self._prepare is not None:
                    self._prepare(found)
        finally:
            self._behind.release()

    def _counted(self) -> T:
        with self._counting:
            stamp = self._published.stamp
            if self._kept is not None and self._kept[0] == stamp:
                return self._kept[1]
            with self._published.open() as db, telling_of_earlier():
                found = self._count(db)
            self._kept = stamp, found
            return found
