"""A calendar of one's own: which days it covers, what is refused and where, and who is not touched by it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regaudit.base.errors import RefusedFileError, RegauditError
from regaudit.base.settings import load_settings
from regaudit.catalogue.calendar import (
    calendar_notices,
    calendar_version,
    exceptions,
    import_notice,
    national_calendar,
    published_years,
)
from regaudit.catalogue.calendar.own import read_own

EXAMPLE = Path(__file__).parents[2] / "docs" / "calendar-2026.csv"
HEAD = "from,to,kind,days,name"
WEEK = "2025-01-01,2025-12-31,week,一二三四五,"
NAMES = "一二三四五六日"
Days = dict[date, tuple[str, str | None, bool]]


def write(home: Path, *rows: str, base: str = "own", head: str = HEAD, encoding: str = "utf-8") -> Path:
    """A workspace with its own calendar."""
    folder = home / "calendar"
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "own.csv").write_text("\n".join([head, *rows]), encoding=encoding)
    settings = f'[calendar]\nbase = "{base}"\nfile = "calendar/own.csv"\n'
    (home / "regaudit.toml").write_text(settings, encoding="utf-8")
    return home


def days(home: Path | None) -> Days:
    return {day: (kind, name, works) for day, kind, name, works in national_calendar(home).iter_rows()}


@given(
    first=st.dates(date(1990, 1, 1), date(2099, 1, 1)),
    patterns=st.lists(
        st.tuples(st.integers(1, 40), st.sets(st.integers(0, 6), min_size=1)), min_size=1, max_size=4
    ),
    off=st.sets(st.integers(0, 159)),
    data=st.data(),
)
def test_a_day_is_what_the_rows_say_of_it(
    tmp_path_factory: pytest.TempPathFactory,
    first: date,
    patterns: list[tuple[int, set[int]]],
    off: set[int],
    data: st.DataObject,
) -> None:
    """Held against a loop: the pattern of the day's stretch, unless a row of its own says otherwise."""
    rows: list[str] = []
    expected: dict[date, tuple[str, str | None]] = {}
    day = first
    for length, worked in patterns:
        last = day + timedelta(length - 1)
        rows.append(f"{day},{last},每周,{'、'.join(f'周{NAMES[n]}' for n in sorted(worked))},")
        while day <= last:
            expected[day] = ("workday" if day.weekday() in worked else "weekend", None)
            day += timedelta(1)
    for day in (first + timedelta(n) for n in sorted(off)):
        if day in expected:
            kind = "makeup" if expected[day][0] == "weekend" else "holiday"
            rows.append(f"{day},,{kind},,节")
            expected[day] = (kind, "节")
    home = write(tmp_path_factory.mktemp("own"), *data.draw(st.permutations(rows)))
    assert days(home) == {
        day: (kind, name, kind in ("workday", "makeup")) for day, (kind, name) in expected.items()
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("worked", ["日一二三四", "sun mon tue wed thu", "周日、周一,周二 周三 周四"])
def test_the_week_may_be_written_in_several_ways(tmp_path: Path, encoding: str, worked: str) -> None:
    row = f'2025-01-01,2025-01-31,week,"{worked}",'
    found = days(write(tmp_path, row, encoding=encoding))
    assert {day.isoweekday() for day, (_, _, works) in found.items() if works} == {7, 1, 2, 3, 4}


MISTAKES = {
    "no column": ([], "kind,name,from,days", ["第 1 行缺少列 to(至)"]),
    "nothing": ([], HEAD, ["没有 kind = week"]),
    "no such day": (["2025-02-30,2025-12-31,week,一,"], HEAD, ["第 2 行 from 列", "2025-02-30"]),
    "an end that is none": (["2025-01-01,x,week,一,"], HEAD, ["第 2 行 to 列", "'x'"]),
    "an open end": (["2025-01-01,,week,一,"], HEAD, ["第 2 行", "to 列应写到哪天"]),
    "a year nobody has": (["2025-01-01,2525-12-31,week,一,"], HEAD, ["第 2 行 to 列", "2525"]),
    "no such kind": ([WEEK, "2025-05-01,,假,,劳动节"], HEAD, ["第 3 行 kind 列", "'假'"]),
    "no such weekday": (["2025-01-01,2025-12-31,week,一二八,"], HEAD, ["第 2 行 days 列", "一二八"]),
    "no weekday": (["2025-01-01,2025-12-31,week,,"], HEAD, ["第 2 行 days 列"]),
    "backwards": ([WEEK, "2025-05-03,2025-05-01,holiday,,节"], HEAD, ["第 3 行 to 列", "早于"]),
    "a holiday without a name": ([WEEK, "2025-05-01,,holiday,,"], HEAD, ["第 3 行", "name 列"]),
    "a holiday with weekdays": ([WEEK, "2025-05-01,,holiday,一,节"], HEAD, ["第 3 行", "days 列"]),
    "a gap": (
        [WEEK, "2026-01-03,2026-12-31,week,一,"],
        HEAD,
        ["第 3 行 from 列", "2026-01-01 至 2026-01-02 没有每周安排"],
    ),
    "two patterns of a day": ([WEEK, "2025-12-31,2026-12-31,week,一,"], HEAD, ["第 3 行", "第 2 行重叠"]),
    "a day twice": (
        [WEEK, "2025-05-01,2025-05-03,holiday,,节", "2025-05-03,,holiday,,节"],
        HEAD,
        ["第 4 行", "2025-05-03", "第 3 行重复"],
    ),
    "a day outside": ([WEEK, "2026-05-01,,holiday,,节"], HEAD, ["第 3 行 from 列", "不在任何每周安排"]),
    "a make-up day that is worked": ([WEEK, "2025-05-05,,makeup,,节"], HEAD, ["第 3 行", "本来就上班"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_file_row_and_column(tmp_path: Path, name: str) -> None:
    rows, head, words = MISTAKES[name]
    home = write(tmp_path, *rows, head=head)
    with pytest.raises(RefusedFileError) as told:
        national_calendar(home)
    for word in ("own.csv", *words):
        assert word in str(told.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError, match=r"第 2 行.*第 3 行"):
        read_own(write(tmp_path, "x,,holiday,,节", "2025-05-01,,x,,节") / "calendar" / "own.csv", "own.csv")


def test_a_file_that_is_not_there_and_one_that_is_not_named_are_told(tmp_path: Path) -> None:
    home = write(tmp_path, WEEK)
    (home / "calendar" / "own.csv").unlink()
    with pytest.raises(RefusedFileError, match=r"own\.csv 无法读取"):
        calendar_version(home)
    (home / "regaudit.toml").write_text('[calendar]\nbase = "own"\n', encoding="utf-8")
    with pytest.raises(RegauditError, match=r"calendar\.file"):
        load_settings(home)


def test_days_before_the_national_calendar_come_before_it_and_leave_it_alone(tmp_path: Path) -> None:
    home = write(
        tmp_path,
        "1998-01-01,2003-12-31,week,一二三四五,",
        "2003-10-01,2003-10-07,holiday,,国庆节",
        base="national",
    )
    found, plain = days(home), days(None)
    assert {day: what for day, what in found.items() if day >= min(plain)} == plain
    assert min(found) == date(1998, 1, 1)
    assert found[date(2003, 10, 1)] == ("holiday", "国庆节", False)
    assert found[date(2003, 9, 30)] == ("workday", None, True)
    assert published_years(home) == range(1998, 2027)
    assert calendar_version(home).startswith("2026-")
    assert calendar_version(home) != calendar_version()
    assert len(exceptions(home)) == len(exceptions()) + 7


@pytest.mark.parametrize("last", ["2003-12-30", "2004-01-01", "2025-12-31"])
def test_days_before_it_must_lead_up_to_it(tmp_path: Path, last: str) -> None:
    home = write(tmp_path, f"1998-01-01,{last},week,一二三四五,", base="national")
    with pytest.raises(RefusedFileError, match="国家日历自 2004-01-01 起"):
        national_calendar(home)


def test_a_workspace_without_a_file_counts_as_before(tmp_path: Path) -> None:
    (tmp_path / "regaudit.toml").write_text('[calendar]\nbase = "national"\n', encoding="utf-8")
    assert days(tmp_path) == days(None)
    assert calendar_version(tmp_path) == calendar_version()


def test_every_change_of_the_file_is_another_version(tmp_path: Path) -> None:
    versions = [
        calendar_version(write(tmp_path, *rows))
        for rows in ([WEEK], [WEEK, "2025-05-01,,holiday,,节"], [WEEK.replace("五", "五六")])
    ]
    assert len(set(versions)) == len(versions)
    assert all(version.startswith("own-2025-") for version in versions)


def test_its_end_is_told_and_a_notice_is_not_taken(tmp_path: Path) -> None:
    home = write(tmp_path, "2025-01-01,2026-12-31,week,一二三四五,")
    assert calendar_notices(home, date(2026, 10, 31)) == []
    [told] = calendar_notices(home, date(2026, 11, 1))
    assert "calendar/own.csv 只写到 2026-12-31" in told
    with pytest.raises(RegauditError, match="自有日历"):
        import_notice(home, EXAMPLE, source=None, replace=False)
    write(home, "2025-01-01,2027-12-31,week,一二三四五,")
    assert calendar_notices(home, date(2026, 11, 1)) == []
