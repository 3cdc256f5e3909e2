"""Rows sorted by their stream, however many: sorted runs in files, merged page by page as they are read.

Only a run at a time is held in memory while rows come in, and only a page and a block of each run while they
go out. Rows of one stream always stand on one page, in the order they came in.
"""

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa

STREAM = "stream"
_RUN_ROWS = 200_000
_BLOCK_ROWS = 2_000
_PAGE_BLOCKS = 20


class SortedRuns:
    """Takes frames of one schema with a text column `STREAM`, gives them back in its order."""

    def __init__(self, folder: Path, name: str) -> None:
        """Files `name-N.arrow` are made in `folder`, which the caller removes."""
        self._folder, self._name = folder, name
        self._waiting: list[pl.DataFrame] = []
        self._runs: list[_Run] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows; of a stream they keep the order in which they are given."""
        self._waiting.append(rows)
        if sum(frame.height for frame in self._waiting) >= _RUN_ROWS:
            self._write()

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column of all rows, by runs."""
        self._write()
        for run in self._runs:
            yield pl.read_ipc(run.path, columns=[name])[name]

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
            self._runs.append(_Run(self._folder / f"{self._name}-{len(self._runs)}.arrow", rows))
        self._waiting.clear()


class _Run:
    """A file of sorted rows in blocks, and the last stream of each block."""

    def __init__(self, path: Path, rows: pl.DataFrame) -> None:
        self.path = path
        ends = [*range(_BLOCK_ROWS - 1, rows.height - 1, _BLOCK_ROWS), rows.height - 1]
        self.lasts: list[str] = rows[STREAM].gather(ends).to_list()
        table = rows.rechunk().to_arrow()
        with pa.OSFile(str(path), "w") as file, pa.ipc.new_file(file, table.schema) as out:
            out.write_table(table, max_chunksize=_BLOCK_ROWS)


class _Cursor:
    """Reads a run from its beginning, each block once."""

    def __init__(self, run: _Run) -> None:
        self._lasts = run.lasts
        self._reader = pa.ipc.open_file(pa.OSFile(str(run.path)))
        self._blocks = 0
        self._held = pl.DataFrame(pl.from_arrow(self._reader.schema.empty_table()))

    def upto(self, cut: str | None) -> pl.DataFrame:
        """The next rows whose stream is not behind `cut`; all that are left for `None`."""
        # The first block that ends behind the cut may begin before it.
        stop = len(self._lasts) if cut is None else min(bisect_right(self._lasts, cut) + 1, len(self._lasts))
        read = [self._reader.get_batch(number) for number in range(self._blocks, stop)]
        self._blocks = max(self._blocks, stop)
        held = pl.concat([self._held, *(pl.DataFrame(pl.from_arrow(batch)) for batch in read)])
        taken = held.height if cut is None else int((held[STREAM] <= cut).sum())
        self._held = held.slice(taken)
        return held.head(taken)
