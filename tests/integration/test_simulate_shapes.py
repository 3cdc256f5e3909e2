"""Every shape of a simulated log, read back by other means than our own readers."""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from zipfile import ZipFile

import fastexcel
import polars as pl
import pytest
from conftest import Desk

from regaudit.base.errors import RegauditError
from regaudit.catalogue.vocabulary import display_name, value_titles
from regaudit.simulate import SHAPES, rows, simulate
from regaudit.simulate.losses import NOTHING
from regaudit.simulate.people import OFFICES
from regaudit.simulate.writers import workbooks

SHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
XES = "{http://www.xes-standard.org/}"
CASES, SEED = 60, 3


class Done(NamedTuple):
    """What every complete shape must tell of an action."""

    case_no: str
    step: str
    at: datetime
    account: str
    operator: str
    reason: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shapes")
    simulate(CASES, SEED, made, shapes=list(SHAPES))
    return made


def moment(text: str) -> datetime:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%Y年%m月%d日"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    if "年" in text:
        return datetime.strptime(text, "%Y年%m月%d日 %H:%M:%S")
    return datetime.fromisoformat(text).replace(tzinfo=None)


def actions(found: Iterable[dict[str, object]]) -> Counter[Done]:
    """Rows under English or Chinese names, times as text or as such."""
    steps = {title: code for code, title in value_titles("step").items()}

    def cell(row: dict[str, object], name: str) -> str:
        value = row.get(name, row.get(display_name(name)))
        return "" if value in (None, "\xa0") else str(value)

    return Counter(
        Done(
            cell(row, "case_no"),
            steps.get(cell(row, "step"), cell(row, "step")),
            moment(cell(row, "occurred_at")),
            *(cell(row, name) for name in ("account", "operator", "reason")),
        )
        for row in found
    )


def separated(text: str, delimiter: str = ",") -> list[dict[str, object]]:
    return [dict(row) for row in csv.DictReader(io.StringIO(text), delimiter=delimiter)]


def sheet(path: Path, header: int) -> list[dict[str, object]]:
    frame = fastexcel.read_excel(path).load_sheet(0, header_row=header).to_polars()
    return frame.to_dicts()


class Cells(HTMLParser):
    """The rows of a table."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser gives them
        if tag == "tr":
            self.rows.append([])
        self._in_cell = tag in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._in_cell and data.strip("\n"):
            self.rows[-1].append(data)


def html(path: Path) -> list[dict[str, object]]:
    cells = Cells()
    cells.feed(path.read_text(encoding="gb18030"))
    names, *found = cells.rows
    return [dict(zip(names, row, strict=True)) for row in found]


def spreadsheet_xml(path: Path) -> list[dict[str, object]]:
    table: list[list[str]] = []
    for row in ElementTree.parse(path).iter(f"{SHEET}Row"):  # noqa: S314 - our own file
        cells = [""] * len(rows.COLUMNS)
        place = 0
        for cell in row:
            place = int(cell.get(f"{SHEET}Index", place + 1))
            cells[place - 1] = cell[0].text or ""
        table.append(cells)
    names, *found = table
    return [dict(zip(names, row, strict=True)) for row in found]


def xes(path: Path) -> list[dict[str, object]]:
    names = {"concept:name": "step", "org:resource": "account", "time:timestamp": "occurred_at"}
    found: list[dict[str, object]] = []
    for trace in ElementTree.parse(path).iter(f"{XES}trace"):  # noqa: S314 - our own file
        attributes = {child.get("key"): child.get("value") for child in trace}
        for event in trace.iter(f"{XES}event"):
            cells = {
                names.get(child.get("key", ""), child.get("key", "")): child.get("value") for child in event
            }
            found.append({"case_no": attributes["concept:name"], **cells})
    return found


def archived(path: Path) -> list[dict[str, object]]:
    with ZipFile(path) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    return [row for text in texts for row in separated(text)]


READERS: dict[str, Callable[[Path], list[dict[str, object]]]] = {
    "canonical": lambda path: separated(path.read_text("utf-8")),
    "csv-gb18030": lambda path: separated(path.read_text("gb18030").split("\n", 1)[1], ";"),
    "tsv": lambda path: separated(path.read_text("utf-8-sig"), "\t"),
    "jsonl": lambda path: [json.loads(line) for line in path.read_text("utf-8").splitlines()],
    "parquet": lambda path: pl.read_parquet(path).to_dicts(),
    "xlsx": lambda path: sheet(path, 3),
    "xls": lambda path: sheet(path, 1),
    "xls-html": html,
    "xls-xml": spreadsheet_xml,
    "xes": xes,
    "zip": archived,
}


def test_every_complete_shape_is_read_back_here() -> None:
    assert set(READERS) == {name for name, shape in SHAPES.items() if shape.loses == NOTHING}


@pytest.mark.parametrize("name", READERS)
def test_a_complete_shape_tells_every_action(name: str, folder: Path) -> None:
    wanted = actions(READERS["canonical"](folder / "steps.csv"))
    assert actions(READERS[name](folder / SHAPES[name].file)) == wanted


def test_times_in_workbooks_are_times(folder: Path) -> None:
    for name, header in (("xlsx", 3), ("xls", 1)):
        frame = fastexcel.read_excel(folder / SHAPES[name].file).load_sheet(0, header_row=header).to_polars()
        assert frame["操作时间"].dtype == pl.Datetime("ms")
        assert frame["业务号"].dtype == pl.String


def test_national_tables_have_the_names_of_the_standard(folder: Path) -> None:
    old = set(fastexcel.read_excel(folder / "national-2015.xlsx").sheet_names)
    assert {"DJ_SLSQ", "DJ_SH", "DJ_SZ", "DJ_FZ", "DJ_GD", "DJ_SJ", "DJ_SQR", "DYAQ", "FDCQ2", "CFDJ"} <= old
    new = set(fastexcel.read_excel(folder / "national-2021.xlsx").sheet_names)
    assert {"DJT_DJ_SL", "DJF_DJ_SH", "DJF_DJ_DB", "DJF_DJ_SZ", "DJF_DJ_FZ", "DJF_DJ_GD"} <= new
    assert {"SLSQ.csv", "SH.csv", "DYAQ.csv"} <= {path.name for path in (folder / "national-2015").iterdir()}
    message = ElementTree.parse(folder / "national-2015.xml").getroot()  # noqa: S314 - our own file
    assert message.tag == "Message"
    assert {"DJT_DJ_SLSQ", "DJF_DJ_SH", "QLF_QL_DYAQ", "QLT_FW_FDCQ_YZ"} <= {row.tag for row in message[1]}


def test_one_office_has_dates_alone_in_the_national_tables(folder: Path) -> None:
    accepted = separated((folder / "national-2015" / "SLSQ.csv").read_text("gb18030"))
    dates = {row["QXDM"]: str(row["SLSJ"]).endswith("T00:00:00") for row in accepted}
    assert dates == {OFFICES[0]: False, OFFICES[1]: True}


def test_applicants_are_nobody(folder: Path) -> None:
    applicants = separated((folder / "national-2015" / "SQR.csv").read_text("gb18030"))
    assert {(row["SQRMC"], row["ZJZL"], row["ZJH"]) for row in applicants} == {("略", "", "")}


def test_the_task_log_ties_rows_without_number_to_a_case(folder: Path) -> None:
    found = sheet(folder / "tasklog.xlsx", 0)
    assert list(found[0]) == [
        *("序号", "用户名", "操作IP", "日志类型", "工作流实例ID", "流程名称", "受理编号", "不动产单元号"),
        *("区县代码", "审批来源", "节点", "原因", "操作时间"),
    ]
    numbered = {row["工作流实例ID"] for row in found if row["受理编号"]}
    without = [row for row in found if not row["受理编号"]]
    assert {"FLOWABLE_CREATE", "FLOWABLE_CLAIM"} <= {row["日志类型"] for row in without}
    assert {row["工作流实例ID"] for row in without} <= numbered
    assert len(numbered) == CASES


def test_the_wide_export_has_a_row_a_case(folder: Path) -> None:
    found = separated((folder / "wide.csv").read_text("utf-8-sig"))
    assert len({row["业务号"] for row in found}) == len(found) == CASES


def test_the_size_of_pages_does_not_show(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pages are for memory alone: cut them so small that every shape is written in many.
    monkeypatch.setattr(rows, "_SLICE", 50)
    monkeypatch.setattr(rows, "_CASES", 7)
    simulate(CASES, SEED, tmp_path, shapes=list(SHAPES))
    for path in (path for path in folder.rglob("*.*") if path.is_file()):
        other = tmp_path / path.relative_to(folder)
        if path.suffix in {".parquet", ".xlsx", ".zip"}:
            continue
        if path.name in {"national-2015.xml", "wide.csv"}:  # written case by case: in another order
            assert sorted(other.read_bytes().splitlines()) == sorted(path.read_bytes().splitlines())
        else:
            assert other.read_bytes() == path.read_bytes(), path.name
    assert pl.read_parquet(tmp_path / "steps.parquet").equals(pl.read_parquet(folder / "steps.parquet"))
    assert archived(tmp_path / "steps.zip") == archived(folder / "steps.zip")
    for name in ("national-2015.xlsx", "national-2021.xlsx", "tasklog.xlsx"):
        for table in fastexcel.read_excel(folder / name).sheet_names:
            whole, paged = (pl.read_excel(each / name, sheet_name=table) for each in (folder, tmp_path))
            assert whole.equals(paged), (name, table)


def test_too_many_rows_for_a_sheet_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "XLS_ROWS", 100)
    with pytest.raises(RegauditError, match=r"至多 98 行数据.*--shape canonical"):
        simulate(CASES, SEED, tmp_path, shapes=["xls"])


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    command = (
        "import sys; sys.modules['xlwt'] = None; from pathlib import Path; "
        "from regaudit.simulate import simulate; "
        f"simulate(5, 1, Path({str(tmp_path)!r}), shapes=['xls'])"
    )
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=False)
    assert "没有安装 xlwt" in run.stderr
    assert "regaudit[simulate]" in run.stderr


def test_the_command_writes_the_shapes_asked_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    base = ("simulate", "--cases", "12", "--seed", "1")
    common = {"roster.csv", "truth.csv", "truth_off.csv", "simulation.json"}
    desk.ok(*base, "--out", tmp_path / "one")
    desk.ok(*base, "--out", tmp_path / "two", "--shape", "xes", "--shape", "wide", "--shape", "xes")
    desk.ok(*base, "--out", tmp_path / "all", "--shape", "all")
    assert {path.name for path in (tmp_path / "one").iterdir()} == common | {"steps.csv"}
    assert {path.name for path in (tmp_path / "two").iterdir()} == common | {
        "steps.xes",
        "wide.csv",
        "wide.toml",
    }
    files = {name for shape in SHAPES.values() for name in (shape.file, shape.mapping) if name}
    assert {path.name for path in (tmp_path / "all").iterdir()} == common | files
    assert desk.run(*base, "--out", tmp_path / "none", "--shape", "docx").status == 2
