"""Rejected rows told apart: those that went to quarantine before are counted, the others go there now.

A platform that exports everything each night sends a row that it cannot mend again and again. What people did
about it the first time holds as long as the row is the very same and is read the same way.
"""

from collections.abc import Iterator
from functools import cached_property

import duckdb
import msgspec
import polars as pl
from msgspec import Struct

from regaudit.catalogue import LogEvent, event_class
from regaudit.eventlog.log import EventLog
from regaudit.intake.identity import ESCAPES, hashed
from regaudit.intake.quarantine import QuarantineWriter
from regaudit.intake.records import dismissals, import_states, plain_title, returned_rows
from regaudit.intake.resubmission import Notes, Resubmission
from regaudit.sources.checks import Rejected
from regaudit.sources.shapes import Page, Part
from regaudit.sources.tables import ROW_NO

PLACE = ("import_no", "table", "row_no")
"""Where a row was rejected: the import, the plain title of its table, its number there."""
ROW_ID, IS_BACK, IS_OPEN = "row_id", "is_back", "is_open"
_TEXT, _CORRECTED_NO = "text", "corrected_no"
_PLACED = {PLACE[0]: pl.Int64, PLACE[1]: pl.String, PLACE[2]: pl.Int64}


class _Recorded(Struct, frozen=True):
    """What a `rows-rejected` event says."""

    import_no: int
    table: str
    row_nos: list[int]
    row_ids: list[str]


class Rejections:
    """The rejected rows of one import; `settled` and `waiting` count those that were known.

    A known row waits as long as one like it is open in an earlier quarantine, else it is settled. A roster
    replaces what was corrected in the one before it: of its rows only those that were dismissed are settled.
    Rows that people bring back are theirs: none of them is known, and one that is rejected once more goes on
    as the row that it stands for.
    """

    def __init__(
        self,
        log: EventLog,
        quarantine: QuarantineWriter,
        import_no: int,
        read_as: tuple[str, str],
        returned: Resubmission | None,
    ) -> None:
        """`read_as` is the kind of the rows and the SHA-256 of their mapping."""
        self._log, self._quarantine, self._import_no = log, quarantine, import_no
        self._kind, self._mapping_sha256 = read_as
        self._returned = returned
        self._recorded: list[tuple[str, pl.DataFrame]] = []
        self.settled = self.waiting = 0

    @property
    def quarantined(self) -> int:
        """How many rows went to quarantine."""
        return self._quarantine.count

    def take(self, page: Page, part: Part) -> int:
        """Put the rejected rows of a page into quarantine, or count them; returns how many there were."""
        if not page.rejected:
            return 0
        ids = row_ids(page, part.table.columns, self._read_as(part))
        if self._returned is not None:
            fresh = _as_rejected_first(ids, self._returned.notes, self._recorded_before)
        else:
            told = ids.join(self._known, on=ROW_ID, how="left", maintain_order="left")
            self.waiting += told.filter(IS_OPEN).height
            self.settled += told.filter(~pl.col(IS_OPEN)).height
            fresh = told.filter(pl.col(IS_OPEN).is_null()).drop(IS_OPEN)
        if fresh.height:
            numbers = set(fresh[ROW_NO])
            self._quarantine.add(page.raw, [r for r in page.rejected if r.row_no in numbers], part.name)
            self._recorded.append((part.name, fresh))
        return ids.height

    def events(self) -> Iterator[LogEvent]:
        """Which rows went to quarantine, in the order of the quarantine file."""
        make, stream = event_class("rows-rejected"), f"rejected:{self._import_no}"
        for n, (table, rows) in enumerate(self._recorded, start=1):
            row_nos, row_ids = rows[ROW_NO].to_list(), rows[ROW_ID].to_list()
            yield make(stream, n, import_no=self._import_no, table=table, row_nos=row_nos, row_ids=row_ids)

    def finish(self) -> str:
        """Give the quarantine file its name; returns it, or an empty text when it has no row."""
        return self._quarantine.finish()

    def discard(self) -> None:
        """Remove what was not finished."""
        self._quarantine.discard()

    @cached_property
    def _recorded_before(self) -> pl.DataFrame:
        return recorded_rows(self._log)

    @cached_property
    def _known(self) -> pl.DataFrame:
        before = self._recorded_before
        holding = before.filter(~pl.col(IS_BACK)) if self._kind == "roster" else before
        return holding.group_by(ROW_ID).agg(pl.col(IS_OPEN).any())

    def _read_as(self, part: Part) -> dict[str, str | int]:
        return {"kind": self._kind, "mapping_sha256": self._mapping_sha256, "sheet_no": part.sheet_no}


def recorded_rows(log: EventLog) -> pl.DataFrame:
    """Every row that went to quarantine, as far as the log has its id.

    Returns:
        `PLACE`, `ROW_ID`, `IS_BACK` (it came back, corrected or not), `IS_OPEN` (nor was it dismissed).
    """
    states = import_states(log)
    streams = [f"rejected:{number}" for number, state in states.items() if state["quarantined"]]
    decode = msgspec.json.Decoder(_Recorded).decode
    texts = (text for table in log.read_streams(streams) for text in table.column("state").to_pylist())
    rows = pl.DataFrame(
        [(r.import_no, plain_title(r.table), r.row_nos, r.row_ids) for r in map(decode, texts)],
        schema=_PLACED | {"row_no": pl.List(pl.Int64), ROW_ID: pl.List(pl.String)},
        orient="row",
    ).explode("row_no", ROW_ID)
    back = pl.DataFrame(
        [(number, *key) for number, keys in returned_rows(states).items() for key in keys],
        schema=_PLACED,
        orient="row",
    )
    is_dismissed = pl.col("import_no").is_in(list(dismissals(log)))
    is_back = pl.col(IS_BACK).fill_null(value=False)
    told = rows.join(back.with_columns(pl.lit(value=True).alias(IS_BACK)), on=PLACE, how="left")
    return told.select(*PLACE, ROW_ID, is_back, (~is_back & ~is_dismissed).alias(IS_OPEN))


def _as_rejected_first(ids: pl.DataFrame, notes: Notes, recorded: pl.DataFrame) -> pl.DataFrame:
    """Rows of a corrected quarantine file with the ids of those that they stand for, where `recorded`."""
    places = [(*key, *numbers) for key, rows in notes.items() for numbers in rows.items()]
    back = pl.DataFrame(places, schema=_PLACED | {_CORRECTED_NO: pl.Int64}, orient="row")
    first = back.join(recorded, on=PLACE).select(pl.col(_CORRECTED_NO).alias(ROW_NO), first=ROW_ID)
    told = ids.join(first, on=ROW_NO, how="left", maintain_order="left")
    return told.select(ROW_NO, pl.coalesce("first", ROW_ID).alias(ROW_ID))


def row_ids(page: Page, columns: list[str], read_as: dict[str, str | int]) -> pl.DataFrame:
    """`ROW_NO` and `ROW_ID` of the rejected rows of a page, in order, each once.

    An id stands for the cells that are not blank, or the text of a line that did not fit, and for how they
    are read; not for where the row stood.

    Args:
        page: its `raw` has the cells.
        columns: those that the export itself has.
        read_as: keys and values behind `cells` in the canonical JSON that is hashed.
    """
    how = msgspec.json.encode(read_as).decode()[1:-1]
    damaged = _damaged(page.rejected)
    numbers = list({r.row_no for r in page.rejected} - set(damaged[ROW_NO]))
    rows = page.raw.filter(pl.col(ROW_NO).is_in(numbers)).with_columns(pl.col(ROW_NO).cast(pl.Int64))
    members = pl.concat_str(map(_member, sorted(columns)), ignore_nulls=True).str.strip_prefix(",")
    cells = pl.concat_str(pl.lit('{"cells":{'), members, pl.lit(f"}},{how}}}"))
    texts = pl.concat_str(pl.lit(f'{{{how},"text":"'), pl.col(_TEXT).str.replace_many(ESCAPES), pl.lit('"}'))
    told = pl.concat([rows.select(ROW_NO, cells.alias(_TEXT)), damaged.select(ROW_NO, texts.alias(_TEXT))])
    with duckdb.connect() as db:
        return told.select(ROW_NO, hashed(told[_TEXT], db).alias(ROW_ID)).sort(ROW_NO)


def _damaged(rejected: list[Rejected]) -> pl.DataFrame:
    """`ROW_NO` and `text` of the lines that did not fit their table."""
    lines = [(r.row_no, r.value) for r in rejected if not r.column]
    return pl.DataFrame(lines, schema={ROW_NO: pl.Int64, _TEXT: pl.String}, orient="row").unique(
        ROW_NO, keep="first"
    )


def _member(name: str) -> pl.Expr:
    """A cell as a member of a JSON object with the comma before it; null where it is blank."""
    begins = f',{msgspec.json.encode(name).decode()}:"'
    told = pl.concat_str(pl.lit(begins), pl.col(name).str.replace_many(ESCAPES), pl.lit('"'))
    return pl.when(pl.col(name) != "").then(told)
