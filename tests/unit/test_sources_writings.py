"""Times as databases and programs write them, and those that could mean two days."""

from collections.abc import Mapping as Dictionary

import polars as pl
import pytest

from regaudit.catalogue.kinds import export_kinds
from regaudit.sources.canonical.layouts import Layout, lay_out
from regaudit.sources.canonical.mapping import Mapping
from regaudit.sources.canonical.rows import Canonical, make_canonical
from regaudit.sources.canonical.times import parse_times
from regaudit.sources.tables import Batch, numbered

ZONE = "Asia/Shanghai"
MORNING = {
    "06-4月 -26 08.15.40 上午": "2026-04-06T08:15:40",
    "06-4月-26 08.15.40.250000 上午": "2026-04-06T08:15:40.250000",
    "06-APR-26 08.15.40 AM": "2026-04-06T08:15:40",
    "06-APR-2026 08:15:40": "2026-04-06T08:15:40",
    "06-12月-26 08.15.40.000000 下午": "2026-12-06T20:15:40",
    "06-APR-26 08.15.40.000000 AM +08:00": "2026-04-06T08:15:40",
    "06-APR-26": "2026-04-06",
    "06-APR-98": "1998-04-06",
    "1775434540": "2026-04-06T08:15:40",
    "1775434540000": "2026-04-06T08:15:40",
    "20260406081540250": "2026-04-06T08:15:40.250000",
    "20260406 081540": "2026-04-06T08:15:40",
    "20260406 08:15:40": "2026-04-06T08:15:40",
    "2026-04-06T08:15:40+08:00[Asia/Shanghai]": "2026-04-06T08:15:40",
    "2026-04-06T00:15:40Z[UTC]": "2026-04-06T08:15:40",
    "Mon Apr 06 08:15:40 CST 2026": "2026-04-06T08:15:40",
    "2026-04-06 08:15:40+08": "2026-04-06T08:15:40",
    "2026-04-06 08:15:40.25+08": "2026-04-06T08:15:40.250000",
    "2026-04-06 00:15:40+00": "2026-04-06T08:15:40",
    "4/6/2026 8:15:40 AM": "2026-04-06T08:15:40",
    "4/16/2026 8:15 PM": "2026-04-16T20:15:00",
    "Apr 6, 2026 8:15:40 AM": "2026-04-06T08:15:40",
    "Apr 6, 2026, 8:15:40\u202fPM": "2026-04-06T20:15:40",
    "April 6, 2026": "2026-04-06",
    "/Date(1775434540000)/": "2026-04-06T08:15:40",
    "上午 2026/4/6 8:15": "2026-04-06T08:15:00",
    "2026/4/6 8:15 下午": "2026-04-06T20:15:00",
    "2026/4/6 a.m. 8:15": "2026-04-06T08:15:00",
    "2026/4/6 12:15:40 AM": "2026-04-06T00:15:40",
    "2026.04.06 08.15.40": "2026-04-06T08:15:40",
    "2026-04-06_08:15:40": "2026-04-06T08:15:40",
}
NONE = [
    *("31-FEB-26 08.15.40 AM", "06-ABC-26", "06-13月-26 08.15.40 上午", "06-APR-26 25.15.40"),
    *("2026040608", "177543454", "17754345400", "20261306081540250", "20260406 086140"),
    *("13/4/2026 8:15:40 AM", "4/6/2026 8:15:40", "06/04/2026", "26-04-06 08:15:40", "6.4.26"),
    *("Foo 6, 2026 8:15:40 AM", "Apr 31, 2026", "2026-04-06T08:15:40[Asia/Shanghai]"),
    *("2026-04-06 08:15:40+8", "2026-04-06 24:00:00", "/Date(abc)/", "08:15", "2026-04-06 20:15 上午"),
]


@pytest.mark.parametrize("text", MORNING)
def test_databases_and_programs_are_understood(text: str) -> None:
    alone = parse_times(pl.Series([text]), ZONE, ZONE).to_list()
    assert alone == [MORNING[text]]


def test_in_one_column_each_is_read_as_alone() -> None:
    texts = [*MORNING, *NONE]
    expected = [*MORNING.values(), *([None] * len(NONE))]
    assert parse_times(pl.Series(texts), ZONE, ZONE).to_list() == expected


def test_without_offset_they_are_of_the_source_s_zone() -> None:
    texts = ["06-APR-26 12.15.40 AM", "2026-04-06 08:15:40+08", "1775434540", "Apr 6, 2026 12:15:40 AM"]
    assert parse_times(pl.Series(texts), ZONE, "UTC").to_list() == ["2026-04-06T08:15:40"] * 4


def made(kind: str, *rows: Dictionary[str, str | None]) -> Canonical:
    frame = pl.DataFrame(list(rows), dict.fromkeys(rows[0], pl.String))
    layout = lay_out(list(rows[0]), export_kinds()[kind], Mapping())
    assert isinstance(layout, Layout)
    return make_canonical(Batch(numbered(frame, 2), []), layout, Mapping(), ZONE)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("06/04/2026 08:15", "[times]"),
        ("6-4-26", "[times]"),
        ("26.04.06 08:15", "[times]"),
        ("08:15:40", "[join]"),
        ("0.34375", "[join]"),
        ("昨天", "应如"),
        ("2026-02-30", "应如"),
    ],
)
def test_what_is_no_time_says_what_to_do(text: str, advice: str) -> None:
    [fault] = made(
        "steps", {"case_no": "1", "office": "150602", "step": "accept", "occurred_at": text}
    ).rejected
    assert (fault.column, fault.value, advice in fault.reason) == ("occurred_at", text, True)


FAR = ["9999-12-31", "9999/12/31", "9999-12-31 23:59:59", "99991231", "2999-12-31", "2099-12-31", "2958465"]


@pytest.mark.parametrize(
    "text", [*FAR, "4712-12-31", "2200年1月1日", "长期", "长期有效", "永久", "至今", None]
)
def test_a_roster_without_end_is_open(text: str | None) -> None:
    found = made(
        "roster", {"account": "lin", "person_id": "P7", "valid_from": "2024-05-06", "valid_to": text}
    )
    assert (found.rejected, found.rows["valid_to"].to_list()) == ([], [None])


@pytest.mark.parametrize("text", ["1900-01-01", "1900-01-00", "0001-01-01", "无"])
def test_a_roster_from_ever_on_is_open(text: str) -> None:
    found = made(
        "roster", {"account": "lin", "person_id": "P7", "valid_from": text, "valid_to": "2026-05-06"}
    )
    assert found.rejected == []
    assert found.rows.select("valid_from", "valid_to").rows() == [(None, "2026-05-06")]


@pytest.mark.parametrize(
    ("column", "text"),
    [("valid_to", "不详"), ("valid_to", "999912"), ("valid_from", "9999-12-31"), ("valid_from", "长期")],
)
def test_a_day_that_is_none_is_told(column: str, text: str) -> None:
    found = made("roster", {"account": "lin", "person_id": "P7", column: text})
    assert [(fault.column, fault.value) for fault in found.rejected] == [(column, text)]


def test_a_day_that_ends_is_kept() -> None:
    days = ["2098-12-31", "2026-12-31", "46023"]
    found = made("roster", *({"account": d, "person_id": "P7", "valid_to": d} for d in days))
    assert found.rows["valid_to"].to_list() == ["2098-12-31", "2026-12-31", "2026-01-01"]
