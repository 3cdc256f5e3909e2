"""The shapes in which one and the same step log can be written."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from regaudit.simulate.losses import (
    NATIONAL_2015,
    NATIONAL_2021,
    NOTHING,
    TASK_LOG,
    WIDE,
    Losses,
)
from regaudit.simulate.rows import StepLog
from regaudit.simulate.writers import (
    columnar,
    delimited,
    markup,
    national_files,
    tasklog,
    wide,
    workbooks,
    xes,
)


class Shape(Struct, frozen=True, kw_only=True):
    """One form of an export.

    Attributes:
        file: Name of the file or folder.
        title: What it is, in one line.
        write: Writes it.
        loses: What it cannot carry.
        mapping: Name of the mapping file that is written beside it; empty if it needs none.
    """

    file: str
    title: str
    write: Callable[[StepLog, Path], None]
    loses: Losses = NOTHING
    mapping: str = ""


CANONICAL = "canonical"
ALL = "all"
SHAPES = {
    CANONICAL: Shape(file="steps.csv", title="canonical CSV, English names", write=delimited.write_canonical),
    "csv-gb18030": Shape(
        file="steps-gb18030.csv",
        title="CSV with semicolons in GB18030, a title row, Chinese names and values",
        write=delimited.write_gb18030,
    ),
    "tsv": Shape(
        file="steps.tsv",
        title="tab-separated, byte-order mark, other column order",
        write=delimited.write_tabs,
    ),
    "jsonl": Shape(
        file="steps.jsonl", title="JSON Lines, times with offset", write=columnar.write_json_lines
    ),
    "parquet": Shape(file="steps.parquet", title="Parquet with timestamps", write=columnar.write_parquet),
    "xlsx": Shape(
        file="steps.xlsx",
        title="Excel workbook with title rows and two header rows",
        write=workbooks.write_xlsx,
    ),
    "xls": Shape(file="steps.xls", title="Excel 97 workbook (BIFF8)", write=workbooks.write_xls),
    "xls-html": Shape(
        file="steps-html.xls", title="an HTML table that is called .xls", write=markup.write_html
    ),
    "xls-xml": Shape(
        file="steps-xml.xls",
        title="SpreadsheetML 2003 that is called .xls",
        write=markup.write_spreadsheet_xml,
    ),
    "xes": Shape(file="steps.xes", title="XES process log", write=xes.write_xes),
    "zip": Shape(file="steps.zip", title="ZIP archive, one CSV an office", write=delimited.write_zip),
    "national-2015": Shape(
        file="national-2015.xlsx",
        title="national tables of 2015, a workbook with one sheet a table",
        write=national_files.write_workbook_2015,
        loses=NATIONAL_2015,
    ),
    "national-2015-folder": Shape(
        file="national-2015",
        title="national tables of 2015, a folder with one CSV a table",
        write=national_files.write_folder,
        loses=NATIONAL_2015,
    ),
    "national-2015-xml": Shape(
        file="national-2015.xml",
        title="national tables of 2015, exchange XML",
        write=national_files.write_exchange,
        loses=NATIONAL_2015,
    ),
    "national-2021": Shape(
        file="national-2021.xlsx",
        title="national tables of 2021, a workbook with one sheet a table",
        write=national_files.write_workbook_2021,
        loses=NATIONAL_2021,
    ),
    "tasklog": Shape(
        file="tasklog.xlsx",
        title="task log of a workflow platform",
        write=tasklog.write_task_log,
        loses=TASK_LOG,
    ),
    "wide": Shape(
        file="wide.csv",
        title="one row a case, a time and a person for each step",
        write=wide.write_wide,
        loses=WIDE,
        mapping="wide.toml",
    ),
}
"""Shapes by name; `simulate --shape all` writes every one."""
