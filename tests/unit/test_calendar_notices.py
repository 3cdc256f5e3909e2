"""A year's notice as a CSV file: what is read, and what is refused and why."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from regaudit.base.errors import RefusedFileError, RegauditError
from regaudit.catalogue.calendar import (
    calendar_notices,
    calendar_version,
    exceptions,
    import_notice,
    national_calendar,
    published_years,
)
from regaudit.catalogue.calendar.notices import read_notice

EXAMPLE = Path(__file__).parents[2] / "docs" / "calendar-2026.csv"
# No notice for 2027 exists yet: a made-up one of the usual form.
ROWS_2027 = [
    *((f"2027-01-0{day}", "holiday", "元旦") for day in (1, 2, 3)),
    ("2027-01-30", "makeup", "春节"),
    *((f"2027-02-{day:02}", "holiday", "春节") for day in range(5, 13)),
    ("2027-02-20", "makeup", "春节"),
    ("2027-04-05", "holiday", "清明节"),
    *((f"2027-05-0{day}", "holiday", "劳动节") for day in range(1, 6)),
    ("2027-05-08", "makeup", "劳动节"),
    ("2027-06-09", "holiday", "端午节"),
    ("2027-09-15", "holiday", "中秋节"),
    *((f"2027-10-0{day}", "holiday", "国庆节") for day in range(1, 8)),
    ("2027-10-09", "makeup", "国庆节"),
]
NEXT = len(ROWS_2027) + 2  # the row that follows on these and the header
Rows = list[tuple[str, str, str]]


def write(folder: Path, rows: Rows, head: str = "date,kind,name", encoding: str = "utf-8") -> Path:
    path = folder / "notice.csv"
    path.write_text("\n".join([head, *map(",".join, rows)]), encoding=encoding)
    return path


def take(home: Path, rows: Rows, *, replace: bool = False) -> str:
    return import_notice(home, write(home, rows), source=None, replace=replace).status


def is_workday(home: Path | None, day: date) -> bool:
    [found] = national_calendar(home).filter(pl.col("on_date") == day)["is_workday"].to_list()
    return bool(found)


def test_the_example_says_what_the_shipped_table_says(tmp_path: Path) -> None:
    result = import_notice(tmp_path, EXAMPLE, source=None, replace=False)
    assert (result.year, result.status, result.differences, result.path) == (2026, "unchanged", [], None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("chinese", [False, True])
def test_a_notice_is_read_however_it_is_saved(tmp_path: Path, encoding: str, *, chinese: bool) -> None:
    words = {"holiday": "放假", "makeup": "上班"}
    rows = [(_chinese(day), words[kind], name) for day, kind, name in ROWS_2027] if chinese else ROWS_2027
    head = "日期,类别,名称" if chinese else "date,kind,name"
    notice = read_notice(write(tmp_path, rows, head, encoding))
    assert notice.year == 2027
    assert notice.days["on_date"].to_list() == [date.fromisoformat(day) for day, _, _ in ROWS_2027]
    assert set(notice.days["source"]) == {"国务院办公厅关于2027年部分节假日安排的通知"}


def _chinese(day: str) -> str:
    year, month, of_month = map(int, day.split("-"))
    return f"{year}年{month}月{of_month}日"


def without(day: str) -> Rows:
    return [row for row in ROWS_2027 if row[0] != day]


REFUSED: dict[str, tuple[Rows, tuple[str, ...]]] = {
    "no day at all": ([], ("没有一天",)),
    "no such day": (
        [*ROWS_2027, ("2027-02-30", "holiday", "春节")],
        (f"第 {NEXT} 行", "date 列", "2027-02-30"),
    ),
    "no such kind": ([*ROWS_2027, ("2027-11-11", "feast", "x")], (f"第 {NEXT} 行", "kind 列", "feast")),
    "no name": ([*ROWS_2027, ("2027-11-11", "holiday", " ")], (f"第 {NEXT} 行", "name 列")),
    "a day twice": ([*ROWS_2027, ROWS_2027[0]], (f"第 {NEXT} 行", "2027-01-01", "第 2 行重复")),
    "another year": (
        [*ROWS_2027, ("2028-02-01", "holiday", "x")],
        (f"第 {NEXT} 行", "2028-02-01", "2027 年"),
    ),
    "a make-up day on a Monday": ([*ROWS_2027, ("2027-03-01", "makeup", "x")], (f"第 {NEXT} 行", "星期一")),
    "no National Day": (without("2027-10-01"), ("2027-10-01", "国庆节")),
    "half a year": ([row for row in ROWS_2027 if row[0] < "2027-04"], ("2027-10-01", "写全")),
    "too many days off": (
        [*ROWS_2027, *((f"2027-07-{day:02}", "holiday", "x") for day in (5, 6, 7, 8, 9, 12, 13, 14))],
        ("相差",),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_mistake_is_named_with_file_row_and_column(tmp_path: Path, case: str) -> None:
    rows, words = REFUSED[case]
    with pytest.raises(RefusedFileError) as refused:
        take(tmp_path, rows)
    assert all(word in str(refused.value) for word in ("notice.csv", *words)), refused.value
    assert not (tmp_path / "calendar").exists()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"date,kind\n", b"\xff\xff\xff\xff"])
def test_what_is_no_notice_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notice.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedFileError, match=r"notice\.csv"):
        read_notice(path)
    with pytest.raises(RefusedFileError, match="无法读取"):
        read_notice(tmp_path / "nowhere.csv")


def test_an_imported_year_follows_on_the_shipped_ones(tmp_path: Path) -> None:
    before = calendar_version(tmp_path)
    assert before == calendar_version()
    assert take(tmp_path, ROWS_2027) == "added"
    assert published_years(tmp_path) == range(2004, 2028)
    assert published_years() == range(2004, 2027)
    assert calendar_version(tmp_path).startswith("2027-")
    assert national_calendar(tmp_path)["on_date"].to_list()[-1] == date(2027, 12, 31)
    assert is_workday(tmp_path, date(2027, 1, 30))
    assert not is_workday(tmp_path, date(2027, 2, 5))
    assert take(tmp_path, ROWS_2027) == "unchanged"


def test_a_year_known_otherwise_is_replaced_only_when_told_so(tmp_path: Path) -> None:
    take(tmp_path, ROWS_2027)
    version = calendar_version(tmp_path)
    changed = [*without("2027-10-09"), ("2027-10-10", "makeup", "国庆节")]
    with pytest.raises(
        RegauditError, match="2027-10-09 现为上班,文件为不上班;2027-10-10 现为不上班"
    ) as refused:
        take(tmp_path, changed)
    assert "--replace" in str(refused.value)
    assert calendar_version(tmp_path) == version
    assert take(tmp_path, changed, replace=True) == "replaced"
    assert is_workday(tmp_path, date(2027, 10, 10))
    assert not is_workday(tmp_path, date(2027, 10, 9))
    assert calendar_version(tmp_path) != version


def test_a_shipped_year_can_be_replaced_whole(tmp_path: Path) -> None:
    lines = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if "2026-10-10" not in line]
    rows = [(day, kind, name) for day, kind, name in (line.split(",") for line in lines[1:])]
    assert take(tmp_path, rows, replace=True) == "replaced"
    assert is_workday(None, date(2026, 10, 10))
    assert not is_workday(tmp_path, date(2026, 10, 10))
    untouched = exceptions().filter(pl.col("on_date") < date(2026, 1, 1))
    assert exceptions(tmp_path).filter(pl.col("on_date") < date(2026, 1, 1)).equals(untouched)


def test_the_next_years_notice_may_set_the_last_days_of_december(tmp_path: Path) -> None:
    """As those of 2007, 2008, 2012 and 2019 did."""
    assert take(
        tmp_path, [("2026-12-31", "holiday", "元旦"), ("2026-12-26", "makeup", "元旦"), *ROWS_2027]
    ) == ("added")
    assert is_workday(tmp_path, date(2026, 12, 26))
    assert not is_workday(tmp_path, date(2026, 12, 31))
    with pytest.raises(RefusedFileError, match="不属于 2027 年"):
        take(tmp_path, [("2026-12-19", "makeup", "元旦"), *ROWS_2027])
    assert take(tmp_path, ROWS_2027, replace=True) == "replaced"
    assert is_workday(tmp_path, date(2026, 12, 31))


def test_years_must_follow_on_one_another(tmp_path: Path) -> None:
    shorter = [row for row in ROWS_2027 if row[1] == "holiday" and not "2027-02-08" <= row[0] <= "2027-02-12"]
    rows_2028 = [(day.replace("2027", "2028"), kind, name) for day, kind, name in shorter]
    with pytest.raises(RegauditError, match="请先导入 2027 年"):
        take(tmp_path, rows_2028)
    take(tmp_path, ROWS_2027)
    take(tmp_path, rows_2028)
    (tmp_path / "calendar" / "2027.csv").unlink()
    with pytest.raises(RefusedFileError, match="缺少 2027 年"):
        national_calendar(tmp_path)


def test_a_kept_notice_that_was_spoiled_is_not_counted_by(tmp_path: Path) -> None:
    take(tmp_path, ROWS_2027)
    kept = tmp_path / "calendar" / "2027.csv"
    kept.write_text(kept.read_text(encoding="utf-8").replace("2027-10-01,holiday", "2027-10-01,x"), "utf-8")
    with pytest.raises(RefusedFileError, match=r"2027\.csv.*kind 列"):
        national_calendar(tmp_path)
    kept.write_bytes(EXAMPLE.read_bytes())
    with pytest.raises(RefusedFileError, match="所写的是 2026 年"):
        national_calendar(tmp_path)


def test_from_november_on_a_missing_next_year_is_told(tmp_path: Path) -> None:
    assert calendar_notices(tmp_path, date(2026, 10, 31)) == []
    [told] = calendar_notices(tmp_path, date(2026, 11, 1))
    assert "2027 年" in told
    assert "calendar import" in told
    assert calendar_notices(tmp_path, date(2027, 1, 5)) != []
    take(tmp_path, ROWS_2027)
    assert calendar_notices(tmp_path, date(2026, 12, 31)) == []
    assert calendar_notices(tmp_path, date(2027, 10, 31)) == []
    assert calendar_notices(tmp_path, date(2027, 11, 1)) != []
