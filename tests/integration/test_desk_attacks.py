"""What somebody may try against the desk."""

from pathlib import Path
from typing import Any

import pytest
from desk_people import EVERYBODY, everybody
from desk_site import PASSWORD, DeskSite
from starlette.routing import Route

from regaudit.outlets.desk.doors import IN, NOBODY, Door
from regaudit.outlets.desk.factors import Answer
from regaudit.outlets.desk.guard import COOKIE, Guard
from regaudit.outlets.desk.headers import POLICY
from regaudit.outlets.desk.viewer import Viewer

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
HOSTILE = "<script>alert(1)</script>"


_ALL = set(EVERYBODY)
_CASES = {"post1", "lead", "supe", "anal", "audi"}
RIGHTS = {
    "": _ALL,
    "own": _ALL,
    "kept": _ALL,
    "logout": _ALL,
    "users": {"secu"},
    "system": {"syst", "audi"},
    "access": {"audi"},
    "ledger": _CASES | {"hand", "head"},
    "cases": _CASES | {"hand", "head"},
    "persons": _CASES,
    "figures": _CASES | {"head"},
    "inspections": {"insp", "post1", "lead", "audi"},
    "reports": _CASES | {"head"},
}
"""Who may read what begins so; nobody else may, and to nobody else may a form be sent."""
DOES = {"hand", "head", "post1", "lead", "supe", "secu", "insp"}
"""Who may send a form of any room but those that are everybody's."""


@pytest.fixture
def site(tmp_path: Path) -> DeskSite:
    return everybody(tmp_path / "home")


def doors(site: DeskSite) -> list[tuple[str, str, Door | None]]:
    """Every path with every method, and what stands there."""
    found = []
    for route in site.app.routes:
        if isinstance(route, Route):
            assert isinstance(route.app, Guard), f"{route.path} is reached without a guard"
            for method in METHODS:
                door = route.app.doors.get("GET" if method == "HEAD" else method)
                found.append((method, _filled(route), door))
    assert len(found) > 7 * 10
    return found


def _filled(route: Route) -> str:
    """A path of a route with something in each of its places."""
    told = {"login": "post1", "number": "150602-2026-0001", "office": "150602"}
    return route.path_format.format(**{name: told.get(name, "1") for name in route.param_convertors})


def test_rooms_are_for_those_that_the_table_names(site: DeskSite) -> None:
    people = site.desk.people()
    viewers = {
        login: Viewer(user=people.users[login], people=people, day=site.clock.at.date())
        for login in EVERYBODY
    }
    for method, path, door in doors(site):
        if door is None or IN not in door.room.stages or method == "HEAD":
            continue
        first = path.split("/")[1]
        assert first in RIGHTS, f"{path}: say here for whom it is"
        let = {login for login, viewer in viewers.items() if door.lets(viewer)}
        assert let <= RIGHTS[first], (method, path)
        if method == "POST" and RIGHTS[first] != _ALL:
            assert let <= DOES, (method, path)
        if method == "GET" and path == f"/{first}":
            assert let == RIGHTS[first], path


def kinds_of(site: DeskSite, login: str) -> list[str]:
    return [line.kind for _, line in site.desk.access.waiting() if line.login == login]


@pytest.mark.parametrize("login", EVERYBODY)
def test_every_path_and_method_as_every_role(site: DeskSite, login: str) -> None:
    """A table from the routes: what a role may not is answered as what is not there, and is on record."""
    people = site.desk.people()
    viewer = Viewer(user=people.users[login], people=people, day=site.clock.at.date())
    browser = site.browser(login)
    nothing = browser.get("/nothing-here")
    assert nothing.status_code == 404
    for method, path, door in doors(site):
        if (method, path) == ("POST", "/logout"):
            continue
        token = browser.token("/own")
        before = len(kinds_of(site, login))
        answer = browser.client.request(method, path, data={"_token": token} if method == "POST" else None)
        told = (login, method, path, answer.status_code)
        if door is None or (IN in door.room.stages and not door.lets(viewer)):
            assert answer.status_code == 404, told
            assert method == "HEAD" or _body(answer) == _body(nothing), told
            assert kinds_of(site, login)[before:] == ["refused"], told
        elif IN not in door.room.stages:
            assert (answer.status_code, answer.headers["location"]) == (303, "/"), told
        else:
            assert answer.status_code not in (401, 403, 405, 500), told
            assert answer.status_code != 404 or _is_a_thing(door), told
            if method in ("GET", "HEAD") and answer.status_code == 200:
                assert kinds_of(site, login)[before:] == ["view"], told


def _is_a_thing(door: Door) -> bool:
    """Whether what a path names need not be there."""
    return "{" in door.path or door.method == "POST"


def _body(answer: Any) -> str:
    """A page without what differs between two: navigation and time."""
    return str(answer.text[answer.text.index("<main") : answer.text.index("</main>")])


def test_who_has_no_session_sees_nothing_but_the_entrance(site: DeskSite) -> None:
    for method, path, door in doors(site):
        browser = site.browser()
        answer = browser.client.request(method, path)
        told = (method, path, answer.status_code)
        if door is None:
            assert answer.status_code == 404, told
        elif path.startswith("/login/oidc"):
            assert answer.status_code == (404 if method in ("GET", "HEAD") else 403), told
        elif NOBODY in door.room.stages and method in ("GET", "HEAD"):
            assert answer.status_code == 200, told
        elif method == "POST":
            assert answer.status_code in (403, 413), told
        else:
            assert answer.headers["location"].startswith("/login"), told
    assert site.desk.access.waiting() == []


def test_a_form_that_no_page_of_ours_made_is_refused(site: DeskSite) -> None:
    browser, other = site.browser("secu"), site.browser("audi")
    fields = {"login": "new", "person_id": "P99", "role": "handler"}
    for token in ("", "x", other.token("/own"), browser.client.cookies[COOKIE]):
        answer = browser.client.post("/users", data={"_token": token, **fields})
        assert (answer.status_code, "过期" in answer.text) == (403, True)
    assert browser.client.post("/users", data=fields).status_code == 403
    good = {"_token": browser.token("/users"), **fields}
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert browser.client.post("/users", data=good, headers=headers).status_code == 403, headers
    assert site.desk.people().get("new") is None
    same = {"origin": "http://localhost", "sec-fetch-site": "same-origin"}
    assert browser.client.post("/users", data=good, headers=same).status_code == 200
    assert site.desk.people().get("new") is not None
    assert kinds_of(site, "secu").count("refused") == 9


def test_no_page_changes_anything_when_it_is_only_read(site: DeskSite) -> None:
    browser = site.browser("secu")
    answer = browser.get("/users/post1?what=lock&_token=" + browser.token("/users"))
    assert answer.status_code == 200
    assert not site.desk.people().users["post1"].is_locked


def test_a_token_from_before_the_login_is_worth_nothing_after_it(site: DeskSite) -> None:
    victim = site.browser()
    victim.client.cookies.set(COOKIE, "planted-by-somebody", domain="localhost.local")
    victim.login("post1")
    values = [cookie.value for cookie in victim.client.cookies.jar]
    planted = site.browser()
    planted.client.cookies.set(COOKIE, "planted-by-somebody", domain="localhost.local")
    assert planted.get("/").status_code == 303
    assert set(values) - {"planted-by-somebody"}
    # Nor is one of an earlier stage.
    site.give_passwords(["head"], "Set-By-Another-1", by="secu")
    early = site.browser()
    early.try_login("head", "Set-By-Another-1")
    before = early.client.cookies[COOKIE]
    typed = {"password": "Set-By-Another-1", "fresh": PASSWORD, "again": PASSWORD}
    early.post("/login/change", typed, form="/login/change")
    late = site.browser()
    late.client.cookies.set(COOKIE, before)
    assert (early.get("/").status_code, late.get("/").status_code) == (200, 303)


def test_the_cookie_is_for_this_host_and_no_script(site: DeskSite) -> None:
    answer = site.browser().get("/login")
    told = answer.headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=lax" in told
    assert "domain" not in told
    assert "secure" not in told
    encrypted = DeskSite(site.desk.home, trusted_peers=["127.0.0.1"])
    answer = encrypted.browser().get("/login", headers={"x-forwarded-proto": "https"})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_only_our_hosts_are_answered(site: DeskSite) -> None:
    named = DeskSite(site.desk.home, address="https://desk.example.cn", hosts=["desk"])
    for host, status in (
        ("localhost", 200),
        ("localhost:8765", 200),
        ("127.0.0.1:8765", 200),
        ("[::1]:8765", 200),
        ("desk.example.cn", 200),
        ("DESK", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("localhost@evil.example", 421),
        ("", 421),
    ):
        answer = named.browser().get("/login", headers={"host": host})
        assert answer.status_code == status, host
        assert answer.headers["content-security-policy"] == POLICY
    doubled = [("host", "localhost"), ("host", "localhost")]
    assert named.browser().client.get("/login", headers=doubled).status_code == 421
    assert "strict-transport-security" in named.browser().get("/login").headers


def test_every_answer_carries_the_policy(site: DeskSite) -> None:
    browser = site.browser("post1")
    for path in (
        "/",
        "/nothing",
        "/users",
        "/static/desk.css",
        "/static/nothing",
        "/static/../app.py",
        "/login",
    ):
        answer = browser.get(path)
        assert answer.headers["content-security-policy"] == POLICY, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        kept = "max-age" in answer.headers["cache-control"]
        assert kept is (path == "/static/desk.css"), path


def test_pages_need_no_script_or_style_of_their_own(site: DeskSite) -> None:
    for login, paths in {
        "post1": ["/", "/own", "/kept"],
        "secu": ["/", "/users", "/users/post1"],
        "syst": ["/", "/system"],
        "audi": ["/access"],
    }.items():
        browser = site.browser(login)
        for page in map(browser.page, paths):
            assert "<style" not in page
            assert " style=" not in page
            assert " onclick=" not in page
            assert page.count("<script") == 1


def test_what_a_proxy_says_is_believed_from_it_alone(site: DeskSite) -> None:
    named = DeskSite(site.desk.home, proxy_header="X-Remote-User", trusted_peers=["10.9.0.0/24"])
    proxy, other = named.browser(address="10.9.0.7"), named.browser(address="10.8.0.7")
    who = {"x-remote-user": "post1"}
    assert (proxy.get("/", headers=who).status_code, other.get("/", headers=who).status_code) == (200, 403)
    # Without the header nobody is anybody, whatever cookie he has.
    assert proxy.get("/").status_code == 403
    assert other.get("/login").status_code == 403
    for names in (["post1", "secu"], ["post1", "post1"]):
        doubled = [("x-remote-user", name) for name in names]
        assert proxy.client.get("/", headers=doubled).status_code == 403
    for name in ("post1, secu", "nobody", ""):
        assert proxy.get("/", headers={"x-remote-user": name}).status_code == 403, name
    with site.desk.steps.change_users(site.desk.author("secu")) as users:
        users.lock("post1", is_locked=True)
    assert proxy.get("/", headers=who).status_code == 403


def test_a_proxy_that_names_another_gives_him_no_session_of_the_first(site: DeskSite) -> None:
    named = DeskSite(site.desk.home, proxy_header="X-Remote-User", trusted_peers=["127.0.0.1"])
    browser = named.browser()
    assert "/users" in browser.get("/", headers={"x-remote-user": "secu"}).text
    assert browser.get("/users", headers={"x-remote-user": "post1"}).status_code == 404
    assert [line.login for _, line in named.desk.access.waiting() if line.kind == "login"] == [
        "secu",
        "post1",
    ]


def test_a_header_of_a_proxy_means_nothing_where_none_is_set(site: DeskSite) -> None:
    assert site.browser().get("/", headers={"x-remote-user": "secu"}).status_code == 303


def test_an_address_is_taken_from_a_trusted_proxy_alone(site: DeskSite) -> None:
    said = {"x-forwarded-for": "6.6.6.6, 10.1.1.1"}
    named = DeskSite(site.desk.home, trusted_peers=["10.9.0.7"])
    for address, told in (("10.9.0.7", "10.1.1.1"), ("10.8.0.7", "10.8.0.7")):
        browser = named.browser("post1", address=address)
        browser.get("/own", headers=said)
        [*_, (_, line)] = named.desk.access.waiting()
        assert (line.path, line.address) == ("/own", told)


@pytest.mark.long
def test_a_thousand_wrong_passwords(site: DeskSite) -> None:
    """None gets in, few cost anything, the record stays short, and nobody else is kept out."""
    people, factors = site.desk.people(), site.desk.factors
    now = site.desk.now()
    answers = [factors.judge_password(people, "post1", f"wrong-{n}", now).answer for n in range(1_000)]
    assert answers[:5] == [Answer.WRONG] * 5
    assert set(answers[5:]) == {Answer.LOCKED}
    for number in range(30):
        assert site.browser().try_login("post1", f"wrong-{number}").status_code == 401
        assert site.browser().try_login(f"nobody{number}", f"wrong-{number}").status_code == 401
    assert len(site.desk.access.waiting()) <= 5
    assert "今日" in site.browser("lead").page("/")
    assert site.browser().try_login("post1").status_code == 401
    site.clock.forward(minutes=16)
    assert site.browser("post1").get("/").status_code == 200


def test_html_in_every_field_stays_text(site: DeskSite) -> None:
    browser = site.browser("secu")
    fields = {
        "login": "plain",
        "person_id": HOSTILE,
        "person_name": HOSTILE,
        "mail": "",
        "role": "handler",
        "office": HOSTILE,
        "section": HOSTILE,
    }
    assert "已添加" in browser.post("/users", fields, form="/users").text
    for wrong in ({"login": HOSTILE}, {"role": HOSTILE}, {"mail": HOSTILE}):
        answer = browser.post("/users", fields | wrong, form="/users")
        assert answer.status_code == 400
        assert HOSTILE not in answer.text
    browser.get(f"/users/{HOSTILE}")
    site.give_passwords(["plain"])
    site.browser().try_login(HOSTILE, HOSTILE, next=HOSTILE)
    pages = [
        *(browser.page(path) for path in ("/", "/users", "/users/plain", "/users/post1")),
        site.browser("plain").page("/own"),
        site.browser("plain").page("/"),
        site.browser().try_login(HOSTILE, HOSTILE, next=HOSTILE).text,
        site.browser("audi").page(f"/access?text={HOSTILE}&login={HOSTILE}"),
        site.browser("audi").page("/access"),
        site.browser("audi").page("/"),
    ]
    for page in pages:
        assert HOSTILE not in page
    assert any("&lt;script&gt;" in page for page in pages)


def test_a_form_without_end_is_refused(site: DeskSite) -> None:
    browser = site.browser("secu")
    answer = browser.client.post("/users", headers={"content-length": str(1 << 40)}, content=b"x")
    assert answer.status_code == 413
    many = "&".join(f"a{n}=1" for n in range(31_000))
    typed = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/users", content=many, headers=typed).status_code == 400
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert browser.client.post("/users", content=b"--x\r\nno", headers=broken).status_code in (400, 403)
