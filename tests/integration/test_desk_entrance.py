"""Getting into the desk."""

import ledgers
import pytest
from conftest import Desk
from desk_site import DeskSite


@pytest.fixture
def site(desk: Desk) -> DeskSite:
    ledgers.add_users(desk.home, ledgers.PEOPLE)
    made = DeskSite(desk.home)
    made.give_passwords(ledgers.PEOPLE)
    return made


def test_who_knows_his_password_is_let_in(site: DeskSite) -> None:
    browser = site.browser("post1")
    assert "今日" in browser.page("/")
    assert site.browser().get("/").headers["location"] == "/login"
    assert site.browser().try_login("post1", "wrong-password").status_code == 401
