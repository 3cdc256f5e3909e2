"""Who may read a platform database, and that no failure tells the password."""

import traceback
from typing import Any

import pytest
from platforms import FILE, GONE, KINDS, PHRASE, VARIABLE, Open, Platform

from regaudit.base.errors import RegauditError


def every_word_said(error: BaseException) -> str:
    """All that could be printed, logged or mailed of an error, with what it was raised from and in."""
    words = "".join(traceback.format_exception(error))
    seen: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue:
        if (each := queue.pop()) is not None and each not in seen:
            seen.append(each)
            words += f"{each} {each!r} {each.args!r} {vars(each)!r}"
            queue += [each.__cause__, each.__context__]
    return words


def assert_secret(here: Platform, error: BaseException, captured: str) -> None:
    assert PHRASE not in every_word_said(error)
    assert PHRASE not in captured
    for path in here.home.rglob("*"):
        if path.is_file() and path.name != "phrase":
            assert PHRASE.encode() not in path.read_bytes(), path
    assert here.left_behind() == []


@KINDS
@pytest.mark.parametrize("asked_by", ["password_env", "password_file"])
@pytest.mark.parametrize(
    ("words", "query", "said"),
    [
        pytest.param({"user": "nobody"}, "SELECT 1 AS a", "user 和密码", id="user"),
        pytest.param({"host": "no-such-host.invalid"}, "SELECT 1 AS a", "host、port", id="host"),
        pytest.param({"port": 1}, "SELECT 1 AS a", "host、port", id="port"),
        pytest.param({"database": "nosuch"}, "SELECT 1 AS a", "database", id="database"),
        pytest.param({}, "SELECT nosuch FROM LOG", "修改 query", id="sql"),
        pytest.param({}, f"SELECT '{PHRASE}' + nosuch.a FROM LOG", "修改 query", id="sql with the password"),
        pytest.param({"options": {"bogus": 1}}, "SELECT 1 AS a", "options", id="options"),
    ],
)
def test_no_failure_tells_the_password(  # noqa: PLR0917 - pytest names them
    kind: str,
    asked_by: str,
    words: dict[str, Any],
    query: str,
    said: str,
    platform: Open,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    here = platform(kind)
    here.add_user()
    here.do(GRANTS[kind].format(name=here.name, user=here.user))
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)
    (here.home / "phrase").write_text(f"{PHRASE}\n", encoding="utf-8")
    words = {
        "user": here.user,
        asked_by: "PLATFORM_PHRASE" if asked_by == "password_env" else "phrase",
    } | words
    with pytest.raises(RegauditError, match=said) as caught:
        here.fetch(query, **words)
    for word in ("平台库", words.get("host", "127.0.0.1"), words["user"]):
        assert word in str(caught.value)
    assert_secret(here, caught.value, "".join(capfd.readouterr()) + caplog.text)
    assert PHRASE not in repr(here.source("SELECT 1", **words))


GRANTS = {
    "postgresql": "GRANT USAGE ON SCHEMA {name} TO {user}; GRANT SELECT ON {name}.log TO {user}",
    "mysql": "GRANT SELECT ON {name}.* TO {user}@'127.0.0.1'",
}


def test_the_right_password_opens_and_a_wrong_one_does_not(
    platform: Open, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    here = platform("mysql")
    here.add_user()
    here.do(GRANTS["mysql"].format(name=here.name, user=here.user))
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)
    login: dict[str, Any] = {"user": here.user, "password_env": "PLATFORM_PHRASE"}
    assert here.rows("SELECT 1 AS a", **login) == [("1",)]
    (here.folder / "平台库.parquet").unlink()
    here.do(f"ALTER USER {here.user}@'127.0.0.1' IDENTIFIED BY 'another'")
    with pytest.raises(RegauditError, match=r"1045.*user 和密码") as caught:
        here.fetch("SELECT 1 AS a", **login)
    assert_secret(here, caught.value, "".join(capfd.readouterr()))


@KINDS
def test_a_password_that_cannot_be_had(kind: str, platform: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = platform(kind)
    monkeypatch.delenv("PLATFORM_PHRASE", raising=False)
    with pytest.raises(RegauditError, match=r"PLATFORM_PHRASE 未设置.*数据库密码"):
        here.fetch("SELECT 1 AS a", password_env=VARIABLE)
    with pytest.raises(RegauditError, match=r"数据库密码文件.*gone"):
        here.fetch("SELECT 1 AS a", password_file=GONE)
    (here.home / "phrase").write_bytes(b"\xff\xfe")
    with pytest.raises(RegauditError, match="UTF-8") as caught:
        here.fetch("SELECT 1 AS a", password_file=FILE)
    assert caught.value.__cause__ is not None
    assert caught.value.__cause__.__cause__ is None


@KINDS
def test_rights_are_asked_for(kind: str, platform: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    here = platform(kind)
    here.add_user()
    if kind == "mysql":
        here.do(f"GRANT CREATE VIEW ON {here.name}.* TO {here.user}@'127.0.0.1'")
    monkeypatch.setenv("PLATFORM_PHRASE", PHRASE)
    with pytest.raises(RegauditError, match="授予该用户对所查表的 SELECT 权限"):
        here.fetch("SELECT * FROM LOG", user=here.user, password_env=VARIABLE)
