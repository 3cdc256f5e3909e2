"""All new and open findings of a digest as an Excel workbook, for sorting and handing out."""

import os
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from msgspec import Struct

from regaudit.base.archive import sync_folder
from regaudit.base.errors import reason_of
from regaudit.base.folded_text import visible
from regaudit.base.in_place import put_in_place
from regaudit.base.running_text import full_width
from regaudit.outlets.mail.cards import answerable_text, basis_text, persons_text, summary_text
from regaudit.outlets.mail.digest import Digest, Line
from regaudit.outlets.mail.errors import MailError
from regaudit.outlets.mail.ledger_stand import OLD_SHEET, OldFinding
from regaudit.outlets.mail.wording import SEVERITIES, lists, safe

ROW_CAP = 5_000
SIZE_CAP = 5_000_000
SHEET = "新增与未结"
_MOST_ROWS = 1_048_575
_COLUMNS: list[tuple[str, int]] = [
    ("状态", 8),
    ("级别", 8),
    ("问题", 16),
    ("登记机构", 20),
    ("业务号", 20),
    ("账号", 14),
    ("数据源", 16),
    ("说明", 70),
    ("人员（职责）", 32),
    ("责任人", 12),
    ("依据", 28),
    ("发生时间", 20),
    ("到期日", 16),
    ("首次发现", 16),
    ("问题编号", 20),
]
_OLD_COLUMNS: list[tuple[str, int]] = [
    ("台账编号", 20),
    ("问题", 16),
    ("规则", 18),
    ("级别", 8),
    ("业务号", 20),
    ("发生于", 16),
    ("说明", 70),
    ("问题编号", 20),
]
_DAY, _MOMENT = 'yyyy"年"m"月"d"日"', 'yyyy"年"m"月"d"日" hh:mm'


class Book(Struct, frozen=True):
    """The workbook of a mail: its file name, how many findings it lists, and its bytes.

    `old` is how many rows it has besides, of findings that entries of the ledger list together.
    """

    name: str
    rows: int
    content: bytes
    old: int = 0

    @property
    def is_attached(self) -> bool:
        """It is small enough for a mail."""
        return self.rows + self.old <= ROW_CAP and len(self.content) <= SIZE_CAP


def make_book(digest: Digest, name: str) -> Book | None:
    """The workbook of a digest, byte for byte the same for the same digest; None where nothing is open."""
    digest = safe(digest)
    found = lists(digest)
    lines = found.open[:_MOST_ROWS]
    old = digest.ledger.old[:_MOST_ROWS] if digest.ledger else []
    if not lines and not old:
        return None
    new = {line.finding_id for line in digest.new}
    buffer = BytesIO()
    is_large = len(lines) + len(old) > ROW_CAP
    with xlsxwriter.Workbook(buffer, {"in_memory": not is_large, "constant_memory": is_large}) as book:
        book.set_properties({"title": f"{digest.office_name}{SHEET}", "created": digest.report.as_of})
        rows = [_cells(digest, line, is_new=line.finding_id in new) for line in lines]
        fill(book, SHEET, _COLUMNS, rows)
        if old:
            fill(book, OLD_SHEET, _OLD_COLUMNS, [_old_cells(finding) for finding in old])
    return Book(name, len(lines), buffer.getvalue(), old=len(old))


def keep(book: Book, folder: Path) -> Path:
    """Write a workbook that is too large for a mail into `folder`, whole or not at all, for its owner alone.

    Raises:
        MailError: it cannot be written; the message names it.
    """
    path = folder / book.name
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - for its owner alone from the start
            file.write(book.content)
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, path)
        sync_folder(folder)
    except OSError as error:
        raise MailError(f"问题清单无法写入 {path}:{reason_of(error)}。请检查磁盘空间和文件夹权限") from error
    return path


def fill(
    book: Any, name: str, columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[str | date | None]]
) -> None:
    """Write a sheet with columns of a title and a width.

    Every text is written as a text, whatever it begins with, and is edited as one.
    """
    text = {"num_format": "@", "text_wrap": True, "valign": "top"}
    plain = book.add_format(text)
    # Without it what looks like a formula would become one as soon as somebody edits the cell.
    quoted = book.add_format({**text, "quote_prefix": True})
    day, moment = (
        book.add_format({"num_format": form, "align": "left", "valign": "top"}) for form in (_DAY, _MOMENT)
    )
    heading = book.add_format({"bold": True, "bg_color": "#E6E9EC", "border": 1, "valign": "vcenter"})
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    for column, (title, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, heading)
    for row, cells in enumerate(rows, start=1):
        for column, value in enumerate(cells):
            if isinstance(value, date):
                is_moment = isinstance(value, datetime)
                sheet.write_datetime(row, column, value, moment if is_moment else day)
            elif value:
                shown = visible(value)
                sheet.write_string(row, column, shown, quoted if shown[0] in "=+-@" else plain)


def _old_cells(finding: OldFinding) -> list[str | date | None]:
    return [
        finding.entry,
        finding.title,
        finding.rule,
        SEVERITIES.get(finding.severity, finding.severity),
        finding.case_no,
        finding.acted_on,
        full_width(finding.summary),
        finding.finding_id,
    ]


def _cells(digest: Digest, line: Line, *, is_new: bool) -> list[str | date | None]:
    return [
        "新增" if is_new else "未结",
        SEVERITIES.get(line.severity, line.severity),
        line.rule_title,
        digest.office_name if line.office == digest.office else line.office,
        line.case_no,
        line.account,
        line.source,
        summary_text(line),
        persons_text(line),
        answerable_text(line),
        basis_text(line),
        line.occurred_at,
        line.due_on,
        line.first_found_on,
        line.finding_id,
    ]
