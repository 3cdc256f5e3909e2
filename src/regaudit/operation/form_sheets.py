"""A filled-in workbook of forms, row by row: what became of each."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from regaudit.audit.workspace import Workspace
from regaudit.ledger.request import Author
from regaudit.operation.examinations import examine
from regaudit.outlets.inspection.filled_forms import FilledRow


class TakenForm(Struct, frozen=True, kw_only=True):
    """What became of a row: the grade, and the entry that was opened, or why it was refused (Chinese)."""

    row: int
    number: str
    unit: str = ""
    grade: str = ""
    entry: str = ""
    is_new: bool = False
    refused: str = ""


def take_forms(workspace: Workspace, rows: Sequence[FilledRow], author: Author) -> list[TakenForm]:
    """Record the rows of a workbook, each for itself, in one transaction.

    Raises:
        RegauditError: nothing is published.
        LogError: nothing was stored.
    """
    times = Counter(row.number for row in rows)
    asked = {row.number: row.asked for row in rows if row.asked is not None and times[row.number] == 1}
    outcomes = {one.number: one for one in examine(workspace, list(asked.values()), author)} if asked else {}
    taken = []
    for row in rows:
        outcome = outcomes.get(row.number)
        if row.problem or outcome is None:
            why = row.problem or "这一件在表中不止一行"
            taken.append(TakenForm(row=row.row, number=row.number, refused=why))
            continue
        taken.append(
            TakenForm(
                row=row.row,
                number=row.number,
                unit=outcome.unit,
                grade=outcome.grade,
                entry=outcome.entry,
                is_new=outcome.is_new,
                refused=outcome.refused,
            )
        )
    return taken
