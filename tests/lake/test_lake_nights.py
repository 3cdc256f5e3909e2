"""A night adds to the lake of its settings once the posts have heard; what is wrong there spoils no night."""

from datetime import date
from pathlib import Path

import pytest
from conftest import Desk, ordinary_case

from regaudit.base.progress import no_progress
from regaudit.lake.layout import Lake
from regaudit.lake.trust import judge_logs

ORIGIN = "north.example"


@pytest.fixture
def north(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "north").make("--origin", ORIGIN)
    desk.configure('[lake]\npath = "../lake"\n')
    return desk


def night(desk: Desk, case_no: str, on: str) -> tuple[int, str]:
    run = desk.run("nightly", desk.export(f"{case_no}.csv", ordinary_case(case_no)), "--as-of", on)
    return run.status, run.out


def parts_of(lake: Lake) -> list[tuple[int, int]]:
    head = lake.head(ORIGIN)
    return [(part.first, part.last) for part in head.parts] if head else []


def test_each_night_adds_what_is_new_of_it(north: Desk, tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    assert night(north, "A1", "2026-03-30")[0] == 0
    [(_, first)] = parts_of(lake)
    assert night(north, "A2", "2026-03-31")[0] == 0
    assert [begin for begin, _ in parts_of(lake)] == [1, first + 1]
    judged, wrong = judge_logs(lake, {}, no_progress)
    assert [one.log.log_id for one in judged] == [ORIGIN]
    assert not wrong
    # The night's own run is there, and its mails, by their leaves.
    [(runs,)] = north.query("SELECT count(*) FROM runs")
    topics = [topic for events in judged[0].log.read_held(after=0, upto=10**9) for topic in events["topic"]]
    assert sum(str(topic) == "run-completed" for topic in topics) == runs == 2
    assert "mail-kept" not in {str(topic) for topic in topics}


def test_a_lake_that_takes_nothing_spoils_no_night_and_is_told(north: Desk, tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("in the way", encoding="utf-8")
    status, out = night(north, "A1", "2026-03-30")
    assert status == 1
    assert "没有送入湖 ../lake" in out.replace("\n", "")
    assert "下一晚或 regaudit lake add 会补送" in out.replace("\n", "")
    assert north.query("SELECT count(*), max(CAST(as_of AS DATE)) FROM runs") == [(1, date(2026, 3, 30))]
    mails = [*(north.home / "outbox").glob("*.eml")]
    assert len(mails) == 1
    (tmp_path / "lake").unlink()
    assert night(north, "A2", "2026-03-31")[0] == 0
    assert parts_of(Lake(str(tmp_path / "lake")))[0][0] == 1
    north.assert_log_is_whole()


def test_without_the_setting_nights_add_to_no_lake(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "north").make("--origin", ORIGIN)
    assert night(desk, "A1", "2026-03-30")[0] == 0
    assert not (tmp_path / "lake").exists()
