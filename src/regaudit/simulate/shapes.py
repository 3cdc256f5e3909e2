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
        zh: The same in Chinese.
        write: Writes it.
        loses: What it cannot carry.
        mapping: Name of the mapping file that is written beside it; empty if it needs none.
    """

    file: str
    title: str
    zh: str
    write: Callable[[StepLog, Path], None]
    loses: Losses = NOTHING
    mapping: str = ""


CANONICAL = "canonical"
ALL = "all"
SHAPES = {
    CANONICAL: Shape(
        file="steps.csv",
        title="canonical CSV, English names",
        zh="标准 CSV，英文列名",
        write=delimited.write_canonical,
    ),
    "csv-gb18030": Shape(
        file="steps-gb18030.csv",
        title="CSV with semicolons in GB18030, a title row, Chinese names and values",
        zh="GB18030 编码、分号分隔的 CSV，有标题行，中文列名和取值",
        write=delimited.write_gb18030,
    ),
    "tsv": Shape(
        file="steps.tsv",
        title="tab-separated, byte-order mark, other column order",
        zh="制表符分隔，有字节顺序标记，列序不同",
        write=delimited.write_tabs,
    ),
    "jsonl": Shape(
        file="steps.jsonl",
        title="JSON Lines, times with offset",
        zh="JSON Lines，时间带时差",
        write=columnar.write_json_lines,
    ),
    "parquet": Shape(
        file="steps.parquet",
        title="Parquet with timestamps",
        zh="Parquet，时间为时间戳",
        write=columnar.write_parquet,
    ),
    "xlsx": Shape(
        file="steps.xlsx",
        title="Excel workbook with title rows and two header rows",
        zh="Excel 工作簿，有标题行和两行表头",
        write=workbooks.write_xlsx,
    ),
    "xls": Shape(
        file="steps.xls",
        title="Excel 97 workbook (BIFF8)",
        zh="Excel 97 工作簿（BIFF8）",
        write=workbooks.write_xls,
    ),
    "xls-html": Shape(
        file="steps-html.xls",
        title="an HTML table that is called .xls",
        zh="HTML 表格，文件名为 .xls",
        write=markup.write_html,
    ),
    "xls-xml": Shape(
        file="steps-xml.xls",
        title="SpreadsheetML 2003 that is called .xls",
        zh="SpreadsheetML 2003，文件名为 .xls",
        write=markup.write_spreadsheet_xml,
    ),
    "xes": Shape(file="steps.xes", title="XES process log", zh="XES 过程日志", write=xes.write_xes),
    "zip": Shape(
        file="steps.zip",
        title="ZIP archive, one CSV an office",
        zh="ZIP，一个机构一个 CSV",
        write=delimited.write_zip,
    ),
    "national-2015": Shape(
        file="national-2015.xlsx",
        title="national tables of 2015, a workbook with one sheet a table",
        zh="2015 年国家标准的各表，一表一个工作表",
        write=national_files.write_workbook_2015,
        loses=NATIONAL_2015,
    ),
    "national-2015-folder": Shape(
        file="national-2015",
        title="national tables of 2015, a folder with one CSV a table",
        zh="2015 年国家标准的各表，一个文件夹，一表一个 CSV",
        write=national_files.write_folder,
        loses=NATIONAL_2015,
    ),
    "national-2015-xml": Shape(
        file="national-2015.xml",
        title="national tables of 2015, exchange XML",
        zh="2015 年国家标准的各表，交换 XML",
        write=national_files.write_exchange,
        loses=NATIONAL_2015,
    ),
    "national-2021": Shape(
        file="national-2021.xlsx",
        title="national tables of 2021, a workbook with one sheet a table",
        zh="2021 年国家标准的各表，一表一个工作表",
        write=national_files.write_workbook_2021,
        loses=NATIONAL_2021,
    ),
    "tasklog": Shape(
        file="tasklog.xlsx",
        title="task log of a workflow platform",
        zh="工作流平台的任务日志",
        write=tasklog.write_task_log,
        loses=TASK_LOG,
    ),
    "wide": Shape(
        file="wide.csv",
        title="one row a case, a time and a person for each step",
        zh="一行一件，各环节的时间与人员",
        write=wide.write_wide,
        loses=WIDE,
        mapping="wide.toml",
    ),
}
"""Shapes by name; `simulate --shape all` writes every one."""
