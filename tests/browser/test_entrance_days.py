"""Administrators' days at the desk in a real browser: with and without scripts, narrow and wide."""

import re
from pathlib import Path

import pytest
from desk_browser import WAYS, WIDTHS, chromium, served, window
from desk_people import everybody
from desk_site import OWN

pytestmark = pytest.mark.long


@WAYS
def test_a_security_administrator_adds_somebody_who_gets_in(
    tmp_path: Path, width: int, *, has_script: bool
) -> None:
    site = everybody(tmp_path / "home")
    with served(site) as address, chromium() as browser:
        with window(browser, address, width=width, has_script=has_script) as desk:
            desk.page.goto(f"{address}/users")
            assert desk.page.url.endswith("/login?next=%2Fusers")
            desk.check()
            desk.page.fill("#f-login", "secu")
            desk.page.fill("#f-password", "wrong-password")
            desk.enter()
            assert "登录名或口令不对" in desk.page.inner_text("main")
            desk.page.fill("#f-password", "Horse-Battery-7")
            desk.enter()
            assert desk.page.url == f"{address}/users"
            desk.check()
            desk.page.fill("#f-login", "xin")
            desk.page.fill("#f-person_id", "P88")
            desk.page.fill("#f-person_name", "新来的")
            desk.page.select_option("#f-role", "handler")
            desk.page.click("text=添加 >> nth=-1")
            told = desk.page.inner_text("code.secret")
            desk.check()
            desk.page.click("text=退出")
            assert desk.page.url == f"{address}/login"
        with window(browser, address, width=width, has_script=has_script) as desk:
            desk.login("xin", told)
            assert "请更改口令" in desk.page.inner_text("h1")
            desk.check()
            for name, value in (("password", told), ("fresh", OWN), ("again", OWN)):
                desk.page.fill(f"#f-{name}", value)
            desk.page.click("main button")
            assert re.search("今日", desk.page.inner_text("h1"))
            desk.check()


def test_pages_of_a_new_workspace_fit_and_can_be_read(tmp_path: Path) -> None:
    """Before any night there is nothing on them but what to do."""
    site = everybody(tmp_path / "home")
    pages = {
        "secu": ["/", "/users", "/users/post1", "/own", "/kept"],
        "syst": ["/", "/system"],
        "audi": ["/", "/system", "/access"],
        "hand": ["/"],
        "post1": ["/", "/ledger"],
    }
    with served(site) as address, chromium() as browser:
        for login, paths in pages.items():
            with window(browser, address, width=WIDTHS[0]) as desk:
                desk.login(login)
                for path in paths:
                    desk.go(path)


def test_the_whole_page_can_be_used_by_keyboard(tmp_path: Path) -> None:
    site = everybody(tmp_path / "home")
    with served(site) as address, chromium() as browser, window(browser, address) as desk:
        desk.login("secu")
        desk.go("/users/post1")
        desk.page.keyboard.press("Tab")
        assert desk.page.evaluate("document.activeElement.textContent") == "跳到正文"
        reached = set()
        for _ in range(60):
            desk.page.keyboard.press("Tab")
            reached.add(desk.page.evaluate("document.activeElement.textContent.trim()"))
        assert {"今日", "用户", "退出", "收回", "授予", "锁定", "重设口令", "指定代理", "更正"} <= reached
