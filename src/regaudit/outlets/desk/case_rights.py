"""Which cases and findings are there for a viewer, by the entries that he sees and those hidden from him."""

from collections.abc import Iterable

from msgspec import Struct

from regaudit.ledger.rows import EntryRow
from regaudit.outlets.desk.entry_index import EntryIndex
from regaudit.outlets.desk.viewer import Viewer


class CaseEntries(Struct, frozen=True):
    """The entries about a case that a viewer sees, and the findings that are hidden from him."""

    seen: list[EntryRow]
    hidden: frozenset[str]


def hidden_findings(viewer: Viewer, index: EntryIndex) -> frozenset[str]:
    """The findings of entries that were referred to others and are hidden from a viewer."""
    return frozenset(
        finding for row in index.referred if not viewer.is_open(row) for finding in row.finding_ids
    )


def referred_findings(index: EntryIndex) -> frozenset[str]:
    """The findings of entries that were referred to others."""
    return frozenset(finding for row in index.referred for finding in row.finding_ids)


def seen_entries(viewer: Viewer, rows: Iterable[EntryRow]) -> list[EntryRow]:
    """Those of some entries that open their cases to a viewer, by number."""
    seen = (row for row in rows if row.state != "voided" and viewer.is_open(row) and viewer.sees_entry(row))
    return sorted(seen, key=lambda row: row.entry)


def case_entries(
    viewer: Viewer, index: EntryIndex, office: str, case_no: str, findings: Iterable[str]
) -> CaseEntries:
    """What a viewer sees of the entries about a case.

    Args:
        viewer: who looks.
        index: every entry.
        office: of the case.
        case_no: its number.
        findings: the ids of its findings.
    """
    about = index.about(office, case_no, findings)
    return CaseEntries(seen_entries(viewer, about), hidden_findings(viewer, index))
