"""Files called `.xls` that are no workbooks: HTML tables and SpreadsheetML 2003."""

from pathlib import Path

import polars as pl

from regaudit.catalogue.vocabulary import display_name
from regaudit.simulate.rows import COLUMNS, StepLog
from regaudit.simulate.writers.cells import (
    TIMES,
    chinese_columns,
    chinese_values,
    escaped,
    times_as,
)

_HTML_HEAD = """\
<html xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head>
<body><table border="1">
"""
_SHEET_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" \
xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="time"><NumberFormat ss:Format="yyyy\\-mm\\-dd hh:mm:ss"/></Style></Styles>
<Worksheet ss:Name="办件日志"><Table>
"""
_SHEET_TAIL = "</Table></Worksheet></Workbook>\n"


def write_html(log: StepLog, path: Path) -> None:
    """An HTML table in GB18030 that says GB2312, blanks as `&nbsp;`, `.xls` by name only."""
    with path.open("wb") as file:
        header = "".join(f"<th>{display_name(name)}</th>" for name in COLUMNS)
        file.write(f"{_HTML_HEAD}<tr>{header}</tr>\n".encode("gb18030"))
        for rows in log.pages():
            shown = chinese_columns(chinese_values(times_as(rows, "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日")))
            cells = [pl.format("<td>{}</td>", escaped(pl.col(c)).fill_null("&nbsp;")) for c in shown.columns]
            lines = shown.select(pl.format("<tr>{}</tr>\n", pl.concat_str(cells))).to_series()
            file.write("".join(lines).encode("gb18030"))
        file.write(b"</table></body></html>\n")


def write_spreadsheet_xml(log: StepLog, path: Path) -> None:
    """SpreadsheetML 2003: typed cells, blank ones left out, the next one told its place by `ss:Index`."""
    with path.open("wb") as file:
        names = "".join(f'<Cell><Data ss:Type="String">{display_name(c)}</Data></Cell>' for c in COLUMNS)
        file.write(f"{_SHEET_HEAD}<Row>{names}</Row>\n".encode())
        for rows in log.pages():
            shown = times_as(chinese_values(rows), "%Y-%m-%dT%H:%M:%S.000", "%Y-%m-%dT00:00:00.000")
            cells = [_spreadsheet_cell(n, COLUMNS) for n in range(len(COLUMNS))]
            lines = shown.select(pl.format("<Row>{}</Row>\n", pl.concat_str(cells))).to_series()
            file.write("".join(lines).encode())
        file.write(_SHEET_TAIL.encode())


def _spreadsheet_cell(n: int, names: tuple[str, ...]) -> pl.Expr:
    value = pl.col(names[n])
    after_blank = pl.col(names[n - 1]).is_null() if n else pl.lit(value=False)
    place = pl.when(after_blank).then(pl.lit(f' ss:Index="{n + 1}"')).otherwise(pl.lit(""))
    style, kind = (' ss:StyleID="time"', "DateTime") if names[n] in TIMES else ("", "String")
    cell = pl.format(f'<Cell{{}}{style}><Data ss:Type="{kind}">{{}}</Data></Cell>', place, escaped(value))
    return cell.fill_null("")
