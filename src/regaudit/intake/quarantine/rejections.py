"""The rejected rows of one import: new ones go to quarantine, known ones are counted."""

from collections.abc import Iterator
from functools import partial

import polars as pl

from regaudit.catalogue.event_types import RowsRejected
from regaudit.catalogue.kinds import ExportKind
from regaudit.eventlog.log import EventLog
from regaudit.intake.quarantine.file import QuarantineWriter
from regaudit.intake.quarantine.recognition import IS_OPEN, ROW_ID, Recognition, recorded_rows
from regaudit.intake.quarantine.resubmission import Resubmission
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.shapes import Export, Page
from regaudit.sources.tables import ROW_NO

_STREAMS = "streams"


class Rejections:
    """Takes rejected rows; `settled` and `waiting` count those that were quarantined before.

    A waiting row is open in an earlier quarantine; of a settled one none is. `open_row_nos` are those that
    nobody corrected or dismissed, tonight's among them.
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
        self._told: list[dict[int, list[dict[str, str]]]] = []
        self._faults: list[dict[int, list[str]]] = []
        self.settled = self.waiting = 0
        self.open_row_nos: list[int] = []

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
        self.open_row_nos += told.filter(pl.col(IS_OPEN).fill_null(value=True))[ROW_NO].to_list()
        fresh = told.filter(pl.col(IS_OPEN).is_null())
        if fresh.height:
            numbers = set(fresh[ROW_NO])
            table = self._export.parts[page.part_no - 1].name
            self._quarantine.add(page.raw, [r for r in page.rejected if r.row_no in numbers], table)
            self._recorded.append((table, _with_streams(fresh, page.refused, self._export.kind)))
            self._told.append(_told(page.refused, self._export.kind))
            self._faults.append(_faults(page.rejected, self._export.kind))
        return told.height

    def events(self, import_no: int) -> Iterator[RowsRejected]:
        """Which rows went to quarantine, in the order of the quarantine file."""
        pages = zip(self._recorded, self._told, self._faults, strict=True)
        for n, ((table, rows), told_by, faults_of) in enumerate(pages, start=1):
            numbers, streams = rows[ROW_NO].to_list(), rows[_STREAMS].to_list()
            told = [told_by.get(number, []) for number in numbers]
            faults = [faults_of.get(number, []) for number in numbers]
            yield RowsRejected(
                f"rejected:{import_no}",
                n,
                import_no=import_no,
                table=table,
                row_nos=numbers,
                row_ids=rows[ROW_ID].to_list(),
                streams=streams if any(streams) else [],
                told=told if any(told) else [],
                faults=faults if any(faults) else [],
            )

    def finish(self) -> str:
        """Give the quarantine file its name; returns it, or an empty text when it has no row."""
        return self._quarantine.finish()

    def discard(self) -> None:
        """Remove what was not finished."""
        self._quarantine.discard()


def _with_streams(rows: pl.DataFrame, refused: pl.DataFrame, kind: ExportKind) -> pl.DataFrame:
    """Rejected rows with the streams that each may belong to: none where it does not tell."""
    pieces = [[pl.lit(text), *([pl.col(name)] if name else [])] for text, name in kind.stream_parts]
    of_rows = (
        refused.drop_nulls([ROW_NO, *kind.subject])
        .select(ROW_NO, pl.concat_str(piece for some in pieces for piece in some).alias(_STREAMS))
        .unique(maintain_order=True)
        .group_by(ROW_NO)
        .agg(_STREAMS)
        if kind.subject
        else pl.DataFrame(schema={ROW_NO: pl.Int64, _STREAMS: pl.List(pl.String)})
    )
    told = rows.with_columns(pl.col(ROW_NO).cast(pl.Int64)).join(
        of_rows, on=ROW_NO, how="left", maintain_order="left"
    )
    return told.with_columns(pl.col(_STREAMS).fill_null([]))


def _told(refused: pl.DataFrame, kind: ExportKind) -> dict[int, list[dict[str, str]]]:
    """What each rejected row says of what was done, for each of its actions."""
    said: dict[int, list[dict[str, str]]] = {}
    rows = refused.drop_nulls(ROW_NO).select(ROW_NO, *sorted(kind.deed)).unique()
    for row_no, *cells in rows.sort(rows.columns).iter_rows():
        pairs = zip(sorted(kind.deed), cells, strict=True)
        said.setdefault(row_no, []).append({name: cell for name, cell in pairs if cell is not None})
    return said


def _faults(rejected: list[Rejected], kind: ExportKind) -> dict[int, list[str]]:
    """Which columns of what was done each row was rejected for; all where it fits no table."""
    found: dict[int, set[str]] = {}
    for bad in rejected:
        found.setdefault(bad.row_no, set()).update({bad.column} if bad.column else kind.deed)
    return {row_no: sorted(names & set(kind.deed)) for row_no, names in found.items()}
