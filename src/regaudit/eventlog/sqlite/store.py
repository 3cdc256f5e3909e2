"""Connections to the log in SQLite, which is one file.

`eventsourcing` switches every file to a write-ahead log. That writes each event twice and lays the newest
ones in a second file; here a rollback journal keeps all in one file, and a bulk import takes half the time.
"""

from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteFactory
from eventsourcing.utils import Environment

from regaudit.eventlog.sqlite.recorder import AppendOnlyRecorder

_CACHE_KIB = 64 * 1024
_PAGE_BYTES = 16 * 1024
# A commit waits for readers and readers wait for a commit: nobody gives up while a large import is written.
_LOCK_SECONDS = 300


class _OneFilePool(SQLiteConnectionPool):
    """Connections with a rollback journal in place of the library's write-ahead log."""

    def _create_connection(self) -> SQLiteConnection:
        self.is_journal_mode_wal = True  # the library asks this before it would switch the file over
        connection = super()._create_connection()
        cursor = connection.cursor()
        for setting in (
            f"page_size={_PAGE_BYTES}",
            "journal_mode=DELETE",
            "synchronous=FULL",
            f"cache_size=-{_CACHE_KIB}",
        ):
            cursor.execute(f"PRAGMA {setting}")
        return connection


class AppendOnlyFactory(SQLiteFactory):
    """Makes `AppendOnlyRecorder`s."""

    application_recorder_class = AppendOnlyRecorder

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        self.datastore.pool = _OneFilePool(
            db_name=self.datastore.pool.db_name, lock_timeout=_LOCK_SECONDS, pool_timeout=_LOCK_SECONDS
        )
