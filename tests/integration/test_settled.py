"""Rows that went to quarantine and come again in later exports: settled, still open, or new."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, Row, as_csv, ordinary_case, step
from stores import BOTH_STORES
from test_quarantine import (
    GOOD,
    NATIONAL,
    corrected,
    fixed,
    national,
    rejected,
    rows_of,
    still_open,
    workbook,
)

from regaudit.catalogue.events import event_class
from regaudit.eventlog.log import EventLog

COUNTS = ("rows_read", "appended", "known", "quarantined", "settled", "waiting")
SOURCE = '[[sources]]\npath = "steps.csv"\n'


def bad(case_no: str, **more: str) -> dict[str, str]:
    return step(case_no, "accept", "三月", **more)


def counts(result: dict[str, Any]) -> tuple[int, ...]:
    return tuple(result[name] for name in COUNTS)


def imported(desk: Desk, name: str, *rows: Row, status: int = 0) -> dict[str, Any]:
    [result] = desk.facts("import", desk.export(name, rows), status=status)
    return dict(result)


def correct(desk: Desk, number: int, *cases: str) -> None:
    """Bring back the rows of these cases with a time, as a person does."""
    rows = [row for row in rows_of(rejected(desk, number)) if row["case_no"] in cases]
    path = corrected(
        desk, f"fixed-{number}-{'-'.join(cases)}.csv", [fixed(r, occurred_at=GOOD) for r in rows]
    )
    desk.ok("import", path)


def dismiss(desk: Desk, number: int) -> None:
    desk.ok("quarantine", "--dismiss", str(number), "--reason", "平台无法改正", "--by", "张质监")


def night(desk: Desk, on: str, *rows: Row, status: int) -> dict[str, Any]:
    desk.export("steps.csv", rows)
    facts: dict[str, Any] = desk.facts("nightly", "--as-of", on, status=status)
    return facts


@pytest.mark.slow
@BOTH_STORES
def test_nights_of_a_cumulative_export_are_quiet_once_its_bad_rows_are_settled(desk: Desk) -> None:
    desk.configure(SOURCE)
    first = [*ordinary_case("1"), bad("2"), bad("3")]
    facts = night(desk, "2026-03-02", *first, status=3)
    assert (facts["quarantined"], facts["quarantined_open"]) == (2, 2)
    correct(desk, 1, "2")
    dismiss(desk, 1)

    second = [*first, *ordinary_case("4"), bad("5"), bad("6")]
    facts = night(desk, "2026-03-03", *second, status=3)
    [result] = facts["imports"]
    assert counts(result) == (10, 3, 3, 2, 2, 0)
    assert (facts["quarantined"], facts["quarantined_open"]) == (2, 2)
    assert still_open(desk) == {1: 0, 3: 2}
    assert [row["case_no"] for row in rows_of(rejected(desk, 3))] == ["5", "6"]
    correct(desk, 3, "5")

    # One row is left open: it stays open once, and keeps the night yellow.
    third = [*second, *ordinary_case("7"), bad("8")]
    facts = night(desk, "2026-03-04", *third, status=3)
    [result] = facts["imports"]
    assert counts(result) == (14, 3, 6, 1, 3, 1)
    assert (facts["quarantined"], facts["quarantined_open"]) == (1, 2)
    assert still_open(desk) == {1: 0, 3: 1, 5: 1}
    correct(desk, 3, "6")
    correct(desk, 5, "8")

    facts = night(desk, "2026-03-05", *third, *ordinary_case("9"), status=0)
    [result] = facts["imports"]
    assert counts(result) == (17, 3, 9, 0, 5, 0)
    assert result["quarantine_file"] == ""
    assert (facts["quarantined"], facts["quarantined_open"]) == (0, 0)
    assert {action["case_no"] for action in desk.actions()} == {*"12456789"}
    assert not list((desk.home / "quarantine").glob("*.csv"))
    [*_, last] = desk.facts("imports")["imports"]
    assert counts(last) == counts(result)
    columns = ", ".join(COUNTS)
    assert desk.query(f"SELECT {columns} FROM imports ORDER BY import_no DESC LIMIT 1") == [counts(result)]
    assert desk.facts("verify")["is_whole"]


def test_a_preview_foresees_what_is_known(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), bad("3"), status=3)
    correct(desk, 1, "2")
    path = desk.export("b.csv", [bad("2"), bad("3"), bad("4"), *ordinary_case("5")])
    for status, name in ((3, "3"), (3, "4"), (0, "")):
        facts = desk.facts("preview", path, status=status)
        [told] = facts["exports"]
        copy = path.with_name(f"{name}copy.csv")
        copy.write_bytes(path.read_bytes() + b"\n" * int(name or 1))
        [result] = desk.facts("import", copy, status=status)
        names = ("quarantined", "settled", "waiting")
        assert [told[n] for n in names] == [result[n] for n in names]
        assert len(told["quarantine"]) == told["quarantined"] == sum(r["rows"] for r in told["reasons"])
        if name:
            correct(desk, min(number for number, count in still_open(desk).items() if count), name)
    assert "将隔离0,以前隔离已处理3" in desk.ok("preview", path).text


def test_what_is_said_of_rows_that_come_again(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), bad("3"), status=3)
    correct(desk, 1, "2")
    path = desk.export("b.csv", [bad("2"), bad("3"), *ordinary_case("4")])
    run = desk.run("import", path)
    assert run.status == 3
    assert "读取5,新增3,已有0,被改0,隔离0,以前隔离已处理1,以前隔离仍待改正1" in run.text
    assert "隔离的行在" not in run.text
    assert "以前隔离已处理1,以前隔离仍待改正1" in desk.ok("imports").text
    [event] = [e.state for e in desk.events("import-recorded") if e.state["file_name"] == "b.csv"]
    assert (event["quarantined"], event["quarantine_file"]) == (0, "")
    assert (event["settled"], event["waiting"]) == (1, 1)


def test_a_row_that_differs_in_any_cell_is_a_new_one(desk: Desk) -> None:
    row = bad("2", reason="a", terminal="10.1.2.3")
    imported(desk, "a.csv", row, status=3)
    correct(desk, 1, "2")
    others = [row | {name: f"{row[name]}9"} for name in row]
    others += [row | {"reason": ""}, row | {"reason": "", "node": "a"}, row | {"terminal": "10.1.2.3 "}]
    result = imported(desk, "b.csv", row, *others, status=3)
    assert counts(result) == (1 + len(others), 0, 0, len(others), 1, 0)


def test_order_number_place_and_blank_columns_do_not_matter(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), status=3)
    correct(desk, 1, "2")
    turned = dict(reversed(list(bad("2", reason="").items())))
    result = imported(desk, "b.csv", *ordinary_case("1"), turned)
    assert counts(result) == (4, 3, 0, 0, 1, 0)
    [row] = [bad("2")]
    [back] = desk.facts("import", workbook(desk.home / "c.xlsx", [row]))
    assert counts(back) == (1, 0, 0, 0, 1, 0)


def test_cells_of_all_kinds_are_told_apart_and_known_again(desk: Desk) -> None:
    cells = ['"', "\\", '","node":"', "a\tb", "\x01", "\x1f", "行", "𠮷", "'", "a,b"]
    rows = [bad("2", reason=cell) for cell in cells] + [bad("2", terminal=cell) for cell in cells]
    result = imported(desk, "a.csv", *rows, status=3)
    assert result["quarantined"] == len(rows)
    [event] = desk.events("rows-rejected")
    assert len(set(event.state["row_ids"])) == len(rows)
    dismiss(desk, 1)
    assert counts(imported(desk, "b.csv", *rows, *rows)) == (2 * len(rows), 0, 0, 0, 2 * len(rows), 0)


def test_identities_are_as_the_log_format_says(desk: Desk) -> None:
    rows = [bad("2", reason='a"b\\c\t行'), bad("3", reason="")]
    text = as_csv(rows) + "only,three,cells\n"
    (desk.home / "a.csv").write_text(text, encoding="utf-8")
    desk.run("import", desk.home / "a.csv")
    [record] = desk.events("import-recorded")
    read_as = {name: record.state[name] for name in ("kind", "mapping_sha256")} | {"sheet_no": 0}
    told = [{"cells": {name: cell for name, cell in row.items() if cell}} | read_as for row in rows]
    told.append(read_as | {"text": "only,three,cells"})
    texts = [json.dumps(t, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for t in told]
    [event] = desk.events("rows-rejected")
    assert event.state.pop("faults")[:2] == [["occurred_at"], ["occurred_at"]]
    assert [actions[0]["case_no"] for actions in event.state.pop("told")[:2]] == ["2", "3"]
    assert event.state == {
        "import_no": 1,
        "table": "",
        "row_nos": [2, 3, 4],
        "row_ids": [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts],
        "streams": [["case:150602/2"], ["case:150602/3"], []],
    }


def test_the_same_cells_read_by_another_mapping_are_a_new_row(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), status=3)
    correct(desk, 1, "2")
    (desk.home / "m.toml").write_text('[constants]\nchannel = "window"\n', encoding="utf-8")
    export = desk.export("b.csv", [bad("2"), *ordinary_case("4")])
    [result] = desk.facts("import", export, "--mapping", "m.toml", status=3)
    assert (result["quarantined"], result["settled"]) == (1, 0)
    dismiss(desk, result["import_no"])
    more = desk.export("c.csv", [bad("2"), *ordinary_case("5")])
    [result] = desk.facts("import", more, "--mapping", "m.toml")
    assert (result["quarantined"], result["settled"]) == (0, 1)


def test_a_line_that_does_not_fit_is_known_by_its_text(desk: Desk) -> None:
    lines = as_csv(ordinary_case("1")).splitlines()

    def ragged(name: str, *bad_lines: str) -> Path:
        path = desk.home / name
        path.write_text("\n".join([*lines, *bad_lines, ""]), encoding="utf-8")
        return path

    desk.run("import", ragged("a.csv", "only,three,cells"))
    dismiss(desk, 1)
    [result] = desk.facts("import", ragged("b.csv", "other,three,cells", "only,three,cells"), status=3)
    assert counts(result) == (5, 0, 3, 1, 1, 0)
    [row] = rows_of(rejected(desk, 2))
    assert row["_原文"] == "other,three,cells"
    cells = {"case_no": "7", "office": "150602", "step": "accept", "occurred_at": GOOD}
    desk.ok("import", corrected(desk, "fixed.csv", [row | cells]))
    [result] = desk.facts("import", ragged("c.csv", "other,three,cells", "only,three,cells", lines[1]))
    assert counts(result) == (6, 0, 4, 0, 2, 0)


def test_rows_of_several_tables_are_known_as_rows_of_their_table(desk: Desk) -> None:
    desk.run("import", national(desk.home / "导出.xlsx"))
    [_, review] = rows_of(rejected(desk, 1))
    desk.ok("import", corrected(desk, "fixed.csv", [fixed(review, SHJSSJ="2026-03-03 09:30:00")]))
    with_more = {title: [*rows, rows[0] | {"YWH": "9"}] for title, rows in NATIONAL.items()}
    [result] = desk.facts("import", national(desk.home / "次日.xlsx", with_more), status=3)
    assert counts(result) == (6, 1, 2, 1, 1, 1)
    assert {(row["_表"], row["YWH"]) for row in rows_of(rejected(desk, 3))} == {("SH", "9")}


def test_a_title_with_another_date_is_the_same_table_and_another_table_is_not(desk: Desk) -> None:
    (desk.home / "m.toml").write_text(
        '[columns]\ncase_no = "号"\noccurred_at = "时间"\n[constants]\noffice = "150602"\n'
        '[[tables]]\nnames = ["SH"]\nconstants = { step = "review" }\n'
        '[[tables]]\nnames = ["DB"]\nconstants = { step = "book" }\n',
        encoding="utf-8",
    )
    cells = {"号": "2", "时间": "三月"}
    good = {"号": "1", "时间": GOOD}

    def result_of(name: str, status: int) -> tuple[int, ...]:
        export = desk.export(name, [good | {"号": name}, cells])
        [result] = desk.facts("import", export, "--mapping", "m.toml", status=status)
        return counts(result)

    assert result_of("SH_202603.csv", 3) == (2, 1, 0, 1, 0, 0)
    dismiss(desk, 1)
    assert result_of("SH_202604.csv", 0) == (2, 1, 0, 0, 1, 0)
    assert result_of("DB_202604.csv", 3) == (2, 1, 0, 1, 0, 0)


def test_a_row_rejected_once_more_is_still_open_until_it_is_mended(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), status=3)
    [row] = rows_of(rejected(desk, 1))
    half = corrected(desk, "half.csv", [fixed(row, occurred_at="四月", reason="补正")])
    [again] = desk.facts("import", half, status=3)
    assert (again["quarantined"], again["settled"], again["waiting"]) == (1, 0, 0)
    assert still_open(desk) == {2: 1}
    first, second = desk.events("rows-rejected")
    assert first.state["row_ids"] == second.state["row_ids"]
    # The platform still sends the first form.
    assert counts(imported(desk, "b.csv", bad("2"), bad("1"), status=3)) == (2, 0, 0, 1, 0, 1)
    correct(desk, 2, "2")
    assert counts(imported(desk, "c.csv", bad("2"), *ordinary_case("4"))) == (4, 3, 0, 0, 1, 0)


def test_a_dismissed_row_brought_back_unmended_is_open_again(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), status=3)
    dismiss(desk, 1)
    [result] = desk.facts("import", rejected(desk, 1), status=3)
    assert (result["quarantined"], result["settled"]) == (1, 0)
    assert still_open(desk) == {2: 1}
    assert counts(imported(desk, "b.csv", bad("2"), *ordinary_case("4"), status=3)) == (4, 3, 0, 0, 0, 1)


def test_one_of_two_equal_rows_left_open_keeps_both_waiting(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), bad("2"), status=3)
    one, _ = rows_of(rejected(desk, 1))
    desk.ok("import", corrected(desk, "one.csv", [fixed(one, occurred_at=GOOD)]))
    twice = [bad("2"), bad("2")]
    assert counts(imported(desk, "b.csv", *twice, *ordinary_case("4"), status=3)) == (5, 3, 0, 0, 0, 2)
    dismiss(desk, 1)
    assert counts(imported(desk, "c.csv", *twice, *ordinary_case("5"))) == (5, 3, 0, 0, 2, 0)


def test_a_known_file_tells_what_has_become_of_its_rows(desk: Desk) -> None:
    imported(desk, "a.csv", bad("2"), bad("3"), status=3)
    correct(desk, 1, "2")
    path = desk.export("b.csv", [bad("2"), bad("3"), bad("4"), *ordinary_case("5")])
    [result] = desk.facts("import", path, status=3)
    assert counts(result) == (6, 3, 0, 1, 1, 1)
    [result] = desk.facts("import", path, status=3)
    assert counts(result) == (6, 0, 3, 1, 1, 1)
    correct(desk, 1, "3")
    correct(desk, 3, "4")
    [result] = desk.facts("import", path)
    assert counts(result) == (6, 0, 4, 0, 2, 0)
    assert result["was_known_file"]


def test_a_roster_replaces_what_was_corrected_in_the_one_before(desk: Desk) -> None:
    good = {"account": "zhao", "person_id": "P2", "valid_from": "2026-01-01", "valid_to": ""}
    row = {"account": "li", "person_id": "P1", "valid_from": "2026-01-01", "valid_to": "never"}
    imported(desk, "r1.csv", row, good, status=3)
    [wrong] = rows_of(rejected(desk, 1))
    desk.ok("import", corrected(desk, "fixed.csv", [fixed(wrong, valid_to="")]))
    # The new roster lacks the corrected entry: nobody has mended this one.
    result = imported(desk, "r2.csv", row, good, good | {"account": "sun"}, status=3)
    assert counts(result) == (3, 2, 0, 1, 0, 0)
    result = imported(desk, "r3.csv", row, good, good | {"account": "qian"}, status=3)
    assert counts(result) == (3, 2, 0, 0, 0, 1)
    assert still_open(desk) == {3: 1}
    dismiss(desk, 3)
    result = imported(desk, "r4.csv", row, good, good | {"account": "wu"})
    assert counts(result) == (3, 2, 0, 0, 1, 0)


def test_steps_and_roster_of_one_file_are_known_apart(desk: Desk) -> None:
    roster = {"account": "li", "person_id": "P1", "valid_to": "never"}
    tables = {"日志": [bad("2"), *ordinary_case("1")], "名册": [roster, roster | {"valid_to": ""}]}
    desk.run("import", national(desk.home / "a.xlsx", tables))
    assert still_open(desk) == {1: 1, 2: 1}
    # Both come back in one file, unmended: they are open where that file was read, and nowhere else.
    both = [*rows_of(rejected(desk, 1)), *rows_of(rejected(desk, 2))]
    desk.run("import", corrected(desk, "both.csv", both))
    assert still_open(desk) == {3: 1, 4: 1}
    tables["日志"] += ordinary_case("3")
    results = desk.facts("import", national(desk.home / "b.xlsx", tables), status=3)
    assert [(r["kind"], r["quarantined"], r["waiting"]) for r in results] == [
        ("steps", 0, 1),
        ("roster", 0, 1),
    ]


def test_a_settled_row_still_excuses_what_it_may_be(desk: Desk) -> None:
    covers = ("--covers", "2026-03-02..2026-03-02")
    desk.ok("import", desk.export("a.csv", ordinary_case("1")), *covers)
    accept, review, book = ordinary_case("1")
    rows = [accept | {"occurred_at": "三月"}, review, book]
    for number, name in ((2, "b.csv"), (3, "c.csv")):
        rows += ordinary_case(str(number))
        [result] = desk.facts("import", desk.export(name, rows), *covers, status=3)
        assert (result["vanished"], result["quarantined"] + result["waiting"]) == (0, 1)
    assert still_open(desk) == {2: 1}


def test_an_older_log_has_no_identities_and_goes_on(desk: Desk) -> None:
    imported(desk, "a.csv", *ordinary_case("1"))
    [event] = desk.events("import-recorded")
    of_old = {"rows_read": 1, "appended": 0, "quarantined": 1, "quarantine_file": "000002-old.csv.csv"}
    with EventLog(desk.home) as log:
        log.append(
            event_class("import-recorded"), "imports", **event.state | of_old | {"file_sha256": "0" * 64}
        )
    assert counts(imported(desk, "b.csv", bad("2"), status=3)) == (1, 0, 0, 1, 0, 0)
    assert still_open(desk) == {2: 1, 3: 1}
    dismiss(desk, 2)
    dismiss(desk, 3)
    assert counts(imported(desk, "c.csv", bad("2"), *ordinary_case("1"))) == (4, 0, 3, 0, 1, 0)
