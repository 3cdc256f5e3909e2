"""The national tables are known by title or columns, and their rows become steps."""

from pathlib import Path

import polars as pl
import pytest
from tables import RIGHT, SH, SLSQ, ZONE, Row, rejected_of, rows_of, steps_of, table, unreadable

from regaudit.base.errors import RefusedFileError
from regaudit.sources.canonical.mapping import load_mapping
from regaudit.sources.canonical.shapes import recognise_export
from regaudit.sources.tables import ROW_NO

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


def test_subtype_and_matter_stand_on_application_and_right() -> None:
    accepted = SLSQ | {"DJXL": "20101", "DJYY": "/"}
    right = RIGHT | {"QLLX": "4", "DJLX": "200", "DJYY": "分割"}
    # Why the mortgage was registered is no reason of the case that cancelled it.
    mortgage = RIGHT | {"BDBZZQSE": "9", "DJLX": "100", "DJYY": "抵押", "ZXDYYWH": "3", "ZXSJ": "2026-04-02"}
    tables = [table("SLSQ", [accepted]), table("FDCQ2", [right]), table("DYAQ", [mortgage])]
    export = steps_of(tables)
    assert rows_of(export, "case_no", "step", "subtype", "matter") == [
        ("1", "accept", "20101", None),
        ("1", "book", None, "分割"),
        ("1", "book", None, "抵押"),
        ("3", "book", None, None),
    ]
    assert export.added == ["subtype", "matter"]
    without = steps_of([table("SLSQ", [SLSQ]), table("FDCQ2", [RIGHT | {"QLLX": "4", "DJLX": "200"}])])
    assert (without.added, without.absent) == ([], [])
    variant = steps_of([table("SLSQ", [SLSQ | {"DJYY": "用途变化"}])])
    assert rows_of(variant, "subtype", "matter") == [(None, "用途变化")]


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
