"""What an import is asked and what it answers."""

from msgspec import Struct

from regaudit.catalogue.event_types import ImportRecorded


class Origin(Struct, frozen=True, kw_only=True):
    """Where an export comes from, as far as it is known.

    `source` is the name of a source in the settings; `watermark` how far a database query has come;
    `covers` the first and last day (ISO) of which the export claims to hold every action.
    """

    source: str = ""
    watermark: str = ""
    covers: tuple[str, str] | None = None


class ImportResult(Struct, frozen=True, kw_only=True):
    """What the import of one kind of rows did.

    `rows_read = appended + known + altered + quarantined + settled + waiting + skipped` where a row is one
    action; where a row holds several, each of them is appended, known or altered. `settled` and `waiting` are
    rejected rows that went to quarantine when an earlier export had them: people corrected or dismissed them
    since, or they are open there. `rewritten` of the known and altered are written in other words than what
    the log has: less exactly, with the account beside the name, under another login of the same person.
    `alike` tells of numbers that differ from others only in leading zeros or letter case (Chinese).
    """

    file: str
    kind: str
    import_no: int
    rows_read: int
    appended: int
    known: int
    altered: int
    quarantined: int
    quarantine_file: str
    settled: int = 0
    waiting: int = 0
    skipped: int = 0
    rewritten: int = 0
    alike: list[str] = []
    vanished: int = 0
    resubmitted: int = 0
    ignored: list[str] = []
    mapping: str = ""
    was_known_file: bool = False


def result_of(event: ImportRecorded, *, vanished: int, alike: list[str]) -> ImportResult:
    """What an import answers whose event is written."""
    return ImportResult(
        file=event.file_name,
        kind=event.kind,
        import_no=event.originator_version,
        rows_read=event.rows_read,
        appended=event.appended,
        known=event.known,
        altered=event.altered,
        rewritten=event.rewritten,
        quarantined=event.quarantined,
        quarantine_file=event.quarantine_file,
        settled=event.settled,
        waiting=event.waiting,
        skipped=event.skipped,
        vanished=vanished,
        alike=alike,
        resubmitted=sum(len(rows.row_nos) for rows in event.resubmits),
        ignored=event.ignored,
        mapping=event.mapping,
    )
