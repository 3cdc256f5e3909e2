"""What an export is: the national tables, the platform's task log, XES, workbooks of several tables."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from regaudit.base.errors import RefusedFileError
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.mapping import CANONICAL, Mapping, load_mapping, shipped_mappings
from regaudit.sources.canonical.shapes import Export, known_columns, recognise_export
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO, Batch, Table

ZONE = "Asia/Shanghai"
Row = dict[str, str]
Told = tuple[str | None, ...]


def table(title: str, rows: Sequence[Row], columns: Sequence[str] = (), batch_rows: int = 1000) -> Table:
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    frame = pl.DataFrame(
        [[row.get(n, "") for n in names] for row in rows], dict.fromkeys(names, pl.String), orient="row"
    )
    numbered = frame.insert_column(0, pl.int_range(2, frame.height + 2, eager=True).alias(ROW_NO))

    def read() -> Iterator[Batch]:
        for start in range(0, numbered.height, batch_rows):
            yield Batch(numbered.slice(start, batch_rows), [])

    return Table(names, read, name=title, title=title)


def unreadable(title: str, columns: Sequence[str]) -> Table:
    def read() -> Iterator[Batch]:
        raise AssertionError(f"{title} must not be read")

    return Table(list(columns), read, name=title, title=title)


def steps_of(tables: list[Table], name: str = CANONICAL, mapping: Mapping | None = None) -> Export:
    [export] = recognise_export("导出", tables, name, mapping)
    assert export.kind.name == "steps"
    return export


def rows_of(export: Export, *columns: str) -> list[Told]:
    """The canonical rows, in the order of parts and rows."""
    pages = list(export.pages(ZONE))
    return pl.concat(page.rows for page in pages).select(columns).rows() if pages else []


def rejected_of(export: Export) -> list[Rejected]:
    return [rejected for page in export.pages(ZONE) for rejected in page.rejected]


SLSQ = {
    "YWH": "1",
    "DJDL": "200",
    "QXDM": "150602",
    "SLRY": "董军1",
    "SLSJ": "2026-03-02T09:00:00",
    "AJZT": "1",
}
SH = {
    "YWH": "1",
    "JDMC": "初审",
    "SXH": "1",
    "SHRYXM": "王",
    "SHKSSJ": "2026-03-02",
    "SHJSSJ": "2026-03-02T00:00:00",
}
FORMS = {
    "accept": (["SLSQ", "DJ_SLSQ", "DJT_DJ_SLSQ", "DJT_DJ_SL", "slsq_202603"], {}),
    "review": (["SH", "DJ_SH", "DJF_DJ_SH", "SH(审核)"], SH),
    "book": (["DB", "DJ_DB", "DJF_DJ_DB"], {"YWH": "1", "DBRYXM": "李", "DBSJ": "2026-03-03 10:00:00"}),
    "certify": (
        ["SZ", "DJ_SZ", "DJF_DJ_SZ"],
        {"YWH": "1", "SZRY": "李", "SZSJ": "2026-03-03", "YSXLH": "A1"},
    ),
    "issue": (["FZ", "DJ_FZ", "DJF_DJ_FZ"], {"YWH": "1", "FZRY": "李", "FZSJ": "2026-03-03", "FZSL": "1"}),
    "file": (["GD", "DJ_GD", "DJF_DJ_GD"], {"YWH": "1", "GDRY": "", "GDSJ": "2026-03-04"}),
    "charge": (
        ["SF", "DJ_SF", "DJF_DJ_SF"],
        {"YWH": "1", "SFRY": "李", "SFRQ": "2026-03-03", "JFRQ": "2026-03-02"},
    ),
    "supplement": (
        ["SJ", "DJ_SJ", "DJF_DJ_SJ"],
        {"YWH": "1", "SJSJ": "2026-03-02", "SJMC": "x", "SFBCSJ": "1"},
    ),
}


@pytest.mark.parametrize(
    ("step", "title", "row"), [(step, t, row) for step, (titles, row) in FORMS.items() for t in titles]
)
def test_every_national_table_is_known_in_every_form_of_its_name(step: str, title: str, row: Row) -> None:
    tables = [table(title, [row or SLSQ]), *([table("SLSQ", [SLSQ])] if row else [])]
    found = rows_of(steps_of(tables), "step", "case_no", "office")
    assert found[0] == (step, "1", "150602")


@pytest.mark.parametrize("step", FORMS)
def test_a_national_table_is_known_by_its_columns_where_the_title_does_not_tell(step: str) -> None:
    row = (FORMS[step][1] or SLSQ) | {"QXDM": "150602"}
    assert rows_of(steps_of([table("导出1", [row])]), "step") == [(step,)]


def test_reviews_keep_node_order_start_end_result_and_date_precision() -> None:
    later = SH | {"JDMC": "核定", "SXH": "3", "SHRYXM": "胡", "SHJSSJ": "2026-03-02T10:20:30", "CZJG": "2"}
    export = steps_of([table("SLSQ", [SLSQ]), table("SH", [later, SH])])
    columns = ("node", "order_no", "operator", "started_at", "occurred_at", "result")
    assert rows_of(export, "step", *columns) == [
        ("accept", None, None, "董军1", None, "2026-03-02T09:00:00", None),
        ("review", "核定", "3", "胡", "2026-03-02", "2026-03-02T10:20:30", "return"),
        ("review", "初审", "1", "王", "2026-03-02", "2026-03-02", None),
    ]
    assert export.mapping.strip_name_suffix


RIGHT = {"YWH": "1", "BDCDYH": "U1", "QXDM": "150602", "DBR": "李", "DJSJ": "2026-03-03 10:00:00"}
RIGHTS = [
    ("FDCQ2", {"QLLX": "4", "DJLX": "200"}, "4", "200"),
    ("QLT_FW_FDCQ_YZ", {"QLLX": "4", "DJLX": "100"}, "4", "100"),
    ("QLF_QL_JSYDSYQ", {"QLLX": "3", "DJLX": "300"}, "3", "300"),
    ("QL_DYAQ", {"BDBZZQSE": "9", "DJLX": "100"}, "mortgage", "100"),
    ("DJF_QL_CFDJ", {"CFJG": "法院"}, None, "800"),
    ("YGDJ", {"YGDJZL": "1", "DJLX": "700"}, None, "700"),
    ("QLF_QL_YYDJ", {"YYSX": "x"}, None, "600"),
    ("ZXDJ", {"ZXYWH": "0"}, None, "400"),
]


@pytest.mark.parametrize("is_named", [True, False], ids=["by-title", "by-columns"])
@pytest.mark.parametrize(("title", "cells", "right", "registration"), RIGHTS)
def test_a_booking_of_2015_stands_on_the_table_of_its_right(
    title: str, cells: Row, right: str | None, registration: str, *, is_named: bool
) -> None:
    export = steps_of([table(title if is_named else "表", [RIGHT | cells])])
    assert rows_of(export, "step", "operator", "unit_no", "right_type", "registration_type") == [
        ("book", "李", "U1", right, registration)
    ]


def test_what_ends_a_right_is_a_booking_of_the_case_that_ended_it() -> None:
    seizure = RIGHT | {"CFJG": "法院", "JFYWH": "2", "JFDBR": "王", "JFDJSJ": "2026-04-01"}
    mortgage = RIGHT | {"BDBZZQSE": "9", "DJLX": "100", "ZXDYYWH": "3", "ZXSJ": "2026-04-02"}
    pending = RIGHT | {"BDBZZQSE": "9", "DJLX": "100", "ZXDYYWH": "/", "ZXSJ": ""}
    export = steps_of([table("CFDJ", [seizure]), table("DYAQ", [mortgage, pending])])
    assert rows_of(export, "case_no", "occurred_at", "operator", "registration_type", "right_type") == [
        ("1", "2026-03-03T10:00:00", "李", "800", None),
        ("2", "2026-04-01", "王", "800", None),
        ("1", "2026-03-03T10:00:00", "李", "100", "mortgage"),
        ("3", "2026-04-02", None, "400", "mortgage"),
        ("1", "2026-03-03T10:00:00", "李", "100", "mortgage"),
    ]


def test_refusal_and_withdrawal_stand_on_the_application() -> None:
    ended = {"JSSJ": "2026-03-05 16:00:00"}
    cases = [SLSQ | ended | {"YWH": state, "AJZT": state} for state in ("1", "2", "4", "5")]
    found = rows_of(steps_of([table("SLSQ", cases)]), "case_no", "step", "occurred_at")
    assert [told for told in found if told[1] != "accept"] == [
        ("4", "refuse", "2026-03-05T16:00:00"),
        ("5", "withdraw", "2026-03-05T16:00:00"),
    ]
    # The acceptance says nothing that may change: it is the same in every later export.
    accepts = {told[0] for told in found if told[1] == "accept"}
    assert accepts == {"1", "2", "4", "5"}


def test_what_has_not_happened_yet_is_no_row_and_no_mistake() -> None:
    tables = [
        table("SLSQ", [SLSQ, SLSQ | {"YWH": "2", "SLSJ": "无"}]),
        table("SH", [SH | {"SHJSSJ": ""}]),
        table("GD", [{"YWH": "1", "GDRY": "", "GDSJ": "0"}]),
        table("SJ", [{"YWH": "1", "SJSJ": "2026-03-02", "SFBCSJ": "0"}]),
    ]
    export = steps_of(tables)
    assert rows_of(export, "step") == [("accept",)]
    assert not rejected_of(export)
    assert sum(page.skipped for page in export.pages(ZONE)) == 4


def test_not_a_cell_of_the_applicants_is_read() -> None:
    for sqr in (
        unreadable("DJF_DJ_SQR", ["YWH", "QLRMC"]),
        unreadable("sqr", ["YWH", "环节", "操作时间", "QXDM"]),
        unreadable("表2", ["YWH", "QLRMC", "QLRZJH", "QXDM", "DBR", "DJSJ", "QLLX"]),
    ):
        export = steps_of([sqr, table("SLSQ", [SLSQ])])
        assert rows_of(export, "step") == [("accept",)]
        assert export.ignored == [f"{sqr.name}(映射规定不读取)"]


def test_a_missing_office_is_that_of_the_case_an_ambiguous_or_unknown_one_is_told() -> None:
    reused = [SLSQ | {"YWH": "2"}, SLSQ | {"YWH": "2", "QXDM": "150603"}]
    reviews = [SH, SH | {"YWH": "2"}, SH | {"YWH": "3"}, SH | {"YWH": ""}]
    export = steps_of([table("SH", reviews, batch_rows=2), table("SLSQ", [SLSQ, *reused])])
    pages = list(export.pages(ZONE))
    rejected = [(r.row_no, r.column, r.reason) for page in pages for r in page.rejected]
    assert [(row_no, column) for row_no, column, _ in rejected] == [
        (3, "office"),
        (4, "office"),
        (5, "case_no"),
        (5, "office"),
    ]
    assert "不同的值" in rejected[0][2]
    assert "也找不到" in rejected[1][2]
    assert rows_of(export, "step", "case_no", "office") == [
        ("review", "1", "150602"),
        ("accept", "1", "150602"),
        ("accept", "2", "150602"),
        ("accept", "2", "150603"),
    ]


def test_a_rejected_row_carries_what_it_got_so_that_it_can_be_imported_alone() -> None:
    export = steps_of([table("SH", [SH, SH | {"SHJSSJ": "三月"}]), table("SLSQ", [SLSQ])])
    [page, _] = export.pages(ZONE)
    assert [r.row_no for r in page.rejected] == [3]
    assert export.parts[0].columns == page.raw.columns[1:]
    fixed = page.raw.filter(pl.col(ROW_NO) == 3).with_columns(SHJSSJ=pl.lit("2026-03-03"))
    quarantined = table("000001-导出-SH", fixed.drop(ROW_NO).rows(named=True))
    assert rows_of(steps_of([quarantined]), "office", "step", "occurred_at") == [
        ("150602", "review", "2026-03-03")
    ]


def test_tables_that_lack_what_no_other_has_are_refused_with_advice() -> None:
    with pytest.raises(RefusedFileError) as refused:
        recognise_export("SH.csv", [table("SH", [SH])])
    text = str(refused.value)
    assert all(
        word in text for word in ("SH.csv", "国家标准数据库表", "office(登记机构)", 'extends = "national"')
    )


def test_a_mapping_that_extends_the_national_one_gives_the_office(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(
        'extends = "national"\n[constants]\noffice = "150602"', encoding="utf-8"
    )
    export = steps_of([table("SH", [SH])], *load_mapping("ours.toml", tmp_path))
    assert rows_of(export, "office", "step") == [("150602", "review")]
    assert export.mapping_name == "ours.toml"


LOG = [
    *("序号", "用户名", "操作IP", "日志类型", "工作流实例ID", "流程名称", "受理编号", "不动产单元号"),
    *("区县代码", "审批来源", "节点", "原因", "操作时间"),
]


def event(code: str, node: str = "", case_no: str = "", instance: str = "i1", **more: str) -> Row:
    cells = dict.fromkeys(LOG, "") | {
        "用户名": "li",
        "日志类型": code,
        "节点": node,
        "工作流实例ID": instance,
    }
    office = "150602" if case_no else ""
    return cells | {"受理编号": case_no, "区县代码": office, "操作时间": "2026-03-02 09:00:00"} | more


def test_task_log_rows_get_case_and_office_by_their_process_instance() -> None:
    events = [
        event("FLOWABLE_CREATE"),
        event("FLOWABLE_CLAIM", "受理"),
        event("FLOWABLE_COMPLETE", "受理", "C1"),
        event("FLOWABLE_CREATE", instance="i2"),
        event("FLOWABLE_COMPLETE", "受理", "C2", "i3"),
        event("FLOWABLE_COMPLETE", "初审", "C3", "i3"),
        event("PROCESS_HANG", instance="i3", 原因="补正"),
    ]
    export = steps_of([table("统计表", events, batch_rows=2)])
    assert export.mapping_name == "flowable-tasklog"
    assert rows_of(export, "step", "case_no", "office", "account", "node") == [
        ("创建", "C1", "150602", "li", None),
        ("认领", "C1", "150602", "li", "受理"),
        ("accept", "C1", "150602", "li", "受理"),
        ("accept", "C2", "150602", "li", "受理"),
        ("review", "C3", "150602", "li", "初审"),
    ]
    reasons = {(r.row_no, r.column): r.reason for r in rejected_of(export)}
    assert set(reasons) == {(5, "case_no"), (5, "office"), (8, "case_no")}
    assert "工作流实例ID" in reasons[5, "case_no"]
    assert "也找不到" in reasons[5, "case_no"]
    assert "不同的值" in reasons[8, "case_no"]


STEPS = [
    ("FLOWABLE_COMPLETE", "受理", "accept", None),
    ("转发", "受理审核", "accept", None),
    ("流程转发", "窗口收件", "accept", None),
    ("FLOWABLE_COMPLETE", "预受理", "预受理", None),
    ("FLOWABLE_COMPLETE", "初审", "review", None),
    ("转发", "核定", "review", None),
    ("转发", "登簿", "book", None),
    ("转发", "缮证", "certify", None),
    ("转发", "发证", "issue", None),
    ("转发", "归档", "file", None),
    ("转发", "收费", "charge", None),
    ("转发", "公告", "转发", None),
    ("FLOWABLE_BACK", "复审", "review", "return"),
    ("退回", "登簿", "return", None),
    ("TASK_BACK_CHECK", "", "review", "return"),
    ("PROCESS_HANG", "初审", "pause", None),
    ("挂起", "", "pause", None),
    ("激活流程", "", "resume", None),
    ("PROCESS_REVOKE", "", "withdraw", None),
    ("终止", "", "refuse", None),
    ("PROCESS_URGENT", "", "expedite", None),
    ("加急", "", "expedite", None),
    ("SDDB", "", "book", None),
    ("手动登簿", "", "book", None),
    ("FLOWABLE_END", "归档", "办结", None),
    ("FLOWABLE_DELETE", "", "删除", None),
    ("TASK_RETRIEVE", "", "取回", None),
]


def test_task_log_events_become_steps_by_code_or_name_and_node() -> None:
    events = [event(code, node, "C1") for code, node, _, _ in STEPS]
    found = rows_of(steps_of([table("统计表", events)]), "step", "node", "result", "pause_kind")
    assert found == [(step, node or None, result, None) for _, node, step, result in STEPS]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("申请材料不齐，通知补正", "supplement"),
        ("依法公告", "notice"),
        ("实地查看", "site_visit"),
        ("利害关系人提出异议", "objection"),
        ("权属争议，中止办理", "suspension"),
        ("无需公告,等申请人", None),
        ("系统升级", None),
        ("", None),
    ],
)
def test_the_reason_of_a_pause_tells_its_kind_where_it_names_one(reason: str, kind: str | None) -> None:
    events = [
        event("PROCESS_HANG", "初审", "C1", 原因=reason),
        event("PROCESS_ACTIVE", "", "C1", 原因=reason),
    ]
    found = rows_of(steps_of([table("统计表", events)]), "step", "pause_kind")
    assert found == [("pause", kind), ("resume", None)]


@pytest.mark.parametrize(
    ("flow", "registration", "right"),
    [
        ("国有建设用地使用权及房屋所有权转移登记", "200", None),
        ("抵押权首次登记", "100", "mortgage"),
        ("抵押权注销登记", "400", "mortgage"),
        ("预购商品房抵押权预告登记", "700", None),
        ("商品房转移登记+抵押权首次登记", "200", None),
        ("查封登记", "800", None),
        ("档案查询", None, None),
        ("", None, None),
    ],
)
def test_the_flows_name_tells_registration_and_right_type(
    flow: str, registration: str | None, right: str | None
) -> None:
    export = steps_of([table("统计表", [event("转发", "受理", "C1", 流程名称=flow)])])
    assert rows_of(export, "registration_type", "right_type") == [(registration, right)]


XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
<trace><string key="concept:name" value="00123"/><string key="office" value="150602"/>
<event><string key="concept:name" value="受理"/><string key="lifecycle:transition" value="start"/>
<string key="org:resource" value="li"/><date key="time:timestamp" value="2026-03-02T08:50:00+08:00"/></event>
<event><string key="concept:name" value="受理"/><string key="lifecycle:transition" value="COMPLETE"/>
<string key="org:resource" value="li"/><date key="time:timestamp" value="2026-03-02T01:00:00.000Z"/></event>
<event><string key="concept:name" value="review"/><string key="node" value="初审"/>
<date key="time:timestamp" value="2026-03-02T10:00:00+08:00"/></event>
</trace></log>"""


def test_of_a_process_log_what_is_complete_counts(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text(XES, encoding="utf-8")
    export = steps_of(open_export(path, lambda _: None, known_columns()))
    assert export.mapping_name == "xes"
    assert rows_of(export, "case_no", "office", "step", "node", "occurred_at", "account") == [
        ("00123", "150602", "accept", None, "2026-03-02T09:00:00", "li"),
        ("00123", "150602", "review", "初审", "2026-03-02T10:00:00", None),
    ]
    assert [page.skipped for page in export.pages(ZONE)] == [1]


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
    assert all(word in text for word in ("a.xlsx", "表 说明", "版本", "表 日志", "业务号"))
    assert "办件日志还缺:office(登记机构)、occurred_at(操作时间)" in text


def test_a_table_known_by_title_that_lacks_columns_is_told_not_read() -> None:
    export = steps_of([table("SLSQ", [SLSQ]), unreadable("SF", ["YWH", "YSJE"])])
    assert export.ignored == ["SF(缺少occurred_at(操作时间))"]


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
    assert rows_of(export, "office", "step") == [("9", "accept"), ("150602", "accept"), ("150602", "review")]


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
