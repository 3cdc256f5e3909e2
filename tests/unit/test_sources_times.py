"""Times are read one by one: what a column holds besides never changes what a cell means."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from regaudit.sources.canonical.times import parse_dates, parse_times, without_null_dates

ZONE = "Asia/Shanghai"
FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789:-"}
# China had summer time until 1991, which makes wall-clock times ambiguous.
moments = st.datetimes(datetime(1992, 1, 1), datetime(2099, 12, 31))
writings = st.one_of(
    moments.map(lambda at: at.strftime("%Y-%m-%d %H:%M:%S")),
    moments.map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%f")),
    moments.map(lambda at: f"{at.year}/{at.month}/{at.day} {at.hour}:{at.minute:02}"),
    moments.map(lambda at: at.strftime("%Y年%m月%d日 %H:%M:%S")),
    moments.map(lambda at: at.strftime("%Y%m%d%H%M%S")),
    moments.map(lambda at: at.strftime("%Y-%m-%d")),
    moments.map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")),
    moments.map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S+08:00")),
    moments.map(lambda at: f"{at.year}年{at.month}月{at.day}日 {at.hour}时{at.minute}分"),
    moments.map(lambda at: at.strftime("%Y/%m/%d %p %I:%M:%S")),
    moments.map(lambda at: at.strftime("%a %b %d %H:%M:%S CST %Y")),
    moments.map(lambda at: f"'{at:%Y-%m-%d\u00a0%H:%M}"),
    moments.map(lambda at: f"{(at - datetime(1899, 12, 30)) / timedelta(days=1):.6f}"),
    st.sampled_from(["昨天", "2026-02-30 09:00:00", "2026-03-02 25:00:00", "2026-13-01", "0", "NA", "9:00"]),
    st.text(max_size=19),
    st.none(),
)


def read(*texts: str | None, source_zone: str = ZONE) -> list[str | None]:
    return parse_times(pl.Series(list(texts), dtype=pl.String), ZONE, source_zone).to_list()


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(writings, max_size=8))
def test_a_cell_means_the_same_alone_and_in_company(texts: list[str | None]) -> None:
    assert read(*texts) == [read(text)[0] for text in texts]


@settings(max_examples=examples(100), deadline=None)
@given(moments)
def test_every_writing_of_a_time_is_that_time(at: datetime) -> None:
    at = at.replace(microsecond=0)
    expected = at.isoformat() if at.time() != datetime.min.time() else f"{at:%Y-%m-%d}"
    utc = at - timedelta(hours=8)
    written = [
        at.isoformat(),
        at.isoformat(" "),
        at.isoformat() + ".000",
        at.isoformat() + "+08:00",
        f"{at.year}/{at.month}/{at.day} {at.hour}:{at.minute}:{at.second}",
        f"{at:%Y年%m月%d日 %H:%M:%S}",
        f"{at:%Y%m%d%H%M%S}",
        f"{at.year}年{at.month}月{at.day}日{at.hour}时{at.minute}分{at.second}秒",
        f"{at:%Y年%m月%d日} {'上午' if at.hour < 12 else '下午'}{at:%I:%M:%S}",
        f"{at.year}/{at.month}/{at.day} {at:%I:%M:%S %p}",
        f"{at:%a %b %d %H:%M:%S} CST {at.year}",
        f"{at:%a %b %d %H:%M:%S} GMT+08:00 {at.year}",
        f"{at:%Y-%m-%dT%H:%M:%S}.000+0800",
        f"'{at:%Y-%m-%d\u00a0%H:%M:%S}\u200b",
        f"{at:%Y-%m-%d %H:%M:%S}".translate(FULL_WIDTH),
        f"{(at - datetime(1899, 12, 30)) / timedelta(days=1):.10f}",
    ]
    if utc.time() != datetime.min.time():
        written.append(utc.isoformat() + "Z")
        written.append(f"{(utc - datetime(1970, 1, 1)) // timedelta(milliseconds=1):013}")
    assert read(*written) == [expected] * len(written)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-03-02 00:00:00", "2026-03-02"),
        ("2026-03-02", "2026-03-02"),
        ("20260302", "2026-03-02"),
        ("2026-03-02 09:00", "2026-03-02T09:00:00"),
        ("2026-03-02 09:00:00.5", "2026-03-02T09:00:00.500000"),
        ("2026-03-02 09:00:00.123456789", "2026-03-02T09:00:00.123456"),
        ("2026-03-02T01:00:00+00:00", "2026-03-02T09:00:00"),
        ("2026-03-02T23:00:00-0500", "2026-03-03T12:00:00"),
        ("1989-12-31 09:00:00", None),
        ("2101-01-01", None),
        ("0001-01-01 00:00:00", None),
        ("2026-02-29", None),
        ("2026-03-02 24:00:00", None),
        ("46083.375", "2026-03-02T09:00:00"),
        ("46083", "2026-03-02"),
        ("46083.37539351852", "2026-03-02T09:00:34"),
        ("32873.5", None),
        ("73416", None),
        ("150602", None),
        ("1772413200000", "2026-03-02T09:00:00"),
        ("0000000000001", None),
        ("2019/6/4", "2019-06-04"),
        ("2019/6/4 9:05", "2019-06-04T09:05:00"),
        ("2007年01月04日", "2007-01-04"),
        ("2007年1月4日 9时5分", "2007-01-04T09:05:00"),
        ("2007年1月4日9点", "2007-01-04T09:00:00"),
        ("2026年3月2日 星期一 下午1:05", "2026-03-02T13:05:00"),
        ("2026/3/2 上午 12:05", "2026-03-02T00:05:00"),
        ("2026/3/2 12:05 PM", "2026-03-02T12:05:00"),
        ("2026/3/2 中午11:50", "2026-03-02T11:50:00"),
        ("2026/3/2 中午1:20", "2026-03-02T13:20:00"),
        ("2026/3/2 上午 13:05", None),
        ("Mon Nov 11 17:32:31 CST 2019", "2019-11-11T17:32:31"),
        ("Mon Nov 11 09:32:31 UTC 2019", "2019-11-11T17:32:31"),
        ("Mon Nov 11 2019 17:32:31 GMT+0800 (中国标准时间)", "2019-11-11T17:32:31"),
        ("Mon Nov 11 17:32:31 PST 2019", None),
        ("2026-03-02 09:00:00", "2026-03-02T09:00:00"),
    ],
)
def test_what_a_time_means(text: str, meant: str | None) -> None:
    assert read(text) == [meant]


def test_times_of_another_zone_become_local() -> None:
    assert read("2026-03-02 01:00:00", source_zone="UTC") == ["2026-03-02T09:00:00"]
    # Two in the morning did not exist in Berlin that day, and half past two came twice.
    assert read("2026-03-29 02:30:00", source_zone="Europe/Berlin") == [None]
    assert read("2026-10-25 02:30:00", source_zone="Europe/Berlin") == ["2026-10-25T08:30:00"]
    # A date alone stays that date.
    assert read("2026-03-02", source_zone="America/New_York") == ["2026-03-02"]


def test_dates_are_read_whatever_time_stands_behind() -> None:
    dates = pl.Series(["2026-03-02", "2026-03-02 09:00:00", "2026/3/2", "20260302", "明天", None])
    assert parse_dates(dates).to_list() == ["2026-03-02"] * 4 + [None, None]


def test_a_date_is_the_one_written_whatever_its_offset() -> None:
    dates = pl.Series(["2026-03-02T05:00:00+08:00", "Mon Mar 02 00:00:00 CST 2026", "46083", "1772380800000"])
    assert parse_dates(dates).to_list() == ["2026-03-02"] * 4


def test_date_zero_is_none() -> None:
    null_dates = ["1900-01-00", "1900/1/0", "1899-12-30", "1899-12-31 00:00:00", "0001-01-01T00:00:00"]
    null_dates += ["0000-00-00 00:00:00", "1900-01-01", "1753-01-01", "1970-01-01 08:00:00"]
    assert without_null_dates(pl.Series(null_dates)).to_list() == [None] * len(null_dates)
    others = ["2026-03-02", "1900-01-02", "1970-01-01 09:30:00", "0", "x", None]
    assert without_null_dates(pl.Series(others)).to_list() == others
