"""Connections to the log in SQLite, which is one file.

`eventsourcing` switches every file to a write-ahead log. That writes each event twice and lays the newest
ones in a second file; here a rollback journal keeps all in one file, and a bulk import takes half the time.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from eventsourcing.persistence import OperationalError
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteFactory,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment

from regaudit.eventlog.sqlite.recorder import AppendOnlyRecorder

_CACHE_KIB = 64 * 1024
_PAGE_BYTES = 16 * 1024


class _ImmediateTransaction(SQLiteTransaction):
    """Begins as a writer: one that first read and then wants to write could wait for another for ever."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        return cursor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        except BaseException:
            # A commit that waited in vain for a reader leaves the transaction open, and the file locked.
            with suppress(sqlite3.Error):
                self.connection.rollback()
            raise


class _OneFileConnection(SQLiteConnection):
    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        kind = _ImmediateTransaction if commit else SQLiteTransaction
        with kind(self, commit=commit) as cursor, cursor:
            yield cursor


class _OneFilePool(SQLiteConnectionPool):
    """Connections with a rollback journal in place of the library's write-ahead log."""

    def _create_connection(self) -> SQLiteConnection:
        self.is_journal_mode_wal = True  # the library asks this before it would switch the file over
        made = super()._create_connection()
        connection = _OneFileConnection(made.cursor().sqlite_cursor.connection, self.max_age)
        try:
            cursor = connection.cursor()
            for setting in (
                f"page_size={_PAGE_BYTES}",
                "journal_mode=DELETE",
                "synchronous=FULL",
                f"cache_size=-{_CACHE_KIB}",
            ):
                cursor.execute(f"PRAGMA {setting}")
        except BaseException:  # of a file that is no database the pool never hears
            connection.close()
            raise
        return connection


class AppendOnlyFactory(SQLiteFactory):
    """Makes `AppendOnlyRecorder`s."""

    application_recorder_class = AppendOnlyRecorder

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.datastore.pool = _OneFilePool(
            db_name=self.datastore.pool.db_name,
            lock_timeout=self.datastore.pool.lock_timeout,
            pool_timeout=self.datastore.pool.lock_timeout or 0,
        )
