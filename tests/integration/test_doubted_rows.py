"""Cells that a workbook does not tell: their rows go to quarantine, but only where the column is used."""

from datetime import datetime
from pathlib import Path

import xlsxwriter
from conftest import Desk

HEADER = ["业务号", "区县代码", "环节", "操作时间", "账号", "备注"]
ROW = ["A1", "150602", "受理", "2026-03-02 09:00:00", "li", "x"]


def write(
    path: Path, cells: dict[tuple[int, int], str], rows: int = 2, across: tuple[int, int] | None = None
) -> Path:
    """A log of `rows` rows; `cells` hold formulas that nobody computed, `across` is merged with its right."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("日志")
        sheet.write_row(0, 0, HEADER)
        for number in range(1, rows + 1):
            sheet.write_row(number, 0, [f"A{number}", *ROW[1:]])
        for (row, column), formula in cells.items():
            sheet.write_formula(row, column, formula, value="")
        if across:
            sheet.merge_range(*across, across[0], across[1] + 1, f"A{across[0]}")
    return path


def test_a_formula_without_a_value_in_a_used_column_rejects_its_row(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "log.xlsx", {(1, 4): "=B1"})
    [result] = desk.facts("import", path, status=3)
    assert (result["rows_read"], result["appended"], result["quarantined"]) == (2, 1, 1)
    text = (desk.home / "quarantine" / result["quarantine_file"]).read_text("utf-8-sig")
    assert "公式没有保存计算结果" in text
    assert "account" in text
    assert [action["case_no"] for action in desk.actions()] == ["A2"]


def test_the_same_in_a_column_that_nothing_is_made_of_harms_nobody(desk: Desk, tmp_path: Path) -> None:
    [result] = desk.facts("import", write(tmp_path / "log.xlsx", {(1, 5): "=B1"}))
    assert (result["appended"], result["quarantined"]) == (2, 0)


def test_a_blank_row_with_a_doubted_cell_is_told(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "log.xlsx", {(4, column): "=A1" for column in range(6)})
    preview = desk.facts("preview", path, status=3)
    [result] = desk.facts("import", path, status=3)
    assert (result["rows_read"], result["appended"], result["quarantined"]) == (3, 2, 1)
    assert preview["quarantined"] == 1
    assert ",5,case_no;office;step;occurred_at;account," in (
        desk.home / "quarantine" / result["quarantine_file"]
    ).read_text("utf-8-sig")


def test_a_merge_across_two_used_columns_rejects_its_row(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "log.xlsx", {}, across=(1, 3))
    [result] = desk.facts("import", path, status=3)
    assert (result["appended"], result["quarantined"]) == (1, 1)


def test_days_counted_from_1904_are_the_days_that_excel_shows(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet("日志")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ROW[:3])
        at = datetime(2026, 3, 2, 9)
        sheet.write_number(1, 3, (at - datetime(1904, 1, 1)).total_seconds() / 86_400)
        sheet.write(1, 4, "li")
    desk.facts("import", path)
    [action] = desk.actions()
    assert action["occurred_at"] == "2026-03-02T09:00:00"
