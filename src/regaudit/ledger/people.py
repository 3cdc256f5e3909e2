"""The users of ledger and desk with their roles, folded from their events."""

from collections.abc import Iterable, Iterator
from datetime import date

from msgspec import Struct, field

from regaudit.catalogue.event_types import (
    DeputyNamed,
    RoleEnded,
    RoleGranted,
    SecretChanged,
    UserAdded,
    UserLocked,
)
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.log import EventLog
from regaudit.ledger.states import ADMINISTRATORS, ROLES, Role

STREAM = "user:"
"""What the streams of users begin with."""


class Held(Struct, frozen=True, order=True):
    """A role that a user holds: at an office and in a section; empty: at all of them."""

    role: Role
    office: str = ""
    section: str = ""

    @property
    def title(self) -> str:
        """The role with where it is held, for people."""
        place = " ".join(part for part in (self.office, self.section) if part)
        return f"{ROLES[self.role]}({place})" if place else ROLES[self.role]

    def covers(self, office: str | None, section: str = "") -> bool:
        """Whether it is held for an office, and for a section of it where one is named."""
        return self.office in ("", office or "") and (not section or self.section in ("", section))


class User(Struct, kw_only=True):
    """A user as its events stand.

    Attributes:
        deputy_for: whose roles it has meanwhile, each with the last day.
        secrets: the SHA-256 of the stored record of each kind of secret that it has.
        secrets_by: who set each of them.
        since: the version of its last event.
    """

    login: str
    person_id: str
    person_name: str = ""
    mail: str = ""
    held: set[Held] = field(default_factory=set)
    is_locked: bool = False
    deputy_for: dict[str, date] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    secrets_by: dict[str, str] = field(default_factory=dict)
    version: int = 0

    @property
    def title(self) -> str:
        """His name and login, for people."""
        return f"{self.person_name}({self.login})" if self.person_name else self.login

    def apply(self, event: LogEvent) -> None:
        """Let one more event of its stream be true."""
        self.version = event.originator_version
        if isinstance(event, UserAdded):
            if self.person_id != event.person_id:
                # What the one knows lets the other not in.
                self.secrets.clear()
            self.person_id, self.person_name = event.person_id, event.person_name or self.person_name
            self.mail = event.mail or self.mail
        elif isinstance(event, RoleGranted):
            self.held.add(Held(_role(event.role), event.office, event.section))
        elif isinstance(event, RoleEnded):
            self.held.discard(Held(_role(event.role), event.office, event.section))
        elif isinstance(event, UserLocked):
            self.is_locked = event.is_locked
        elif isinstance(event, DeputyNamed):
            self.deputy_for[event.for_login] = date.fromisoformat(event.until)
        elif isinstance(event, SecretChanged):
            self.secrets[event.kind], self.secrets_by[event.kind] = event.record_sha256, event.by
            if not event.record_sha256:
                del self.secrets[event.kind]


class Acting(Struct, frozen=True):
    """Somebody who may act in a role: the user, and for whom where he is a deputy."""

    user: User
    held: Held
    for_login: str = ""


class People:
    """All users, by login; as they were when they were read."""

    def __init__(self, users: Iterable[User] = ()) -> None:
        self.users = {user.login: user for user in users}
        self._in_role: dict[date, dict[str, list[Acting]]] = {}

    def __bool__(self) -> bool:
        return bool(self.users)

    def get(self, login: str) -> User | None:
        """A user by his login."""
        return self.users.get(login)

    def acting(self, user: User, on: date) -> Iterator[Acting]:
        """Every role that a user can act in on a day, his own first; none of who is locked out."""
        if user.is_locked:
            return
        yield from (Acting(user, held) for held in sorted(user.held))
        for login, until in sorted(user.deputy_for.items()):
            principal = self.users.get(login)
            if principal is not None and not principal.is_locked and on <= until:
                yield from (Acting(user, held, login) for held in sorted(principal.held))

    def holders(self, role: str, office: str | None, on: date, section: str = "") -> list[Acting]:
        """Who can act in a role for an office, and for a section of it, on a day."""
        if on not in self._in_role:
            roles = self._in_role[on] = {}
            for user in self.users.values():
                for acting in self.acting(user, on):
                    roles.setdefault(acting.held.role, []).append(acting)
        found = self._in_role[on].get(role, ())
        return [acting for acting in found if acting.held.covers(office, section)]

    def is_administrator(self, person: str) -> bool:
        """Whether one of the three administrators is this natural person, under whatever login."""
        return any(held.role in ADMINISTRATORS for user in self.logins_of(person) for held in user.held)

    def logins_of(self, person: str) -> list[User]:
        """The users of one natural person."""
        return [user for user in self.users.values() if user.person_id == person]


def read_people(log: EventLog, upto: int | None = None) -> People:
    """The users that a log has, up to a position.

    Raises:
        LogError: an event of theirs is damaged.
    """
    users: dict[str, User] = {}
    for _, event in log.events_of(STREAM, upto=upto):
        login = event.originator_id.removeprefix(STREAM)
        user = users.setdefault(login, User(login=login, person_id=""))
        user.apply(event)
    return People(users.values())


def _role(name: str) -> Role:
    return name  # type: ignore[return-value]
