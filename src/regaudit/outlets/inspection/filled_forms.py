"""What inspectors filled into the workbook of forms: rows as examinations, or why a row is none."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.base.folded_text import fold
from regaudit.catalogue.inspection_items import inspection_items
from regaudit.catalogue.inspection_terms import VERDICTS
from regaudit.ledger.filled import sheet_cells
from regaudit.outlets.inspection.examination import Examination, split_remark
from regaudit.outlets.inspection.form_sheet import DAY, NUMBER, REMARK, SHEET, VERSION

_LONGEST: Final = 18
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?")


class FilledRow(Struct, frozen=True, kw_only=True):
    """A row in which somebody filled in something; `problem` (Chinese) says why it is no examination."""

    row: int
    number: str
    asked: Examination | None = None
    problem: str = ""

    def of(self, office: str, month: str) -> "FilledRow":
        """The row, if it is of an inspection at an office and of a month (empty: any); else a problem."""
        is_other = (office and not self.number.startswith(f"{office}-")) or (
            month and f"-{month}-" not in self.number
        )
        if self.problem or not is_other:
            return self
        asked = "、".join(filter(None, (office, month)))
        told = f"不属于所说的抽查({asked})"
        return FilledRow(row=self.row, number=self.number, problem=told)


class _CellError(ValueError):
    """A cell does not say what its column asks for (Chinese)."""


def read_forms(path: Path) -> list[FilledRow]:
    """The rows of a workbook in which something was filled in; the others are left alone.

    Raises:
        RefusedFileError: it is no workbook of forms, or damaged.
    """
    cells = sheet_cells(path, SHEET)
    header = [fold(title or "") for title in cells[0]] if cells else []
    titles = {fold(item.title): name for name, item in inspection_items().items()}
    needed = [NUMBER, VERSION, REMARK, DAY, *titles]
    lost = [title for title in needed if header.count(fold(title)) != 1]
    if lost:
        raise RefusedFileError(
            f"工作簿 {path.name} 的第 1 行应有且只有一列“{'”“'.join(lost)}”:"
            "请用 regaudit inspect export 重新导出"
        )
    places = {title: header.index(fold(title)) for title in needed}
    found = []
    for number, row in enumerate(cells[1:], start=2):
        told = {title: (row[place] or "").strip() for title, place in places.items()}
        said = {titles[title]: told[title] for title in titles if told[title]}
        if said or told[REMARK]:
            found.append(_row(number, told, said))
    return found


def _row(number: int, told: Mapping[str, str], said: Mapping[str, str]) -> FilledRow:
    form = fold(told[NUMBER])
    if not form:
        return FilledRow(row=number, number="", problem=f"“{NUMBER}”列是空的:不知道是哪一件")
    try:
        remarks, rest = split_remark(told[REMARK])
        asked = Examination(
            number=form,
            verdicts={item: _verdict(item, text) for item, text in said.items()},
            remarks=remarks,
            remark=rest,
            on=_day(told[DAY]),
            seen=_version(told[VERSION]),
        )
    except _CellError as error:
        return FilledRow(row=number, number=form, problem=str(error))
    return FilledRow(row=number, number=form, asked=asked)


def _verdict(item: str, given: str) -> str:
    codes = {title: code for code, title in VERDICTS.items()}
    text = fold(given)
    if text in VERDICTS:
        return text
    if text not in codes:
        title = inspection_items()[item].title
        raise _CellError(f"“{title}”列 {given!r} 应为 {'、'.join(codes)} 之一")
    return codes[text]


def _day(given: str) -> date | None:
    if not given:
        return None
    match = _DATE.fullmatch(fold(given))
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise _CellError(f"“{DAY}”列 {given!r} 应为日期,如 2026-04-09")


def _version(given: str) -> int:
    text = given.removesuffix(".0")
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        raise _CellError(f"“{VERSION}”列 {given!r} 不是版本号,已被改动:请重新导出")
    return int(text)
