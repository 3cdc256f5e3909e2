"""What stands for nothing is blank in every writing, and an id that was cut is none."""

from collections.abc import Mapping as Dictionary
from pathlib import Path

import polars as pl
import pytest

from regaudit.catalogue.kinds import export_kinds
from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.layouts import Layout, lay_out
from regaudit.sources.canonical.mapping import Mapping, load_mapping
from regaudit.sources.canonical.rows import Canonical, make_canonical
from regaudit.sources.tables import Batch, numbered

Row = Dictionary[str, str | None]
STEP: dict[str, str | None] = {
    "case_no": "0017",
    "office": "150602",
    "step": "accept",
    "occurred_at": "2026-03-05 09:00:00",
}
ENTRY: dict[str, str | None] = {"account": "lin", "person_id": "P7"}
WORDS = ["NULL", "null", "Null", "(null)", "[NULL]", "<null>", "\\N", "None", "nan", "NaN", "NaT", "N/A"]
WORDS += ["#N/A", "--", "—", "空", "暂无", "未知", "0", "/", "无", "-", "", " null "]
WORDS += ["#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"]
PLAIN = Mapping()
NUMBERS = ["case_no", "office", "account", "unit_no", "batch_no", "serial_no"]


def made(*rows: Row, kind: str = "steps", mapping: Mapping = PLAIN) -> Canonical:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    frame = pl.DataFrame(
        [{n: row.get(n) for n in columns} for row in rows], dict.fromkeys(columns, pl.String)
    )
    layout = lay_out(columns, export_kinds()[kind], mapping)
    assert isinstance(layout, Layout)
    return make_canonical(Batch(numbered(frame, 2), []), layout, mapping, "Asia/Shanghai")


def rejected(*rows: Row, kind: str = "steps") -> list[Rejected]:
    return made(*rows, kind=kind).rejected


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("column", ["account", "unit_no", "batch_no", "reason", "promised_at", "result"])
def test_a_word_for_nothing_is_nothing(column: str, word: str) -> None:
    found = made(STEP | {column: word}, STEP | {"case_no": "0018", column: None})
    assert found.rejected == []
    assert found.rows[column].to_list() == [None, None]


@pytest.mark.parametrize("column", ["case_no", "office", "step", "occurred_at"])
@pytest.mark.parametrize("word", ["NULL", "(null)", "暂无", "#REF!"])
def test_a_required_column_needs_more_than_a_word(column: str, word: str) -> None:
    assert [(r.column, r.reason) for r in rejected(STEP | {column: word})] == [(column, "必填列为空")]


def test_texts_that_only_look_like_words_stay() -> None:
    texts = ["NA", "nullah", "Nanning", "未知原因", "空调", "-1", "None of these", "——乙"]
    found = made(*(STEP | {"case_no": text, "reason": text} for text in texts))
    assert (found.rejected, found.rows["case_no"].to_list()) == ([], texts)
    assert found.rows["reason"].to_list() == texts
    assert made(STEP | {"case_no": "0"}).rows["case_no"].to_list() == ["0"]


def test_the_first_column_with_more_than_a_word_counts(tmp_path: Path) -> None:
    mapping = written(tmp_path, '[columns]\naccount = ["login", "backup"]')
    rows: list[dict[str, str | None]] = [
        {"login": "NULL", "backup": "lin"},
        {"login": "wu", "backup": "lin"},
        {"login": "N/A"},
    ]
    found = made(*(STEP | {"case_no": str(n)} | row for n, row in enumerate(rows)), mapping=mapping)
    assert found.rows["account"].to_list() == ["lin", "wu", None]


def written(home: Path, text: str) -> Mapping:
    (home / "m.toml").write_text(text, encoding="utf-8")
    return load_mapping("m.toml", home)[1]


def test_an_empty_result_is_blank(tmp_path: Path) -> None:
    mapping = written(
        tmp_path,
        '[constants]\noperator = ""\n[values.account]\n"公用" = ""\n[values.step]\n"系统" = " "\n'
        '[[rules]]\nwhen = { node = "复审" }\nthen = { terminal = "" }',
    )
    row = STEP | {"account": "公用", "node": "复审", "terminal": "10.1.1.1"}
    found = made(row, STEP | {"step": "系统", "account": "lin"}, mapping=mapping)
    assert found.rows.select("account", "operator", "terminal").rows() == [(None, None, None)]
    assert [(r.row_no, r.column, r.reason) for r in found.rejected] == [(3, "step", "必填列为空")]


def test_an_empty_constant_gives_no_required_column(tmp_path: Path) -> None:
    columns = [name for name in STEP if name != "office"]
    mapping = written(tmp_path, '[constants]\noffice = ""')
    assert not isinstance(lay_out(columns, export_kinds()["steps"], mapping), Layout)


def test_a_condition_on_a_blank_holds_for_a_word(tmp_path: Path) -> None:
    mapping = written(tmp_path, '[[rules]]\nwhen = { "备注" = "" }\nthen = { reason = "未填" }')
    found = made(*(STEP | {"备注": text} for text in ("NULL", "急件", None)), mapping=mapping)
    assert found.rows["reason"].to_list() == ["未填", None, "未填"]


@pytest.mark.parametrize(
    "text", ["1.50602E+14", "1.5e+17", "\uff11\uff0e\uff15E\uff0b14", "2E+15", "4107.0", "#####"]
)
@pytest.mark.parametrize("column", NUMBERS)
def test_a_number_that_was_cut_is_no_id(column: str, text: str) -> None:
    [fault] = rejected(STEP | {column: text})
    assert (fault.column, "请在平台重新导出;不要用 Excel 另存" in fault.reason) == (column, True)


@pytest.mark.parametrize("column", ["account", "person_id"])
def test_a_roster_of_cut_numbers_makes_nobody_one_person(column: str) -> None:
    rows = [ENTRY | {column: "1.50102E+17"}, ENTRY | {column: "321.0"}, ENTRY]
    assert {(r.row_no, r.column) for r in rejected(*rows, kind="roster")} == {(2, column), (3, column)}


@pytest.mark.parametrize("column", NUMBERS)
def test_a_padded_number_is_told(column: str) -> None:
    faults = rejected(STEP | {column: "15\x00\x00"})
    assert any("NUL" in fault.reason for fault in faults)


@pytest.mark.parametrize("text", ["1E5", "2026E01", "3e8", "1.5", "E+12", "V1.0b", "20.01", "#12"])
@pytest.mark.parametrize("column", NUMBERS)
def test_an_id_that_has_letters_or_points_is_one(column: str, text: str) -> None:
    found = made(STEP | {column: text})
    assert (found.rejected, found.rows[column].to_list()) == ([], [text])


def test_a_reason_may_say_a_power() -> None:
    assert made(STEP | {"reason": "1.5E+3", "node": "2.0"}).rejected == []
