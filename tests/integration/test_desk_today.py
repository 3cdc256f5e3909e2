"""The first page: what somebody must do today, and what else he may see there."""

from datetime import date, timedelta
from pathlib import Path

import ledgers
import pytest
from conftest import Desk, ordinary_case, step
from desk_people import everybody
from desk_site import DeskSite

from regaudit.ledger.request import Request

LATE = "逾期件"


@pytest.fixture
def site(tmp_path: Path) -> DeskSite:
    return everybody(tmp_path / "home")


def assign(site: DeskSite, number: str, to: str) -> None:
    request = Request(step="assign", to=to, kind="by_date", text="请说明")
    site.desk.steps.take({number: request}, site.desk.author("post1"))


def section(page: str, name: str) -> str:
    """A part of the page by the id of its heading."""
    start = page.index(f'id="{name}"')
    return page[start : page.index("</section>", start)]


def test_nothing_to_do_says_so(site: DeskSite) -> None:
    for login in ("hand", "head", "post1", "lead", "supe"):
        page = site.browser(login).page("/")
        assert "今天没有等您办理的台账项" in section(page, "tasks"), login
        assert "还没有夜间作业的结果" in page
    for login in ("anal", "insp", "audi"):
        assert "今天没有要您办理的事" in site.browser(login).page("/")
    assert "还没有夜间作业的结果" in section(site.browser("syst").page("/"), "chores")


def test_tasks_stand_with_their_limits_the_missed_first(site: DeskSite) -> None:
    old, new = (ledgers.add_entries(site.desk.home, days_ago=days)[0] for days in (60, 1))
    post = section(site.browser("post1").page("/"), "tasks")
    assert post.index(old) < post.index(new)
    assert "已过时限 <strong>1</strong>" in post
    assert "共 <strong>2</strong>" in post
    assert "交办" in post
    for login in ("hand", "head"):
        assert old not in site.browser(login).page("/")
    assign(site, old, "person:P1")
    assign(site, new, "section:别的科")
    handler = section(site.browser("hand").page("/"), "tasks")
    assert old in handler
    assert "说明" in handler
    assert new not in handler
    assert new not in site.browser("head").page("/")
    assert "今天没有等您办理的台账项" in site.browser("post1").page("/")


def test_a_leader_sees_what_his_post_missed_and_what_is_alarming(site: DeskSite) -> None:
    """The supervisor is under the same clock; what is in time is not told."""
    old, new = (ledgers.add_entries(site.desk.home, days_ago=days)[0] for days in (60, 1))
    watched = section(site.browser("lead").page("/"), "watched")
    assert "须督促的（1 项）" in watched
    assert "质量监管岗逾期未交办" in watched
    assert old in watched
    assert new not in watched
    # Red by now: the superior sees it, too; the post has it among his own tasks.
    assert old in section(site.browser("supe").page("/"), "watched")
    assert 'id="watched"' not in site.browser("post1").page("/")
    assign(site, old, "person:P1")
    assert 'id="watched"' not in site.browser("lead").page("/")


def test_a_decision_is_seen_at_once(site: DeskSite) -> None:
    [number] = ledgers.add_entries(site.desk.home)
    browser = site.browser("hand")
    assert number not in browser.page("/")
    assign(site, number, "person:P1")
    assert number in browser.page("/")
    site.desk.steps.take({number: Request(step="answer", text="系统故障")}, site.desk.author("hand"))
    assert number not in browser.page("/")
    assert "认定" in section(site.browser("post1").page("/"), "tasks")


def test_a_deputy_sees_what_he_stands_in_for(site: DeskSite) -> None:
    [number] = ledgers.add_entries(site.desk.home)
    assert number not in site.browser("lead").page("/")
    with site.desk.steps.change_users(site.desk.author("secu")) as users:
        users.name_deputy("lead", "post1", site.desk.now().date() + timedelta(days=1))
    browser = site.browser("lead")
    assert number in browser.page("/")
    site.clock.forward(days=2)
    assert number not in site.browser("lead").page("/")


@pytest.mark.long
def test_findings_and_reasons_are_for_who_may_see_them(site: DeskSite) -> None:
    home = Desk(site.desk.home)
    late = [
        step(LATE, "accept", "2026-03-02 09:00:00", "li", registration_type="200"),
        step(LATE, "review", "2026-03-03 10:00:00", "wang", started_at="2026-03-03 09:50:00"),
    ]
    home.ok("nightly", home.export("a.csv", [*ordinary_case("A1"), *late]), "--as-of", "2026-06-30")
    for login in ("post1", "lead", "supe", "anal", "audi"):
        page = site.browser(login).page("/")
        assert LATE in section(page, "new"), login
        assert "新增问题" in section(page, "night"), login
    for login in ("hand", "head", "insp", "syst", "secu"):
        page = site.browser(login).page("/")
        assert LATE not in page, login
        assert 'id="new"' not in page
        assert "涉及您不能查看的问题，未显示" in page
        assert "2026年6月30日</time>夜" in page
    # Of another office nothing at all.
    ledgers.add_users(home.home, {"else": ("P50", "post", "")}, "999999")
    site.give_passwords(["else"])
    page = site.browser("else").page("/")
    assert LATE not in page
    assert "最近一晚没有新增问题" in page
    assert "最近" in section(page, "night")
    assert "<svg" in page
    assert str(date(2026, 6, 30)) in page
