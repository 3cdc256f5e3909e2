"""A workspace with users and entries of the ledger, put into its log as a night and others would."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from conftest import Desk, step

from regaudit.catalogue.event_types import (
    Attachment,
    EntryEvidence,
    EntryOpened,
    EntryPerson,
    RoleGranted,
    UserAdded,
)
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.request import Author, Request
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

OFFICE = "150602"
NUMBER = f"{OFFICE}-2026-0017"
POST = Author(login="wang", door="command", system_user="regaudit", machine="centre-1")
HEAD = Author(login="qian", door="command", system_user="regaudit", machine="centre-1")
SECOND = Author(login="sun", door="page", system_user="regaudit", machine="centre-1")
LEADER = Author(login="zhou", door="command", system_user="regaudit", machine="centre-1")
_USERS = (
    ("wang", "P100", "王五", "post"),
    ("sun", "P101", "孙六", "post"),
    ("qian", "P102", "钱七", "head"),
    ("zhou", "P103", "周八", "leader"),
)
_ZONE = ZoneInfo("Asia/Shanghai")


class Days:
    """A clock that stands, and is put forward."""

    def __init__(self, at: datetime) -> None:
        self.at = at.replace(tzinfo=_ZONE)

    def __call__(self) -> datetime:
        return self.at.astimezone(UTC)

    def on(self, day: date) -> None:
        """It is ten o'clock of that day."""
        self.at = datetime(day.year, day.month, day.day, 10, tzinfo=_ZONE)

    def pass_minute(self) -> None:
        """A minute later."""
        self.at += timedelta(minutes=1)


def evidence(desk: Desk, rows: int) -> list[int]:
    """Import a case of so many reviews; the positions of its events."""
    acts = [
        step("A1", "review", f"2026-03-{2 + n // 9:02} {9 + n % 9:02}:00:00", "zhang", operator="张三")
        for n in range(rows)
    ]
    desk.ok("import", desk.export("steps.csv", acts))
    return [event.position for event in desk.events("step-recorded")]


def opened(number: str = NUMBER, *, positions: Sequence[int] = (1,), **facts: object) -> EntryOpened:
    """The opening of an entry, as of 31 March 2026."""
    told: dict[str, object] = {
        "at": "2026-03-31T23:59:59.999999",
        "recorded_at": "2026-04-01T00:03:10",
        "kind": "finding",
        "rule": "one-person",
        "rule_version": 4,
        "title": "一人办到底",
        "severity": "major",
        "office": OFFICE,
        "finding_ids": ["0f3a5c7b9d1e2f40"],
        "case_nos": ["A1"],
        "occurred_at": "2026-03-09T17:00:00",
        "summary": "业务 A1 的受理、审核、登簿都由张三(zhang)一人办理",
        "basis": "鄂尔多斯方案(9)",
        "evidence": [EntryEvidence(position=position, role="act") for position in positions],
        "persons": [
            EntryPerson(person_id="P001", person_name="张三", role="acted", is_answerable=True),
            EntryPerson(person_id="P001", person_name="张三", role="booked"),
        ],
        "log_position": 1,
        "run_no": 1,
        "door": "night",
    }
    return EntryOpened(f"entry:{number}", 1, **(told | facts))  # type: ignore[arg-type]


def users() -> list[LogEvent]:
    """A post, a second one, a head and a leader."""
    how = {"by": "sec", "system_user": "regaudit", "machine": "centre-1", "at": "2026-03-01T09:00:00"}
    made: list[LogEvent] = []
    for login, person, name, role in _USERS:
        stream = f"user:{login}"
        made.append(UserAdded(stream, 1, login=login, person_id=person, person_name=name, **how))
        made.append(RoleGranted(stream, 2, login=login, role=role, office=OFFICE, **how))
    return made


@contextmanager
def ledger_of(desk: Desk, days: Days) -> Iterator[Ledger]:
    """The ledger of a workspace."""
    with open_workspace(desk.home, "ledger", clock=days, locks=()) as workspace:
        yield Ledger(workspace)


class Office:
    """People who take the steps of an entry, one after the other."""

    def __init__(self, ledger: Ledger, days: Days) -> None:
        self.ledger, self.days = ledger, days

    def take(
        self, author: Author, name: str, text: str = "", *, entry: str = NUMBER, **facts: object
    ) -> None:
        """Take a step."""
        self.days.pass_minute()
        request = Request(step=name, text=text, **facts)  # type: ignore[arg-type]
        self.ledger.take({entry: request}, author)

    def assign(self, text: str = "", entry: str = NUMBER) -> None:
        """It is assigned to whom it is about."""
        self.take(POST, "assign", text, entry=entry, to="person:P001", kind="by_date")

    def rectify(self, demand: str = "", attachments: Sequence[Attachment] = ()) -> None:
        """Answered, judged, and rectified."""
        self.take(HEAD, "answer", "系统故障,三人共用一个账号")
        self.take(POST, "judge", "共用账号不是理由", verdict="upheld")
        self.take(POST, "demand", demand or "分设账号,补做复核")
        self.take(HEAD, "report", "已分设账号", attachments=[*attachments])

    def finish(self) -> None:
        """Reviewed and struck."""
        self.take(POST, "review", "抽查了十件", verdict="pass")
        self.take(LEADER, "strike", "同意销号")
