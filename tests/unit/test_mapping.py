"""A mapping: what it says of a row, what is wrong with it is told, and what it extends."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regaudit.base.errors import RegauditError
from regaudit.catalogue.kinds import export_kinds
from regaudit.sources.canonical.cells import matches
from regaudit.sources.canonical.layouts import Layout, lay_out, title_match
from regaudit.sources.canonical.mapping import CANONICAL, Mapping, load_mapping, shipped_mappings
from regaudit.sources.canonical.rows import Canonical, make_canonical
from regaudit.sources.tables import ROW_NO, Batch

STEPS = export_kinds()["steps"]
ZONE = "Asia/Shanghai"
Row = dict[str, str | None]


def written(home: Path, text: str, name: str = "m.toml") -> Mapping:
    (home / name).write_text(text, encoding="utf-8")
    loaded, mapping = load_mapping(name, home)
    assert loaded == name
    return mapping


def made(mapping: Mapping, rows: list[Row]) -> Canonical:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String), orient="row")
    batch = Batch(frame.insert_column(0, pl.int_range(2, frame.height + 2, eager=True).alias(ROW_NO)), [])
    layout = lay_out(list(rows[0]), STEPS, mapping)
    assert isinstance(layout, Layout)
    return make_canonical(batch, layout, mapping, ZONE)


def told(found: Canonical, *columns: str) -> list[tuple[Any, ...]]:
    return found.rows.select(columns).rows()


WIDE = """
[columns]
case_no = "编号"
[constants]
office = "150602"
[[actions]]
step = "accept"
columns = { occurred_at = "受理时间", operator = "受理人" }
[[actions]]
step = "review"
columns = { occurred_at = "审核时间", operator = "审核人", reason = "审核意见" }
constants = { node = "初审" }
[[actions]]
step = "refuse"
columns = { occurred_at = "审核时间" }
when = { "结论" = "不予*" }
"""


def wide(**cells: str | None) -> Row:
    columns = ("编号", "受理时间", "受理人", "审核时间", "审核人", "结论", "操作人", "登记类型")
    return {name: cells.get(name, "") for name in columns}


def test_a_wide_row_is_as_many_actions_as_have_a_time(tmp_path: Path) -> None:
    found = made(
        written(tmp_path, WIDE),
        [
            wide(编号="1", 受理时间="2026-03-02 09:00:00", 受理人="李", 登记类型="转移", 操作人="最后经办"),
            wide(
                编号="2", 受理时间="2026-03-02 09:30:00", 审核时间="2026-03-03", 审核人="王", 结论="不予登记"
            ),
        ],
    )
    assert told(found, ROW_NO, "case_no", "step", "occurred_at", "operator", "node", "registration_type") == [
        (2, "1", "accept", "2026-03-02T09:00:00", "李", None, "200"),
        (3, "2", "accept", "2026-03-02T09:30:00", None, None, None),
        (3, "2", "review", "2026-03-03", "王", "初审", None),
        (3, "2", "refuse", "2026-03-03", None, None, None),
    ]
    assert not found.rejected
    assert found.skipped == 0


def test_a_wide_row_on_which_nothing_happened_is_counted_not_rejected(tmp_path: Path) -> None:
    rows = [wide(编号="1"), wide(编号="2", 受理时间="无"), wide(编号="3", 受理时间="2026-03-02"), wide()]
    found = made(written(tmp_path, WIDE), rows)
    assert (found.rows.height, len(found.rejected), found.skipped) == (1, 0, 2)


def test_a_wide_row_with_one_bad_time_is_rejected_whole_and_the_reason_names_the_column(
    tmp_path: Path,
) -> None:
    rows = [wide(编号="1", 受理时间="2026-03-02", 审核时间="三月"), wide(受理时间="2026-03-02")]
    found = made(written(tmp_path, WIDE), rows)
    assert found.rows.is_empty()
    assert [(r.row_no, r.column, r.value) for r in found.rejected] == [
        (2, "occurred_at", "三月"),
        (3, "case_no", ""),
    ]
    assert found.rejected[0].reason.startswith("审核时间:")


RULES = """
[columns]
step = "事件"
[values.step]
"转发" = "forward"
[[rules]]
when = { "来源" = ["测试*", "演练"] }
skip = true
[[rules]]
when = { step = "forward", "节点" = "*登簿*" }
then = { step = "book" }
[[rules]]
when = { step = "forward", "节点" = ["*审*", "核定"] }
then = { step = "review", result = "approve" }
[[rules]]
when = { registration_type = "", "流程" = "*转移*" }
then = { registration_type = "200" }
[[rules]]
when = { "没有这一列" = "*" }
then = { reason = "never" }
[[rules]]
when = { "没有这一列" = "", step = "退回" } # its canonical value is return
then = { operator = "" }
"""


def test_rules_decide_on_several_columns_the_first_that_matches_and_names_the_column(tmp_path: Path) -> None:
    columns = ("受理编号", "区县代码", "事件", "节点", "流程", "登记类型", "操作时间", "操作人", "来源")
    cells = [
        ("1", "9", "转发", "登簿审核", "转移登记", "", "2026-03-02", "李", ""),
        ("2", "9", "FORWARD", "复审", "转移登记", "注销", "2026-03-02", "李", "0"),
        ("3", "9", "转发", "受理", "", "", "2026-03-02", "李", ""),
        ("4", "9", "转发", "初审", "", "", "2026-03-02", "李", "测试库"),
        ("5", "9", "退回", "初审", "", "", "2026-03-02", "李", ""),
    ]
    rows: list[Row] = [dict(zip(columns, row, strict=True)) for row in cells]
    found = made(written(tmp_path, RULES), rows)
    assert told(found, "case_no", "step", "result", "registration_type", "operator", "reason") == [
        # Each column for itself: the review's rule matches, too, and is the first to name a result.
        ("1", "book", "approve", "200", "李", None),
        ("2", "review", "approve", "400", "李", None),
        ("3", "forward", None, None, "李", None),
        ("5", "return", None, None, None, None),
    ]
    assert found.skipped == 1


@pytest.mark.parametrize(
    ("pattern", "hits"),
    [
        ("受理", ["受理"]),
        ("受理*", ["受理", "受理审核"]),
        ("*受理", ["受理", "预受理"]),
        ("A.C", ["a.c"]),
        ("*", ["受理", "受理审核", "预受理", "a.c", "abc", "一\n二"]),
        ("", [None]),
        ("*\n二", ["一\n二"]),
    ],
)
def test_patterns_know_the_asterisk_and_the_blank(pattern: str, hits: list[str | None]) -> None:
    cells = pl.DataFrame({"cell": ["受理", "受理审核", "预受理", "a.c", "abc", "一\n二", None]})
    assert cells.filter(matches(pl.col("cell"), [pattern]))["cell"].to_list() == hits


@pytest.mark.parametrize(
    ("title", "names", "rank"),
    [
        ("SH", ["SH"], 2),
        ("djf_dj_sh", ["SH"], 1),
        ("SH(审核)", ["SH"], 1),
        ("SH_202603", ["SH"], 1),
        ("SHJL", ["SH"], 0),
        ("审核记录", ["审核"], 1),
        ("QLT_FW_FDCQ_YZ", ["FDCQ_YZ"], 1),
        ("", ["SH"], 0),
        ("SH", [], 0),
    ],
)
def test_a_title_is_known_whole_or_by_a_word(title: str, names: list[str], rank: int) -> None:
    assert title_match(title, names)[0] == rank


def test_the_longer_name_fits_better() -> None:
    assert title_match("DJT_DJ_SL", ["DJ_SL"]) > title_match("DJT_DJ_SL", ["SL"])


def test_numbers_are_the_same_in_full_width_and_behind_a_text_mark() -> None:
    wide_digits = "00123".translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"})
    rows: list[Row] = [
        {
            "case_no": number,
            "office": "'150602",
            "step": "受理",
            "occurred_at": "2026-03-02",
            "operator": name,
        }
        for number, name in ((wide_digits, "'李四"), ("'00123", "\u200b李四\u3000"))
    ]
    found = made(Mapping(), rows)
    assert told(found, "case_no", "office", "operator") == [("00123", "150602", "李四")] * 2


MISTAKES = [
    ('[[tables]]\nnames = ["A"]\ncolumns = { case_nr = "x" }', ("第 1 项(A)", "columns", "case_nr")),
    ('[[tables]]\nname = "A"', ("tables", "name")),
    ("[[tables]]\nignore = true", ("[[tables]]", "names", "required")),
    ('[[actions]]\nstep = "accept"', ("[[actions]]", "accept", "occurred_at")),
    ('[[actions]]\ncolumns = { occurred_at = "t" }', ("actions", "step")),
    ('[[actions]]\nstep = "accept"\ncolumns = { occurred_at = "t", time = "u" }', ("[[actions]]", "time")),
    ('[[rules]]\nwhen = { a = "b" }', ("[[rules]]", "then", "skip")),
    ('[[rules]]\nwhen = { a = "b" }\nthen = { stage = "c" }', ("[[rules]]", "stage")),
    ("[[rules]]\nwhen = {}\nskip = true", ("rules", "when")),
    ('[fill.office_no]\nby = "YWH"', ("[fill]", "office_no")),
    ("[fill.office]\n", ("fill", "by")),
    ('extends = "nothing"', ("extends", "nothing", "national")),
    ('extends = "m.toml"', ("extends", "m.toml")),
    ("[values.step]\na = 1", ("values",)),
]


@pytest.mark.parametrize(("text", "words"), MISTAKES)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(RegauditError) as told_error:
        written(tmp_path, text)
    assert all(word in str(told_error.value) for word in ("m.toml", *words)), str(told_error.value)


def test_a_missing_mapping_is_told_with_the_names_of_those_shipped(tmp_path: Path) -> None:
    with pytest.raises(RegauditError) as told_error:
        load_mapping("nationl", tmp_path)
    assert all(name in str(told_error.value) for name in ("nationl", *shipped_mappings()))


def test_a_shipped_mapping_is_loaded_by_name(tmp_path: Path) -> None:
    for name, mapping in shipped_mappings().items():
        assert load_mapping(name, tmp_path) == (name, mapping)
        assert mapping.title
    assert load_mapping(None, tmp_path) == load_mapping(CANONICAL, tmp_path) == (CANONICAL, Mapping())


def test_a_mapping_extends_another(tmp_path: Path) -> None:
    mapping = written(
        tmp_path,
        'extends = "flowable-tasklog"\n[constants]\noffice = "150602"\n[values.step]\nFLOWABLE_END = "file"\n'
        '[[rules]]\nwhen = { "节点" = "窗口" }\nthen = { step = "accept" }\n',
    )
    base = shipped_mappings()["flowable-tasklog"]
    assert mapping.columns == base.columns
    assert mapping.constants == {"office": "150602"}
    assert mapping.values["step"] == base.values["step"] | {"FLOWABLE_END": "file"}
    assert mapping.rules[0].then == {"step": "accept"}
    assert mapping.rules[1:] == base.rules
    assert mapping.fingerprint(ZONE) != base.fingerprint(ZONE)


def test_a_circle_of_mappings_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "b.toml"', encoding="utf-8")
    (tmp_path / "b.toml").write_text('extends = "a.toml"', encoding="utf-8")
    with pytest.raises(RegauditError, match="extends"):
        load_mapping("a.toml", tmp_path)


def test_a_fingerprint_lasts_while_keys_are_added() -> None:
    """Those of mappings that are in logs already: a file imported before must stay known."""
    assert Mapping().fingerprint(ZONE).startswith("9622630bbbd173dc")
    assert Mapping(columns={"case_no": "x"}, zone="UTC").fingerprint("UTC").startswith("827b16463a5f9f1a")
    assert Mapping(title="平台").fingerprint(ZONE) == Mapping().fingerprint(ZONE)
