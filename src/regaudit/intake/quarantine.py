"""Rejected rows as a CSV that a person can fix in Excel and import again."""

import os
from pathlib import Path

import polars as pl

from regaudit.sources.canonical import Rejected
from regaudit.sources.files import safe_name, sync_folder
from regaudit.sources.tables import ROW_NO

NOTES = {
    "_文件": "file",
    "_行号": "row_no",
    "_列": "column",
    "_值": "value",
    "_原因": "reason",
    "_原文": "text",
}
"""Columns put before the export's own; an import ignores them."""


class QuarantineWriter:
    """Collects one import's rejected rows in a file that gets its name only when the import is through."""

    def __init__(self, folder: Path, file_name: str, columns: list[str]) -> None:
        self._folder, self._file_name = folder, file_name
        self._columns = [column for column in columns if column not in NOTES]
        self._temporary = folder / f".incoming-{os.getpid()}.csv"
        self.count = 0

    def add(self, raw: pl.DataFrame, rejected: list[Rejected]) -> None:
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
        page = (
            reasons.join(raw.select(pl.col(ROW_NO).cast(pl.Int64), *self._columns), on=ROW_NO, how="left")
            .sort(ROW_NO)
            .with_columns(_文件=pl.lit(self._file_name))
            .rename({ROW_NO: "_行号"})
            .select(*NOTES, *self._columns)
        )
        self._folder.mkdir(exist_ok=True)
        first = self.count == 0
        with self._temporary.open("wb" if first else "ab") as out:
            page.write_csv(out, include_bom=first, include_header=first)
        self.count += page.height

    def finish(self, import_no: int) -> str:
        """Give the file its name; returns it, or an empty text when no row was rejected."""
        if not self.count:
            return ""
        with self._temporary.open("rb") as written:
            os.fsync(written.fileno())
        name = f"{import_no:06d}-{safe_name(self._file_name)}.csv"
        self._temporary.replace(self._folder / name)
        sync_folder(self._folder)
        return name

    def discard(self) -> None:
        """Remove what was not finished."""
        self._temporary.unlink(missing_ok=True)
