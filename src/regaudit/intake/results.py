"""What an import is asked and what it answers."""

from collections.abc import Callable, Collection

from msgspec import Struct

from regaudit.catalogue.event_types import ImportRecorded, UnknownValues, UnreadTable


class Origin(Struct, frozen=True, kw_only=True):
    """Where an export comes from, as far as it is known.

    `source` is the name of a source in the settings; `watermark` how far a database query has come;
    `covers` the first and last day (ISO) of which the export claims to hold every action. `delivers` is as
    in the settings of the source. `backfill` says why rows of days that nights have judged come only now.
    """

    source: str = ""
    delivers: str = ""
    backfill: str = ""
    watermark: str = ""
    covers: tuple[str, str] | None = None
    watermark_with: Callable[[Collection[int]], str] | None = None
    charset_advice: str = ""

    def reached(self, waiting: Collection[int]) -> str:
        """How far a query has come: not beyond a row that waits in quarantine, where it may be corrected."""
        return self.watermark_with(waiting) if waiting and self.watermark_with else self.watermark


class ImportResult(Struct, frozen=True, kw_only=True):
    """What the import of one kind of rows did.

    `rows_read = appended + known + altered + quarantined + settled + waiting + skipped` where a row is one
    action; where a row holds several, each of them is appended, known or altered. `settled` and `waiting` are
    rejected rows that went to quarantine when an earlier export had them: people corrected or dismissed them
    since, or they are open there. `rewritten` of the known and altered are written in other words than what
    the log has: less exactly, with the account beside the name, under another login of the same person.
    `extended` of the known fill columns that the log has blank of them, since they came when it had begun.
    `left_out` has the skipped rows that the mapping leaves out, by rule;
    `future` actions are dated after the import: kept, and counting from their time on. `absent` are columns
    that the mapping names and the export lacks. `ignored` are all tables that were not read (Chinese);
    `unread` those that are missing from the import, `declared` those that the mapping leaves out. `footers`
    are rows below the data that are none. `unknown` counts values whose meaning nobody knows.
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
    extended: int = 0
    alike: list[str] = []
    vanished: int = 0
    resubmitted: int = 0
    ignored: list[str] = []
    unread: list[UnreadTable] = []
    declared: list[str] = []
    footers: int = 0
    left_out: dict[str, int] = {}
    future: int = 0
    unknown: list[UnknownValues] = []
    absent: list[str] = []
    mapping: str = ""
    backfill: str = ""
    was_known_file: bool = False

    @property
    def is_incomplete(self) -> bool:
        """Whether something of the export is not in the log: open rejected rows, unread tables, columns."""
        return bool(self.quarantined or self.waiting or self.unread or self.absent)


def result_of(event: ImportRecorded) -> ImportResult:
    """What an import did by its event; how many rows vanished, and what looks alike, is not said there."""
    return ImportResult(
        file=event.file_name,
        kind=event.kind,
        import_no=event.originator_version,
        rows_read=event.rows_read,
        appended=event.appended,
        known=event.known,
        altered=event.altered,
        rewritten=event.rewritten,
        extended=event.extended,
        quarantined=event.quarantined,
        quarantine_file=event.quarantine_file,
        settled=event.settled,
        waiting=event.waiting,
        skipped=event.skipped,
        resubmitted=sum(len(rows.row_nos) for rows in event.resubmits),
        ignored=event.ignored,
        unread=event.unread,
        declared=event.declared,
        footers=event.footers,
        left_out={rule.rule: rule.rows for rule in event.left_out},
        future=event.future,
        unknown=event.unknown,
        absent=event.absent,
        mapping=event.mapping,
        backfill=event.backfill,
    )
