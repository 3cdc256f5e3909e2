"""Rejected rows as a CSV that a person can fix in Excel and import again."""

import os
from pathlib import Path

import polars as pl

from regaudit.base.archive import safe_name, sync_folder
from regaudit.base.in_place import put_in_place, sync_file
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.tables import ROW_NO

CLOSED = "closed"
IMPORT, FILE, TABLE, ROW = "_导入", "_文件", "_表", "_行号"
COLUMN, VALUE, REASON, TEXT = "_列", "_值", "_原因", "_原文"
NOTES = (IMPORT, FILE, TABLE, ROW, COLUMN, VALUE, REASON, TEXT)
"""Columns put before the export's own: import, file, table, row, columns, values, reasons, raw text."""
# A spreadsheet that opens a CSV takes the seconds off times, the zeros off numbers, all behind the fifteenth
# digit, and runs what looks like a formula. With the mark for text it leaves a cell alone.
_FORMULA = r"(?s)^[=+@\t\r\x{FF1D}\x{FF0B}\x{FF20}\x{FF0D}-]."
_FORMULA_NAME = rf"{_FORMULA}|^'"
_CHANGED_BY_SPREADSHEETS = rf"{_FORMULA}|^(?:0\d|\d{{12}}|\d.*\D|')"
TEXT_MARK = "'"


class QuarantineWriter:
    """Collects one import's rejected rows in a file that gets its name only when the import is through."""

    def __init__(self, folder: Path, import_no: int, file_name: str, columns: list[str]) -> None:
        """`columns` are those of all parts of the export."""
        self._folder, self._import_no, self._file_name = folder, import_no, file_name
        self._columns = [column for column in dict.fromkeys(columns) if column not in NOTES]
        self._temporary = folder / f".incoming-{os.getpid()}-{import_no}.csv"
        self.count = 0

    def add(self, raw: pl.DataFrame, rejected: list[Rejected], table: str = "") -> None:
        """Add the rejected rows of a batch: all reasons of a row, and the row as it stood in the file."""
        if not rejected:
            return
        reasons = (
            pl.DataFrame(
                [(r.row_no, r.column, r.value, r.reason) for r in rejected],
                schema={ROW_NO: pl.Int64, COLUMN: pl.String, VALUE: pl.String, REASON: pl.String},
                orient="row",
            )
            .group_by(ROW_NO, maintain_order=True)
            .agg(pl.col(COLUMN, VALUE, REASON).str.join(";"))
            .with_columns(pl.when(pl.col(COLUMN) == "").then(VALUE).otherwise(pl.lit("")).alias(TEXT))
            .with_columns(pl.when(pl.col(COLUMN) == "").then(pl.lit("")).otherwise(VALUE).alias(VALUE))
        )
        present = [column for column in self._columns if column in raw.columns]
        lacking = [column for column in self._columns if column not in raw.columns]
        page = (
            reasons.join(raw.select(pl.col(ROW_NO).cast(pl.Int64), *present), on=ROW_NO, how="left")
            .sort(ROW_NO)
            .rename({ROW_NO: ROW})
            .with_columns(
                *(pl.lit(None, pl.String).alias(column) for column in lacking),
                pl.lit(self._import_no).alias(IMPORT),
                pl.lit(table).alias(TABLE),
                pl.lit(self._file_name).alias(FILE),
            )
            .with_columns(_marked(name, _CHANGED_BY_SPREADSHEETS) for name in (TABLE, *self._columns))
            .with_columns(_marked(name, _FORMULA) for name in (FILE, VALUE, TEXT))
            .select(*NOTES, *self._columns)
        )
        names = pl.DataFrame({"name": page.columns}).select(_marked("name", _FORMULA_NAME))
        page.columns = names.to_series().to_list()
        self._folder.mkdir(exist_ok=True)
        first = self.count == 0
        with self._temporary.open("wb" if first else "ab") as out:
            page.write_csv(out, include_bom=first, include_header=first)
        self.count += page.height

    def finish(self) -> str:
        """Give the file its name; returns it, or an empty text when no row was rejected."""
        if not self.count:
            return ""
        sync_file(self._temporary)
        name = f"{self._import_no:06d}-{safe_name(self._file_name)}.csv"
        put_in_place(self._temporary, self._folder / name)
        sync_folder(self._folder)
        return name

    def discard(self) -> None:
        """Remove what was not finished."""
        self._temporary.unlink(missing_ok=True)


def _marked(name: str, pattern: str) -> pl.Expr:
    """A column of which spreadsheets leave the cells that match as they are."""
    cell = pl.col(name)
    marked = pl.concat_str(pl.lit(TEXT_MARK), cell)
    return pl.when(cell.str.contains(pattern)).then(marked).otherwise(cell).alias(name)


def unmarked(name: str) -> pl.Expr:
    """A column of a quarantine file without the marks that were put before its cells."""
    cell = pl.col(name)
    plain = cell.str.strip_chars_start().str.strip_prefix(TEXT_MARK)
    is_marked = cell.str.contains(r"^\s*'") & plain.str.contains(_CHANGED_BY_SPREADSHEETS)
    return pl.when(is_marked).then(plain).otherwise(cell).alias(name)


def unmarked_names(names: list[str]) -> list[str]:
    """The columns of a quarantine file as those of the export that it is of."""
    plain = pl.col("name").str.strip_prefix(TEXT_MARK)
    is_marked = pl.col("name").str.starts_with(TEXT_MARK) & plain.str.contains(_FORMULA_NAME)
    told = pl.DataFrame({"name": names}, schema={"name": pl.String})
    return told.select(pl.when(is_marked).then(plain).otherwise("name")).to_series().to_list()
