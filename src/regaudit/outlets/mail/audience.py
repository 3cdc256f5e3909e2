"""Who is to hear of an entry: the natural persons in each role, and where they are written to."""

from datetime import date
from operator import attrgetter

from msgspec import Struct

from regaudit.ledger.people import People
from regaudit.ledger.states import Role
from regaudit.ledger.steps import CHAIN
from regaudit.outlets.mail.entry_facts import EntryFacts

HANDLER, HEAD, POST, LEADER, SUPERIOR = "handler", "head", "post", "leader", "superior"


class Reader(Struct, frozen=True, kw_only=True):
    """A natural person with users that are not locked out: his name, logins and addresses."""

    person: str
    name: str
    logins: list[str]
    to: list[str]


class Audience:
    """The readers of a workspace on a day."""

    def __init__(self, people: People, on: date) -> None:
        self._people, self._on = people, on
        self._holders: dict[tuple[str, str | None, str], list[str]] = {}
        self.readers = {
            person: _reader(people, person)
            for person in sorted({user.person_id for user in people.users.values() if not user.is_locked})
        }

    def of(self, role: str, facts: EntryFacts) -> list[str]:
        """The natural persons who hear of an entry in a role.

        Where nobody holds it, the next above hears: head → post → leader → superior.
        """
        if role == HANDLER:
            return [facts.person] if facts.person else []
        return self._held(role, facts.office, self.section_of(facts) if role == HEAD else "")

    def section_of(self, facts: EntryFacts) -> str:
        """The section that an entry was given to, or that of the person whom it was given to."""
        if facts.section or not facts.person:
            return facts.section
        users = self._people.logins_of(facts.person)
        sections = {held.section for user in users for held in user.held if held.role == HANDLER} - {""}
        return sections.pop() if len(sections) == 1 else ""

    def can_be_written_to(self, person: str) -> bool:
        """Whether there is a user of his with an address."""
        return person in self.readers and bool(self.readers[person].to)

    def name_of(self, login: str) -> str:
        """What the person behind a login is called."""
        user = self._people.get(login)
        return (user.person_name or login) if user else login

    def _held(self, role: str, office: str | None, section: str) -> list[str]:
        key = (role, office, section)
        if key not in self._holders:
            held = self._people.holders(role, office, self._on, section)
            found = sorted({acting.user.person_id for acting in held})
            above: Role | None = CHAIN.get(role)
            self._holders[key] = found or (self._held(above, office, "") if above else [])
        return self._holders[key]


def _reader(people: People, person: str) -> Reader:
    users = [user for user in people.logins_of(person) if not user.is_locked]
    names = [user.person_name for user in users if user.person_name]
    return Reader(
        person=person,
        name=next(iter(names), users[0].login),
        logins=sorted(user.login for user in users),
        to=list(dict.fromkeys(user.mail for user in sorted(users, key=attrgetter("login")) if user.mail)),
    )
