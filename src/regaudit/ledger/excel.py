"""A filled-in workbook of the ledger taken as steps: row by row, what cannot be taken is returned."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from regaudit.ledger.entry import Entry
from regaudit.ledger.filled import Filled, read_filled
from regaudit.ledger.people import People, read_people
from regaudit.ledger.request import Author, Outcome
from regaudit.ledger.rows import EntryRow, row_of
from regaudit.ledger.secrecy import bare, is_open_to
from regaudit.ledger.service import Ledger
from regaudit.ledger.validity import open_steps
from regaudit.ledger.workbook import STEP, Line, keep_workbook, make_workbook

RETURNED = "-退回"
"""What the name of a returned copy ends with, behind that of the workbook."""


class RowOutcome(Struct, frozen=True, kw_only=True):
    """What becomes of a row: state and version of its entry, or why it is refused (Chinese).

    `step` is what stands in its column.
    """

    row: int
    entry: str
    step: str
    state: str = ""
    version: int = 0
    refused: str = ""


class TakenSheet(Struct, frozen=True, kw_only=True):
    """What became of a workbook; `returned` is the copy with the refused rows, where there are any."""

    rows: list[RowOutcome]
    returned: Path | None = None

    @property
    def refused(self) -> int:
        """How many rows were refused."""
        return sum(bool(row.refused) for row in self.rows)


def take_sheet(
    ledger: Ledger,
    path: Path,
    author: Author,
    *,
    now: datetime,
    at: datetime | None = None,
    is_dry: bool = False,
    tell: Callable[[Sequence[RowOutcome]], None] = lambda _rows: None,
) -> TakenSheet:
    """Take what a workbook asks for, each row for itself, in one transaction.

    Args:
        ledger: of an opened workspace.
        path: the workbook.
        author: who takes the steps.
        now: local time.
        at: when they were decided; None: now.
        is_dry: nothing is written, neither steps nor a copy.
        tell: hears what would become of each row, before anything is done.

    Raises:
        RefusedFileError: it is no workbook of the ledger.
        LogError: nothing was stored.
        RegauditError: the copy cannot be written; the message says how many rows were taken.
    """
    filled = _once(read_filled(path, at))
    asked = {each.entry: each for each in filled if not each.problem}
    seen = {number: each.version for number, each in asked.items()}
    requests = {number: each.request for number, each in asked.items() if each.request}
    outcomes = {outcome.entry: outcome for outcome in ledger.preview(requests, author, seen=seen)}
    rows = [_outcome(each, outcomes) for each in filled]
    tell(rows)
    if is_dry:
        return TakenSheet(rows=rows)
    able = {number: asked for number, asked in requests.items() if not outcomes[number].refused}
    if able:
        outcomes |= {o.entry: o for o in ledger.take(able, author, seen=seen, is_all=False)}
        rows = [_outcome(each, outcomes) for each in filled]
    if not any(row.refused for row in rows):
        return TakenSheet(rows=rows)
    copy = path.with_name(f"{path.stem}{RETURNED}.xlsx")
    keep_workbook(_returned(ledger, filled, rows, author, now), copy)
    return TakenSheet(rows=rows, returned=copy)


def _once(filled: Sequence[Filled]) -> list[Filled]:
    """Of rows that ask something of the same entry the first counts, the others are refused."""
    times = Counter(each.entry for each in filled if not each.problem)
    first: dict[str, int] = {}
    found = []
    for each in filled:
        if times[each.entry] > 1 and not each.problem and first.setdefault(each.entry, each.row) != each.row:
            problem = f"同一项已由第 {first[each.entry]} 行办理,一次只能办理一步"
            found.append(replace(each, request=None, problem=problem))
        else:
            found.append(each)
    return found


def _outcome(each: Filled, outcomes: dict[str, Outcome]) -> RowOutcome:
    outcome = outcomes.get(each.entry) if not each.problem else None
    return RowOutcome(
        row=each.row,
        entry=each.entry,
        step=each.cells[STEP],
        state=outcome.state if outcome else "",
        version=outcome.version if outcome else 0,
        refused=each.problem or (outcome.refused if outcome else ""),
    )


def _returned(
    ledger: Ledger, filled: Sequence[Filled], rows: Sequence[RowOutcome], author: Author, now: datetime
) -> bytes:
    """The refused rows as their entries stand now, with what was filled in, and why they were refused."""
    entries = ledger.entries({row.entry for row in rows if row.refused and row.entry})
    people = read_people(ledger.log)
    lines = []
    for each, row in zip(filled, rows, strict=True):
        if row.refused:
            entry = entries.get(each.entry)
            line = entry_line(entry, people, author.login, now, ledger) if entry else Line(row=None)
            lines.append(replace(line, filled=each.cells, reason=row.refused))
    return make_workbook(lines, is_returned=True)


def entry_line(entry: Entry, people: People, login: str, now: datetime, ledger: Ledger) -> Line:
    """The line of an entry as somebody may see it, with the steps that he can take."""
    user = people.get(login)
    row: EntryRow = row_of(entry, ledger.calendars.of(entry.opened.office), now.date())
    steps = tuple(step.title for step in open_steps(entry, user, people, now.date()))
    return Line(row=row if is_open_to(row, user, people, now.date()) else bare(row), steps=steps)
