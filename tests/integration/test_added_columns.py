"""Columns that came when there were logs: a row that gains them is the same row, and its case has them."""

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import COMMAND, SRC, Desk, Run, ordinary_case, step
from stores import BOTH_STORES
from tables import RIGHT, SLSQ

pytestmark = pytest.mark.long

Row = dict[str, str]
ROOT = Path(__file__).parents[2]
COVERS = ("--covers", "2026-03-02..2026-03-02")
PLAIN = [*ordinary_case("A1"), *ordinary_case("A2")]
TOLD = {"A1": {"subtype": "2001", "matter": "分割"}, "A2": {"subtype": "宅基地转移", "matter": "买卖"}}


def with_columns(rows: list[Row], told: dict[str, Row] = TOLD) -> list[Row]:
    """The rows with what the platform says of their cases, on their acceptance and booking."""
    return [row | (told[row["case_no"]] if row["step"] != "review" else {}) for row in rows]


FULL = with_columns(PLAIN)


def counts(desk: Desk, rows: list[Row], *words: str) -> dict[str, int]:
    """What an import did, without what it did not do."""
    name = f"{len(desk.events('import-recorded'))}.csv"
    [result] = desk.facts("import", desk.export(name, rows), *words)
    names = ("appended", "known", "extended", "altered", "rewritten", "vanished")
    return {name: result[name] for name in names if result[name]}


def checked(desk: Desk) -> tuple[dict[str, tuple[str | None, str | None]], list[str]]:
    """Subtype and matter of each case, and what was found to be altered."""
    desk.ok("check", "--as-of", "2026-03-05")
    found = desk.query("SELECT case_no, subtype, matter FROM cases")
    told = {case_no: (subtype, matter) for case_no, subtype, matter in found}
    altered = desk.query("SELECT summary FROM findings WHERE rule = 'log-altered'")
    return told, [summary for (summary,) in altered]


BOTH = {"A1": ("2001", "分割"), "A2": ("宅基地转移", "买卖")}


def test_the_first_import_has_them(desk: Desk) -> None:
    rows = [*FULL, step("A3", "accept", "2026-03-02 09:00:00", matter="/", subtype="NULL")]
    assert counts(desk, rows) == {"appended": 7}
    assert checked(desk) == (BOTH | {"A3": (None, None)}, [])
    assert "登记小类2001、登记原因分割" in desk.ok("trace", "150602/A1").text


def test_the_accept_row_wins_then_the_first_that_is_not_blank(desk: Desk) -> None:
    accept, review, book = ordinary_case("A1")
    rows = [accept | {"subtype": "1"}, review | {"subtype": "2", "matter": "合并"}, book | {"matter": "分割"}]
    desk.ok("import", desk.export("first.csv", rows))
    assert checked(desk) == ({"A1": ("1", "合并")}, [])


@BOTH_STORES
def test_a_row_that_gains_them_is_the_same_row_and_its_case_has_them(desk: Desk) -> None:
    assert counts(desk, PLAIN) == {"appended": 6}
    assert checked(desk) == ({"A1": (None, None), "A2": (None, None)}, [])
    assert counts(desk, FULL, *COVERS) == {"known": 6, "extended": 4}
    assert checked(desk) == (BOTH, [])
    assert desk.query("SELECT count(*) FROM steps") == [(6,)]
    # The full rows, the plain ones, and both in one file: all of them are known.
    assert counts(desk, [*FULL[1:], FULL[0]], *COVERS) == {"known": 6}
    assert counts(desk, PLAIN[1:]) == {"known": 5}
    assert counts(desk, [*PLAIN, *FULL]) == {"known": 12}
    desk.assert_log_is_whole()


def test_it_is_told_where_they_came_from(desk: Desk) -> None:
    desk.ok("import", desk.export("old.csv", PLAIN))
    assert "已有的行补上新栏目4" in desk.ok("import", desk.export("new.csv", FULL)).text
    desk.ok("check", "--as-of", "2026-03-05")
    told = desk.ok("trace", "150602/A1")
    assert "补列:位置1的环节在new.csv第2行补上登记小类2001、登记原因分割" in told.text
    facts = desk.facts("trace", "150602/A1")
    [first, _] = facts["extended_steps"]
    assert (first["first_position"], first["row_no"], first["matter"]) == (1, 2, "分割")
    assert first["original"]["cells"]["matter"] == "分割"
    assert facts["altered_steps"] == []


def test_one_column_today_and_the_other_tomorrow(desk: Desk) -> None:
    desk.ok("import", desk.export("old.csv", PLAIN))
    for column in ("subtype", "matter"):
        some = with_columns(PLAIN, {case: {column: told[column]} for case, told in TOLD.items()})
        assert counts(desk, some) == {"known": 6, "extended": 4}
    assert counts(desk, FULL) == {"known": 6}
    assert checked(desk) == (BOTH, [])


@pytest.mark.parametrize("begins", ["plain", "full"])
def test_another_value_is_an_alteration(desk: Desk, begins: str) -> None:
    if begins == "plain":
        desk.ok("import", desk.export("old.csv", PLAIN))
    desk.ok("import", desk.export("first.csv", FULL))
    changed = [FULL[0] | {"matter": "买卖"}, *FULL[1:]]
    assert counts(desk, changed) == {"known": 5, "altered": 1}
    # The first version stands; and neither of them is anything new.
    found, [summary] = checked(desk)
    assert found == BOTH
    assert "登记原因 分割→买卖" in summary
    assert "登记小类" not in summary
    assert counts(desk, [*changed[1:], changed[0]]) == {"known": 6}
    assert len(desk.events("step-altered")) == 1


def test_emptied_is_altered_but_a_column_that_is_not_exported_is_not(desk: Desk) -> None:
    desk.ok("import", desk.export("first.csv", FULL))
    without = [{name: cell for name, cell in row.items() if name != "matter"} for row in FULL]
    assert counts(desk, without) == {"known": 6}
    emptied = [FULL[0] | {"matter": ""}, *FULL[1:]]
    assert counts(desk, emptied) == {"known": 5, "altered": 1}
    found, [summary] = checked(desk)
    assert found == BOTH
    assert "登记原因 分割→空" in summary


def test_a_file_of_a_folder_that_lacks_the_column_empties_nothing(desk: Desk) -> None:
    desk.ok("import", desk.export("first.csv", FULL))
    desk.export("月/1.csv", PLAIN[:3])
    desk.export("月/2.csv", FULL[3:])
    [result] = desk.facts("import", desk.home / "月")
    assert (result["known"], result["extended"], result["altered"]) == (6, 0, 0)


def test_other_content_beside_them_is_altered_and_nothing_is_lost(desk: Desk) -> None:
    desk.ok("import", desk.export("old.csv", PLAIN))
    changed = [FULL[0] | {"registration_type": "300"}, *PLAIN[1:]]
    assert counts(desk, changed) == {"known": 5, "altered": 1}
    found, [summary] = checked(desk)
    assert found == {"A1": ("2001", "分割"), "A2": (None, None)}
    assert "登记类型 转移登记→变更登记" in summary
    assert "登记小类" not in summary
    assert desk.facts("trace", "150602/A1")["extended_steps"] == []


def test_together_with_another_writing_they_are_kept(desk: Desk) -> None:
    named = [row | {"account": "", "operator": f"王{row['account']}"} for row in PLAIN]
    desk.ok("import", desk.export("old.csv", named))
    both = [
        row | {"operator": old["operator"], "occurred_at": row["occurred_at"][:16]}
        for row, old in zip(FULL, named, strict=True)
    ]
    expected = {"known": 6, "extended": 4, "rewritten": 6}
    assert counts(desk, both, *COVERS) == expected
    assert counts(desk, [both[1], both[0], *both[2:]]) == {"known": 6, "rewritten": 6}
    assert checked(desk) == (BOTH, [])
    changed = [both[0] | {"matter": "合并"}, *both[1:]]
    assert counts(desk, changed) == {"known": 5, "altered": 1, "rewritten": 6}
    found, [summary] = checked(desk)
    assert found == BOTH
    assert "登记原因 分割→合并" in summary
    # Nor is it missed that a value told in one writing is another in the first.
    exact = [row | {"matter": "继承"} if row["step"] == "accept" else row for row in with_columns(named)]
    assert counts(desk, exact)["altered"] == 2
    desk.assert_log_is_whole()


def tables(home: Path, slsq: Row, fdcq: Row) -> Path:
    """The two tables of a national export, as CSV in a folder."""
    home.mkdir()
    for name, row in (("SLSQ", SLSQ | slsq), ("FDCQ2", RIGHT | {"QLLX": "4", "DJLX": "200"} | fdcq)):
        with (home / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow(row)
    return home


def test_the_national_tables_gain_them(desk: Desk) -> None:
    nights = [
        ({}, {}, (2, 0, 0, 0)),
        ({"DJXL": ""}, {"DJYY": "/"}, (0, 2, 0, 0)),
        ({"DJXL": "20101"}, {"DJYY": "分割"}, (0, 2, 2, 0)),
        ({"DJXL": "20101"}, {"DJYY": "分割", "FJ": "附记"}, (0, 2, 0, 0)),
        ({"DJXL": "20102"}, {"DJYY": "分割"}, (0, 1, 0, 1)),
    ]
    for night, (slsq, fdcq, expected) in enumerate(nights):
        [result] = desk.facts("import", tables(desk.home / f"导出{night}", slsq, fdcq), status=3)
        told = tuple(result[name] for name in ("appended", "known", "extended", "altered"))
        assert told == expected, night
        if night == 3:
            assert checked(desk) == ({"1": ("20101", "分割")}, [])
    found, [summary] = checked(desk)
    assert found == {"1": ("20101", "分割")}
    assert "登记小类 20101→20102" in summary


class Before(Desk):
    """A workspace whose commands run under what was installed before there were these columns."""

    content: Path

    def run(self, *args: str | Path) -> Run:
        words = [str(arg) for arg in args]
        where = [] if words[0] == "init" else ["--home", str(self.home)]
        env = os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1", "REGAUDIT_CONTENT": str(self.content)}
        done = subprocess.run(
            [*COMMAND, *words, *where], capture_output=True, text=True, check=False, env=env
        )
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def before(tmp_path: Path) -> Before:
    for name in ("events", "projections", "deploy"):
        shutil.copytree(ROOT / name, tmp_path / "content" / name)
    for name in ("events/kinds/steps", "projections/mappings/national", "projections/mappings/xes"):
        path = tmp_path / "content" / f"{name}.toml"
        lines = path.read_text("utf-8").replace(', matter = "DJYY"', "").replace('subtype = "DJXL", ', "")
        kept = [n for n in lines.splitlines() if not n.startswith(("subtype =", "matter =", "extended ="))]
        path.write_text("\n".join(kept), encoding="utf-8")
    Before.content = tmp_path / "content"
    made = Before(tmp_path / "home")
    made.make()
    return made


def test_a_log_from_before_there_were_these_columns(before: Before) -> None:
    """The same files lie there still, with cells that nothing read: now they are read."""
    (before.home / "in").mkdir()
    before.configure('[[sources]]\nname = "p"\npath = "in/*.csv"\n')
    chinese = {"subtype": "登记小类", "matter": "登记原因"}
    rows = [{chinese.get(name, name): cell for name, cell in row.items()} for row in FULL]
    before.export("in/steps.csv", rows)
    assert before.run("nightly", "--as-of", "2026-03-04").status == 0
    assert "分割" not in json.dumps(before.events()[0].state, ensure_ascii=False)
    desk = Desk(before.home)
    assert desk.run("nightly", "--as-of", "2026-03-05").status == 0
    assert [event.state["action"]["matter"] for event in desk.events("step-extended")] == [
        *("分割", "分割", "买卖", "买卖")
    ]
    assert len(desk.events("step-recorded")) == 6
    found = desk.query("SELECT case_no, subtype, matter FROM cases ORDER BY ALL")
    assert found == [("A1", "2001", "分割"), ("A2", "宅基地转移", "买卖")]
    assert desk.query("SELECT rule FROM findings WHERE rule = 'log-altered'") == []
    # Once: the next night knows the file.
    imports = len(desk.events("import-recorded"))
    assert desk.run("nightly", "--as-of", "2026-03-06").status == 0
    assert len(desk.events("import-recorded")) == imports
    desk.assert_log_is_whole()
