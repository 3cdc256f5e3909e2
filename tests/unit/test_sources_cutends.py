"""A text file that was cut off in its last cell: the row goes to quarantine, a whole one does not."""

from pathlib import Path

import pytest

from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import Malformed

KNOWN = frozenset({"业务号", "环节", "操作时间", "区县代码"})


def read(path: Path, text: str, encoding: str = "utf-8") -> tuple[list[str | None], list[Malformed]]:
    """The last column's cells of the good rows, and the malformed rows."""
    path.write_bytes(text.encode(encoding))
    [table] = open_export(path, lambda _: None, KNOWN)
    cells: list[str | None] = []
    malformed: list[Malformed] = []
    for batch in table.read():
        cells += batch.rows[table.columns[-1]].to_list()
        malformed += batch.malformed
    return cells, malformed


def a_log(*times: str, column: str = "操作时间") -> str:
    return "\n".join([f"业务号,环节,{column}", *(f"{n},受理,{time}" for n, time in enumerate(times))])


@pytest.mark.parametrize(
    ("others", "last"),
    [
        (["2026-03-26"], "2026-03-2"),
        ([], "2026-03-2"),
        (["2026/11/26"], "2026/11/2"),
        (["2026/3/5", "2026/3/11"], "2026/3/1"),
        (["2026-03-02 09:00:00"], "2026-03-02"),
        (["2026-03-02 09:00:00"], "2026-03-02 09:00"),
        (["2026-03-02 09:00:00", "2026-03-02 09:01"], "2026-03-02 09:0"),
        ([], "2026-03-02 09:00:0"),
        (["2026年3月12日"], "2026年3月1"),
        (["2026年3月12日"], "2026年3月12"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_time_that_was_cut_off_is_not_read_as_another(
    tmp_path: Path, others: list[str], last: str, encoding: str
) -> None:
    cells, [bad] = read(tmp_path / "a.csv", a_log(*others, last), encoding)
    assert cells == others
    assert bad.row_no == len(others) + 2
    assert "最后一格似乎被截断" in bad.reason
    assert bad.text == f"{len(others)},受理,{last}"


@pytest.mark.parametrize(
    ("others", "last"),
    [
        (["2026-03-26"], "2026-03-02"),
        (["2026/3/5"], "2026/3/1"),
        (["2026/3/11 9:20"], "2026/3/1 9:20"),
        (["2026-03-02 09:00:00", "2026-03-02"], "2026-03-02"),
        (["2026-03-02 09:00"], ""),
        (["2026-03-02"], "2026-03-02 09:00:00"),
    ],
)
def test_a_last_row_without_line_end_that_looks_whole_is_imported(
    tmp_path: Path, others: list[str], last: str
) -> None:
    cells, malformed = read(tmp_path / "a.csv", a_log(*others, last))
    assert [cell or "" for cell in cells] == [*others, last]
    assert not malformed


def test_with_its_line_end_a_row_is_whole_however_short_its_last_cell(tmp_path: Path) -> None:
    cells, malformed = read(tmp_path / "a.csv", a_log("2026-03-26", "2026-03-2") + "\r\n")
    assert cells == ["2026-03-26", "2026-03-2"]
    assert not malformed


def test_a_code_shorter_than_all_others_was_cut_off_names_are_of_any_length(tmp_path: Path) -> None:
    offices = ["150602"] * 10
    cells, [bad] = read(tmp_path / "a.csv", a_log(*offices, "1506", column="区县代码"))
    assert cells == offices
    assert "最后一格似乎被截断" in bad.reason
    assert "1506" not in bad.reason
    names = ["欧阳修", "王安石", "李白"] * 4
    cells, malformed = read(tmp_path / "b.csv", a_log(*names, "李", column="操作人"))
    assert cells == [*names, "李"]
    assert not malformed


def test_a_last_row_of_too_few_cells_is_said_to_be_cut_off(tmp_path: Path) -> None:
    cells, [bad] = read(tmp_path / "a.csv", a_log("2026-03-26") + "\n7,受")
    assert cells == ["2026-03-26"]
    assert bad.reason.startswith("应有 3 列,实有 2 列;文件末尾没有换行")


def test_the_column_is_known_from_the_batch_before(tmp_path: Path) -> None:
    times = ["2026/11/26"] * 300_000
    cells, [bad] = read(tmp_path / "a.csv", a_log(*times, "2026/11/2"))
    assert len(cells) == len(times)
    assert bad.row_no == len(times) + 2
