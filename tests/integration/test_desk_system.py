"""What `/system` says of the nights that did not run, of the data that is missing, and of the last proof."""

from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from conftest import Desk, ordinary_case
from desk_people import everybody
from desk_site import DeskSite, Hand

from regaudit.base.folders import Folders

TUESDAY = date(2026, 3, 3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the nights of a Tuesday, of Thursday, and of the Monday after, each with its case."""
    home = tmp_path_factory.mktemp("nights") / "home"
    everybody(home)
    desk = Desk(home)
    for days in (0, 2, 6):
        on = f"{TUESDAY + timedelta(days=days)}"
        desk.ok("nightly", desk.export(f"{on}.csv", ordinary_case(f"A{on}", on)), "--as-of", f"{on} 22:30:00")
    return home


@pytest.fixture
def nights(made: Path, tmp_path: Path) -> Path:
    return Desk(made).copy_to(tmp_path / "home").home


def site_on(home: Path, day: date) -> DeskSite:
    return DeskSite(home, clock=Hand(datetime(day.year, day.month, day.day, 5, tzinfo=UTC)))


def system(site: DeskSite) -> str:
    return unescape(site.browser("syst").page("/system"))


def test_working_days_without_a_night_are_named_and_no_others(nights: Path) -> None:
    told = system(site_on(nights, TUESDAY + timedelta(days=7)))
    assert "有 2 个工作日的夜间作业没有运行：2026年3月4日、2026年3月6日。" in told
    # Tonight has yet to run; yesterday has not.
    told = system(site_on(nights, TUESDAY + timedelta(days=8)))
    assert "有 3 个工作日的夜间作业没有运行：2026年3月4日、2026年3月6日、2026年3月10日。" in told
    # Nobody misses what lies further back than the strip.
    assert "3月4日、" not in system(site_on(nights, TUESDAY + timedelta(days=65)))


def test_days_without_data_are_those_of_the_command(nights: Path) -> None:
    site = site_on(nights, TUESDAY + timedelta(days=7))
    told = system(site)
    gaps = Desk(nights).facts("imports")["gaps"]
    assert gaps
    assert f"中间缺的日子 {len(gaps)} 处" in told
    assert [
        (gap.office, f"{gap.first_on}", f"{gap.last_on}", gap.workdays, gap.basis)
        for gap in site.desk.gaps.get()
    ] == [(gap["office"], gap["first_on"], gap["last_on"], gap["workdays"], gap["basis"]) for gap in gaps]


def test_the_last_verification_is_told_as_the_file_that_it_is(nights: Path) -> None:
    desk = Desk(nights)
    site = site_on(desk.home, TUESDAY + timedelta(days=7))
    assert "<dt>上次核对</dt><dd>没有记载</dd>" in system(site)
    before = desk.events()
    verified = desk.facts("verify")
    assert desk.events() == before
    assert Folders(desk.home).verified.stat().st_mode & 0o077 == 0
    told = system(site)
    assert f"完整，{verified['events']} 条，树根 <code>{verified['root']}</code>，存档文件 " in told
    assert "不能作为证明" in told
    next(Folders(desk.home).archive.glob("*.zst")).unlink()
    assert desk.run("verify").status == 1
    assert "有损坏 1 处（首先：归档）" in system(site)
    desk.ok("verify", "--log-only")
    assert "完整" in system(site)
    assert "只核对了日志" in system(site)
    Folders(desk.home).verified.write_text("{", encoding="utf-8")
    assert "<dd>没有记载</dd>" in system(site)


def test_without_any_night_nothing_is_missed(tmp_path: Path) -> None:
    told = system(everybody(tmp_path / "home"))
    assert "没有运行" not in told
    assert "还没有夜间作业的结果" in told
