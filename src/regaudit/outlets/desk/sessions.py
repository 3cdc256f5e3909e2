"""Who is in: sessions by the hash of a token that only the browser has.

Times are those of the wall clock; where it was set back, the sessions end.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from regaudit.base.desk_settings import DeskSettings
from regaudit.outlets.desk.doors import IN
from regaudit.outlets.desk.store import DeskStore

_SET_BACK = timedelta(minutes=2)
_SEEN_AGAIN = timedelta(seconds=20)
_KEPT = timedelta(days=2)
_KEPT_FORMS = 5
ENDED = {
    "idle": "您有一段时间没有操作，登录已结束",
    "longest": "登录已满最长时限",
    "other": "您在别处登录了，这里的登录已结束",
    "left": "您已退出",
    "clock": "服务器的时钟被改动，登录已结束",
    "changed": "口令、角色或人员已变动，请重新登录",
}
"""Why a session ended, for its user."""


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


def form_token(token: str) -> str:
    """What a form of a session carries to show that a page of ours made it."""
    return sha256(f"form:{token}".encode()).hexdigest()


class Session(Struct, frozen=True, kw_only=True):
    """A session that was found by its token.

    Attributes:
        stage: `in`, or what its user has yet to show or set.
        secret_sha256: what let him in, so that a change of it ends the session.
        ended: why it has ended; empty: it runs.
    """

    login: str
    stage: str
    secret_sha256: str
    began_at: datetime
    seen_at: datetime
    ended: str


class KeptFile(Struct, frozen=True):
    """A file of a kept form."""

    field: str
    name: str
    content: bytes


class KeptForm(Struct, frozen=True, kw_only=True):
    """A form that was sent after the session had ended."""

    form_id: str
    path: str
    fields: list[tuple[str, str]]
    files: list[KeptFile]
    kept_at: datetime


class Sessions:
    """The sessions of a workspace."""

    def __init__(self, store: DeskStore, settings: DeskSettings) -> None:
        self._store, self._settings = store, settings

    def begin(self, login: str, stage: str, secret_sha256: str, address: str, now: datetime) -> str:
        """Begin a session under a new token, which is returned; of too many the oldest end."""
        token, at = new_token(), now.isoformat()
        with self._store.open() as db:
            db.execute("DELETE FROM sessions WHERE seen_at < ?", [(now - _KEPT).isoformat()])
            db.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, '')",
                [_hash(token), login, stage, address, secret_sha256, at, at],
            )
            if stage == IN:
                self._end_oldest(db, login)
        return token

    def find(self, token: str, now: datetime) -> Session | None:
        """The session of a token, which is seen now; an ended one, too, as long as it is remembered."""
        if not token:
            return None
        with self._store.open() as db:
            row = db.execute(
                "SELECT login, stage, secret_sha256, began_at, seen_at, ended FROM sessions"
                " WHERE token_sha256 = ?",
                [_hash(token)],
            ).fetchone()
            if row is None:
                return None
            login, stage, secret, *times, ended = row
            began_at, seen_at = map(datetime.fromisoformat, times)
            ended = ended or self._why_ended(began_at, seen_at, now)
            if ended:
                db.execute("UPDATE sessions SET ended = ? WHERE token_sha256 = ?", [ended, _hash(token)])
            elif now - seen_at >= _SEEN_AGAIN:
                db.execute(
                    "UPDATE sessions SET seen_at = ? WHERE token_sha256 = ?", [now.isoformat(), _hash(token)]
                )
        return Session(
            login=login,
            stage=stage,
            secret_sha256=secret,
            began_at=began_at,
            seen_at=seen_at,
            ended=ended,
        )

    def move(self, token: str, stage: str, secret_sha256: str, now: datetime) -> str:
        """Let a session be at another stage, under a new token, which is returned."""
        fresh = new_token()
        with self._store.open() as db:
            db.execute(
                "UPDATE sessions SET token_sha256 = ?, stage = ?, secret_sha256 = ?, seen_at = ?"
                " WHERE token_sha256 = ?",
                [_hash(fresh), stage, secret_sha256, now.isoformat(), _hash(token)],
            )
            if stage == IN:
                [login] = db.execute(
                    "SELECT login FROM sessions WHERE token_sha256 = ?", [_hash(fresh)]
                ).fetchone()
                self._end_oldest(db, login)
        return fresh

    def end(self, token: str, why: str) -> None:
        """End a session."""
        with self._store.open() as db:
            db.execute(
                "UPDATE sessions SET ended = ? WHERE token_sha256 = ? AND ended = ''", [why, _hash(token)]
            )

    def end_all(self, login: str, why: str) -> None:
        """End all sessions of a user."""
        with self._store.open() as db:
            db.execute("UPDATE sessions SET ended = ? WHERE login = ? AND ended = ''", [why, login])

    def keep_form(
        self,
        login: str,
        path: str,
        fields: Iterable[tuple[str, str]],
        files: Iterable[KeptFile],
        now: datetime,
    ) -> None:
        """Keep a form of a user for his next session; of many the latest."""
        form_id = new_token()
        with self._store.open() as db:
            db.execute(
                "INSERT INTO kept_forms VALUES (?, ?, ?, ?, ?)",
                [form_id, login, path, json.dumps([*fields], ensure_ascii=False), now.isoformat()],
            )
            db.executemany(
                "INSERT INTO kept_files VALUES (?, ?, ?, ?)",
                [(form_id, file.field, file.name, file.content) for file in files],
            )
            db.execute(
                "DELETE FROM kept_forms WHERE login = ? AND form_id NOT IN (SELECT form_id FROM kept_forms"
                " WHERE login = ? ORDER BY kept_at DESC, rowid DESC LIMIT ?)",
                [login, login, _KEPT_FORMS],
            )
            db.execute("DELETE FROM kept_files WHERE form_id NOT IN (SELECT form_id FROM kept_forms)")

    def kept_forms(self, login: str) -> list[KeptForm]:
        """The kept forms of a user, the latest first."""
        with self._store.open() as db:
            rows = db.execute(
                "SELECT form_id, path, fields, kept_at FROM kept_forms WHERE login = ?"
                " ORDER BY kept_at DESC, rowid DESC",
                [login],
            ).fetchall()
            return [
                KeptForm(
                    form_id=form_id,
                    path=path,
                    fields=[(name, value) for name, value in json.loads(fields)],
                    files=[
                        KeptFile(*row)
                        for row in db.execute(
                            "SELECT field, name, content FROM kept_files WHERE form_id = ?", [form_id]
                        )
                    ],
                    kept_at=datetime.fromisoformat(kept_at),
                )
                for form_id, path, fields, kept_at in rows
            ]

    def count_kept(self, login: str) -> int:
        """How many forms of a user are kept."""
        with self._store.open() as db:
            [count] = db.execute("SELECT count(*) FROM kept_forms WHERE login = ?", [login]).fetchone()
        return int(count)

    def forget_form(self, login: str, form_id: str) -> None:
        """Forget a kept form of a user."""
        with self._store.open() as db:
            db.execute("DELETE FROM kept_forms WHERE login = ? AND form_id = ?", [login, form_id])
            db.execute("DELETE FROM kept_files WHERE form_id NOT IN (SELECT form_id FROM kept_forms)")

    def _why_ended(self, began_at: datetime, seen_at: datetime, now: datetime) -> str:
        if now < seen_at - _SET_BACK:
            return "clock"
        if now - began_at >= timedelta(minutes=self._settings.longest_minutes):
            return "longest"
        return "idle" if now - seen_at >= timedelta(minutes=self._settings.idle_minutes) else ""

    def _end_oldest(self, db: sqlite3.Connection, login: str) -> None:
        db.execute(
            "UPDATE sessions SET ended = 'other' WHERE login = ? AND ended = '' AND rowid NOT IN"
            " (SELECT rowid FROM sessions WHERE login = ? AND ended = '' AND stage = ?"
            " ORDER BY seen_at DESC, rowid DESC LIMIT ?)",
            [login, login, IN, self._settings.sessions_per_user],
        )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
