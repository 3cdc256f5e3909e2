"""Ids that a spreadsheet has spoiled are told from ids that only look odd; serials of 1904."""

import polars as pl
import pytest

from regaudit.sources.canonical.ids import id_faults, value_faults
from regaudit.sources.canonical.serials import counted_from_1900
from regaudit.sources.canonical.times import parse_times


def reasons(cell: str | None) -> list[str]:
    cells = pl.Series("case_no", [cell, None, "2026030001"], pl.String)
    frame = cells.to_frame()
    return [reason for test, reason in id_faults(cells) if frame.select(test).item(0, 0)]


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("1.50602E+14", "科学计数法"),
        ("1.5060220260302e+17", "科学计数法"),
        ("1.50602202603E14", "科学计数法"),
        ("5E+14", "科学计数法"),
        ("1.50602202601050E+17", "科学计数法"),
        ("5.00E-03", "科学计数法"),
        ("-1.5E+14", "科学计数法"),
        ("\uff11\uff0e\uff15\uff10\uff25\uff0b\uff11\uff14", "科学计数法"),
        ("123.0", "结尾"),
        ("20260302001.00", "结尾"),
        ("\uff11\uff12\uff0e\uff10", "结尾"),
        ("########", "列宽"),
        ("#REF!", "错误值"),
        ("#NAME?", "错误值"),
        ("#DIV/0!", "错误值"),
        ("#value!", "错误值"),
    ],
)
def test_what_is_no_id_any_more(cell: str, says: str) -> None:
    [reason] = reasons(cell)
    assert says in reason
    assert "重新导出" in reason
    assert "不要用 Excel 另存" in reason


@pytest.mark.parametrize(
    "cell",
    [
        None,
        *("00123", "NA", "#N/A", "3E5", "5E-3", "1E10", "V1.0", "2026-001", "12.5", "1.2.0", "E+14"),
        *("150602202603020001", "#12", "#", "A1.50602E+14", "鄂1.0", "0.01", "1.50602E+14号"),
    ],
)
def test_what_may_be_an_id(cell: str | None) -> None:
    assert reasons(cell) == []


def test_a_column_without_a_fault_costs_no_condition() -> None:
    assert list(id_faults(pl.Series("account", ["a", None, "b"]))) == []
    assert list(id_faults(pl.Series("account", [None], pl.String))) == []


def test_of_other_columns_only_what_says_nothing() -> None:
    cells = pl.Series("operator", ["#REF!", "####", "1.5E+14", "1.0", "李#"])
    tests = [test for test, _ in value_faults(cells)]
    found = cells.to_frame().select(pl.any_horizontal(tests)).to_series()
    assert found.to_list() == [True, True, False, False, False]


def test_serials_of_1904() -> None:
    rows = pl.DataFrame(
        {"t": ["44621.375", "44621", " 44621.5 ", "2026-03-02", None, "9"], "n": ["44621"] * 6}
    )
    moved = counted_from_1900(rows, ["t"])
    assert moved["n"].to_list() == ["44621"] * 6
    assert moved["t"].to_list() == ["46083.375", "46083", "46083.5", "2026-03-02", None, "9"]
    zone = "Asia/Shanghai"
    assert parse_times(moved["t"][:2], zone, zone).to_list() == ["2026-03-02T09:00:00", "2026-03-02"]
