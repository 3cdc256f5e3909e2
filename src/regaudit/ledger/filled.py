"""What people filled into the workbook of the ledger: rows as requests, or why a row is none."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import fastexcel
from msgspec import Struct

from regaudit.base.errors import RefusedFileError, reason_of
from regaudit.base.folded_text import fold
from regaudit.catalogue.rules import SEVERITIES
from regaudit.ledger.request import Request
from regaudit.ledger.states import ASSIGNMENTS, verdict_title
from regaudit.ledger.steps import STEPS
from regaudit.ledger.workbook import (
    DUE,
    FILLED,
    KIND,
    NUMBER,
    SEVERITY,
    SHEET,
    STEP,
    TEXT,
    TO,
    VERDICT,
    VERSION,
)
from regaudit.sources.formats.packages import check_xlsx
from regaudit.sources.formats.workbooks import refusing

_NEEDED: Final = (NUMBER, VERSION, *FILLED)
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?")
_TARGET: Final = re.compile(r"(科室|人员|section|person) ?: ?(.*)")
_PREFIXES: Final = {"科室": "section", "人员": "person"}


class Filled(Struct, frozen=True, kw_only=True):
    """A row in which somebody filled in something.

    Attributes:
        row: its number in the sheet.
        entry: the entry's number.
        version: of the entry, as it was exported.
        cells: what stands in the columns to fill in, by title, and the number.
        request: what it asks for; None where `problem` (Chinese) says why it asks for nothing.
    """

    row: int
    entry: str
    version: int
    cells: Mapping[str, str]
    request: Request | None
    problem: str = ""


class _CellError(ValueError):
    """A cell does not say what its column asks for (Chinese)."""


def read_filled(path: Path, at: datetime | None = None) -> list[Filled]:
    """The rows of a workbook in which something was filled in; the others are left alone.

    Args:
        path: the workbook.
        at: when what it says was decided; None: now.

    Raises:
        RefusedFileError: it is no workbook of the ledger, or damaged.
    """
    cells = sheet_cells(path, SHEET)
    header = [fold(title or "") for title in cells[0]] if cells else []
    lost = [title for title in _NEEDED if header.count(title) != 1]
    if lost:
        raise RefusedFileError(
            f"工作簿 {path.name} 的第 1 行应有且只有一列“{'”“'.join(lost)}”:"
            "请用 regaudit ledger export 重新导出"
        )
    places = {title: header.index(title) for title in _NEEDED}
    found = []
    for number, row in enumerate(cells[1:], start=2):
        told = {title: (row[place] or "").strip() for title, place in places.items()}
        if any(told[title] for title in FILLED):
            found.append(_filled(number, told, at))
    return found


def sheet_cells(path: Path, name: str) -> Sequence[tuple[str | None, ...]]:
    """The rows of a workbook that people filled in, as text: of the sheet of a name, else of the first.

    Raises:
        RefusedFileError: it cannot be read, or is no workbook.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedFileError(f"工作簿 {path} 不能读取:{reason_of(error)}") from error
    check_xlsx(content, path.name)
    with refusing(path.name):
        book = fastexcel.read_excel(content)
        title = name if name in book.sheet_names else book.sheet_names[0]
        sheet = book.load_sheet(title, header_row=None, skip_rows=0, dtypes="string")
        return sheet.to_polars().rows()


def _filled(number: int, cells: Mapping[str, str], at: datetime | None) -> Filled:
    entry = fold(cells[NUMBER])
    version, request, problem = 0, None, ""
    try:
        version, request = _version(cells), _request(cells, at)
    except _CellError as error:
        problem = str(error)
    return Filled(
        row=number,
        entry=entry,
        version=version,
        cells={title: text for title, text in cells.items() if title != VERSION},
        request=request,
        problem=problem,
    )


def _request(cells: Mapping[str, str], at: datetime | None) -> Request:
    titles = {step.title: name for name, step in STEPS.items()}
    if not cells[STEP]:
        raise _CellError(f"“{STEP}”列是空的:请选择要办理的一步,或清空本行所填")
    step = STEPS[_coded(STEP, cells[STEP], titles)]
    verdicts = {verdict_title(step.name, verdict): verdict for verdict in step.verdicts}
    if cells[VERDICT] and not verdicts:
        raise _CellError(f"“{VERDICT}”列应为空:{step.title}没有结论")
    return Request(
        step=step.name,
        text=cells[TEXT],
        at=at,
        verdict=_coded(VERDICT, cells[VERDICT], verdicts),
        to=_target(cells[TO]) if step.name == "assign" else cells[TO],
        kind=_coded(KIND, cells[KIND], {title: code for code, title in ASSIGNMENTS.items()}),
        due=_day(cells[DUE]),
        severity=_coded(SEVERITY, cells[SEVERITY], {title: code for code, title in SEVERITIES.items()}),
    )


def _coded(column: str, given: str, codes: Mapping[str, str]) -> str:
    """The code of what a cell says by its Chinese name or its code; empty where it is blank."""
    text = fold(given)
    if not text or text in codes.values():
        return text
    if text not in codes:
        raise _CellError(f"“{column}”列 {given!r} 应为 {_listed(codes)} 之一")
    return codes[text]


def _listed(names: Iterable[str]) -> str:
    return "、".join(names)


def _target(given: str) -> str:
    """`科室:名称` or `人员:编号` as the log has it; anything else is judged by the ledger."""
    match = _TARGET.fullmatch(fold(given))
    return f"{_PREFIXES.get(match[1], match[1])}:{match[2]}" if match else given


def _day(given: str) -> date | None:
    if not given:
        return None
    match = _DAY.fullmatch(fold(given))
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise _CellError(f"“{DUE}”列 {given!r} 应为日期,如 2026-04-09")


def _version(cells: Mapping[str, str]) -> int:
    if not cells[NUMBER]:
        raise _CellError(f"“{NUMBER}”列是空的:不知道是哪一项")
    given = cells[VERSION]
    text = given.removesuffix(".0")
    if not (text.isascii() and text.isdigit() and int(text)):
        raise _CellError(f"“{VERSION}”列 {given!r} 不是版本号,已被改动:请重新导出")
    return int(text)
