"""A workspace with something to ask: the sample logs, nights with gaps between them, and a worked ledger."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import demo
import duckdb

from regaudit.audit.workspace import Workspace
from regaudit.catalogue.event_types import RoleGranted, UserAdded
from regaudit.catalogue.events import LogEvent
from regaudit.cli.main import cli
from regaudit.ledger.request import Author, Request
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace

NIGHTS = ("2026-03-26", "2026-03-30", "2026-04-02")
"""Before the night of the demonstration; on the working days between no night was run."""
OFFICE = "150602"
_STAFF = (("kezhang", "head"), ("zhijian1", "post"), ("zhijian2", "post"), ("zhuren", "leader"))
_ENTRIES = """
SELECT entry FROM ledger_entries WHERE office = ? AND kind = 'finding' AND severity <> 'info' ORDER BY entry
"""


class Deed(NamedTuple):
    """A step that a user takes on some of the entries, counted from the first."""

    at: str
    login: str
    entries: range
    request: dict[str, Any]


_DEEDS = (
    Deed(
        "2026-03-27T09:00",
        "zhijian1",
        range(6),
        {"step": "assign", "to": "section:登记科", "kind": "by_date"},
    ),
    Deed("2026-03-27T15:00", "kezhang", range(3), {"step": "answer", "text": "经办人当日外出,已补说明"}),
    Deed(
        "2026-03-30T10:00",
        "zhijian1",
        range(1),
        {"step": "judge", "verdict": "unfounded", "text": "与事实不符"},
    ),
    Deed("2026-03-30T10:30", "zhijian1", range(1, 3), {"step": "judge", "verdict": "upheld", "text": "属实"}),
    Deed("2026-03-31T09:00", "zhijian1", range(1, 3), {"step": "demand", "text": "请在期限内改正"}),
    Deed("2026-04-01T16:00", "kezhang", range(1, 2), {"step": "report", "text": "已改正并组织学习"}),
    Deed(
        "2026-04-01T17:00",
        "zhijian2",
        range(6, 8),
        {"step": "assign", "to": "section:登记科", "kind": "by_date"},
    ),
)


def make_site(folder: Path) -> Path:
    """Make it in `folder`; returns its analyst database. The same each time, but for when it was made."""
    home = folder / "questions"
    facts = demo.simulation()
    _run("init", f"{home}", "--profile", facts["profile"])
    for name in ("roster.csv", "steps.csv"):
        _run("import", f"{demo.SAMPLE / name}", "--home", f"{home}")
    first, *others = (*NIGHTS, facts["as_of"])
    _run("nightly", "--as-of", first, "--home", f"{home}")
    _work(home)
    for night in others:
        _run("nightly", "--as-of", night, "--home", f"{home}")
    return home / "regaudit.duckdb"


def _run(*words: str) -> None:
    """Run a command in this process, and keep what it prints to itself.

    Raises:
        RuntimeError: it did not exit with 0.
    """
    with contextlib.redirect_stdout(io.StringIO()) as told, contextlib.redirect_stderr(told):
        try:
            cli.main([*words], standalone_mode=False)
        except SystemExit as stop:
            if stop.code:
                raise RuntimeError(f"regaudit {' '.join(words)}: {told.getvalue()}") from stop


def _work(home: Path) -> None:
    """Add the users of an office, and let them take their steps."""
    with duckdb.connect(home / "regaudit.duckdb", read_only=True) as db:
        numbers = [number for (number,) in db.execute(_ENTRIES, [OFFICE]).fetchall()]
    by: dict[str, Any] = {
        "by": "anquan",
        "system_user": "demo",
        "machine": "demo",
        "at": "2026-03-26T09:00:00",
    }
    with _opened(home, "2026-03-26T09:00") as workspace:
        events: list[LogEvent] = []
        for login, role in _STAFF:
            version = count(1)
            stream = f"user:{login}"
            section = "登记科" if role == "head" else ""
            events += [
                UserAdded(stream, next(version), login=login, person_id=f"DEMO-{login}", **by),
                RoleGranted(
                    stream, next(version), login=login, role=role, office=OFFICE, section=section, **by
                ),
            ]
        workspace.log.append_all(events)
    for deed in _DEEDS:
        _take(home, deed, [numbers[number] for number in deed.entries])


def _take(home: Path, deed: Deed, entries: Sequence[str]) -> None:
    with _opened(home, deed.at) as workspace:
        author = Author(login=deed.login, door="command", system_user="demo", machine="demo")
        Ledger(workspace).take({entry: Request(**deed.request) for entry in entries}, author)


@contextmanager
def _opened(home: Path, at: str) -> Iterator[Workspace]:
    """The workspace as it was opened at a time of its own zone."""
    moment = (datetime.fromisoformat(at) - timedelta(hours=8)).replace(tzinfo=UTC)
    with open_workspace(home, "ledger", clock=lambda: moment, locks=()) as workspace:
        yield workspace
