"""Rows that cannot be imported are quarantined with file, row, column, value and reason."""

import csv
import json
from typing import Any

import duckdb
import pytest
from conftest import Desk, as_csv, ordinary_case, step
from stores import BOTH_STORES


def quarantined(desk: Desk) -> list[dict[str, str]]:
    [path] = (desk.home / "quarantine").glob("*.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_bad_rows_go_to_quarantine_with_file_row_column_value_and_reason(desk: Desk) -> None:
    path = desk.home / "steps.csv"
    path.write_text(
        "case_no,office,step,occurred_at,account,reason\n"
        "1,150602,accept,2026-03-02 09:00:00,li,ok\n"
        ",150602,accept,2026-03-02 09:00:00,li,no case\n"
        "\n"
        '4,150602,accept,2026-03-02 09:00:00,li,"two\nlines"\n'
        "5,150602,accept,2026-02-30 09:00:00,li,no such day\n"
        "6,150602,accept\n"
        "7,150602,accept,2026-03-02 09:00:00,li,ok,more,and more\n"
        "8\x07,150602,accept,2026-03-02 09:00:00,li,bell\n"
        "9,15/06,,2026-03-02 09:00:00,li,two reasons\n"
        "10,150602,accept,2026-03-02 09:00:00,li,ok\n",
        encoding="utf-8",
    )
    [result] = desk.facts("import", path, status=3)
    assert (result["rows_read"], result["appended"], result["quarantined"]) == (9, 3, 6)
    rows = {row["_行号"]: row for row in quarantined(desk)}
    assert list(rows) == ["3", "6", "7", "8", "9", "10"]
    assert {row["_文件"] for row in rows.values()} == {"steps.csv"}
    assert (rows["3"]["_列"], rows["3"]["_值"], rows["3"]["_原因"]) == ("case_no", "", "必填列为空")
    assert (rows["6"]["_列"], rows["6"]["_值"]) == ("occurred_at", "2026-02-30 09:00:00")
    assert rows["6"]["account"] == "li"
    assert "6 列" in rows["7"]["_原因"]
    assert "3 列" in rows["7"]["_原因"]
    assert rows["8"]["_原文"].startswith("7,150602,accept")
    assert "控制字符" in rows["9"]["_原因"]
    assert set(rows["10"]["_列"].split(";")) == {"office", "step"}
    # The rows kept know where they stood.
    assert sorted(event.state["row_no"] for event in desk.events("step-recorded")) == [2, 5, 11]


@BOTH_STORES
def test_a_quarantine_file_is_imported_once_fixed(desk: Desk) -> None:
    rows = [*ordinary_case("1"), step("2", "accept", "二月三十"), step("3", "accept", "三月")]
    desk.run("import", desk.export("steps.csv", rows))
    [path] = (desk.home / "quarantine").glob("*.csv")
    fixed = desk.home / "fixed.csv"
    # Half fixed: one row is good now, one is still bad.
    fixed.write_text(path.read_text("utf-8-sig").replace("二月三十", "2026-03-02 09:00:00"), "utf-8-sig")
    [half] = desk.facts("import", fixed, status=3)
    assert (half["rows_read"], half["appended"], half["quarantined"]) == (2, 1, 1)
    whole = desk.home / "fixed-2.csv"
    whole.write_text(fixed.read_text("utf-8-sig").replace("三月", "2026-03-02 09:00:00"), "utf-8-sig")
    [result] = desk.facts("import", whole)
    assert (result["rows_read"], result["appended"], result["known"]) == (2, 1, 1)
    assert {action["case_no"] for action in desk.actions()} == {"1", "2", "3"}


def test_a_file_of_ragged_rows_only_is_quarantined_whole(desk: Desk) -> None:
    path = desk.home / "ragged.csv"
    path.write_text("case_no,office,step,occurred_at\n1,2\n3,4,5\n", encoding="utf-8")
    [result] = desk.facts("import", path, status=3)
    assert (result["rows_read"], result["quarantined"]) == (2, 2)


def test_ragged_rows_keep_their_numbers_across_blocks(desk: Desk) -> None:
    """Files are read in blocks of 8 MiB; a bad row near the seam must not shift the numbers behind it."""
    filler = "很长的原因" * 60
    lines = ["case_no,office,step,occurred_at,account,reason"]
    for n in range(2, 24_002):
        bad = n % 997 == 0 or 9_000 < n < 9_200
        lines.append(f"{n},1,accept" if bad else f"{n},1,accept,2026-03-02 09:00:00,li,{filler}")
    path = desk.home / "big.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert path.stat().st_size > 2 * (8 << 20)
    desk.run("import", path)
    assert all(
        event.state["action"]["case_no"] == str(event.state["row_no"])
        for event in desk.events("step-recorded")
    )
    assert all(row["_原文"].split(",")[0] == row["_行号"] for row in quarantined(desk))


def test_an_unbalanced_quote_swallows_no_row_unseen(desk: Desk) -> None:
    good = [f"{n},1,accept,2026-03-02 09:00:00,li,ok" for n in range(2, 8)]
    good[2] = '4,1,accept,2026-03-02 09:00:00,li,"open'
    path = desk.home / "quotes.csv"
    path.write_text("case_no,office,step,occurred_at,account,reason\n" + "\n".join(good), encoding="utf-8")
    [result] = desk.facts("import", path, status=3)
    assert (result["rows_read"], result["appended"], result["quarantined"]) == (6, 5, 1)
    assert [row["_行号"] for row in quarantined(desk)] == ["4"]


def test_two_stray_quotes_swallow_no_row_unseen(desk: Desk) -> None:
    lines = [f"{n},1,accept,2026-03-02 09:00:00,li,ok" for n in range(2, 8)]
    lines[1] = '3,1,accept,2026-03-02 09:00:00,li,"open'
    lines[4] = '6,1,accept,2026-03-02 09:00:00,li,close"'
    path = desk.home / "quotes.csv"
    path.write_text("case_no,office,step,occurred_at,account,reason\n" + "\n".join(lines), encoding="utf-8")
    desk.facts("import", path, status=3)
    seen = "".join(row["_原文"] for row in quarantined(desk))
    seen += "".join(action["case_no"] for action in desk.actions())
    assert all(str(n) in seen for n in range(2, 8))


def test_bytes_that_are_no_text_are_quarantined_row_by_row(desk: Desk) -> None:
    rows = as_csv([step(str(n), "accept", "2026-03-02", reason="正常的中文") for n in range(50)]).encode()
    lines = rows.split(b"\r\n")
    lines[7] = lines[7].replace("正常".encode(), b"\xff\xfe\xff")
    (desk.home / "damaged.csv").write_bytes(b"\r\n".join(lines))
    [result] = desk.facts("import", desk.home / "damaged.csv", status=3)
    assert (result["appended"], result["quarantined"]) == (49, 1)
    [row] = quarantined(desk)
    assert row["_行号"] == "8"
    assert "解码" in row["_原因"]


@BOTH_STORES
def test_nul_and_control_characters(desk: Desk) -> None:
    """In what names a case or an account they are refused; elsewhere they are kept as they came."""
    filler = [step(f"f{n}", "accept", "2026-03-02", reason="x" * 200) for n in range(50)]
    rows = [
        step("a\x00b", "accept", "2026-03-02"),
        step("c", "accept", "2026-03-02", "li\x1fwang"),
        step("d", "accept", "2026-03-02", reason="before\x00after\x1f\x7f\u2028"),
    ]
    path = desk.export("steps.csv", [*filler, *rows])
    [result] = desk.facts("import", path, status=3)
    assert (result["appended"], result["quarantined"]) == (51, 2)
    [kept] = [action for action in desk.actions() if action["case_no"] == "d"]
    assert kept["reason"] == "before\x00after\x1f\x7f\u2028"
    desk.ok("check", "--as-of", "2026-03-03")
    assert desk.query("SELECT reason FROM steps WHERE case_no = 'd'") == [("before\x00after\x1f\x7f\u2028",)]
    # The log reads the same the second time.
    desk.ok("check", "--as-of", "2026-03-03")
    [again] = desk.facts("import", desk.export("again.csv", [*filler, rows[2]]))
    assert again["known"] == 51


@pytest.mark.parametrize("line", ["123", '"text"', "[1, 2]", "null", "{", '{"case_no": "2"'])
def test_json_lines_that_are_no_objects_are_quarantined(desk: Desk, line: str) -> None:
    first, second, _ = ordinary_case("1")
    path = desk.home / "steps.jsonl"
    path.write_text(f"{json.dumps(first)}\n{line}\n{json.dumps(second)}\n", encoding="utf-8")
    [result] = desk.facts("import", path, status=3)
    assert (result["rows_read"], result["appended"], result["quarantined"]) == (3, 2, 1)
    [row] = quarantined(desk)
    assert row["_行号"] == "2"
    assert row["_原文"] == line


def test_json_values_of_any_type_are_text(desk: Desk) -> None:
    values: dict[str, Any] = {
        "case_no": 20260302001,
        "office": 150602,
        "step": "accept",
        "occurred_at": "2026-03-02",
        "batch_no": 1.50,
        "reason": None,
        "unit_no": True,
        "serial_no": '引号"\\/\u0007',
        "备注": {"a": [1]},
    }
    (desk.home / "a.jsonl").write_text(json.dumps(values) + "\n", encoding="utf-8")
    desk.ok("import", desk.home / "a.jsonl")
    [action] = desk.actions()
    assert (action["case_no"], action["office"], action["unit_no"]) == ("20260302001", "150602", "true")
    assert action["serial_no"] == '引号"\\/\u0007'
    assert "reason" not in action


def test_columns_that_differ_in_case_only(desk: Desk) -> None:
    line = {"case_no": "1", "Case_No": "2", "office": "1", "step": "accept", "occurred_at": "2026-03-02"}
    (desk.home / "a.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    desk.ok("import", desk.home / "a.jsonl")
    assert len(desk.actions()) == 1
    desk.ok("import", desk.export("b.csv", [line | {"step": "book"}]))


def test_bad_roster_rows_are_quarantined(desk: Desk) -> None:
    rows = [
        {"account": "li", "person_id": "P1"},
        {"account": "wang", "person_id": "P2", "valid_from": "2026-01-01"},
        {"account": "x", "person_id": ""},
        {"account": "robot", "person_id": "", "org_kind": "robot"},
        {"account": "y", "person_id": "P3", "org_kind": "火星"},
        {"account": "z", "person_id": "P4", "valid_from": "2026-03-02", "valid_to": "2026-03-01"},
    ]
    [result] = desk.facts("import", desk.export("roster.csv", rows), status=3)
    assert (result["rows_read"], result["appended"], result["quarantined"]) == (6, 3, 3)
    assert [row["_行号"] for row in quarantined(desk)] == ["4", "6", "7"]


def test_the_quarantine_opens_in_other_tools(desk: Desk) -> None:
    desk.run("import", desk.export("steps.csv", [step("1", "accept", "不是时间", reason='a,b\n"c"')]))
    [path] = (desk.home / "quarantine").glob("*.csv")
    with duckdb.connect() as db:
        found = db.execute(
            "SELECT _行号, reason FROM read_csv(?, all_varchar = true)", [str(path)]
        ).fetchall()
    assert found == [("2", 'a,b\n"c"')]
