"""Sorted runs: the same rows in the same order, held in memory or in files, whatever the pages."""

import random
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from regaudit.intake import sorted_rows as runs
from regaudit.intake.sorted_rows import STREAM, SortedRuns


@pytest.mark.parametrize("held_bytes", [0, 2_000, 1 << 30], ids=["in files", "some held", "all held"])
def test_pages_are_the_rows_in_order_of_their_streams(
    held_bytes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_RUN_ROWS", 70)
    monkeypatch.setattr(runs, "_BLOCK_ROWS", 7)
    monkeypatch.setattr(runs, "_PAGE_BLOCKS", 3)
    monkeypatch.setattr(runs, "_HELD_BYTES", held_bytes)
    chance = random.Random(1)  # noqa: S311 - samples, no secrets
    rows = pl.DataFrame({STREAM: [f"case:{chance.randrange(40)}" for _ in range(500)], "n": list(range(500))})
    sorted_runs = SortedRuns(tmp_path, "rows")
    for start in range(0, 500, 30):
        sorted_runs.add(rows.slice(start, 30))

    cuts = sorted_runs.cuts()
    pages = [page for page in sorted_runs.pages(cuts) if page is not None]

    assert bool(list(tmp_path.iterdir())) is (held_bytes < 1 << 30)
    assert len(pages) > 5
    assert pl.concat(pages).equals(rows.sort(STREAM, maintain_order=True))
    assert not any(set(before[STREAM]) & set(after[STREAM]) for before, after in pairwise(pages))
    assert sorted(n for part in sorted_runs.column("n") for n in part) == list(range(500))


def test_without_rows_there_is_no_page(tmp_path: Path) -> None:
    empty = SortedRuns(tmp_path, "rows")
    assert (empty.cuts(), list(empty.pages(["case:1"]))) == ([], [None, None])
