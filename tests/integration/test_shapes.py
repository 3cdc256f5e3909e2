"""What an export is: the national tables, the platform's task log, XES, workbooks of several tables."""

import io
from pathlib import Path

import pytest
import xlsxwriter
from tables import RIGHT, SH, SLSQ, ZONE, rows_of, steps_of, table, unreadable

from regaudit.base.errors import RefusedFileError
from regaudit.sources.canonical.mapping import CANONICAL, Mapping, shipped_mappings
from regaudit.sources.canonical.shapes import known_columns, recognise_export
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO


def workbook(path: Path, sheets: dict[str, list[list[str]]]) -> Path:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    path.write_bytes(content.getvalue())
    return path


STEPS_SHEET = [
    ["业务号", "区县代码", "环节", "操作时间", "账号"],
    ["1", "150602", "受理", "2026-03-02 09:00:00", "li"],
]
ROSTER_SHEET = [["账号", "人员编号", "姓名"], ["li", "P1", "李四"]]
NOTES_SHEET = [["说明", "版本"], ["本表由平台导出", "3"]]


def test_a_workbook_of_log_roster_and_notes_is_two_exports(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"说明": NOTES_SHEET, "人员": ROSTER_SHEET, "日志": STEPS_SHEET})
    steps, roster = recognise_export(path.name, open_export(path, lambda _: None, known_columns()))
    assert (steps.kind.name, [part.name for part in steps.parts]) == ("steps", ["日志"])
    assert (roster.kind.name, [part.name for part in roster.parts]) == ("roster", ["人员"])
    assert steps.ignored == ["说明(不是办件日志,也不是账号名册)"]
    assert roster.ignored == []
    assert rows_of(steps, "case_no", "step") == [("1", "accept")]
    assert rows_of(roster, "account", "person_id", "person_name") == [("li", "P1", "李四")]


def test_sheets_of_one_kind_are_parts_with_their_own_row_numbers(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"一月": STEPS_SHEET, "二月": STEPS_SHEET})
    export = steps_of(open_export(path, lambda _: None, known_columns()))
    assert [(p.part_no, p.rows[ROW_NO].to_list()) for p in export.pages(ZONE)] == [(1, [2]), (2, [2])]


def test_the_national_tables_are_the_same_from_workbook_folder_and_exchange_xml(tmp_path: Path) -> None:
    tables = {
        "SLSQ": SLSQ,
        "SH": SH,
        "DYAQ": RIGHT | {"DJLX": "100", "BDBZZQSE": "1"},
        "SQR": {"YWH": "1", "QLRMC": "某"},
    }
    book = workbook(
        tmp_path / "a.xlsx", {f"DJ_{n}": [list(row), list(row.values())] for n, row in tables.items()}
    )
    folder = tmp_path / "tables"
    folder.mkdir()
    for name, row in tables.items():
        text = "\n".join([",".join(row), ",".join(row.values())])
        (folder / f"{name}.csv").write_text(text, encoding="gb18030")
    exchange = tmp_path / "a.xml"
    elements = {"SLSQ": "DJT_DJ_SLSQ", "SH": "DJF_DJ_SH", "DYAQ": "QLF_QL_DYAQ", "SQR": "DJF_DJ_SQR"}
    records = "".join(
        " ".join([f"<{elements[name]}", *(f'{key}="{value}"' for key, value in row.items()), "/>"])
        for name, row in tables.items()
    )
    exchange.write_text(
        f"<Message><Head><ASID>AS100</ASID></Head><Data>{records}</Data></Message>", encoding="utf-8"
    )
    found = []
    for path in (book, folder, exchange):
        export = steps_of(open_export(path, lambda _: None, known_columns()))
        assert export.mapping_name == "national"
        assert any("SQR" in told for told in export.ignored)
        columns = ("office", "case_no", "step", "node", "occurred_at", "operator", "right_type")
        found.append(sorted(rows_of(export, *columns), key=str))
    assert found[0] == found[1] == found[2]
    assert [told[2] for told in found[0]] == ["accept", "book", "review"]


def test_when_nothing_fits_every_table_is_told_with_what_it_has_and_lacks() -> None:
    with pytest.raises(RefusedFileError) as refused:
        recognise_export(
            "a.xlsx", [table("说明", [{"版本": "1"}]), table("日志", [{"业务号": "1", "环节": "受理"}])]
        )
    text = str(refused.value)
    assert all(word in text for word in ("a.xlsx", "表 说明", "另有 1 列不认识", "表 日志", "业务号"))
    assert "版本" not in text
    assert "办件日志还缺:office(登记机构)、occurred_at(操作时间)" in text


def test_a_table_known_by_title_that_lacks_columns_is_told_not_read() -> None:
    export = steps_of([table("SLSQ", [SLSQ]), unreadable("SF", ["YWH", "YSJE"])])
    assert export.ignored == ["SF(缺少occurred_at(操作时间),映射中是 SFRY、SFRQ)"]


def test_canonical_columns_go_before_any_shipped_mapping() -> None:
    row = {
        "业务号": "1",
        "区县代码": "9",
        "环节": "受理",
        "操作时间": "2026-03-02",
        "日志类型": "x",
        "工作流实例ID": "i",
    }
    assert steps_of([table("SH", [row])]).mapping_name == CANONICAL


def test_of_several_mappings_that_fit_the_one_that_reads_most_counts() -> None:
    summary = {"业务号": "1", "区县代码": "9", "环节": "受理", "操作时间": "2026-03-02"}
    export = steps_of([table("汇总", [summary]), table("SLSQ", [SLSQ]), table("SH", [SH])])
    assert export.mapping_name == "national"
    assert rows_of(export, "office", "step") == [("150602", "accept"), ("150602", "review")]
    # What the mapping says nothing of is not read by names of ours that happen to stand there; it is told.
    assert [table.name for table in export.unread] == ["汇总"]


def test_headers_are_searched_by_the_names_of_all_mappings() -> None:
    known = known_columns(Mapping(columns={"case_no": ["编号", "流水号"]}))
    assert {
        "case_no",
        "业务号",
        "人员编号",
        "YWH",
        "SHJSSJ",
        "工作流实例ID",
        "time:timestamp",
        "编号",
        "流水号",
    } <= known
    assert {"AJZT", "SFBCSJ", "lifecycle:transition", "流程名称"} <= known


def test_every_name_in_the_shipped_mappings_is_used_once() -> None:
    for mapping in shipped_mappings().values():
        names = [name for known in mapping.tables for name in known.names]
        assert len(names) == len(set(names))
