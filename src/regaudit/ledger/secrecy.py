"""What of a referred entry is shown to whom: its unit sees number, state and dates alone."""

from datetime import date

from msgspec.structs import replace

from regaudit.ledger.people import People, User
from regaudit.ledger.rows import EntryRow

_KNOWS = ("post", "leader", "superior", "auditor")
_TEXTS = (
    *("rule", "title", "finding_id", "subject", "case_no", "batch_no", "account", "person_id", "source"),
    *("severity", "noted_severity", "adjusted_severity", "gravest", "section", "person"),
    *("recurs_of", "follows", "summary", "basis", "opened_by", "pending"),
)


def is_open_to(row: EntryRow, viewer: User | None, people: People, on: date) -> bool:
    """Whether somebody may see what an entry is about; None is nobody in particular."""
    if row.state != "referred":
        return True
    if viewer is None or viewer.person_id in row.subjects:
        return False
    return any(
        acting.held.role in _KNOWS and acting.held.covers(row.office) for acting in people.acting(viewer, on)
    )


def bare(row: EntryRow) -> EntryRow:
    """Number, state and dates of a row alone."""
    hidden = {"finding_ids": [], "subjects": [], "rule_version": 0, "recurrences": 0}
    return replace(row, **hidden, **dict.fromkeys(_TEXTS, ""))
