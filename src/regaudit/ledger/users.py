"""Users and roles as people change them: each change is an event, or is refused and nothing is written."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from regaudit.audit.workspace import Workspace
from regaudit.base.folded_text import fold
from regaudit.catalogue.event_types import (
    DeputyNamed,
    RoleEnded,
    RoleGranted,
    SecretChanged,
    UserAdded,
    UserLocked,
)
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.people import STREAM, Held, People, User, read_people
from regaudit.ledger.request import Author
from regaudit.ledger.secrets import FACTOR, PASSWORD, Secrets, check_password, hash_of, new_record
from regaudit.ledger.states import ADMINISTRATORS, Role
from regaudit.ledger.user_rules import (
    RefusedUserError,
    check_clerk,
    check_deputies,
    check_deputy,
    check_last_secadmin,
    check_names,
    check_owner,
    check_roles,
    known_user,
    place_of,
    role_of,
)

_NOBODY = "(未知)"


class NewUser(Struct, frozen=True, kw_only=True):
    """A user as he is added: whoever he is, and his first role."""

    login: str
    person_id: str
    role: str
    person_name: str = ""
    mail: str = ""
    office: str = ""
    section: str = ""


class Users:
    """The users of an opened workspace, as one who changes them meets them.

    `author` is who does it; without a login it is the workspace's owner. `appended` is what was stored.
    """

    def __init__(self, workspace: Workspace, author: Author) -> None:
        self._log, self._now, self._author = workspace.log, workspace.now, author
        self._secrets = Secrets(workspace.home)
        self.appended: list[LogEvent] = []

    def add(self, new: NewUser) -> None:
        """Add a user with his first role.

        Raises:
            RefusedUserError: he may not be added; nothing was written.
            LogError: nothing was written.
        """
        login, person = fold(new.login), fold(new.person_id)
        role, held = role_of(new.role), _held(new.role, new.office, new.section)

        def make(people: People) -> list[LogEvent]:
            check_clerk(people, self._author.login, is_first=role == "secadmin")
            known = people.get(login)
            if known is not None:
                raise RefusedUserError(
                    f"已有用户 {known.title}(人员编号 {known.person_id}):授予角色用 regaudit user role"
                    f" {login} --grant,更正人员编号、姓名或邮箱用 regaudit user add --correct"
                )
            check_names(people, login, person, new.mail)
            check_roles(people, person, [role])
            if role in ADMINISTRATORS:
                check_deputies(people, User(login=login, person_id=person), self._today())
            added = self._event(
                UserAdded,
                login,
                1,
                person_id=person,
                person_name=new.person_name.strip(),
                mail=new.mail.strip(),
            )
            return [added, self._granted(RoleGranted, login, 2, held)]

        self._append(make)

    def correct(self, login: str, *, person_id: str = "", person_name: str = "", mail: str = "") -> None:
        """Correct who a user is; steps that he took keep the natural person of their time.

        Of another natural person he has to be given a password anew.

        Raises:
            RefusedUserError: as with `add`.
            LogError: nothing was written.
        """

        def make(people: People) -> list[LogEvent]:
            check_clerk(people, self._author.login)
            user = known_user(people, login)
            person = fold(person_id) or user.person_id
            check_names(people, user.login, person, mail)
            roles: list[Role] = [held.role for held in user.held]
            check_roles(people, person, roles, without=user.login)
            if ADMINISTRATORS & set(roles):
                check_deputies(people, User(login=user.login, person_id=person), self._today())
            named, address = person_name.strip() or user.person_name, mail.strip() or user.mail
            if (person, named, address) == (user.person_id, user.person_name, user.mail):
                raise RefusedUserError(f"{user.title} 没有要更正的:请写明 --person、--name 或 --mail")
            return [
                self._event(
                    UserAdded, user.login, user.version + 1, person_id=person, person_name=named, mail=address
                )
            ]

        self._append(make)

    def grant(self, login: str, role: str, office: str = "", section: str = "") -> Held:
        """Give a user a role, at an office and in a section, or at all of them.

        Raises:
            RefusedUserError: he may not hold it, or does.
            LogError: nothing was written.
        """
        held = _held(role, office, section)

        def make(people: People) -> list[LogEvent]:
            check_clerk(people, self._author.login, is_first=held.role == "secadmin")
            user = known_user(people, login)
            if held in user.held:
                raise RefusedUserError(f"{user.title} 已是{held.title}")
            check_roles(people, user.person_id, [held.role])
            if held.role in ADMINISTRATORS:
                check_deputies(people, user, self._today())
            return [self._granted(RoleGranted, user.login, user.version + 1, held)]

        self._append(make)
        return held

    def end(self, login: str, role: str, office: str = "", section: str = "") -> Held:
        """Take a role from a user; without an office the one place where he holds it.

        Raises:
            RefusedUserError: he does not hold it, or holds it at several places.
            LogError: nothing was written.
        """
        wanted, ended = _held(role, office, section), list[Held]()

        def make(people: People) -> list[LogEvent]:
            check_clerk(people, self._author.login)
            user = known_user(people, login)
            ended[:] = [place_of(user, wanted)]
            check_last_secadmin(people, user, user.held - set(ended))
            return [self._granted(RoleEnded, user.login, user.version + 1, ended[0])]

        self._append(make)
        return ended[0]

    def lock(self, login: str, *, is_locked: bool) -> None:
        """Lock a user out, or let him in again.

        Raises:
            RefusedUserError: he is so already, or nobody would be left who can do users.
            LogError: nothing was written.
        """

        def make(people: People) -> list[LogEvent]:
            check_clerk(people, self._author.login)
            user = known_user(people, login)
            if user.is_locked == is_locked:
                raise RefusedUserError(f"{user.title} {'已经锁定' if is_locked else '没有锁定'}")
            if is_locked:
                check_last_secadmin(people, user)
            return [self._event(UserLocked, user.login, user.version + 1, is_locked=is_locked)]

        self._append(make)

    def name_deputy(self, login: str, for_login: str, until: date) -> None:
        """Let a user act for another up to a day; a day that has passed ends it.

        Raises:
            RefusedUserError: he may not, or neither that other nor a secadmin says so.
            LogError: nothing was written.
        """

        def make(people: People) -> list[LogEvent]:
            check_clerk(people, self._author.login, own=for_login)
            deputy, principal = known_user(people, login), known_user(people, for_login)
            check_deputy(people, deputy, principal, until, self._today())
            return [
                self._event(
                    DeputyNamed,
                    deputy.login,
                    deputy.version + 1,
                    for_login=principal.login,
                    until=until.isoformat(),
                )
            ]

        self._append(make)

    def set_password(self, login: str, password: str) -> None:
        """Give a user a password: the record goes into `desk.sqlite`, its hash into the log.

        Raises:
            RefusedUserError: it is another's, and who does it is no secadmin.
            WrongSecretError: it is too easy to guess.
            RegauditError: the extra `desk` is not installed.
            LogError: nothing was written.
        """
        login = fold(login)
        check_owner(read_people(self._log), self._author.login, login)
        check_password(login, password)
        self._set_secret(login, PASSWORD, new_record(password))

    def set_factor(self, login: str, record: str | None) -> None:
        """Give a user a second factor, or take it from him: he then sets up another one.

        Raises:
            RefusedUserError: it is another's, and who does it is no secadmin; nobody sets another's.
            LogError: nothing was written.
        """
        login = fold(login)
        if record is not None and login != self._author.login:
            raise RefusedUserError("第二因素由本人在登录时设置;安全管理员只能重置")
        self._set_secret(login, FACTOR, record)

    def _set_secret(self, login: str, kind: str, record: str | None) -> None:
        def make(people: People) -> list[LogEvent]:
            user = check_owner(people, self._author.login, login)
            if record is not None:
                self._secrets.put(user.login, kind, record)
            hashed = hash_of(record) if record is not None else ""
            changed = self._event(
                SecretChanged,
                user.login,
                user.version + 1,
                kind=kind,
                record_sha256=hashed,
                door=self._author.door,
                address=self._author.address,
            )
            return [changed]

        # Nobody else appends until the log and the file agree again, whatever becomes of the append.
        with self._log.alone():
            try:
                self._append(make)
            finally:
                user = read_people(self._log).get(login)
                self._secrets.keep(login, kind, user.secrets.get(kind) if user else None)

    def _append(self, make: Callable[[People], Sequence[LogEvent]]) -> None:
        events: list[LogEvent] = []

        def made() -> list[LogEvent]:
            events[:] = make(read_people(self._log))
            return events

        self._log.append_next(made)
        self.appended += events

    def _granted(
        self, kind: type[RoleGranted] | type[RoleEnded], login: str, version: int, held: Held
    ) -> LogEvent:
        return self._event(kind, login, version, role=held.role, office=held.office, section=held.section)

    def _event(self, made: Callable[..., LogEvent], login: str, version: int, **state: Any) -> LogEvent:
        author = self._author
        return made(
            f"{STREAM}{login}",
            version,
            login=login,
            by=author.login or author.system_user or _NOBODY,
            system_user=author.system_user,
            machine=author.machine,
            at=self._now().isoformat(),
            **state,
        )

    def _today(self) -> date:
        return self._now().date()


def _held(role: str, office: str, section: str) -> Held:
    return Held(role_of(role), fold(office), fold(section))
