"""The published database of the last night: read only, shared by all pages, opened anew once replaced."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from regaudit.base.duck import attach, connect
from regaudit.base.errors import RegauditError
from regaudit.base.folders import Folders
from regaudit.outlets.case_story import Ask, Rows
from regaudit.outlets.desk.case_places import CasePlaces, read_places

_MEMORY = "80MB"
_NAME = "published"
_KEPT = 128
"""Answers that are kept at once; the oldest of an earlier night go first."""


class NothingPublishedError(RegauditError):
    """No night has published anything yet (Chinese: what to do)."""


class EarlierDatabaseError(RegauditError):
    """An earlier version published the database, and it lacks what is asked for (Chinese: what to do)."""


@contextmanager
def telling_of_earlier() -> Iterator[None]:
    """Tell of tables and columns that are not there what that means.

    Raises:
        EarlierDatabaseError: one is not there.
    """
    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        raise EarlierDatabaseError(
            "分析数据库由较早的版本写成，没有这里要用的内容：请等下一次夜间作业，"
            "急用时请系统管理员运行 regaudit check"
        ) from error


class Published:
    """The published tables of a workspace, under `main.*`."""

    def __init__(self, home: Path) -> None:
        self._path, self._lock = Folders(home).database, threading.Lock()
        # What does not fit into memory names people, too: it lies where nobody else reads.
        self._scratch = Folders(home).work / "desk"
        self._known: tuple[int, int, int] | None = None
        self._db: duckdb.DuckDBPyConnection | None = None
        self._of_places = threading.Lock()
        self._places: tuple[duckdb.DuckDBPyConnection, CasePlaces] | None = None
        self._kept: OrderedDict[object, list[dict[str, Any]]] = OrderedDict()

    @contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of one's own to what is published now; it stays the same while it is held.

        Raises:
            NothingPublishedError: no night has published anything yet.
            DatabaseFileError: the file cannot be read.
        """
        cursor = self._current().cursor()
        try:
            cursor.execute(f"USE {_NAME}")
            yield cursor
        finally:
            cursor.close()

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> Rows:
        """The rows of one query as dicts.

        Raises:
            NothingPublishedError: as `open`.
            DatabaseFileError: as `open`.
            EarlierDatabaseError: it lacks what is asked for.
        """
        with self.open() as db:
            return _rows(db, sql, parameters)

    @contextmanager
    def open_cases(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, CasePlaces]]:
        """As `open`, with what is known of where cases lie in this very database.

        Raises:
            NothingPublishedError: as `open`.
            DatabaseFileError: as `open`.
        """
        database = self._current()
        cursor = database.cursor()
        try:
            cursor.execute(f"USE {_NAME}")
            with self._of_places:
                if self._places is None or self._places[0] is not database:
                    self._places = database, read_places(cursor)
                _, places = self._places
            yield cursor, places
        finally:
            cursor.close()

    @staticmethod
    def ask_of(db: duckdb.DuckDBPyConnection) -> Ask:
        """What answers several queries of one night."""
        return partial(_rows, db)

    def kept_rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """As `rows`, asked once a published database: for what many ask alike. Nobody changes them.

        Raises:
            NothingPublishedError: as `open`.
            DatabaseFileError: as `open`.
        """
        key = (sql, repr(sorted((parameters or {}).items())), self.stamp)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self.rows(sql, parameters)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    @property
    def is_there(self) -> bool:
        """Whether a night has published anything."""
        return self._path.is_file()

    @property
    def stamp(self) -> tuple[int, int, int] | None:
        """Which file it is; another one after each night. None: none is there."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _current(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            stamp = self.stamp
            if stamp is None:
                raise NothingPublishedError("还没有夜间作业的结果：请系统管理员运行 regaudit nightly")
            if self._db is None or stamp != self._known:
                # In a database of its own in memory: one opened by its path would be the old file still.
                # Each reader's thread works for itself: more of them would only be more that wait.
                db = connect(None, memory_limit=_MEMORY, temp_directory=self._scratch, threads=1)
                attach(db, self._path, _NAME, "READ_ONLY")
                # The old one is closed by whoever reads it last.
                self._db, self._known, self._places = db, stamp, None
            return self._db


def _rows(db: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None, /) -> Rows:
    with telling_of_earlier():
        cursor = db.execute(sql, parameters or {})
    names = [name for name, *_ in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
