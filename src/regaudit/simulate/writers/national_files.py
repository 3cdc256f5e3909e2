"""The national tables as files: a workbook, a folder of CSV, exchange XML."""

from pathlib import Path

import polars as pl

from regaudit.simulate.rows import StepLog
from regaudit.simulate.writers.cells import escaped
from regaudit.simulate.writers.national import national_pages, national_tables
from regaudit.simulate.writers.workbooks import write_xlsx_sheets

_MAIN_TABLES = ("SLSQ", "SL")
_WORKFLOW_TABLES = (*_MAIN_TABLES, "SJ", "SQR", "SH", "DB", "SZ", "FZ", "GD")
_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<Message>
<Head><BizMsgID>REGAUDIT-SIMULATED</BizMsgID><ASID>AS100</ASID><RecType>1000101</RecType></Head>
<Data>
"""


def write_workbook_2015(log: StepLog, path: Path) -> None:
    """XLSX, one sheet a table, names like `DJ_SLSQ` for the workflow and bare ones for the rights."""
    sheets = ((_sheet_name(name), rows) for name, rows in national_tables(log, "2015").items())
    write_xlsx_sheets(sheets, path)


def write_workbook_2021(log: StepLog, path: Path) -> None:
    """XLSX, one sheet a table, the new names: `DJT_DJ_SL`, `DJF_DJ_SH`, `DJF_DJ_DB`."""
    sheets = ((_exchange_name(name), rows) for name, rows in national_tables(log, "2021").items())
    write_xlsx_sheets(sheets, path)


def write_folder(log: StepLog, path: Path) -> None:
    """A folder with one CSV a table, bare names, GB18030."""
    path.mkdir(exist_ok=True)
    for n, tables in enumerate(national_pages(log, "2015")):
        for name, rows in tables.items():
            text = rows.write_csv(include_header=n == 0, line_terminator="\r\n")
            with (path / f"{name}.csv").open("ab" if n else "wb") as file:
                file.write(text.encode("gb18030"))


def write_exchange(log: StepLog, path: Path) -> None:
    """Exchange XML: one element a row, columns as attributes."""
    with path.open("wb") as file:
        file.write(_HEAD.encode())
        for tables in national_pages(log, "2015"):
            for name, rows in tables.items():
                if rows.height:
                    file.write("".join(_elements(_exchange_name(name), rows)).encode())
        file.write(b"</Data>\n</Message>\n")


def _elements(name: str, rows: pl.DataFrame) -> pl.Series:
    attributes = pl.concat_str(
        pl.format(f' {column}="{{}}"', escaped(pl.col(column).fill_null(""))) for column in rows.columns
    )
    return rows.select(pl.format(f"<{name}{{}}/>\n", attributes)).to_series()


def _sheet_name(table: str) -> str:
    return f"DJ_{table}" if table in _WORKFLOW_TABLES else table


def _exchange_name(table: str) -> str:
    if table not in _WORKFLOW_TABLES:
        return "QLT_FW_FDCQ_YZ" if table == "FDCQ2" else f"QLF_QL_{table}"
    return f"DJT_DJ_{table}" if table in _MAIN_TABLES else f"DJF_DJ_{table}"
