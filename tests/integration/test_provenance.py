"""Every event's original row, as it stood in the archived file, whatever the file was."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, ordinary_case, step

from regaudit.base.folders import Folders
from regaudit.intake.originals import find_originals
from regaudit.simulate import SHAPES

pytestmark = pytest.mark.long

AS_OF = "2026-03-31"
CASES, SEED = 6, 5
GOOD = "2026-03-02 09:00:00"
EVERY_DAY = (
    "canonical",
    "jsonl",
    "parquet",
    "xlsx",
    "xls-html",
    "xes",
    "zip",
    "national-2015-xml",
    "tasklog",
    "wide",
)
"""Shapes whose rows are counted differently."""


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    words = ("--cases", str(CASES), "--seed", str(SEED), "--out", folder, "--shape", "all")
    Desk(folder).ok("simulate", *words)
    return folder


def traced(desk: Desk, subject: str) -> dict[str, Any]:
    desk.ok("check", "--as-of", AS_OF)
    facts: dict[str, Any] = desk.facts("trace", subject)
    return facts


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in EVERY_DAY else [pytest.mark.slow]) for name in SHAPES]
)
def test_every_shape_shows_the_row_that_each_event_was_made_of(desk: Desk, exports: Path, name: str) -> None:
    shape = SHAPES[name]
    words = ["--mapping", str(exports / shape.mapping)] if shape.mapping else []
    desk.ok("import", exports / shape.file, *words)
    events = {event.position: event.state for event in desk.events("step-recorded")}
    action = events[1]["action"]
    found = find_originals(desk.home, action["office"], action["case_no"])
    assert found
    for position, original in found.items():
        event = events[position]
        assert original.problem == ""
        assert (original.row_no, original.file_name) == (event["row_no"], shape.file)
        # The case stands in its very row; in the task log some rows have it from their instance.
        cells = " ".join(original.cells.values())
        assert event["action"]["case_no"] in cells or "工作流实例ID" in original.cells
        assert event["action"]["occurred_at"][8:10].lstrip("0") in cells
        assert all(cell.strip() for cell in original.cells.values())
    assert not list((Folders(desk.home).work).glob("trace-*"))


def test_a_row_of_several_actions_is_told_once_to_people(desk: Desk, exports: Path) -> None:
    desk.ok("import", exports / "wide.csv", "--mapping", exports / "wide.toml")
    action = desk.actions()[0]
    subject = f"{action['office']}/{action['case_no']}"
    facts = traced(desk, subject)
    assert len(facts["steps"]) > 1
    assert len({row["original"]["row_no"] for row in facts["steps"]}) == 1
    told = desk.ok("trace", subject).out
    assert told.count("受理人 = ") == 1
    assert "位置 1、2" in told


@pytest.mark.slow
def test_files_in_a_compressed_file_and_a_folder_are_found(desk: Desk) -> None:
    packed = desk.home / "packed.csv.gz"
    packed.write_bytes(gzip.compress(desk.export("a.csv", ordinary_case("1")).read_bytes()))
    desk.export("folder/b.csv", ordinary_case("2"))
    desk.export("folder/deep/c.csv", ordinary_case("3"))
    desk.ok("import", packed, desk.home / "folder")
    desk.ok("check", "--as-of", AS_OF)
    tables = []
    for case_no in "123":
        [first, *_] = desk.facts("trace", f"150602/{case_no}")["steps"]
        assert first["original"]["cells"]["case_no"] == case_no
        tables.append(first["original"].get("table"))
    assert tables == [None, "b.csv", "deep/c.csv"]


def test_cells_are_shown_as_they_stood_and_blank_ones_left_out(desk: Desk) -> None:
    row = step("００1", "受理", "2026年3月2日 9:05", " zhang ", reason="[red]x[/red]", terminal="  ")
    desk.ok("import", desk.export("a.csv", [row]))
    facts = traced(desk, "150602/001")
    [shown] = facts["steps"]
    assert shown["original"]["cells"] == {name: cell for name, cell in row.items() if name != "terminal"}
    assert "reason = [red]x[/red]" in desk.ok("trace", "150602/001").out


def test_a_corrected_row_shows_what_was_rejected(desk: Desk) -> None:
    desk.run("import", desk.export("a.csv", [step("1", "accept", "三月")]))
    [quarantined] = (desk.home / "quarantine").glob("*.csv")
    half = desk.home / "half.csv"
    half.write_text(quarantined.read_text("utf-8-sig").replace("三月", "四月"), "utf-8-sig")
    desk.run("import", half)
    [second] = (desk.home / "quarantine").glob("*.csv")
    fixed = desk.home / "fixed.csv"
    fixed.write_text(second.read_text("utf-8-sig").replace("四月", GOOD), "utf-8-sig")
    desk.ok("import", fixed)
    [row] = traced(desk, "150602/1")["steps"]
    chain = [row["original"], row["original"]["rejected"], row["original"]["rejected"]["rejected"]]
    assert [original["file_name"] for original in chain] == ["fixed.csv", "half.csv", "a.csv"]
    assert [original["cells"]["occurred_at"] for original in chain] == [GOOD, "四月", "三月"]
    assert "rejected" not in chain[-1]
    told = desk.ok("trace", "150602/1").out
    assert told.count("由此改正") == 2
    assert "_导入" not in told


def test_an_altered_row_has_its_own_original(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", [step("1", "accept", GOOD)]))
    desk.ok("import", desk.export("b.csv", [step("1", "accept", GOOD, reason="补录")]))
    facts = traced(desk, "150602/1")
    [altered] = facts["altered_steps"]
    assert altered["original"]["file_name"] == "b.csv"
    assert altered["original"]["cells"]["reason"] == "补录"
    assert "reason" not in facts["steps"][0]["original"]["cells"]


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: path.unlink(), "存档中没有"),
    "altered": (lambda path: path.write_bytes(path.read_bytes()[:-5]), "请从备份恢复"),
    "exchanged": (lambda path: path.write_bytes(other_archive(path).read_bytes()), "已被改动"),
}


def other_archive(path: Path) -> Path:
    return next(other for other in sorted(path.parent.glob("*.zst")) if other != path)


@pytest.mark.parametrize(("damage", "told"), DAMAGES.values(), ids=DAMAGES)
def test_what_the_archive_lost_is_told_and_the_rest_is_shown(
    desk: Desk, damage: Callable[[Path], object], told: str
) -> None:
    first, *rest = ordinary_case("1")
    desk.ok("import", desk.export("a.csv", [first]), desk.export("b.csv", rest))
    sha = desk.events("import-recorded")[0].state["file_sha256"]
    desk.ok("check", "--as-of", AS_OF)
    damage(desk.home / "archive" / f"{sha}.zst")
    facts = desk.facts("trace", "150602/1")
    lost, *others = (row["original"] for row in facts["steps"])
    assert told in lost["problem"]
    assert "cells" not in lost
    assert all(original["cells"]["case_no"] == "1" for original in others)
    assert told in desk.ok("trace", "150602/1").out


def test_without_the_log_the_rest_of_the_trace_is_shown(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", ordinary_case("1")))
    desk.ok("check", "--as-of", AS_OF)
    log = desk.home / "events.sqlite"
    kept = log.rename(desk.home / "kept")
    run = desk.ok("trace", "150602/1")
    assert "原文无法查找" in run.out
    assert not log.exists()
    kept.rename(log)


OTHER = {"申请人": "李四", "身份证号": "152701199001011234"}


def test_columns_that_nobody_mapped_are_counted_not_shown(desk: Desk) -> None:
    row = step("1", "accept", GOOD, "zhang") | OTHER
    desk.ok("import", desk.export("a.csv", [row]))
    [shown] = traced(desk, "150602/1")["steps"]
    assert shown["original"]["hidden"] == 2
    assert not set(OTHER) & set(shown["original"]["cells"])
    told = desk.ok("trace", "150602/1").text
    assert "(另有2列未显示)" in told
    assert not any(word in told for word in (*OTHER, *OTHER.values()))
    assert desk.events("original-shown") == []


def test_a_row_all_of_whose_columns_are_mapped_hides_nothing(desk: Desk) -> None:
    mapping = desk.home / "m.toml"
    mapping.write_text('[columns]\naccount = "登录名"\nterminal = "机器"', "utf-8")
    row = {"登录名": "zhang", "机器": "t1", **{n: c for n, c in step("1", "accept", GOOD).items() if c}}
    row.pop("account", None)
    desk.ok("import", desk.export("a.csv", [row]), "--mapping", mapping)
    told = desk.ok("trace", "150602/1") if traced(desk, "150602/1") else None
    assert told is not None
    assert "登录名 = zhang" in told.out
    assert "未显示" not in told.out


def test_the_whole_row_is_shown_to_whom_the_log_names(desk: Desk) -> None:
    rows = [step("1", "accept", GOOD, "zhang") | OTHER, step("1", "book", "2026-03-03", "wu") | OTHER]
    desk.ok("import", desk.export("a.csv", rows))
    desk.ok("check", "--as-of", AS_OF)
    told = desk.ok("trace", "150602/1", "--original", "--by", "wang").text
    assert "李四" in told
    assert "未显示" not in told
    [event] = desk.events("original-shown")
    assert event.stream == "disclosures"
    assert {name: event.state[name] for name in ("shown_to", "office", "case_no", "positions")} == {
        "shown_to": "wang",
        "office": "150602",
        "case_no": "1",
        "positions": [1, 2],
    }
    facts = desk.facts("trace", "150602/1", "--original", "--by", "li")
    assert facts["steps"][0]["original"]["cells"].items() >= OTHER.items()
    assert [event.state["shown_to"] for event in desk.events("original-shown")] == ["wang", "li"]
    assert desk.facts("verify")["is_whole"]


def test_who_looks_is_named_only_where_the_whole_row_is_asked_for(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", [step("1", "accept", GOOD, "zhang")]))
    desk.ok("check", "--as-of", AS_OF)
    assert desk.run("trace", "150602/1", "--by", "wang").status == 2
    assert desk.events("original-shown") == []
