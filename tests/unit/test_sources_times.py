"""Times are read one by one: what a column holds besides never changes what a cell means."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regaudit.sources.times import parse_dates, parse_times

ZONE = "Asia/Shanghai"
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
    st.sampled_from(["昨天", "2026-02-30 09:00:00", "2026-03-02 25:00:00", "2026-13-01", "0", "NA", "9:00"]),
    st.text(max_size=19),
    st.none(),
)


def read(*texts: str | None, source_zone: str = ZONE) -> list[str | None]:
    return parse_times(pl.Series(list(texts), dtype=pl.String), ZONE, source_zone).to_list()


@settings(max_examples=60, deadline=None)
@given(st.lists(writings, max_size=8))
def test_a_cell_means_the_same_alone_and_in_company(texts: list[str | None]) -> None:
    assert read(*texts) == [read(text)[0] for text in texts]


@settings(max_examples=100, deadline=None)
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
    ]
    if utc.time() != datetime.min.time():
        written.append(utc.isoformat() + "Z")
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
        ("46083.375", None),
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
