"""What pages give as files: views as XLSX or CSV, attachments, documents."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Final
from urllib.parse import quote

import xlsxwriter
from starlette.responses import Response

from regaudit.base.folded_text import visible

Cell = str | int | date | datetime | None
CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF: Final = "application/pdf"
ANY: Final = "application/octet-stream"
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_LONGEST: Final = 32_767
_WIDTHS: Final = (10, 60)


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV as Excel opens it: UTF-8 with a byte-order mark; what looks like a formula is marked as text."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_of(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook with one sheet; no cell is a formula, whatever a text begins with."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(title)
        bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
        text.set_quote_prefix()
        day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"})
        for column, name in enumerate(header):
            sheet.set_column(column, column, min(max(2 * len(name) + 4, _WIDTHS[0]), _WIDTHS[1]))
            sheet.write_string(0, column, name, bold)
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(last, column, cell, moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(last, column, datetime.combine(cell, datetime.min.time()), day)
                elif isinstance(cell, int):
                    sheet.write_number(last, column, cell)
                elif cell:
                    sheet.write_string(last, column, visible(cell)[:_LONGEST], text)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, last, len(header) - 1)
    return buffer.getvalue()


def download(content: bytes, name: str, media: str) -> Response:
    """A file to keep; no browser shows it as a page of ours.

    Args:
        content: its bytes.
        name: what it is called.
        media: its type.
    """
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    encoded = quote(name, safe="")
    return Response(
        content,
        media_type=media,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _csv_cell(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int):
        return cell
    text = visible(cell or "")
    return f"'{text}" if text.lstrip(" \n").startswith(_FORMULAS) else text
