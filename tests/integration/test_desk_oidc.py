"""Getting into the desk by a provider of OpenID Connect, which is really asked over the loopback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from conftest import Desk
from desk_people import everybody
from desk_site import PASSWORD, Browser, DeskSite, Hand
from joserfc.jwk import OctKey, RSAKey
from oidc_provider import CLIENT, SECRET, OidcProvider, serving

from regaudit.base.desk_settings import DeskSettings, check_desk, desk_facts
from regaudit.base.errors import RegauditError
from regaudit.base.oidc_settings import OidcSettings
from regaudit.base.settings import load_settings


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def provider(clock: Hand) -> Iterator[OidcProvider]:
    with serving(OidcProvider(lambda: clock().timestamp())) as made:
        yield made


def site_of(home: Path, provider: OidcProvider, clock: Hand, **settings: Any) -> DeskSite:
    """The desk with the provider; `second_factor` and `desk` are settings of the desk."""
    own = {name: settings.pop(name) for name in ("second_factor", "passwords_only") if name in settings}
    oidc = OidcSettings(
        issuer=provider.issuer,
        client_id=CLIENT,
        client_secret_file="secret.txt",  # noqa: S106
        **settings,
    )
    if not (home / "regaudit.toml").exists():
        everybody(home, clock=clock)
    (home / "secret.txt").write_text(f"{SECRET}\n", encoding="utf-8")
    return DeskSite(home, clock=clock, address="http://localhost", oidc=oidc, **own)


@pytest.fixture
def site(tmp_path: Path, provider: OidcProvider, clock: Hand) -> DeskSite:
    return site_of(tmp_path / "home", provider, clock)


def depart(browser: Browser, target: str = "") -> str:
    """Where the provider sends the browser back to."""
    answer = browser.get(f"/login/oidc{target}")
    assert answer.status_code == 303, answer.text
    there = httpx.get(answer.headers["location"])
    assert there.status_code == 302, there.text
    back = urlsplit(there.headers["location"])
    assert (back.netloc, back.path) == ("localhost", "/login/oidc/return")
    return f"{back.path}?{back.query}"


def enter(browser: Browser, target: str = "") -> httpx.Response:
    return browser.get(depart(browser, target))


def refused(answer: httpx.Response, why: str) -> None:
    assert (answer.status_code, why in answer.text) == (401, True), answer.text


def is_in(browser: Browser) -> bool:
    return browser.get("/own").status_code == 200


def test_who_is_known_there_and_here_is_let_in(site: DeskSite, provider: OidcProvider) -> None:
    browser = site.browser()
    assert 'href="/login/oidc?next=/own"' in browser.page("/login?next=%2Fown")
    answer = enter(browser, "?next=/own")
    assert (answer.status_code, answer.headers["location"]) == (303, "/own")
    assert is_in(browser)
    [line] = [line for _, line in site.desk.access.waiting() if line.kind == "login"]
    assert (line.login, line.told, line.path) == ("post1", "由统一身份认证认定", "/login/oidc/return")
    assert not [line for _, line in site.desk.access.waiting() if "code=" in line.path]
    # The provider describes itself and its keys once for many.
    assert enter(site.browser()).status_code == 303
    assert provider.asked == ["described", "keys"]
    assert enter(site.browser(), "?next=https://evil.example").headers["location"] == "/"


def test_local_passwords_go_on_unless_the_settings_say_not(
    site: DeskSite, provider: OidcProvider, clock: Hand
) -> None:
    assert is_in(site.browser("post1"))
    only = site_of(site.desk.home, provider, clock, passwords=False)
    browser = only.browser()
    shown = browser.page("/login")
    assert ('name="password"' in shown, "用统一身份认证登录" in shown) == (False, True)
    assert enter(browser).status_code == 303
    assert is_in(browser)
    other = only.browser()
    token = site.browser().token("/login")
    answer = other.client.post("/login", data={"_token": token, "login": "post1", "password": PASSWORD})
    assert answer.status_code in (401, 403)
    assert not is_in(other)


def test_a_state_is_worth_something_once_and_in_its_own_browser(site: DeskSite, clock: Hand) -> None:
    browser, other = site.browser(), site.browser()
    back = depart(browser)
    other.get("/login")
    refused(other.get(back), "登录没有完成")
    wrong = back.replace("state=", "state=x")
    refused(browser.get(wrong), "登录没有完成")
    assert browser.get(back).status_code == 303
    browser.post("/logout")
    refused(browser.get(back), "登录没有完成")
    assert not is_in(browser)
    late = depart(browser)
    clock.forward(minutes=11)
    refused(browser.get(late), "登录没有完成")


def test_a_code_is_worth_nothing_twice_nor_in_another_departure(site: DeskSite) -> None:
    first, second = site.browser(), site.browser()
    one, two = depart(first), depart(second)
    stolen = parse_qs(urlsplit(one).query)["code"][0]
    own = parse_qs(urlsplit(two).query)
    # Somebody else's code with a state of one's own: the verifier is not that of the code.
    refused(second.get(f"/login/oidc/return?code={stolen}&state={own['state'][0]}"), "invalid_grant")
    refused(first.get(one), "invalid_grant")
    third = site.browser()
    state = parse_qs(urlsplit(depart(third)).query)["state"][0]
    refused(third.get(f"/login/oidc/return?error=access_denied&state={state}"), "access_denied")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"nonce": "another"}, "不可信（invalid_claim）"),
        ({"nonce": None}, "不可信（missing_claim）"),
        ({"aud": "somebody-else"}, "不可信（invalid_claim）"),
        ({"aud": [CLIENT, "somebody-else"]}, "不可信（missing_claim）"),
        ({"iss": "https://elsewhere.example"}, "不可信（invalid_claim）"),
        ({"exp": 1_000_000_000, "iat": 999_999_000}, "不可信（expired_token）"),
        ({"exp": None}, "不可信（missing_claim）"),
        ({"preferred_username": None}, "没有登录名"),
        ({"preferred_username": ["post1"]}, "没有登录名"),
        ({"preferred_username": "nobody"}, "nobody 不是监管台的用户"),
    ],
)
def test_a_token_that_says_otherwise_lets_nobody_in(
    site: DeskSite, provider: OidcProvider, changed: dict[str, Any], why: str
) -> None:
    provider.changed = changed
    browser = site.browser()
    before = set(site.desk.people().users)
    refused(enter(browser), why)
    assert not is_in(browser)
    assert set(site.desk.people().users) == before
    assert [line.kind for _, line in site.desk.access.waiting()] == ["failed"]
    provider.changed = {}
    assert enter(browser).status_code == 303


@pytest.mark.parametrize("verified", [None, False, "false", "no"])
def test_an_address_that_nobody_verified_is_no_login(
    tmp_path: Path, provider: OidcProvider, clock: Hand, verified: Any
) -> None:
    site = site_of(tmp_path / "home", provider, clock, claim="email")
    provider.changed = {"email": "post1", "email_verified": verified}
    refused(enter(site.browser()), "邮箱未经核实")
    provider.changed = {"email": "post1", "email_verified": True}
    assert enter(site.browser()).status_code == 303


def test_foreign_signatures_and_none_are_refused(site: DeskSite, provider: OidcProvider) -> None:
    own = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    provider.published = own
    refused(enter(site.browser()), "不可信（bad_signature）")
    # A signature that whoever knows the client's secret makes, and none at all.
    provider.key = OctKey.import_key(SECRET * 3, {"kid": "one"})  # type: ignore[assignment]
    for provider.algorithm in ("HS256", "none"):
        refused(enter(site.browser()), "不可信（unsupported_algorithm）")


def test_a_provider_with_a_new_key_is_asked_again(site: DeskSite, provider: OidcProvider) -> None:
    assert enter(site.browser()).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "two"}, private=True)
    # Not for each token that names a key which is not there.
    refused(enter(site.browser()), "不可信（invalid_key_id）")
    keys = site.desk.provider
    assert keys is not None
    keys._keys_at -= 61  # a minute passes
    assert enter(site.browser()).status_code == 303
    assert provider.asked.count("keys") == 2


def test_who_is_locked_out_here_is_so_whoever_vouches_for_him(site: DeskSite) -> None:
    with site.desk.steps.change_users(site.desk.author("secu")) as users:
        users.lock("post1", is_locked=True)
    browser = site.browser()
    refused(enter(browser), "用户已锁定")
    assert not is_in(browser)


def test_the_second_factor_is_ours_or_theirs(tmp_path: Path, provider: OidcProvider, clock: Hand) -> None:
    home = tmp_path / "home"
    ours = site_of(home, provider, clock, second_factor=True)
    browser = ours.browser()
    answer = enter(browser)
    assert answer.headers["location"].startswith("/login/enrol")
    assert not is_in(browser)
    provider.login = "hand"
    assert enter(ours.browser()).headers["location"] == "/"
    provider.login = "post1"
    browser.secret = ours.desk.factors.new_secret()
    typed = {"secret": browser.secret, "code": browser.code()}
    assert browser.post("/login/enrol", typed, form="/login/enrol").headers["location"] == "/"
    clock.forward(minutes=1)
    again = ours.browser()
    again.secret = browser.secret
    assert enter(again).headers["location"].startswith("/login/code")
    assert again.post("/login/code", {"code": again.code()}, form="/login/code").headers["location"] == "/"
    assert is_in(again)

    oidc = OidcSettings(
        issuer=provider.issuer,
        client_id=CLIENT,
        client_secret_file="secret.txt",  # noqa: S106
        second_factor="theirs",
        factor_values=["otp", "gold"],
    )
    theirs = DeskSite(home, clock=clock, address="http://localhost", oidc=oidc, second_factor=True)
    refused(enter(theirs.browser()), "须用第二因素登录")
    provider.changed = {"amr": ["pwd"], "acr": "silver"}
    refused(enter(theirs.browser()), "须用第二因素登录")
    for told in ({"amr": ["pwd", "otp"]}, {"acr": "gold"}):
        provider.changed = told
        browser = theirs.browser()
        assert enter(browser).headers["location"] == "/"
        assert is_in(browser)


def test_who_leaves_the_desk_can_leave_the_provider(site: DeskSite, provider: OidcProvider) -> None:
    browser = site.browser()
    enter(browser)
    assert browser.post("/logout").headers["location"] == "/login?left=1"
    assert f'href="{provider.issuer}/bye?client_id=regaudit&amp;' in browser.page("/login?left=1")
    assert not is_in(browser)
    assert "同时退出" not in browser.page("/login")


def test_a_provider_that_cannot_be_used_is_told_and_passwords_go_on(
    site: DeskSite, provider: OidcProvider
) -> None:
    provider.is_broken = True
    answer = site.browser().get("/login/oidc")
    assert (answer.status_code, "统一身份认证暂时不能登录（503）" in answer.text) == (502, True)
    # For a moment nobody waits for it again.
    provider.is_broken = False
    assert site.browser().get("/login/oidc").status_code == 502
    assert provider.asked == ["described"]
    asked = site.desk.provider
    assert asked is not None
    asked._failed_at -= 6
    provider.facts = {"issuer": "https://elsewhere.example"}
    assert "自称的地址不是 desk.oidc.issuer" in site.browser().get("/login/oidc").text
    provider.facts = {"authorization_endpoint": "http://id.example.cn/authorize"}
    assert "没有公布可用的地址（authorization_endpoint）" in site.browser().get("/login/oidc").text
    assert is_in(site.browser("post1"))


def test_a_provider_that_is_not_there(tmp_path: Path, provider: OidcProvider, clock: Hand) -> None:
    site = site_of(tmp_path / "home", provider, clock)
    provider_issuer = "http://127.0.0.1:9"
    oidc = OidcSettings(issuer=provider_issuer, client_id=CLIENT)
    gone = DeskSite(site.desk.home, clock=clock, address="http://localhost", oidc=oidc)
    answer = gone.browser().get("/login/oidc")
    assert (answer.status_code, "统一身份认证没有答复" in answer.text) == (502, True)
    assert "同时退出" not in gone.browser().page("/login?left=1")


def test_without_a_provider_its_pages_are_not_there(tmp_path: Path) -> None:
    site = everybody(tmp_path / "home")
    for path in ("/login/oidc", "/login/oidc/return?code=1&state=2"):
        assert site.browser().get(path).status_code == 404
    assert "统一身份认证" not in site.browser().page("/login")


OIDC = {"issuer": "https://id.example.cn", "client_id": "desk"}


@pytest.mark.parametrize(
    ("oidc", "desk", "why"),
    [
        ({"issuer": "http://id.example.cn"}, {}, "应写作 https://"),
        ({"issuer": "id.example.cn"}, {}, "应写作 https://"),
        ({"scopes": ["profile"]}, {}, "openid"),
        ({"second_factor": "theirs", "factor_values": []}, {}, "factor_values"),
        ({}, {"address": ""}, "desk.address"),
        ({}, {"proxy_header": "X-User", "trusted_peers": ["127.0.0.1"]}, "只能写一个"),
    ],
)
def test_settings_that_would_not_be_safe_are_refused(
    oidc: dict[str, Any], desk: dict[str, Any], why: str
) -> None:
    given = {"address": "https://desk.example.cn"} | desk
    with pytest.raises(RegauditError, match=why):
        check_desk(DeskSettings(**given, oidc=OidcSettings(**(OIDC | oidc))))


def test_settings_are_read_and_told_as_what_decides(desk: Desk) -> None:
    desk.configure(
        '[desk]\naddress = "https://desk.example.cn"\n'
        '[desk.oidc]\nissuer = "https://id.example.cn"\nclient_id = "desk"\nclaim = "uid"\n'
    )
    settings = load_settings(desk.home).desk
    assert settings.oidc is not None
    facts = desk_facts(settings)
    assert facts["统一身份认证的登录名(oidc.claim)"] == "uid"
    assert "统一身份认证(oidc.issuer)" not in desk_facts(DeskSettings())
