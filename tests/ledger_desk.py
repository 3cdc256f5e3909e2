"""A centre whose people work on its ledger: users, entries, and steps through the one door."""

from collections.abc import Iterable
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from conftest import Desk, MailServer, ordinary_case
from ledger_staff import clock_at

from regaudit.catalogue.event_types import EntryOpened, RoleGranted, UserAdded
from regaudit.ledger.request import Author, Request
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

OFFICE = "150602"
PEOPLE = {
    "han": ("P1", "handler", "登记科"),
    "he": ("P2", "head", "登记科"),
    "po": ("P3", "post", ""),
    "pa": ("P4", "post", ""),
    "le": ("P5", "leader", ""),
    "su": ("P6", "superior", ""),
}
"""Login: natural person, role and section; each has the address `login@example.cn`."""
_WHO = {"by": "sec", "system_user": "regaudit", "machine": "centre-1", "at": "2026-03-01T09:00:00"}


class LedgerDesk:
    """A workspace whose mails go to a server, with the people of `PEOPLE`."""

    def __init__(self, desk: Desk, server: MailServer) -> None:
        self.desk, self.server = desk, server
        desk.configure(server.settings(OFFICE))

    def add_people(self, *logins: str) -> None:
        """Add some of `PEOPLE`."""
        for login in logins:
            self.add(login, *PEOPLE[login], mail=f"{login}@example.cn")

    def add(self, login: str, person: str, role: str, section: str = "", *, mail: str = "") -> None:
        """Add a user with a role at the office."""
        with open_workspace(self.desk.home, "nightly") as workspace:
            user = f"user:{login}"
            log = workspace.log
            names = {"person_id": person, "person_name": f"{person}某", "mail": mail}
            log.append(UserAdded, user, login=login, **names, **_WHO)
            granted = {"role": role, "office": OFFICE, "section": section}
            log.append(RoleGranted, user, login=login, **granted, **_WHO)

    def open(self, count: int, on: str, *, severity: str = "major", first: int = 1) -> list[str]:
        """Open entries at a page on a day; their numbers."""
        numbers = [f"{OFFICE}-2026-{first + number:04}" for number in range(count)]
        with open_workspace(self.desk.home, "nightly") as workspace:
            workspace.log.append_next(
                lambda: [
                    EntryOpened(
                        f"entry:{number}",
                        1,
                        at=f"{on}T09:00:00",
                        recorded_at=f"{on}T09:00:00",
                        kind="manual",
                        rule="",
                        rule_version=0,
                        title="抽查问题",
                        severity=severity,
                        office=OFFICE,
                        case_nos=[f"C{number}"],
                        summary="材料不齐",
                        by="pa",
                        person="P4",
                        role="post",
                        door="page",
                    )
                    for number in numbers
                ]
            )
        return numbers

    def take(
        self, numbers: Iterable[str], login: str, step: str, at: str, *, door: str = "page", **words: Any
    ) -> None:
        """Take a step on entries, as somebody at a time."""
        request = Request(step=step, at=datetime.fromisoformat(at), **words)
        author = Author(login=login, door=door, system_user="root", machine="centre-1")
        with open_workspace(
            self.desk.home, "nightly", clock=clock_at(datetime.fromisoformat(at))
        ) as workspace:
            Ledger(workspace).take(dict.fromkeys(numbers, request), author)

    def assign(self, numbers: Iterable[str], on: str, *, to: str = "person:P1", **more: Any) -> None:
        """Hand entries over to the handler."""
        self.take(numbers, "po", "assign", f"{on}T10:00:00", to=to, kind="by_date", **more)

    def night(self, on: str, *, status: int = 0) -> dict[str, EmailMessage]:
        """Run a night; the mails to persons that it sent, by login of the recipients."""
        before = len(self.server.mails)
        name = f"exports/{on}.csv"
        files = (
            [] if (self.desk.home / name).exists() else [self.desk.export(name, ordinary_case(f"A{on}", on))]
        )
        self.desk.facts("nightly", *files, "--as-of", on, status=status)
        return self.personal(self.server.mails[before:])

    @staticmethod
    def personal(mails: Iterable[EmailMessage]) -> dict[str, EmailMessage]:
        """Those mails that are to persons; each has one."""
        found: dict[str, EmailMessage] = {}
        for mail in mails:
            for _, address in getaddresses([str(mail["To"])]):
                login = address.removesuffix("@example.cn")
                if login != "post@example.org":
                    assert login not in found, "two mails to one person"
                    found[login] = mail
        return found


def text(mail: EmailMessage) -> str:
    """The text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def day(text: str) -> date:
    """A day as ISO writes it."""
    return date.fromisoformat(text)
