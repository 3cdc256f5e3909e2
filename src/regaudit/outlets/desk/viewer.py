"""Who looks at a page, and the one table of what he may see."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property

from msgspec import Struct

from regaudit.base.running_text import full_width
from regaudit.ledger.people import Held, People, User
from regaudit.ledger.rows import EntryRow
from regaudit.ledger.secrecy import bare, is_open_to
from regaudit.ledger.states import ROLES
from regaudit.outlets.inspection.inspectors import INSPECTORS

CASES = frozenset(("post", "leader", "superior", "auditor", "analyst"))
"""Who sees the cases, persons and all entries of an office where he is that."""
_READERS = CASES - {"analyst"}
_FIGURES = CASES | {"head"}
_LEDGER = CASES | {"head", "handler"}
_INSPECTIONS = frozenset(("inspector", "post", "leader", "auditor"))
_STEPS = frozenset(("handler", "head", "post", "leader", "superior"))


class Viewer(Struct, frozen=True, kw_only=True, dict=True):
    """A user as he looks at a page on a day, with the roles that he has on it himself or as a deputy."""

    user: User
    people: People
    day: date

    @property
    def login(self) -> str:
        """His login."""
        return self.user.login

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """Every role in which he may act today; none of who is locked."""
        return tuple(dict.fromkeys(acting.held for acting in self.people.acting(self.user, self.day)))

    @property
    def title(self) -> str:
        """His name and roles, for people."""
        return f"{self.user.person_name or self.login} · {'、'.join(self.role_titles) or '没有角色'}"

    @property
    def role_titles(self) -> list[str]:
        """His roles with where he holds them."""
        order = list(ROLES)
        return [full_width(held.title) for held in sorted(self.held, key=lambda held: order.index(held.role))]

    def holds(self, *roles: str) -> bool:
        """Whether he has one of some roles, wherever."""
        return any(held.role in roles for held in self.held)

    def holds_at(self, roles: Iterable[str], office: str | None) -> bool:
        """Whether he has one of some roles at an office."""
        return any(held.role in roles and held.covers(office) for held in self.held)

    @property
    def sees_ledger(self) -> bool:
        """Whether there may be entries for him."""
        return self.holds(*_LEDGER)

    @property
    def takes_steps(self) -> bool:
        """Whether there may be steps for him."""
        return self.holds(*_STEPS)

    @property
    def sees_cases(self) -> bool:
        """Whether he sees cases of an office at all; heads and handlers see those of their entries."""
        return self.holds(*_LEDGER)

    @property
    def sees_persons(self) -> bool:
        """Whether he sees what persons did, at some office."""
        return self.holds(*CASES)

    @property
    def sees_inspections(self) -> bool:
        """Whether he sees inspections of some office."""
        return self.holds(*_INSPECTIONS)

    def sees_inspections_of(self, office: str | None) -> bool:
        """Whether he sees the inspections of an office; None: those of all offices together, as a whole."""
        return self.holds_at(_INSPECTIONS, office)

    @property
    def inspects(self) -> bool:
        """Whether there may be forms of inspections for him to fill in."""
        return self.holds(*INSPECTORS)

    @property
    def sees_figures(self) -> bool:
        """Whether he sees figures of some office."""
        return self.holds(*_FIGURES)

    def sees_office(self, office: str | None) -> bool:
        """Whether he sees all cases, persons, findings and entries of an office."""
        return self.holds_at(CASES, office)

    def sees_figures_of(self, office: str | None) -> bool:
        """Whether he sees the figures of an office."""
        return self.holds_at(_FIGURES, office)

    def offices(self, known: Iterable[str]) -> list[str]:
        """Those of some offices that he sees as a whole."""
        return [office for office in known if self.sees_office(office)]

    def figure_offices(self, known: Iterable[str]) -> list[str]:
        """Those of some offices whose figures he sees."""
        return [office for office in known if self.sees_figures_of(office)]

    def sees_entry(self, row: EntryRow) -> bool:
        """Whether an entry is there for him; of a referred one he may see no more than `shown` lets."""
        return self.sees_office(row.office) or any(self._is_of_his(held, row) for held in self.held)

    def shown(self, row: EntryRow) -> EntryRow:
        """An entry that he sees, as far as he sees it."""
        return row if self.is_open(row) else bare(row)

    def is_open(self, row: EntryRow) -> bool:
        """Whether he may see what an entry is about: one that was referred is hidden from its unit."""
        return is_open_to(row, self.user, self.people, self.day)

    def sees_case(self, office: str, case_no: str, rows: Iterable[EntryRow]) -> bool:
        """Whether he sees a case: of an office that he sees, or of an entry (among `rows`) that he sees."""
        return self.sees_office(office) or any(
            row.office == office and row.case_no == case_no and self.sees_entry(row) and self.is_open(row)
            for row in rows
        )

    def reads_entry(self, row: EntryRow) -> bool:
        """Whether he reads what people wrote of an entry that he sees: of an analyst the settings say it."""
        return self.reads_office(row.office) or any(self._is_of_his(held, row) for held in self.held)

    def reads_office(self, office: str | None) -> bool:
        """Whether he reads everything about the entries of an office."""
        return self.holds_at(_READERS, office)

    def _is_of_his(self, held: Held, row: EntryRow) -> bool:
        """Whether an entry is his own, or of a section that he heads or handles in, by a role of his."""
        if held.role in _STEPS and self.user.person_id in (row.person, *row.subjects):
            return True
        if not held.covers(row.office):
            return False
        if held.role == "handler":
            return bool(row.section) and held.section == row.section
        if held.role != "head" or row.assigned_at is None:
            return False
        # Where nobody knows the section, any head has to act.
        section = row.section or self._section_of(row.person)
        return not section or held.section in ("", section)

    def _section_of(self, person: str) -> str:
        """The section of the person that an entry was given to; empty where it is not one."""
        if not person:
            return ""
        users = self.people.logins_of(person)
        found = {held.section for user in users for held in user.held if held.role == "handler"} - {""}
        return found.pop() if len(found) == 1 else ""
