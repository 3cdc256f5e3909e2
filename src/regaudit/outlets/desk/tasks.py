"""What somebody must do today: the entries whose turn he is, and what waits for the administrators."""

import threading
from collections import OrderedDict
from collections.abc import Container, Mapping
from datetime import date, timedelta

from msgspec import Struct

from regaudit.ledger.chain_gaps import chain_gaps, offices_of
from regaudit.ledger.people import People
from regaudit.ledger.rows import EntryRow, on_day
from regaudit.ledger.secrets import FACTOR, PASSWORD
from regaudit.ledger.states import FINAL, GRAVITY, ROLES
from regaudit.outlets.desk.consequences import TO_DO
from regaudit.outlets.desk.current import Current
from regaudit.outlets.desk.desk import Desk
from regaudit.outlets.desk.viewer import Viewer
from regaudit.outlets.ledger_view import LedgerView

_SOON = timedelta(days=7)
SHOWN, WATCHED = 15, 10
"""How many tasks the first page shows, and how many of others."""
_ALARMS: dict[str, frozenset[str]] = {"leader": frozenset(("orange", "red")), "superior": frozenset(("red",))}
"""At which lights of an entry leader and superior have to look after it."""
_KEPT = 64


class Task(Struct, frozen=True, kw_only=True):
    """An entry that waits for a viewer: what is to be done, until when, and how near that is."""

    row: EntryRow
    what: str
    due_on: date | None
    days: int | None

    @property
    def when(self) -> str:
        """How near the limit is, for people."""
        if self.days is None:
            return "没有时限"
        if self.days < 0:
            return f"已过 {-self.days} 天"
        return ("今天到期", "明天到期")[self.days] if self.days < 2 else f"还有 {self.days} 天"  # noqa: PLR2004 - words


class Chore(Struct, frozen=True, kw_only=True):
    """What waits for an administrator, where it is done, and how much of it there is."""

    title: str
    text: str
    path: str


class Agenda(Struct, frozen=True, kw_only=True):
    """The tasks that come first, and how many there are: missed, due today, within a week, in all.

    `watched` are the first of what others have to be urged to do, `watched_count` how many those are.
    """

    first: list[Task]
    counts: dict[str, int]
    watched: list[Task] = []
    watched_count: int = 0


class Agendas:
    """What people must do, counted anew when an entry, a user or the day is another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[Mapping[str, EntryRow], People, date, Agenda]] = OrderedDict()

    def of(self, viewer: Viewer, current: Current) -> Agenda:
        """What a viewer must do.

        Raises:
            LogError: the log cannot be read.
        """
        rows = current.rows() if viewer.takes_steps else {}
        with self._lock:
            known = self._known.get(viewer.login)
        if known and known[0] is rows and known[1] is viewer.people and known[2] == viewer.day:
            return known[3]
        tasks = tasks_of(viewer, rows, current.view(viewer.day)) if rows else []
        watched = watched_of(viewer, rows, {task.row.entry for task in tasks})
        agenda = Agenda(
            first=tasks[:SHOWN],
            counts=_counted(tasks),
            watched=watched[:WATCHED],
            watched_count=len(watched),
        )
        with self._lock:
            self._known[viewer.login] = (rows, viewer.people, viewer.day, agenda)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return agenda


def tasks_of(viewer: Viewer, rows: Mapping[str, EntryRow], view: LedgerView) -> list[Task]:
    """The entries whose next limit a viewer has to meet, the nearest limit first."""
    found = []
    for row in rows.values():
        if (row.state in FINAL and not row.appeal_due_on) or not viewer.sees_entry(row):
            continue
        today = on_day(row, viewer.day)
        if not view.is_turn_of(today, viewer.user):
            continue
        is_appeal = bool(today.appeal_due_on) and viewer.holds_at(("leader",), today.office)
        due_on = min(filter(None, (today.due_on, today.appeal_due_on if is_appeal else None)), default=None)
        limit = "decide" if is_appeal and due_on == today.appeal_due_on else today.limit
        found.append(
            Task(
                row=viewer.shown(today),
                what=TO_DO.get(limit, "办理"),
                due_on=due_on,
                days=(due_on - viewer.day).days if due_on else None,
            )
        )
    return sorted(found, key=_place)


def watched_of(viewer: Viewer, rows: Mapping[str, EntryRow], own: Container[str]) -> list[Task]:
    """The entries that a leader or superior has to see to, though others act: `own` are his own tasks.

    A leader's are those whose post missed its limit, too: the supervisor is under the same clock.
    """
    if not viewer.holds(*_ALARMS):
        return []
    found = []
    for row in rows.values():
        if row.state in FINAL or row.state == "suspended" or row.entry in own:
            continue
        roles = [role for role in _ALARMS if viewer.holds_at((role,), row.office)]
        today = on_day(row, viewer.day)
        is_missed = today.due_on is not None and today.due_on < viewer.day
        is_posts = is_missed and today.holder == "post" and "leader" in roles
        if is_posts or any(today.light in _ALARMS[role] for role in roles):
            days = (today.due_on - viewer.day).days if today.due_on else None
            found.append(
                Task(row=viewer.shown(today), what=_awaited(today, days), due_on=today.due_on, days=days)
            )
    return sorted(found, key=_place)


def _awaited(row: EntryRow, days: int | None) -> str:
    """Who has to do what, or has not done it in time."""
    holder = next((title for role, title in ROLES.items() if role == row.holder), "")
    missed = "逾期未" if days is not None and days < 0 else "须"
    return f"{holder}{missed}{TO_DO.get(row.limit, '办理')}"


def _place(task: Task) -> tuple[date, int, str]:
    """The nearest limit first; of those of one day the gravest."""
    gravest = task.row.gravest
    gravity = GRAVITY.index(gravest) if gravest in GRAVITY else 0
    return task.due_on or date.max, -gravity, task.row.entry


def _counted(tasks: list[Task]) -> dict[str, int]:
    """How many are missed, due today, and due within a week."""
    days = [task.days for task in tasks if task.days is not None]
    return {
        "已过时限": sum(day < 0 for day in days),
        "今天到期": sum(day == 0 for day in days),
        "七天内到期": sum(0 < day <= _SOON.days for day in days),
        "共": len(tasks),
    }


def chores_of(viewer: Viewer, desk: Desk) -> list[Chore]:
    """What waits for an administrator."""
    chores = [*_of_users(viewer, desk)] if viewer.holds("secadmin") else []
    return [*chores, *_of_system(desk)] if viewer.holds("sysadmin") else chores


def _of_users(viewer: Viewer, desk: Desk) -> list[Chore]:
    people, found = viewer.people, []
    users = [user for user in people.users.values() if user.held and not user.is_locked]
    without = [user.title for user in users if PASSWORD not in user.secrets]
    if without:
        told = f"{'、'.join(without[:5])}{'等' if len(without) > 5 else ''}：没有口令不能登录"  # noqa: PLR2004
        found.append(Chore(title=f"{len(without)} 名用户没有口令", text=told, path="/users"))
    factorless = [
        user.title for user in users if desk.factors.needs_factor(user) and FACTOR not in user.secrets
    ]
    if factorless:
        told = "他们下次登录时须先设置第二因素"
        found.append(Chore(title=f"{len(factorless)} 名用户没有第二因素", text=told, path="/users"))
    for office in chain_gaps(people, offices_of(people) | {each.office for each in desk.settings.offices}):
        title = f"{desk.settings.office_name(office.office)} 的岗位不全"
        found.append(Chore(title=title, text=";".join(office.gaps), path="/users"))
    return found


def _of_system(desk: Desk) -> list[Chore]:
    if not desk.published.is_there:
        told = "请在服务器上运行 regaudit nightly，或开启 regaudit schedule"
        return [Chore(title="还没有夜间作业的结果", text=told, path="/system")]
    [row] = desk.published.kept_rows(
        "SELECT coalesce(sum(open_quarantined), 0) AS open FROM main.imports WHERE open_quarantined > 0"
    )
    if not row["open"]:
        return []
    told = "请改正 quarantine/ 中的行后重新导入，或用 regaudit quarantine 注明不再改正"
    return [Chore(title=f"{row['open']} 行仍在隔离", text=told, path="/system")]
