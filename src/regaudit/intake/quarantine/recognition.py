"""Which rejected rows the log knows: the very same row, read the same way, went to quarantine before.

A platform that exports everything each night sends a row that it cannot mend again and again. What people did
about it the first time holds as long as the row is the very same.
"""

from collections.abc import Callable
from functools import cached_property

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.base.duck import connect
from regaudit.eventlog.log import EventLog
from regaudit.intake.identity import ESCAPES, hashed
from regaudit.intake.imports import import_states
from regaudit.intake.quarantine.open_rows import dismissals, plain_title, returned_rows
from regaudit.intake.quarantine.resubmission import Notes
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.shapes import Export, Page
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


class Recognition:
    """Tells known rejected rows from new ones. What was recorded is read once, when it is first asked for.

    A known row is open as long as one like it is, else it is settled. An export that replaces the last (a
    roster) replaces what was corrected in that: of its rows only those that were dismissed are settled.
    """

    def __init__(self, read: Callable[[], pl.DataFrame], zone: str) -> None:
        """`read` gives what `recorded_rows` does; `zone` is the workspace's."""
        self._read, self._zone = read, zone

    @cached_property
    def _recorded(self) -> pl.DataFrame:
        return self._read()

    @cached_property
    def _known(self) -> pl.DataFrame:
        return self._recorded.group_by(ROW_ID).agg(pl.col(IS_OPEN).any())

    @cached_property
    def _dismissed(self) -> pl.DataFrame:
        return self._recorded.filter(~pl.col(IS_BACK)).group_by(ROW_ID).agg(pl.col(IS_OPEN).any())

    def told_apart(self, export: Export, page: Page) -> pl.DataFrame:
        """The rejected rows of a page, each once: `ROW_NO`, `ROW_ID` and `IS_OPEN`, null where it is new."""
        known = self._dismissed if export.kind.is_whole else self._known
        return row_ids(export, page, self._zone).join(known, on=ROW_ID, how="left", maintain_order="left")

    def brought_back(self, export: Export, page: Page, notes: Notes) -> pl.DataFrame:
        """The same of a corrected quarantine file: people brought these rows, all of them are new.

        One that is rejected once more goes on as the row that it stands for, where that is recorded.
        """
        places = [(*key, *numbers) for key, rows in notes.items() for numbers in rows.items()]
        back = pl.DataFrame(places, schema=_PLACED | {_CORRECTED_NO: pl.Int64}, orient="row")
        first = back.join(self._recorded, on=PLACE).select(pl.col(_CORRECTED_NO).alias(ROW_NO), first=ROW_ID)
        ids = row_ids(export, page, self._zone).join(first, on=ROW_NO, how="left", maintain_order="left")
        is_open = pl.lit(None, pl.Boolean).alias(IS_OPEN)
        return ids.select(ROW_NO, pl.coalesce("first", ROW_ID).alias(ROW_ID), is_open)


def recorded_rows(log: EventLog) -> pl.DataFrame:
    """Every row that went to quarantine, as far as the log has its id.

    Returns:
        `PLACE`, `ROW_ID`, `IS_BACK` (it came back, corrected or not), `IS_OPEN` (nor was it dismissed).
    """
    states = import_states(log)
    streams = [f"rejected:{number}" for number, state in states.items() if state.quarantined]
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


def row_ids(export: Export, page: Page, zone: str) -> pl.DataFrame:
    """`ROW_NO` and `ROW_ID` of the rejected rows of a page, in order, each once.

    An id stands for the cells that are not blank, or the text of a line that did not fit, and for how they
    are read; not for where the row stood.
    """
    part = export.parts[page.part_no - 1]
    read_as = {
        "kind": export.kind.name,
        "mapping_sha256": export.mapping.fingerprint(zone),
        "sheet_no": part.sheet_no,
    }
    how = msgspec.json.encode(read_as).decode()[1:-1]
    damaged = _damaged(page.rejected)
    numbers = list({r.row_no for r in page.rejected} - set(damaged[ROW_NO]))
    rows = page.raw.filter(pl.col(ROW_NO).is_in(numbers)).with_columns(pl.col(ROW_NO).cast(pl.Int64))
    # Beside the table's own columns stand those that other rows filled.
    members = pl.concat_str(map(_member, sorted(part.table.columns)), ignore_nulls=True)
    cells = pl.concat_str(pl.lit('{"cells":{'), members.str.strip_prefix(","), pl.lit(f"}},{how}}}"))
    line = pl.col(_TEXT).str.replace_many(ESCAPES)
    texts = pl.concat_str(pl.lit(f'{{{how},"text":"'), line, pl.lit('"}'))
    told = pl.concat([rows.select(ROW_NO, cells.alias(_TEXT)), damaged.select(ROW_NO, texts.alias(_TEXT))])
    with connect() as db:
        return told.select(ROW_NO, hashed(told[_TEXT], db).alias(ROW_ID)).sort(ROW_NO)


def _damaged(rejected: list[Rejected]) -> pl.DataFrame:
    """`ROW_NO` and `text` of the lines that did not fit their table."""
    lines = [(r.row_no, r.value) for r in rejected if not r.column]
    kinds = {ROW_NO: pl.Int64, _TEXT: pl.String}
    return pl.DataFrame(lines, schema=kinds, orient="row").unique(ROW_NO, keep="first")


def _member(name: str) -> pl.Expr:
    """A cell as a member of a JSON object with the comma before it; null where it is blank."""
    begins = f',{msgspec.json.encode(name).decode()}:"'
    told = pl.concat_str(pl.lit(begins), pl.col(name).str.replace_many(ESCAPES), pl.lit('"'))
    return pl.when(pl.col(name) != "").then(told)
