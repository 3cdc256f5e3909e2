"""What an export is once it is opened: tables of text columns with row numbers, read in batches.

Nothing is guessed about types: `00123` and `NA` stay what they are. Rows that do not fit their table are
handed over as malformed, never dropped.
"""

from collections.abc import Callable, Iterator

import polars as pl
from msgspec import Struct

from regaudit.base.errors import RefusedFileError

ROW_NO = "__row_no"
BLANK_SHEET = "空工作表"
BATCH_ROWS = 65_536
OnBytes = Callable[[int], None]


class NoTableError(RefusedFileError):
    """A file of no supported format: alone it is refused, among others it is passed over and told."""


class Malformed(Struct, frozen=True):
    """A row that does not fit its table: number, reason (Chinese), and its text as it stands in the file."""

    row_no: int
    reason: str
    text: str


class Doubt(Struct, frozen=True):
    """A cell whose content the file does not tell: a formula without a result, a cell under a merge across.

    Its row is as good as any other unless the column is used: then it cannot be imported, for `reason`.
    """

    row_no: int
    column: str
    reason: str


class Footer(Struct, frozen=True):
    """A row below the data that is none: a total, a count, who exported it and when."""

    row_no: int
    text: str


class Batch(Struct, frozen=True):
    """Some rows: text columns named as in the file plus `ROW_NO`, and the malformed ones among them.

    `doubts` are cells of `rows`. `footers` are left out of both, as title rows are.
    """

    rows: pl.DataFrame
    malformed: list[Malformed]
    doubts: list[Doubt] = []
    footers: list[Footer] = []


class Table(Struct, frozen=True):
    """A table of an export: its columns in order, and how to read its rows, as often as asked.

    `name` is what people are shown, unique in the export: the sheet, the archive member, the file of a
    folder, the XML element; empty where the file is one table. `title` is what the table calls itself
    (sheet, file without suffix, element), by which a known table is recognised. `member` is the relative
    path of its file in a folder, empty otherwise.

    Row numbers count as a spreadsheet does: title and header rows count, so the row under a plain CSV's
    header is 2. Records without a header (JSON Lines, Parquet, XML, XES) count from 1.

    `continues` is the name of the sheet that this one, without a header of its own, goes on from: it has the
    columns and the title of that one. `counts_from_1904` says that a number which is a time counts days from
    1904, not from 1900. `omitted` says (Chinese) why a table without columns holds nothing to read;
    `BLANK_SHEET` is one that has no cell at all.
    """

    columns: list[str]
    read: Callable[[], Iterator[Batch]]
    name: str = ""
    title: str = ""
    member: str = ""
    continues: str = ""
    counts_from_1904: bool = False
    omitted: str = ""


def left_out(name: str, title: str, reason: str) -> Table:
    """A table that is not read, so that it can be told."""

    def nothing() -> Iterator[Batch]:
        return iter(())

    return Table([], nothing, name, title, omitted=reason)


def numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    """`frame` with consecutive row numbers from `first` on."""
    return frame.insert_column(0, pl.int_range(first, first + frame.height, eager=True).alias(ROW_NO))


def no_rows(columns: list[str]) -> pl.DataFrame:
    """A frame of a table's columns without a row."""
    return pl.DataFrame(schema={ROW_NO: pl.Int64, **dict.fromkeys(columns, pl.String)})
