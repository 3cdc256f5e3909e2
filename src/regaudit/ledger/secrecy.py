"""What of a referred entry is shown to whom: its unit sees number, state and dates alone."""

from datetime import date

from msgspec.structs import replace

from regaudit.ledger.entry import Entry
from regaudit.ledger.people import People, User
from regaudit.ledger.rows import EntryRow

_KNOWS = ("post", "leader", "superior", "auditor")
_TEXTS = (
    *("rule", "title", "finding_id", "subject", "case_no", "batch_no", "account", "person_id", "source"),
    *("severity", "noted_severity", "adjusted_severity", "gravest", "section", "person"),
    *("recurs_of", "follows", "summary", "basis", "opened_by"),
)


def is_open_to(entry: Entry, viewer: User | None, people: People, on: date) -> bool:
    """Whether somebody may see what an entry is about; None is nobody in particular."""
    if entry.now.state != "referred":
        return True
    if viewer is None or viewer.person_id in entry.subjects:
        return False
    return any(
        acting.held.role in _KNOWS and acting.held.covers(entry.opened.office)
        for acting in people.acting(viewer, on)
    )


def bare(row: EntryRow) -> EntryRow:
    """Number, state and dates of a row alone."""
    return replace(row, finding_ids=[], rule_version=0, recurrences=0, **dict.fromkeys(_TEXTS, ""))
