"""Passwords and second factors as people show them; after some failures a login is locked for a while."""

import threading
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

import pyotp
from msgspec import Struct

from regaudit.base.folded_text import fold
from regaudit.base.settings import Settings
from regaudit.ledger.people import People, User
from regaudit.ledger.secrets import FACTOR, PASSWORD, Secrets, WrongSecretError, new_record
from regaudit.outlets.desk.store import DeskStore

_AT_ONCE = 2
_UNKNOWN = ""
_SECRET, _BASE32 = 32, frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_NEEDING = frozenset(("post", "leader", "superior", "sysadmin", "secadmin", "auditor"))
_PREFIX = "totp:"


class Answer(Enum):
    """What becomes of a password or code."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"
    DAMAGED = "damaged"
    """The stored record is not the one of the last event."""


class Judged(Struct, frozen=True, kw_only=True):
    """The answer to a password or code; `is_first_lock` where this failure locked the login.

    `refused` is how many were refused unread while it was locked before.
    """

    answer: Answer
    is_first_lock: bool = False
    locked_until: datetime | None = None
    refused: int = 0
    is_noted: bool = True


class Factors:
    """The secrets of users as the pages ask for them."""

    def __init__(self, home: Path, store: DeskStore, settings: Settings) -> None:
        self._secrets, self._store, self._settings = Secrets(home), store, settings.desk
        self._zone = ZoneInfo(settings.zone)
        # Each password takes 64 MB and a core for a moment.
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._decoy = ""

    def judge_password(self, people: People, login: str, password: str, now: datetime) -> Judged:
        """Whether a password is a user's; of a login that nobody has it is wrong, after as long a while."""
        user = people.get(fold(login))
        name = user.login if user is not None else _UNKNOWN
        if (until := self._locked_until(name, now)) is not None:
            return Judged(answer=Answer.LOCKED, locked_until=until, is_noted=False)
        with self._room:
            answer = self._compare(user, password)
        return self._noted(name, answer, now)

    def judge_code(self, user: User, code: str, now: datetime) -> Judged:
        """Whether a code of his second factor is right; each is taken once."""
        if (until := self._locked_until(user.login, now)) is not None:
            return Judged(answer=Answer.LOCKED, locked_until=until, is_noted=False)
        record = self._secrets.find(user.login, FACTOR, user.secrets.get(FACTOR, ""))
        if record is None or not record.startswith(_PREFIX):
            return Judged(answer=Answer.DAMAGED)
        step = self.step_of(record.removeprefix(_PREFIX), code, now)
        is_new = step is not None and self._use(user.login, step)
        return self._noted(user.login, Answer.RIGHT if is_new else Answer.WRONG, now)

    def needs_factor(self, user: User) -> bool:
        """Whether a user needs a second factor by what he is."""
        return self._settings.second_factor and any(held.role in _NEEDING for held in user.held)

    @staticmethod
    def new_secret() -> str:
        """What an authenticator makes codes from: 160 bits, as people type them."""
        return pyotp.random_base32()

    @staticmethod
    def is_secret(text: str) -> bool:
        """Whether it is what `new_secret` gives."""
        return len(text) == _SECRET and set(text) <= _BASE32

    @staticmethod
    def record_of(secret: str) -> str:
        """A second factor as it is stored."""
        return f"{_PREFIX}{secret}"

    @staticmethod
    def address_of(secret: str, login: str) -> str:
        """A second factor as authenticators read it."""
        return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="regaudit")

    def step_of(self, secret: str, code: str, now: datetime) -> int | None:
        """Which half minute a code belongs to: this one, that before or that behind; None: to none."""
        totp, typed = pyotp.TOTP(secret), "".join(code.split())
        # In the hour that a zone has twice it is either.
        hours = (now.replace(tzinfo=self._zone, fold=which) for which in (0, 1))
        for current in dict.fromkeys(map(totp.timecode, hours)):
            for step in (current, current - 1, current + 1):
                if pyotp.utils.strings_equal(typed, totp.generate_otp(step)):
                    return step
        return None

    def use_code(self, login: str, step: int) -> bool:
        """Use a code up; whether it was not used before."""
        return self._use(login, step)

    def forgive(self, login: str) -> None:
        """Let a locked login try again."""
        with self._store.open() as db:
            db.execute("DELETE FROM failures WHERE name = ?", [login])

    def locks(self, now: datetime) -> dict[str, datetime]:
        """The logins that are locked for failures, each with until when."""
        with self._store.open() as db:
            rows = db.execute("SELECT name, locked_until FROM failures WHERE locked_until <> ''").fetchall()
        found = {name: datetime.fromisoformat(until) for name, until in rows}
        return {name: until for name, until in found.items() if self._is_running(until, now)}

    def is_damaged(self, user: User, kind: str) -> bool:
        """Whether the stored record of a secret is not the one of the user's last event."""
        told = user.secrets.get(kind)
        return told is not None and self._secrets.find(user.login, kind, told) is None

    def _compare(self, user: User | None, password: str) -> Answer:
        record_sha256 = user.secrets.get(PASSWORD) if user is not None else None
        if user is None or record_sha256 is None:
            # As long as for a login that is there.
            self._decoy = self._decoy or new_record("decoy")
            self._secrets.matches(self._decoy, password)
            return Answer.WRONG
        if self._secrets.find(user.login, PASSWORD, record_sha256) is None:
            return Answer.DAMAGED
        try:
            self._secrets.verify_password(user.login, record_sha256, password)
        except WrongSecretError:
            return Answer.WRONG
        return Answer.RIGHT

    def _use(self, login: str, step: int) -> bool:
        with self._store.open() as db:
            row = db.execute("SELECT step FROM used_codes WHERE login = ?", [login]).fetchone()
            if row is not None and step <= row[0]:
                return False
            db.execute("INSERT OR REPLACE INTO used_codes VALUES (?, ?)", [login, step])
        return True

    def _locked_until(self, name: str, now: datetime) -> datetime | None:
        """Until when a login is locked; whoever asks meanwhile is counted."""
        if name == _UNKNOWN:
            return None
        with self._store.open() as db:
            row = db.execute("SELECT locked_until FROM failures WHERE name = ?", [name]).fetchone()
            if row is None or not row[0] or not self._is_running(datetime.fromisoformat(row[0]), now):
                return None
            db.execute("UPDATE failures SET refused = refused + 1 WHERE name = ?", [name])
        return datetime.fromisoformat(row[0])

    def _is_running(self, until: datetime, now: datetime) -> bool:
        # A clock that was set back keeps nobody out for longer than a lock lasts.
        return now < until <= now + 2 * timedelta(minutes=self._settings.lock_minutes)

    def _noted(self, name: str, answer: Answer, now: datetime) -> Judged:
        """Count a failure, or forget those that were."""
        lock = timedelta(minutes=self._settings.lock_minutes)
        with self._store.open() as db:
            row = db.execute(
                "SELECT count, last_at, locked_until, refused FROM failures WHERE name = ?", [name]
            ).fetchone()
            count, last_at, locked_until, refused = row or (0, now.isoformat(), "", 0)
            if answer is Answer.RIGHT:
                db.execute("DELETE FROM failures WHERE name = ?", [name])
                return Judged(answer=answer, refused=refused)
            is_old = locked_until or now - datetime.fromisoformat(last_at) >= lock
            count = 1 if is_old else count + 1
            is_locked = count >= self._settings.lock_failures
            until = (now + lock).isoformat() if is_locked and name != _UNKNOWN else ""
            is_noted = name != _UNKNOWN or count <= self._settings.lock_failures
            db.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?, ?, ?)",
                [name, count, now.isoformat(), until, 0 if until or is_old else refused],
            )
        return Judged(
            answer=answer,
            is_first_lock=bool(until),
            locked_until=datetime.fromisoformat(until) if until else None,
            refused=refused,
            is_noted=is_noted,
        )
