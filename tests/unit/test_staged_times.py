"""What the log holds as a time, the warehouse reads: as the same instant, and never so that a night stops."""

import json
from datetime import datetime, timedelta

import duckdb
import polars as pl
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.sources.canonical.times import parse_dates, parse_times

ZONE = "Asia/Shanghai"
STEPS, ROSTER = (
    next(f.select for f in load_sql_files() if (f.layer, f.name) == ("staging", name))
    for name in ("steps", "roster_entries")
)
moments = st.datetimes(datetime(1992, 1, 1), datetime(2099, 12, 31))
writings = st.one_of(
    st.from_regex(
        r"20[0-9]{2}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,9})?", fullmatch=True
    ),
    st.from_regex(r"20[0-9]{2}/[01]?[0-9]/[0-3]?[0-9] [0-2]?[0-9]:[0-6][0-9](:60)?", fullmatch=True),
    st.from_regex(
        r"[0-3][0-9]-(JAN|MAR|12月|3月 )-[0-9]{2} [01][0-9]\.[0-6][0-9]\.[0-6][0-9] [AP]M", fullmatch=True
    ),
    st.from_regex(r"[12][0-9]{9}|1[0-9]{12}|20[0-9]{15}|20[0-9]{12}", fullmatch=True),
    moments.map(lambda at: f"{at:%Y-%m-%d %H:%M}:60"),
    moments.map(lambda at: f"{at:%b} {at.day}, {at:%Y %I:%M:%S %p}"),
    st.text("0123456789-:./ T年月日Z+", max_size=22),
)


def staged(
    *states: dict[str, object], topic: str = "step-recorded", select: str = STEPS
) -> list[dict[str, object]]:
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA log")
        db.execute("CREATE TABLE log.pending (position BIGINT, topic VARCHAR, state VARCHAR)")
        db.execute("CREATE TABLE log.case_writings (office VARCHAR, case_no VARCHAR, shown VARCHAR)")
        rows = [(n, topic, json.dumps(state)) for n, state in enumerate(states, start=1)]
        db.executemany("INSERT INTO log.pending VALUES (?, ?, ?)", rows)
        found = db.execute(f"SELECT * FROM ({select}) ORDER BY position")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def of_action(**times: str) -> dict[str, object]:
    return {"action": {"case_no": "1", "office": "150602", "step": "accept"} | times, "row_no": 2}


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(writings, min_size=1, max_size=20))
def test_every_time_that_is_read_is_staged_as_the_same_instant(texts: list[str]) -> None:
    read = parse_times(pl.Series(texts, dtype=pl.String), ZONE, ZONE).drop_nulls().to_list()
    if read:
        at = [row["occurred_at"] for row in staged(*(of_action(occurred_at=text) for text in read))]
        assert at == [datetime.fromisoformat(text) for text in read]


@settings(max_examples=examples(60), deadline=None)
@given(moments)
def test_a_leap_second_begins_the_next_minute_in_every_writing(at: datetime) -> None:
    at = at.replace(second=0, microsecond=0)
    following = at + timedelta(minutes=1)
    texts = [
        f"{at:%Y-%m-%d %H:%M}:60",
        f"{at:%Y-%m-%dT%H:%M}:60",
        f"{at:%Y/%m/%d %H:%M}:60",
        f"{at:%Y年%m月%d日 %H时%M分}60秒",
        f"{at:%Y%m%d%H%M}60",
    ]
    expected = following.isoformat() if following.hour + following.minute else f"{following:%Y-%m-%d}"
    assert parse_times(pl.Series(texts), ZONE, ZONE).to_list() == [expected] * len(texts)


def test_a_log_that_holds_leap_seconds_is_read() -> None:
    [row] = staged(
        of_action(
            occurred_at="2026-03-05T09:00:60",
            started_at="2026-03-05T08:59:60.5",
            promised_at="2026-03-31T23:59:60",
        )
    )
    assert (row["occurred_at"], row["precision"]) == (datetime(2026, 3, 5, 9, 1), "time")
    assert row["started_at"] == datetime(2026, 3, 5, 9, 0, 0, 500_000)
    assert row["promised_at"] == datetime(2026, 4, 1)


def test_of_a_time_that_cannot_be_read_the_day_counts() -> None:
    rows = staged(
        of_action(occurred_at="2026-03-05T24:61:00", started_at="昨天"), of_action(occurred_at="2026-03-05")
    )
    assert [(row["occurred_at"], row["precision"]) for row in rows] == [(datetime(2026, 3, 5), "date")] * 2
    assert rows[0]["started_at"] is None


def test_a_roster_with_a_day_that_is_none_is_read() -> None:
    entry = {"account": "lin", "valid_from": "2026-02-30", "valid_to": "2026-03-31"}
    state = {"entry": entry, "import_no": 1, "row_no": 2}
    [row] = staged(state, topic="roster-entry-recorded", select=ROSTER)
    assert (row["valid_from"], str(row["valid_to"])) == (None, "2026-03-31")


def test_dates_of_rosters_are_days_that_exist() -> None:
    texts = pl.Series(["2026-02-30", "2026-03-02T09:00:60", "20260302"])
    assert parse_dates(texts).to_list() == [None, "2026-03-02", "2026-03-02"]
