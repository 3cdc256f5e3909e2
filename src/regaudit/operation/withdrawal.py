"""A night is withdrawn together with the entries that it opened, as long as nobody has touched them."""

from collections.abc import Iterator
from datetime import date

from regaudit.audit.ledger_nights import withdrawal
from regaudit.audit.workspace import Workspace
from regaudit.base.errors import RegauditError
from regaudit.catalogue.event_types import EntryNoted, EntryStepped, NightWithdrawn
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.entries import read_entries
from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People, read_people
from regaudit.ledger.request import Author
from regaudit.ledger.rights import RefusedStepError
from regaudit.ledger.steps import VOID

_NAMED = 10


def withdraw_night(workspace: Workspace, night: date, reason: str, author: Author) -> tuple[list[int], int]:
    """Let the ledger's last night count no more; the caller holds the run lock.

    Returns:
        The numbers of its runs, and how many entries went with it.

    Raises:
        RegauditError: it is not the ledger's last night, no reason is given, people have touched entries that
            it opened, or, once there are users, he who asks is neither post nor leader.
    """
    log, voided = workspace.log, 0
    numbers: list[int] = []

    def make() -> list[LogEvent]:
        nonlocal voided
        people = read_people(log)
        role = _role(people, author.login, workspace.now().date())
        event = withdrawal(log, night, reason=reason, by=author.login, now=workspace.now())
        entries = list(read_entries(log).values())
        opened = _opened_by(event, entries)
        numbers[:], voided = event.run_nos, len(opened)
        own = {entry.number for entry in opened}
        taken_back = (
            note for entry in entries if entry.number not in own for note in _taken_back(event, entry)
        )
        return [event, *(_void(entry, event, author, people, role) for entry in opened), *taken_back]

    log.append_next(make)
    return numbers, voided


def _opened_by(event: NightWithdrawn, entries: list[Entry]) -> list[Entry]:
    """The entries that the night opened, which nobody has touched."""
    opened = [entry for entry in entries if entry.opened.run_no in event.run_nos and not entry.opened.by]
    opened = [entry for entry in opened if entry.now.state != "voided"]
    if touched := [entry.number for entry in opened if entry.is_touched]:
        more = f" 等 {len(touched)} 项" if len(touched) > _NAMED else ""
        raise RegauditError(
            f"{event.night} 的一晚所挂的账已有人办理,不能撤销:{'、'.join(touched[:_NAMED])}{more}。"
            "误挂的,请在台账上认定为不成立"
        )
    return opened


def _taken_back(event: NightWithdrawn, entry: Entry) -> Iterator[EntryNoted]:
    """What the night's runs noted of an entry that another opened counts no more."""
    runs = sorted({note.run_no for note in entry.notes} & set(event.run_nos))
    for version, run_no in enumerate(runs, entry.version + 1):
        yield EntryNoted(
            entry.id,
            version,
            at=event.withdrawn_at,
            recorded_at=event.withdrawn_at,
            run_no=run_no,
            log_position=0,
            kind="withdrawn",
            finding_id="",
            rule="",
            text="这一夜已撤销，其系统提示不再算数。",
        )


def _role(people: People, login: str, on: date) -> str:
    """The role in which a user withdraws a night; empty while there are no users."""
    if not people:
        return ""
    user = people.get(login)
    roles = {acting.held.role for acting in people.acting(user, on)} if user else set()
    found = next((role for role in ("leader", "post") if role in roles), "")
    if not found:
        raise RefusedStepError(f"撤销一晚须由质量监管岗或中心负责人决定,{login} 不是:请用 --by 写明其登录名")
    return found


def _void(entry: Entry, event: NightWithdrawn, author: Author, people: People, role: str) -> EntryStepped:
    user = people.get(author.login)
    return EntryStepped(
        entry.id,
        entry.version + 1,
        step=VOID,
        at=event.withdrawn_at,
        recorded_at=event.withdrawn_at,
        by=author.login,
        person=user.person_id if user else "",
        role=role,
        door=author.door,
        system_user=author.system_user,
        machine=author.machine,
        seen_version=entry.version,
        text=event.reason,
    )
