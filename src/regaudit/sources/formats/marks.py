"""What a sheet says of its cells beside their texts: merges, texts shown for numbers, cells without a value.

The readers of workbooks hand over one text a cell. What follows is laid over these texts: rows and columns
count from 0, as the cells of a sheet do.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

import polars as pl

from regaudit.base.errors import RefusedFileError

NO_VALUE = "公式没有保存计算结果:请在 Excel 中打开并保存,或在平台重新导出"
ACROSS = "与左侧的单元格合并,不知道值属于哪一列:请取消合并后再导入"
WITH_HEADER = "与表头的单元格合并:请取消合并后再导入"
_MOST_MARKS = 3_000_000


class Merge(NamedTuple):
    """Cells that are shown as one: its value stands in the first row and column; both ends inclusive."""

    left: int
    top: int
    right: int
    bottom: int


class Budget:
    """How many marks all sheets of a file may still have; `name` is the file's, for messages."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = _MOST_MARKS

    def take(self, marks: int) -> None:
        """Refuse the file when it has more marks than can be meant."""
        self._left -= marks
        if self._left < 0:
            raise RefusedFileError(
                f"文件 {self._name} 有超过 {_MOST_MARKS} 处合并单元格、公式或错误值,"
                "不像正常的导出:请在平台重新导出,或另存为 CSV(UTF-8)后再导入"
            )


class Marks:
    """What is known of the cells of one sheet."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._merges = array("I")
        self._shown: dict[int, dict[int, str]] = {}
        self._doubts: dict[int, dict[int, str]] = {}
        self._marked = 0

    def __bool__(self) -> bool:
        return self._marked > 0

    def merge(self, top: int, bottom: int, left: int, right: int) -> None:
        """Several cells are one."""
        if (top, left) != (bottom, right):
            self.count()
            self._merges.extend((left, top, right, bottom))

    def show(self, row: int, column: int, text: str) -> None:
        """A cell has another text than the reader gives."""
        self.count()
        self._shown.setdefault(column, {})[row] = text

    def doubt(self, row: int, column: int, reason: str) -> None:
        """A cell has a content that the file does not tell."""
        self.count()
        self._doubts.setdefault(column, {})[row] = reason

    def shifted(self, columns: int) -> "Marks":
        """The same for cells that begin so many columns to the right; what lies before them is left out."""
        if not columns:
            return self
        moved = Marks(self._budget)
        moved._marked = self._marked  # counted once
        for left, top, right, bottom in self.merges():
            if left >= columns:
                moved._merges.extend((left - columns, top, right - columns, bottom))
        moved._shown = {c - columns: texts for c, texts in self._shown.items() if c >= columns}
        moved._doubts = {c - columns: reasons for c, reasons in self._doubts.items() if c >= columns}
        return moved

    def merges(self) -> Iterator[Merge]:
        """Those of the sheet, in order of the file."""
        for at in range(0, len(self._merges), 4):
            yield Merge(*self._merges[at : at + 4])

    def over(self, cells: pl.DataFrame) -> pl.DataFrame:
        """The cells with the texts that are shown."""
        for column, texts in self._shown.items():
            rows = sorted(row for row in texts if row < cells.height)
            if column < cells.width and rows:
                name = cells.columns[column]
                cells = cells.with_columns(cells[name].scatter(rows, [texts[row] for row in rows]))
        return cells

    def doubts(self) -> dict[int, dict[int, str]]:
        """Column → row → reason."""
        return self._doubts

    def count(self, marks: int = 1) -> None:
        """Refuse the file when its sheets have more marks than can be meant."""
        self._marked += marks
        self._budget.take(marks)


class MarksOfSheets(dict[int, Marks]):
    """The marks of each sheet of a file, by its number."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._budget = Budget(name)

    def __missing__(self, number: int) -> Marks:
        self[number] = Marks(self._budget)
        return self[number]


def settled(
    cells: pl.DataFrame, marks: Marks, first: int, named: set[int]
) -> tuple[pl.DataFrame, dict[int, dict[int, str]]]:
    """The cells of a sheet with the value of a merge in every row that it covers, and those in doubt.

    A row without any cell of its own stays blank: it is the lower part of one that is merged as a whole.

    Args:
        cells: all of the sheet, with the texts that are shown.
        marks: of the same cells.
        first: the row below the header. What is merged above it is the header's matter.
        named: the columns that have a name: what is merged across others is one column that is shown wide.

    Returns:
        The cells, and column → row → reason. A doubt may lie below the last row of the cells, where a sheet
        holds nothing but formulas.

    Raises:
        RefusedFileError: more is merged across columns than can be meant.
    """
    doubts = {column: dict(told) for column, told in marks.doubts().items() if column < cells.width}
    blank = [(pl.col(name).fill_null("").str.strip_chars() == "") for name in cells.columns]
    filled = cells.select(~pl.all_horizontal(blank)).to_series().to_list()
    changed = []
    for left, merges in groupby(sorted(marks.merges()), key=lambda merge: merge.left):
        if left >= cells.width:
            break
        column = cells[:, left].to_list()
        end = first
        for merge in merges:
            bottom = min(merge.bottom, cells.height - 1)
            # Merges never overlap in a sound file; in another no row is gone over again and again.
            rows = [row for row in range(max(merge.top, end), bottom + 1) if filled[row]]
            end = max(end, bottom + 1)
            reason = WITH_HEADER if merge.top < first else doubts.get(left, {}).get(merge.top, "")
            if reason:
                doubts.setdefault(left, {}).update(dict.fromkeys(rows, reason))
            else:
                for row in rows:
                    column[row] = column[merge.top]
            across = [
                beside for beside in range(left + 1, min(merge.right + 1, cells.width)) if beside in named
            ]
            marks.count(len(rows) * len(across))
            for beside in across:
                doubts.setdefault(beside, {}).update(dict.fromkeys(rows, ACROSS))
        changed.append(pl.Series(cells.columns[left], column, pl.String))
    return cells.with_columns(changed), _told(doubts, filled, first, cells.width)


def _told(
    doubts: dict[int, dict[int, str]], filled: list[bool], first: int, width: int
) -> dict[int, dict[int, str]]:
    """Doubts of rows that hold something, or that are formulas for the most part.

    Formulas filled down in advance, below the last row, are no rows.
    """
    often = Counter(row for rows in doubts.values() for row in rows if row >= first)
    meant = {row for row, n in often.items() if 2 * n > width or (row < len(filled) and filled[row])}
    return {
        column: {row: reason for row, reason in rows.items() if row in meant}
        for column, rows in doubts.items()
    }
