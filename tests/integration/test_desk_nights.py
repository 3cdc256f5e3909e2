"""What a night says of the desk: its settings, its secrets, and what was looked at."""

import sqlite3
from pathlib import Path

import pytest
from conftest import Desk, ordinary_case
from desk_people import everybody
from desk_site import DeskSite

from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import AccessRecorded
from regaudit.eventlog.log import EventLog
from regaudit.ledger.secrets import hash_of, new_record

pytestmark = pytest.mark.long


@pytest.fixture
def site(tmp_path: Path) -> DeskSite:
    return everybody(tmp_path / "home")


def night(desk: Desk, on: str) -> list[str]:
    """Run a night; the codes of its reasons with their texts."""
    facts = desk.facts("nightly", desk.export(f"{on}.csv", ordinary_case(f"A{on}", on)), "--as-of", on)
    return [f"{each['code']} {each['text']}" for each in facts["because"]]


def test_a_weaker_entrance_is_a_change_of_the_night(site: DeskSite) -> None:
    desk = Desk(site.desk.home)
    night(desk, "2026-03-02")
    assert not [line for line in night(desk, "2026-03-03") if "监管台" in line]
    desk.configure("[desk]\nsecond_factor = false\nlock_failures = 20\n")
    changes = [line for line in night(desk, "2026-03-04") if line.startswith("changed")]
    assert any("第二因素" in line for line in changes), changes
    page = site.browser("syst").page("/system")
    assert "第二因素（second_factor）" in page
    assert "绿" in page


def test_a_record_that_somebody_exchanged_turns_the_night_red(site: DeskSite) -> None:
    desk = Desk(site.desk.home)
    assert not [line for line in night(desk, "2026-03-02") if line.startswith("integrity")]
    own = new_record("Mine-Now-12345")
    with sqlite3.connect(Folders(desk.home).secrets) as db:
        db.execute(
            "UPDATE secrets SET record = ?, record_sha256 = ? WHERE login = 'lead'", [own, hash_of(own)]
        )
    db.close()
    told = [line for line in night(desk, "2026-03-03") if line.startswith("integrity")]
    assert ["用户 lead 的口令记录" in line for line in told] == [True]
    assert site.browser().try_login("lead", "Mine-Now-12345").status_code == 401
    assert "记录不一致" in site.browser("syst").page("/")
    desk.ok("verify", "--acknowledge", "从备份恢复", "--by", "me")
    assert not [line for line in night(desk, "2026-03-04") if line.startswith("integrity")]
    assert site.browser().try_login("lead", "Mine-Now-12345").status_code == 401


def test_what_was_looked_at_comes_into_the_log(site: DeskSite) -> None:
    browser = site.browser("post1")
    browser.get("/own?a=1")
    browser.get("/users")
    desk = site.desk
    assert desk.access.hand_over(desk.steps.record_access, 2) == 3
    assert desk.access.waiting() == []
    with EventLog(desk.home) as log:
        events = [*log.events("access", AccessRecorded)]
    lines = [line for event in events for line in event.lines]
    assert [len(event.lines) for event in events] == [2, 1]
    told = [(line.kind, line.login, line.person_id, line.path, line.status) for line in lines]
    assert told == [
        ("login", "post1", "P3", "/login", 0),
        ("view", "post1", "P3", "/own?a=1", 200),
        ("refused", "post1", "P3", "/users", 404),
    ]
    page = site.browser("audi").page("/access?login=post1")
    assert page.count("<tr>") == 4
    assert site.browser("audi").page("/access?login=post1&kind=refused").count("<tr>") == 2
    assert "这些条件下没有记录" in site.browser("audi").page("/access?until=2020-01-01&since=2020-01-01")
    sheet = site.browser("audi").get("/access?login=post1&as=csv")
    assert sheet.content.startswith("\ufeff时间,".encode())
    assert len(sheet.text.splitlines()) == 4
    Desk(desk.home).assert_log_is_whole()
