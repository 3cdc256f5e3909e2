"""The rejected rows of one import: new ones go to quarantine, known ones are counted."""

from collections.abc import Iterator
from functools import partial

import polars as pl

from regaudit.catalogue.event_types import RowsRejected
from regaudit.eventlog.log import EventLog
from regaudit.intake.quarantine.file import QuarantineWriter
from regaudit.intake.quarantine.recognition import IS_OPEN, ROW_ID, Recognition, recorded_rows
from regaudit.intake.quarantine.resubmission import Resubmission
from regaudit.sources.canonical.shapes import Export, Page
from regaudit.sources.tables import ROW_NO


class Rejections:
    """Takes rejected rows; `settled` and `waiting` count those that were quarantined before.

    A waiting row is open in an earlier quarantine; of a settled one none is.
    """

    def __init__(
        self,
        log: EventLog,
        quarantine: QuarantineWriter,
        export: Export,
        zone: str,
        returned: Resubmission | None,
    ) -> None:
        """`returned` is set where the export is a corrected quarantine file: none of its rows is known."""
        self._quarantine, self._export, self._returned = quarantine, export, returned
        self._recognition = Recognition(partial(recorded_rows, log), zone)
        self._recorded: list[tuple[str, pl.DataFrame]] = []
        self.settled = self.waiting = 0

    @property
    def quarantined(self) -> int:
        """How many rows went to quarantine."""
        return self._quarantine.count

    def take(self, page: Page) -> int:
        """Put the rejected rows of a page into quarantine, or count them; returns how many there were."""
        if not page.rejected:
            return 0
        told = (
            self._recognition.brought_back(self._export, page, self._returned.notes)
            if self._returned
            else self._recognition.told_apart(self._export, page)
        )
        self.waiting += told.filter(IS_OPEN).height
        self.settled += told.filter(~pl.col(IS_OPEN)).height
        fresh = told.filter(pl.col(IS_OPEN).is_null())
        if fresh.height:
            numbers = set(fresh[ROW_NO])
            table = self._export.parts[page.part_no - 1].name
            self._quarantine.add(page.raw, [r for r in page.rejected if r.row_no in numbers], table)
            self._recorded.append((table, fresh))
        return told.height

    def events(self, import_no: int) -> Iterator[RowsRejected]:
        """Which rows went to quarantine, in the order of the quarantine file."""
        for n, (table, rows) in enumerate(self._recorded, start=1):
            row_nos, row_ids = rows[ROW_NO].to_list(), rows[ROW_ID].to_list()
            yield RowsRejected(
                f"rejected:{import_no}",
                n,
                import_no=import_no,
                table=table,
                row_nos=row_nos,
                row_ids=row_ids,
            )

    def finish(self) -> str:
        """Give the quarantine file its name; returns it, or an empty text when it has no row."""
        return self._quarantine.finish()

    def discard(self) -> None:
        """Remove what was not finished."""
        self._quarantine.discard()
