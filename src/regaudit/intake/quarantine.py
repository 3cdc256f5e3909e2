"""Rejected rows as a CSV that a person can fix in Excel and import again."""

import os
from pathlib import Path

import polars as pl

from regaudit.sources.checks import Rejected
from regaudit.sources.files import safe_name, sync_folder
from regaudit.sources.tables import ROW_NO

IMPORT, TABLE, ROW = "_导入", "_表", "_行号"
NOTES = (IMPORT, "_文件", TABLE, ROW, "_列", "_值", "_原因", "_原文")
"""Columns put before the export's own: import, file, table, row, columns, values, reasons, raw text."""


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
                schema={ROW_NO: pl.Int64, "_列": pl.String, "_值": pl.String, "_原因": pl.String},
                orient="row",
            )
            .group_by(ROW_NO, maintain_order=True)
            .agg(pl.col("_列", "_值", "_原因").str.join(";"))
            .with_columns(_原文=pl.when(pl.col("_列") == "").then("_值").otherwise(pl.lit("")))
            .with_columns(_值=pl.when(pl.col("_列") == "").then(pl.lit("")).otherwise("_值"))
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
                _文件=pl.lit(self._file_name),
            )
            .select(*NOTES, *self._columns)
        )
        self._folder.mkdir(exist_ok=True)
        first = self.count == 0
        with self._temporary.open("wb" if first else "ab") as out:
            page.write_csv(out, include_bom=first, include_header=first)
        self.count += page.height

    def finish(self) -> str:
        """Give the file its name; returns it, or an empty text when no row was rejected."""
        if not self.count:
            return ""
        with self._temporary.open("rb") as written:
            os.fsync(written.fileno())
        name = f"{self._import_no:06d}-{safe_name(self._file_name)}.csv"
        self._temporary.replace(self._folder / name)
        sync_folder(self._folder)
        return name

    def discard(self) -> None:
        """Remove what was not finished."""
        self._temporary.unlink(missing_ok=True)
