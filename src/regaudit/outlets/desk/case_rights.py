"""Which cases and findings are there for a viewer, by the entries that he sees and those hidden from him."""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from regaudit.ledger.rows import EntryRow
from regaudit.outlets.desk.viewer import Viewer


class CaseEntries(Struct, frozen=True):
    """The entries about a case that a viewer sees, and the findings that are hidden from him."""

    seen: list[EntryRow]
    hidden: frozenset[str]


def hidden_findings(viewer: Viewer, rows: Mapping[str, EntryRow]) -> frozenset[str]:
    """The findings of entries that were referred to others and are hidden from a viewer."""
    return frozenset(
        finding
        for row in rows.values()
        if row.state == "referred" and not viewer.is_open(row)
        for finding in _findings(row)
    )


def case_entries(
    viewer: Viewer,
    rows: Mapping[str, EntryRow],
    office: str,
    case_nos: Collection[str],
    findings: Iterable[str],
) -> CaseEntries:
    """What a viewer sees of the entries about a case.

    Args:
        viewer: who looks.
        rows: every entry.
        office: of the case.
        case_nos: its number, or its alone and those of its batch.
        findings: the ids of its findings.
    """
    known = set(findings)
    about = [
        row
        for row in rows.values()
        if row.office == office and (row.case_no in case_nos or not known.isdisjoint(_findings(row)))
    ]
    seen = [row for row in about if viewer.is_open(row) and viewer.sees_entry(row) and row.state != "voided"]
    return CaseEntries(sorted(seen, key=lambda row: row.entry), hidden_findings(viewer, rows))


def _findings(row: EntryRow) -> list[str]:
    return row.finding_ids or ([row.finding_id] if row.finding_id else [])
