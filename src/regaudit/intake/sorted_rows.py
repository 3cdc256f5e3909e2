"""Rows sorted by their stream, however many: sorted runs, merged page by page as they are read.

The first runs are held in memory, all behind them in files, of which a page and a block each are read at a
time. Rows of one stream always stand on one page, in the order they came in.
"""

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import polars as pl
import pyarrow as pa

STREAM = "stream"
_RUN_ROWS = 200_000
_HELD_BYTES = 256 << 20
_BLOCK_ROWS = 2_000
_PAGE_BLOCKS = 20


class SortedRuns:
    """Takes frames of one schema with a text column `STREAM`, gives them back in its order."""

    def __init__(self, folder: Path, name: str) -> None:
        """Files `name-N.arrow` are made in `folder`, which the caller removes."""
        self._folder, self._name = folder, name
        self._waiting: list[pl.DataFrame] = []
        self._runs: list[_Run] = []
        self._held_bytes = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows; of a stream they keep the order in which they are given."""
        self._waiting.append(rows)
        if sum(frame.height for frame in self._waiting) >= _RUN_ROWS:
            self._write()

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column of all rows, by runs."""
        self._write()
        for run in self._runs:
            yield run.column(name)

    def cuts(self) -> list[str]:
        """Streams in order at which the rows can be cut into pages of like size, the last page left out."""
        self._write()
        lasts = sorted(last for run in self._runs for last in run.lasts)
        return list(dict.fromkeys(lasts[_PAGE_BLOCKS - 1 : -1 : _PAGE_BLOCKS]))

    def pages(self, cuts: list[str]) -> Iterator[pl.DataFrame | None]:
        """The rows in order: up to each of the cuts, then the rest; `None` where there is none."""
        self._write()
        cursors = [_Cursor(run) for run in self._runs]
        for cut in (*cuts, None):
            found = [rows for cursor in cursors if (rows := cursor.upto(cut)).height]
            yield pl.concat(found).sort(STREAM, maintain_order=True) if found else None

    def _write(self) -> None:
        if waiting := [frame for frame in self._waiting if frame.height]:
            rows = pl.concat(waiting).sort(STREAM, maintain_order=True)
            ends = [*range(_BLOCK_ROWS - 1, rows.height - 1, _BLOCK_ROWS), rows.height - 1]
            lasts = rows[STREAM].gather(ends).to_list()
            # A sorted frame points to where its texts were; here they lie in the order they are read in.
            table = rows.rechunk().to_arrow()
            self._held_bytes += table.nbytes
            if self._held_bytes <= _HELD_BYTES:
                self._runs.append(_HeldRun(table, lasts))
            else:
                path = self._folder / f"{self._name}-{len(self._runs)}.arrow"
                self._runs.append(_FileRun(table, lasts, path))
        self._waiting.clear()


class _Run(Protocol):
    """Sorted rows in blocks, and the last stream of each block."""

    lasts: list[str]

    def column(self, name: str) -> pl.Series:
        """One column of all rows."""

    def blocks(self, first: int, stop: int) -> pl.DataFrame:
        """The rows of the blocks with `first` ≤ number < `stop`."""


class _HeldRun:
    def __init__(self, rows: pa.Table, lasts: list[str]) -> None:
        self.lasts = lasts
        self._rows = rows

    def column(self, name: str) -> pl.Series:
        return pl.Series(name, self._rows.column(name))

    def blocks(self, first: int, stop: int) -> pl.DataFrame:
        return _frame(self._rows.slice(first * _BLOCK_ROWS, (stop - first) * _BLOCK_ROWS))


class _FileRun:
    def __init__(self, rows: pa.Table, lasts: list[str], path: Path) -> None:
        self.lasts = lasts
        self._path = path
        with pa.OSFile(str(path), "w") as file, pa.ipc.new_file(file, rows.schema) as out:
            out.write_table(rows, max_chunksize=_BLOCK_ROWS)

    def column(self, name: str) -> pl.Series:
        return pl.read_ipc(self._path, columns=[name])[name]

    def blocks(self, first: int, stop: int) -> pl.DataFrame:
        with pa.OSFile(str(self._path)) as file, pa.ipc.open_file(file) as run:
            return _frame(pa.Table.from_batches(map(run.get_batch, range(first, stop)), run.schema))


def _frame(rows: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(rows))


class _Cursor:
    """Reads a run from its beginning, each block once."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._blocks = 0
        self._held = run.blocks(0, 0)

    def upto(self, cut: str | None) -> pl.DataFrame:
        """The next rows whose stream is not behind `cut`; all that are left for `None`."""
        lasts = self._run.lasts
        # The first block that ends behind the cut may begin before it.
        stop = len(lasts) if cut is None else min(bisect_right(lasts, cut) + 1, len(lasts))
        held = self._held
        if stop > self._blocks:
            held = pl.concat([held, self._run.blocks(self._blocks, stop)])
            self._blocks = stop
        taken = held.height if cut is None else int((held[STREAM] <= cut).sum())
        self._held = held.slice(taken)
        return held.head(taken)
