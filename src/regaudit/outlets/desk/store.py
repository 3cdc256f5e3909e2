"""`desk.sqlite` as the pages write it: beside the secrets who is in, who failed, what was looked at."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regaudit.base.folders import Folders

_TABLES = """
CREATE TABLE IF NOT EXISTS sessions (
    token_sha256 TEXT PRIMARY KEY, login TEXT NOT NULL, stage TEXT NOT NULL, address TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL, began_at TEXT NOT NULL, seen_at TEXT NOT NULL,
    ended TEXT NOT NULL DEFAULT '', way TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS departures (
    state_sha256 TEXT PRIMARY KEY, browser_sha256 TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL,
    target TEXT NOT NULL, left_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS failures (
    name TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at TEXT NOT NULL, locked_until TEXT NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS used_codes (login TEXT PRIMARY KEY, step INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS kept_forms (
    form_id TEXT PRIMARY KEY, login TEXT NOT NULL, path TEXT NOT NULL, fields TEXT NOT NULL,
    kept_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS kept_files (
    form_id TEXT NOT NULL, field TEXT NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS access_lines (
    line_no INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL
) STRICT;
"""


class DeskStore:
    """One connection to the file, used by one thread at a time; it is the owner's alone."""

    def __init__(self, home: Path) -> None:
        self._path, self._lock = Folders(home).secrets, threading.Lock()
        self._db: sqlite3.Connection | None = None

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """A transaction; what it wrote is on the disk when it ends."""
        with self._lock:
            if self._db is None:
                self._db = self._connected()
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _connected(self) -> sqlite3.Connection:
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=30)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.executescript(_TABLES)
        if not any(name == "way" for _, name, *_ in db.execute("PRAGMA table_info(sessions)")):
            # A file of an earlier version.
            db.execute("ALTER TABLE sessions ADD COLUMN way TEXT NOT NULL DEFAULT ''")
        return db
