"""Getting into the desk, and out of it."""

import sqlite3
import stat
from pathlib import Path

import pytest
from desk_people import everybody
from desk_site import OWN, PASSWORD, Browser, DeskSite

from regaudit.base.folders import Folders
from regaudit.outlets.desk.guard import COOKIE


@pytest.fixture
def site(tmp_path: Path) -> DeskSite:
    return everybody(tmp_path / "home")


def is_in(browser: Browser) -> bool:
    return browser.get("/").status_code == 200


def test_who_knows_his_password_is_let_in(site: DeskSite) -> None:
    browser = site.browser("post1")
    assert "今日" in browser.page("/")
    assert site.browser().get("/").headers["location"] == "/login"
    for login, password in (("post1", "wrong-password"), ("nobody", PASSWORD), ("", ""), ("post1", "")):
        answer = site.browser().try_login(login, password)
        assert (answer.status_code, "登录名或口令不对" in answer.text) == (401, True)
    assert browser.post("/logout").headers["location"] == "/login"
    assert not is_in(browser)


def test_he_goes_on_to_where_he_wanted_and_nowhere_else(site: DeskSite) -> None:
    asked = site.browser().get("/own?x=1").headers["location"]
    assert asked == "/login?next=%2Fown%3Fx%3D1"
    assert site.browser().try_login("post1", next="/own?x=1").headers["location"] == "/own?x=1"
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "own", "/a\nb"):
        assert site.browser().try_login("post1", next=elsewhere).headers["location"] == "/"


def test_a_password_that_another_set_is_changed_first(site: DeskSite) -> None:
    site.give_passwords(["head"], "Set-By-Another-1", by="secu")
    browser = site.browser()
    assert browser.try_login("head", "Set-By-Another-1").headers["location"].startswith("/login/change")
    assert browser.get("/").headers["location"] == "/login/change"
    typed = {"password": "Set-By-Another-1", "fresh": OWN, "again": f"{OWN}x"}
    for change, told in (
        ({}, "不一样"),
        ({"again": OWN, "password": "wrong-password"}, "现在的口令不对"),
        ({"fresh": "Set-By-Another-1", "again": "Set-By-Another-1"}, "与现在的一样"),
        ({"fresh": "short", "again": "short"}, "8 至 128"),
    ):
        answer = browser.post("/login/change", typed | change, form="/login/change")
        assert (answer.status_code, told in answer.text) == (400, True), told
    answer = browser.post("/login/change", typed | {"again": OWN}, form="/login/change")
    assert answer.headers["location"] == "/"
    assert is_in(browser)
    assert is_in(site.browser().login("head", OWN))


def test_five_failures_lock_a_login_for_fifteen_minutes(site: DeskSite) -> None:
    for _ in range(4):
        assert "登录名或口令不对" in site.browser().try_login("post1", "wrong-password").text
    assert "已暂停登录至" in site.browser().try_login("post1", "wrong-password").text
    assert "已暂停登录至" in site.browser().try_login("post1").text
    assert is_in(site.browser("lead"))
    site.clock.forward(minutes=14, seconds=59)
    assert site.browser().try_login("post1").status_code == 401
    site.clock.forward(seconds=2)
    assert is_in(site.browser("post1"))
    kinds = [line.kind for _, line in site.desk.access.waiting() if line.login == "post1"]
    assert (kinds.count("failed"), kinds.count("locked")) == (5, 1)


def test_failures_long_ago_or_before_a_success_do_not_count(site: DeskSite) -> None:
    for _ in range(2):
        for _ in range(4):
            site.browser().try_login("post1", "wrong-password")
        assert is_in(site.browser("post1"))
    for _ in range(4):
        site.browser().try_login("post1", "wrong-password")
    site.clock.forward(minutes=16)
    site.browser().try_login("post1", "wrong-password")
    assert is_in(site.browser("post1"))


def test_a_session_ends_idle_and_after_eight_hours(site: DeskSite) -> None:
    browser = site.browser("post1")
    site.clock.forward(minutes=14)
    assert is_in(browser)
    site.clock.forward(minutes=14)
    assert is_in(browser)
    site.clock.forward(minutes=15)
    answer = browser.get("/")
    assert (answer.status_code, "没有操作" in answer.text) == (401, True)
    browser.login("post1")
    for _ in range(47):
        site.clock.forward(minutes=10)
        assert is_in(browser)
    site.clock.forward(minutes=10)
    assert "最长时限" in browser.get("/").text


def test_a_clock_that_was_set_back_ends_sessions(site: DeskSite) -> None:
    browser = site.browser("post1")
    site.clock.forward(minutes=-1)
    assert is_in(browser)
    site.clock.forward(minutes=-60)
    assert "时钟被改动" in browser.get("/").text


def test_a_second_login_ends_the_first(site: DeskSite) -> None:
    first, second = site.browser("post1"), site.browser("post1")
    assert is_in(second)
    assert "在别处登录" in first.get("/").text
    two = DeskSite(site.desk.home, clock=site.clock, sessions_per_user=2)
    third, fourth = two.browser("lead"), two.browser("lead")
    assert (is_in(third), is_in(fourth)) == (True, True)


def test_what_let_him_in_and_was_changed_lets_him_in_no_longer(site: DeskSite) -> None:
    browser = site.browser("post1")
    site.give_passwords(["post1"], "Another-One-9", by="secu")
    assert "口令、角色或人员已变动" in browser.get("/").text
    browser = site.browser("lead")
    with site.desk.steps.change_users(site.desk.author("secu")) as users:
        users.lock("lead", is_locked=True)
    assert not is_in(browser)
    assert "用户已锁定" in site.browser().try_login("lead").text


def test_his_own_new_password_keeps_him_in(site: DeskSite) -> None:
    browser = site.browser("post1")
    before = browser.client.cookies[COOKIE]
    answer = browser.post("/own", {"password": PASSWORD, "fresh": OWN, "again": OWN})
    assert answer.status_code == 303
    assert is_in(browser)
    assert browser.client.cookies[COOKIE] != before


def test_a_post_sets_up_a_second_factor_and_shows_it_from_then_on(tmp_path: Path) -> None:
    site = everybody(tmp_path / "home", second_factor=True)
    assert site.browser().try_login("hand").headers["location"] == "/"
    browser = site.browser()
    assert browser.try_login("post1").headers["location"].startswith("/login/enrol")
    assert browser.get("/").headers["location"] == "/login/enrol"
    browser = site.browser("post1")
    assert is_in(browser)
    code, again = browser.code(), site.browser()
    assert again.try_login("post1").headers["location"].startswith("/login/code")
    # One that was used is worth nothing, nor is one of another time.
    for wrong in (code, "000000", ""):
        assert again.post("/login/code", {"code": wrong}, form="/login/code").status_code == 401
    site.clock.forward(minutes=1)
    again.secret = browser.secret
    assert again.post("/login/code", {"code": again.code()}, form="/login/code").headers["location"] == "/"
    assert is_in(again)
    with site.desk.steps.change_users(site.desk.author("secu")) as users:
        users.set_factor("post1", None)
    assert not is_in(again)
    assert site.browser().try_login("post1").headers["location"].startswith("/login/enrol")


def test_wrong_codes_lock_as_wrong_passwords_do(tmp_path: Path) -> None:
    site = everybody(tmp_path / "home", second_factor=True)
    site.browser("post1")
    browser = site.browser()
    browser.try_login("post1")
    for _ in range(4):
        assert browser.post("/login/code", {"code": "123"}, form="/login/code").status_code == 401
    assert "已暂停登录" in browser.post("/login/code", {"code": "123"}, form="/login/code").text
    assert "已暂停登录" in site.browser().try_login("post1").text


def test_a_record_that_is_not_the_last_events_lets_nobody_in(site: DeskSite) -> None:
    path = Folders(site.desk.home).secrets
    with sqlite3.connect(path) as db:
        [record] = db.execute("SELECT record FROM secrets WHERE login = 'lead'").fetchone()
        db.execute("UPDATE secrets SET record = ? WHERE login = 'post1'", [record])
    db.close()
    answer = site.browser().try_login("post1")
    assert (answer.status_code, "与事件日志所记的不符" in answer.text) == (401, True)
    assert is_in(site.browser("lead"))
    assert "记录不符" in site.browser("secu").page("/users/post1")
    [line] = [line for _, line in site.desk.access.waiting() if line.kind == "failed"]
    assert line.login == "post1"


def test_a_form_sent_too_late_is_kept_and_offered(site: DeskSite) -> None:
    browser = site.browser("secu")
    page = browser.token("/users")
    fields = {
        "_token": page,
        "login": "late",
        "person_id": "P77",
        "role": "handler",
        "person_name": "<b>迟</b>",
    }
    site.clock.forward(minutes=16)
    answer = browser.client.post("/users", data=fields, files={"paper": ("签.txt", b"signed")})
    assert (answer.status_code, "已保留" in answer.text) == (401, True)
    assert site.desk.people().get("late") is None
    assert "/kept" not in site.browser("audi").page("/")
    browser.login("secu")
    assert 'href="/kept"' in browser.page("/")
    kept = browser.page("/kept")
    assert "late" in kept
    assert "签.txt" in kept
    assert "&lt;b&gt;" in kept
    assert "<b>迟" not in kept
    [form] = site.desk.sessions.kept_forms("secu")
    # Another may not send it, nor he to another page.
    assert site.browser("audi").post("/logout", {"_kept": form.form_id}).status_code == 404
    assert browser.post("/users/lead", {"_kept": form.form_id}).status_code == 404
    assert "已添加" in browser.post("/users", {"_kept": form.form_id}).text
    assert site.desk.people().users["late"].person_name == "<b>迟</b>"
    assert site.desk.sessions.kept_forms("secu") == []


def test_passwords_are_not_kept(site: DeskSite) -> None:
    browser = site.browser("secu")
    token = browser.token("/own")
    site.clock.forward(minutes=16)
    fields = {"_token": token, "password": PASSWORD, "fresh": OWN, "again": OWN}
    assert browser.client.post("/own", data=fields).status_code == 401
    assert site.desk.sessions.kept_forms("secu") == []


def test_tokens_and_secrets_are_in_no_place_where_others_read_them(site: DeskSite) -> None:
    browser = site.browser("post1")
    token = browser.client.cookies[COOKIE]
    site.desk.access.hand_over(site.desk.steps.record_access, 500)
    files = [path for path in site.desk.home.rglob("*") if path.is_file()]
    contents = {path: path.read_bytes() for path in files}
    assert not [path for path, content in contents.items() if token.encode() in content]
    own = {path.name for path, content in contents.items() if b"$argon2id$" in content}
    assert own <= {"desk.sqlite", "desk.sqlite-wal"}
    for path in files:
        assert_private(path)


def assert_private(path: Path) -> None:
    if path.name.startswith("desk.sqlite"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
