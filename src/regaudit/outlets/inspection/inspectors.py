"""Who may examine a case: by role, and by natural person."""

from collections.abc import Iterable
from datetime import date

from regaudit.base.folded_text import fold_name
from regaudit.ledger.people import Acting, People, User

INSPECTORS = ("inspector", "post")
"""The roles that examine."""
_UNKNOWN = ("account:", "name:")
"""What stands in place of a person whom the roster does not tell."""


def able_to_inspect(people: People, user: User, office: str, on: date) -> Acting | None:
    """In which role a user may examine cases of an office on a day; None: in none."""
    if people.is_administrator(user.person_id):
        return None
    able = (acting for acting in people.acting(user, on) if acting.held.role in INSPECTORS)
    return next((acting for acting in able if acting.held.covers(office)), None)


def handled(user: User, handlers: Iterable[tuple[str, str]]) -> bool:
    """Whether a user handled a case: as a person, or by name where nobody knows which person it was."""
    name = fold_name(user.person_name)
    return any(
        person == user.person_id or (person.startswith(_UNKNOWN) and name and name == called)
        for person, called in handlers
    )
