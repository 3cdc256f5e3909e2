"""The entries by what they are about, so that the page of one case need not look at all of them."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from regaudit.ledger.rows import EntryRow


class EntryIndex(Struct, frozen=True):
    """Every entry by its case and by its findings.

    Attributes:
        rows: what it was made of.
        referred: those that were referred to others.
    """

    rows: Mapping[str, EntryRow]
    cases: dict[tuple[str | None, str], list[EntryRow]]
    findings: dict[str, list[EntryRow]]
    referred: list[EntryRow]

    @classmethod
    def of(cls, rows: Mapping[str, EntryRow]) -> "EntryIndex":
        """The index of some rows."""
        made = cls(rows, {}, {}, [row for row in rows.values() if row.state == "referred"])
        for row in rows.values():
            if row.case_no:
                made.cases.setdefault((row.office, row.case_no), []).append(row)
            for finding in row.finding_ids:
                made.findings.setdefault(finding, []).append(row)
        return made

    def about(self, office: str, case_no: str, findings: Iterable[str]) -> list[EntryRow]:
        """The entries of an office about a case, or about one of its findings."""
        found = [*self.cases.get((office, case_no), [])]
        for finding in findings:
            found += (row for row in self.findings.get(finding, []) if row.office == office)
        return [*{row.entry: row for row in found}.values()]
