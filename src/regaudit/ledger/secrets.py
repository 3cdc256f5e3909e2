"""Passwords of users: stored salted in `desk.sqlite`, never in the log, which has the hash of each record.

A record that is not the one of the user's last event proves nothing: who can write the file cannot let
himself in. The record of a new password lies beside the old one until its event is stored.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from regaudit.base.errors import RegauditError
from regaudit.base.folded_text import fold_login
from regaudit.base.folders import Folders
from regaudit.base.parts import how_to_get

if TYPE_CHECKING:
    import argon2

PASSWORD = "password"  # noqa: S105 - the kind of a secret
FACTOR = "factor"
"""The second factor: what the codes of an authenticator are made from."""
LEAST_LENGTH, MOST_LENGTH = 8, 128
_LEAST_SIGNS = 4
_TABLE = """
CREATE TABLE IF NOT EXISTS secrets (
    login TEXT NOT NULL, kind TEXT NOT NULL, record_sha256 TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (login, kind, record_sha256)
)
"""


class WrongSecretError(RegauditError):
    """A password is not right, or not one that can be set (Chinese)."""


def check_password(login: str, password: str) -> None:
    """Refuse a password that is too easy to guess.

    Raises:
        WrongSecretError: why (Chinese).
    """
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise WrongSecretError(f"口令应有 {LEAST_LENGTH} 至 {MOST_LENGTH} 个字符,现为 {len(password)} 个")
    name, told = fold_login(login), fold_login(password)
    if told == name or (len(name) >= _LEAST_SIGNS and name in told):
        raise WrongSecretError("口令不能是登录名,也不能含有登录名")
    if len(set(password)) < _LEAST_SIGNS:
        raise WrongSecretError(f"口令应有至少 {_LEAST_SIGNS} 个不同的字符")
    if not password.isprintable():
        raise WrongSecretError("口令中有换行、制表符之类的控制字符")


def new_record(password: str) -> str:
    """A password as it is stored: argon2id, salted.

    Raises:
        RegauditError: the extra `desk` is not installed.
    """
    return _hasher().hash(password)


def hash_of(record: str) -> str:
    """The hash of a record by which the log knows it."""
    return sha256(record.encode()).hexdigest()


class Secrets:
    """The stored secrets of a workspace."""

    def __init__(self, home: Path) -> None:
        self._path = Folders(home).secrets

    def put(self, login: str, kind: str, record: str) -> None:
        """Store a record beside those that the user has."""
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO secrets VALUES (?, ?, ?, ?)", [login, kind, hash_of(record), record]
            )

    def keep(self, login: str, kind: str, record_sha256: str | None) -> None:
        """Forget all records of a user's kind of secret but one."""
        if not self._path.exists():
            return
        with self._open() as db:
            db.execute(
                "DELETE FROM secrets WHERE login = ? AND kind = ? AND record_sha256 IS NOT ?",
                [login, kind, record_sha256],
            )

    def find(self, login: str, kind: str, record_sha256: str) -> str | None:
        """The record that the log knows by a hash; None where it is not there, or was changed."""
        if not self._path.exists():
            return None
        with self._open() as db:
            row = db.execute(
                "SELECT record FROM secrets WHERE login = ? AND kind = ? AND record_sha256 = ?",
                [login, kind, record_sha256],
            ).fetchone()
        return row[0] if row and hash_of(str(row[0])) == record_sha256 else None

    def exchanged(self, told: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
        """Secrets of which there are records, but not the one that the log knows: somebody wrote the file.

        Args:
            told: the hash of the record by login and kind, as the log has it.

        Returns:
            A hash of the records that are there instead, by login and kind.
        """
        if not self._path.exists():
            return {}
        with self._open() as db:
            rows = db.execute(
                "SELECT login, kind, record FROM secrets ORDER BY login, kind, record"
            ).fetchall()
        found: dict[tuple[str, str], list[str]] = {}
        for login, kind, record in rows:
            found.setdefault((login, kind), []).append(hash_of(str(record)))
        return {
            secret: hash_of(" ".join(hashes))
            for secret, hashes in found.items()
            if secret in told and told[secret] not in hashes
        }

    def verify_password(self, login: str, record_sha256: str, password: str) -> None:
        """Refuse a password that is not the one whose record the user's last event names.

        Raises:
            WrongSecretError: it is wrong, or the stored record is not that of the event.
            RegauditError: the extra `desk` is not installed.
        """
        hasher = _hasher()
        record = self.find(login, PASSWORD, record_sha256)
        if record is None:
            raise WrongSecretError(
                f"用户 {login} 的口令记录不在 {self._path.name} 中,或与事件日志所记的不符,不能据以核对:"
                "请由安全管理员用 regaudit user passwd 重设"
            )
        if not _matches(hasher, record, password):
            raise WrongSecretError(f"用户 {login} 的口令不对")

    @staticmethod
    def matches(record: str, password: str) -> bool:
        """Whether a password is that of a record, whoever's it is."""
        return _matches(_hasher(), record, password)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, made where there is none: its owner's alone, and what SQLite lays beside it, too."""
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self._path)) as db, db:
            db.execute("PRAGMA secure_delete = ON")
            db.execute(_TABLE)
            yield db


def _matches(hasher: "argon2.PasswordHasher", record: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - an extra

    try:
        return hasher.verify(record, password)
    except (VerificationError, InvalidHashError):
        return False


def _hasher() -> "argon2.PasswordHasher":
    try:
        from argon2 import PasswordHasher  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise RegauditError(f"没有安装 argon2-cffi,不能设置和核对口令:{how_to_get('desk')}") from error
    return PasswordHasher()
