"""What `regaudit preview` tells before an import, and the mappings that it writes."""

import gzip
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Desk, as_csv, ordinary_case, step

from regaudit.intake.preview.toml import mapping_toml
from regaudit.simulate import SHAPES
from regaudit.sources.canonical.mapping import load_mapping, shipped_mappings

ROOT = Path(__file__).parents[2]
SHAPE_FILES = ROOT / "sample_logs" / "shapes"
TUTORIAL = ROOT / "docs" / "tutorial"
GOOD = "2026-03-02 09:00:00"
FORMATS = {
    "steps.csv": "CSV(UTF-8)",
    "steps-gb18030.csv": "CSV(GB18030)",
    "steps.jsonl": "JSON Lines",
    "steps.parquet": "Parquet",
    "steps.xlsx": "XLSX",
    "steps.xls": "XLS",
    "steps-html.xls": "HTML",
    "steps-xml.xls": "SpreadsheetML",
    "steps.xes": "XES",
    "steps.zip": "ZIP",
    "national-2015": "文件夹",
    "national-2015.xml": "XML",
}


def steps_of(facts: dict[str, Any]) -> dict[str, Any]:
    [export] = [export for export in facts["exports"] if export["kind"] == "steps"]
    assert isinstance(export, dict)
    return export


@pytest.mark.parametrize("name", SHAPES)
def test_a_preview_says_what_the_import_then_does(desk: Desk, name: str) -> None:
    shape = SHAPES[name]
    words = ["--mapping", str(SHAPE_FILES / shape.mapping)] if shape.mapping else []
    facts = desk.facts("preview", SHAPE_FILES / shape.file, *words)
    export = steps_of(facts)
    assert desk.events() == []
    [result] = desk.facts("import", SHAPE_FILES / shape.file, *words)
    assert export["rows"] == result["rows_read"]
    assert export["skipped"] == result["skipped"]
    assert export["actions"] == result["appended"] + result["known"] + result["altered"]
    assert export["dates"] + export["times"] == export["actions"]
    assert facts["ignored"] == result["ignored"]
    assert export["mapping"] == result["mapping"]
    days = sorted(action["occurred_at"] for action in desk.actions())
    assert (export["first_at"], export["last_at"]) == (days[0], days[-1])
    assert len(export["sample"]) == 5
    assert any(sample.items() <= action.items() for sample in export["sample"] for action in desk.actions())
    assert FORMATS.get(shape.file, "") in facts["format"]


def test_it_works_without_a_workspace(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "nothing")
    path = tmp_path / "a.csv"
    path.write_text(as_csv(ordinary_case("1")), encoding="utf-8")
    facts = desk.facts("preview", path)
    assert (facts["zone"], facts["recognised"]) == ("Asia/Shanghai", True)
    assert not desk.home.exists()


def test_the_zone_is_the_workspaces(desk: Desk) -> None:
    desk.configure('zone = "Asia/Urumqi"\n')
    path = desk.export("a.csv", [step("1", "accept", "2026-03-02T09:00:00+08:00")])
    facts = desk.facts("preview", path, "--offsets", "kept")
    assert facts["zone"] == "Asia/Urumqi"
    assert steps_of(facts)["first_at"] == "2026-03-02T07:00:00"


def test_bad_rows_unknown_values_and_precision_are_counted_over_the_whole(desk: Desk) -> None:
    rows = [step(str(n), "accept", GOOD) for n in range(70_000)]
    rows += [step("d", "accept", "2026-03-09"), step("u", "批注", GOOD, channel="自助机")]
    rows += [step("b", "accept", "三月"), step("", "accept", GOOD, pause_kind="停电")]
    path = desk.home / "big.csv.gz"
    path.write_bytes(gzip.compress(as_csv(rows).encode(), 1))
    facts = desk.facts("preview", path, "--rows", "1", status=3)
    export = steps_of(facts)
    assert facts["format"].startswith("gzip")
    assert (export["rows"], export["actions"], export["quarantined"]) == (70_004, 70_002, 2)
    assert (export["dates"], export["times"], export["last_at"]) == (1, 70_001, "2026-03-09")
    assert export["unmapped"] == {
        "step": [{"value": "批注", "rows": 1}],
        "channel": [{"value": "自助机", "rows": 1}],
    }
    assert {(reason["column"], reason["rows"]) for reason in export["reasons"]} == {
        ("occurred_at", 1),
        ("case_no", 1),
    }
    assert [(bad["row_no"], bad["column"], bad["value"]) for bad in export["quarantine"]] == [
        (70_004, "occurred_at", "三月"),
        (70_005, "case_no", ""),
    ]
    assert len(export["sample"]) == 1


def test_people_are_told_the_same(desk: Desk) -> None:
    rows = [step("1", "批注", GOOD, 备用="x"), step("2", "accept", "三月")]
    run = desk.run("preview", desk.export("a.csv", rows))
    assert run.status == 3
    for word in ("识别为办件日志", "表头在第1行", "未使用的列:备用", "照原样保留的环节:批注(1)", "将隔离1行"):
        assert word in run.text
    assert "第3行occurred_at,值为三月" in run.text


def test_columns_constants_fills_and_ignored_tables_are_told(desk: Desk) -> None:
    facts = desk.facts("preview", SHAPE_FILES / "national-2015")
    tables = {Path(table["name"]).stem: table for table in steps_of(facts)["tables"]}
    assert tables["SH"]["fills"] == {"office": ["YWH"]}
    assert tables["SH"]["columns"]["case_no"] == ["YWH"]
    assert tables["SH"]["actions"][0]["columns"]["operator"] == ["SHRYXM"]
    assert tables["DYAQ"]["constants"] == {"right_type": "mortgage"}
    assert "SFWTAJ" in tables["SLSQ"]["unused"]
    assert tables["CFDJ"]["header_row"] is None
    desk.export("more/SLSQ.csv", [{"YWH": "1", "QXDM": "150602", "SLRY": "李", "SLSJ": GOOD}])
    desk.export("more/SQR.csv", [{"YWH": "1", "QLRMC": "某"}])
    facts = desk.facts("preview", desk.home / "more", status=3)
    assert facts["ignored"] == ["SQR.csv(映射规定不读取)"]
    assert steps_of(facts)["absent"] == ["表 SLSQ.csv 的 DJDL(登记类型)"]


def test_what_is_no_export_at_all_is_refused(desk: Desk) -> None:
    (desk.home / "a.pdf").write_bytes(b"%PDF-1.7 and so on")
    (desk.home / "empty.csv").touch()
    for name, told in (("a.pdf", "PDF"), ("empty.csv", "空文件"), ("nobody.csv", "找不到文件")):
        run = desk.run("preview", desk.home / name)
        assert (run.status, told in run.text) == (1, True), run


def test_a_header_alone_would_not_be_imported(desk: Desk) -> None:
    path = desk.home / "head.csv"
    path.write_text("case_no,office,step,occurred_at\n", encoding="utf-8")
    facts = desk.facts("preview", path, status=1)
    assert "没有数据行" in facts["problem"]
    assert desk.run("import", path).status == 1


def test_an_unknown_export_gets_candidates_and_a_draft_that_reads_it_once_edited(desk: Desk) -> None:
    draft = desk.home / "draft.toml"
    facts = desk.facts("preview", TUTORIAL / "export.csv", "--write", draft, status=1)
    assert facts["recognised"] is False
    [table] = facts["unread"]
    best = {name: found[0]["column"] for name, found in table["candidates"].items()}
    assert (
        best.items()
        >= {
            "case_no": "流水号",
            "step": "流程环节",
            "occurred_at": "完成时间",
            "account": "登录名",
        }.items()
    )
    load_mapping(str(draft), desk.home)
    text = draft.read_text("utf-8")
    assert '"收件受理" = "accept"' in text
    edited = text.replace('# office = ""', 'office = "150602"').replace('# "补正', '"补正')
    draft.write_text(edited, encoding="utf-8")
    by_draft = steps_of(desk.facts("preview", TUTORIAL / "export.csv", "--mapping", draft, status=3))
    by_hand = steps_of(
        desk.facts("preview", TUTORIAL / "export.csv", "--mapping", TUTORIAL / "mapping.toml", status=3)
    )
    assert by_draft["sample"] == by_hand["sample"]
    assert by_draft["unmapped"] == by_hand["unmapped"] == {}


def test_a_wide_export_gets_a_draft_with_an_action_for_each_time(desk: Desk) -> None:
    draft = desk.home / "draft.toml"
    assert desk.run("preview", SHAPE_FILES / "wide.csv", "--write", draft).status == 1
    guessed = load_mapping(str(draft), desk.home)[1]
    meant = load_mapping(str(SHAPE_FILES / "wide.toml"), desk.home)[1]
    assert {(a.step, a.columns["occurred_at"], a.columns["operator"]) for a in guessed.actions} == {
        (a.step, a.columns["occurred_at"], a.columns["operator"]) for a in meant.actions
    }
    export = steps_of(desk.facts("preview", SHAPE_FILES / "wide.csv", "--mapping", draft))
    wanted = ["--mapping", str(SHAPE_FILES / "wide.toml")]
    assert export["sample"] == steps_of(desk.facts("preview", SHAPE_FILES / "wide.csv", *wanted))["sample"]


ODD: dict[str, Callable[[], str]] = {
    "one column": lambda: "只有一列\n1\n2\n",
    "quotes and signs": lambda: '"a ""b""",#x,[c],时间\n1,2,3,2026-03-02 09:00\n',
    "names of nothing": lambda: "x,y,z\n1,2,3\n",
    "no rows": lambda: "流水号,办理时间\n",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_a_draft_of_anything_is_sound_toml(desk: Desk, content: Callable[[], str]) -> None:
    path, draft = desk.home / "odd.csv", desk.home / "draft.toml"
    path.write_text(content(), encoding="utf-8")
    assert desk.run("preview", path, "--write", draft).status == 1
    load_mapping(str(draft), desk.home)


def test_the_mapping_in_force_is_written_whole_with_what_it_leaves_as_comments(desk: Desk) -> None:
    draft = desk.home / "draft.toml"
    rows = [*ordinary_case("1"), step("1", "挂起", GOOD), step("1", '怪"值\n', GOOD)]
    path = desk.export("a.csv", rows)
    desk.ok("preview", path, "--write", draft)
    text = draft.read_text("utf-8")
    assert '# "挂起" = "pause" # 1 行' in text
    assert tomllib.loads(text)["columns"]["case_no"] == "case_no"
    draft.write_text(text.replace('# "挂起"', '"挂起"'), encoding="utf-8")
    export = steps_of(desk.facts("preview", path, "--mapping", draft))
    assert [count["value"] for count in export["unmapped"]["step"]] == ['怪"值']


@pytest.mark.parametrize("name", shipped_mappings())
def test_a_shipped_mapping_is_written_as_it_is(desk: Desk, name: str) -> None:
    mapping = shipped_mappings()[name]
    path = desk.home / "copy.toml"
    path.write_text(mapping_toml(mapping), encoding="utf-8")
    assert load_mapping(str(path), desk.home)[1] == mapping


def test_a_file_that_is_there_is_not_written_over(desk: Desk) -> None:
    path = desk.export("a.csv", ordinary_case("1"))
    before = path.read_bytes()
    run = desk.run("preview", path, "--write", path)
    assert (run.status, "已存在" in run.text) == (1, True)
    assert path.read_bytes() == before
