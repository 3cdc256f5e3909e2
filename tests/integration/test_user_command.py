"""`regaudit user`: users, roles, deputies and passwords, and what a night tells of them."""

import builtins
import os
import re
import shlex
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import argon2
import pytest
from conftest import Desk, ordinary_case

from regaudit.base.errors import RegauditError
from regaudit.cli.author import command_author
from regaudit.ledger.admittance import NotAdmittedError, admit
from regaudit.ledger.people import read_people
from regaudit.ledger.secrets import PASSWORD, Secrets, WrongSecretError, new_record
from regaudit.ledger.user_rules import RefusedUserError
from regaudit.ledger.users import NewUser, Users
from regaudit.operation.open import open_workspace

ROOT = Path(__file__).resolve().parents[2]
SECRET = "vier Worte genügen"  # noqa: S105 - of a test
TOPICS = ("user-added", "role-granted", "role-ended", "user-locked", "deputy-named", "secret-changed")


@pytest.fixture
def centre(desk: Desk) -> Desk:
    """A workspace with a secadmin, a post and a handler."""
    desk.ok("user", "add", "sec", "--person", "S1", "--role", "secadmin", "--name", "赵六")
    desk.ok("user", "add", "wang", "--person", "P1", "--role", "post", "--office", "150602", "--by", "sec")
    desk.ok("user", "add", "li", "--person", "P2", "--role", "handler", "--by", "sec")
    return desk


def test_the_commands_of_the_manual_in_their_order(desk: Desk) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```console\n(\$ regaudit user add .*?)```", page, re.DOTALL)
    for line in block.splitlines():
        desk.ok(*shlex.split(line.removeprefix("$ regaudit ")))
    roles = {login: [role["role"] for role in user["roles"]] for login, user in by_login(desk).items()}
    assert [roles[login] for login in ("sec", "sys", "shen")] == [["secadmin"], ["sysadmin"], ["auditor"]]


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(event.topic, event.stream) for event in desk.events() if event.topic in TOPICS]


def password_file(desk: Desk, text: str = SECRET, name: str = "password") -> Path:
    path = desk.home.parent / name
    path.write_text(f"{text}\n", encoding="utf-8")
    return path


def by_login(desk: Desk) -> Mapping[str, Any]:
    return {user["login"]: user for user in desk.facts("user", "list")["users"]}


def test_the_owner_makes_the_first_secadmin_and_who_did_it_is_recorded(desk: Desk) -> None:
    assert "还没有用户" in desk.ok("user", "list").text
    assert "还没有安全管理员" in desk.run("user", "add", "wang", "--person", "P1", "--role", "post").text
    assert told(desk) == []
    desk.ok("user", "add", "sec", "--person", "S1", "--role", "安全管理员", "--mail", "sec@example.org")
    added, granted = [event for event in desk.events() if event.topic in TOPICS]
    assert (added.stream, added.version, granted.version) == ("user:sec", 1, 2)
    assert (added.state["person_id"], added.state["mail"]) == ("S1", "sec@example.org")
    assert granted.state["role"] == "secadmin"
    assert added.state["by"] == added.state["system_user"] != ""
    assert added.state["machine"] == os.uname().nodename


def test_before_the_first_user_any_name_will_do(desk: Desk) -> None:
    desk.ok("user", "add", "wang", "--person", "P1", "--role", "post", "--by", "主任")
    [added] = desk.events("user-added")
    assert (added.state["by"], added.state["system_user"] != "") == ("主任", True)
    assert "没有用户" in desk.run("user", "lock", "wang", "--by", "主任").text
    desk.ok("user", "add", "sec", "--person", "S1", "--role", "secadmin")
    desk.ok("user", "lock", "wang", "--by", "sec")


REFUSED: list[tuple[Sequence[str], str]] = [
    (("add", "x", "--person", "P9", "--role", "post"), "--by"),
    (("add", "x", "--person", "P9", "--role", "post", "--by", "wang"), "不是安全管理员"),
    (("add", "x", "--person", "P9", "--role", "post", "--by", "nobody"), "没有用户"),
    (("add", "x", "--person", "P9", "--role", "boss", "--by", "sec"), "没有角色"),
    (("add", "x", "--person", "S1", "--role", "post", "--by", "sec"), "兼任"),
    (("add", "x", "--person", "P1", "--role", "auditor", "--by", "sec"), "兼任"),
    (("add", "x", "--person", "S1", "--role", "auditor", "--by", "sec"), "兼任"),
    (("add", "wang", "--person", "P9", "--role", "post", "--by", "sec"), "已有用户"),
    (("role", "wang", "--grant", "secadmin", "--by", "sec"), "兼任"),
    (("role", "wang", "--grant", "post", "--office", "150602", "--by", "sec"), "已是"),
    (("role", "wang", "--end", "head", "--by", "sec"), "不是科室负责人"),
    (("role", "nobody", "--grant", "head", "--by", "sec"), "没有用户"),
    (("role", "sec", "--end", "secadmin", "--by", "sec"), "唯一"),
    (("lock", "sec", "--by", "sec"), "唯一"),
    (("lock", "wang", "--unlock", "--by", "sec"), "没有锁定"),
    (("deputy", "li", "--for", "wang", "--until", "2099-01-01", "--by", "li"), "不是安全管理员"),
    (("deputy", "li", "--for", "wang", "--until", "2001-01-01", "--by", "wang"), "已经过去"),
    (("deputy", "sec", "--for", "wang", "--until", "2099-01-01", "--by", "sec"), "管理员"),
    (("add", "wang", "--correct", "--by", "sec"), "没有要更正的"),
    (("add", "wang", "--correct", "--person", "S1", "--by", "sec"), "兼任"),
]


def test_what_may_not_be_done_writes_nothing(centre: Desk) -> None:
    before = centre.events()
    for words, why in REFUSED:
        run = centre.run("user", *words)
        assert run.status == 1, words
        assert why in run.text, words
    assert centre.events() == before


@pytest.mark.parametrize(
    "words",
    [
        ("add", "x", "--person", "P9"),
        ("add", "x", "--role", "post"),
        ("add", "wang", "--correct", "--role", "post"),
        ("role", "wang"),
        ("role", "wang", "--grant", "head", "--end", "post"),
        ("deputy", "li", "--for", "wang", "--until", "morgen"),
    ],
)
def test_words_that_make_no_sense_are_a_matter_of_usage(centre: Desk, words: Sequence[str]) -> None:
    before = centre.events()
    assert centre.run("user", *words, "--by", "sec").status == 2
    assert centre.events() == before


def test_roles_come_and_go(centre: Desk) -> None:
    centre.ok("user", "add", "wang2", "--person", "P1", "--role", "leader", "--by", "sec")
    centre.ok(
        "user", "role", "wang", "--grant", "head", "--office", "150602", "--section", "一科", "--by", "sec"
    )
    assert [role["title"] for role in by_login(centre)["wang"]["roles"]] == [
        "科室负责人(150602 一科)",
        "质量监管岗(150602)",
    ]
    assert "收回质量监管岗(150602)" in centre.ok("user", "role", "wang", "--end", "post", "--by", "sec").text
    assert [role["role"] for role in by_login(centre)["wang"]["roles"]] == ["head"]
    centre.ok("user", "add", "wang", "--correct", "--person", "P7", "--name", "王五", "--by", "sec")
    wang = by_login(centre)["wang"]
    assert (wang["person_id"], wang["person_name"], len(wang["roles"])) == ("P7", "王五", 1)


def test_who_is_locked_out_does_nothing(centre: Desk) -> None:
    centre.ok("user", "add", "sec2", "--person", "S2", "--role", "secadmin", "--by", "sec")
    centre.ok("user", "lock", "sec", "--by", "sec2")
    assert by_login(centre)["sec"]["locked"]
    before = centre.events()
    assert "已锁定" in centre.run("user", "lock", "wang", "--by", "sec").text
    assert "已锁定" in centre.run("user", "passwd", "sec", "--password-file", password_file(centre)).text
    assert centre.events() == before
    centre.ok("user", "lock", "sec", "--unlock", "--by", "sec2")
    centre.ok("user", "lock", "wang", "--by", "sec")


def test_a_deputy_is_named_by_the_one_he_stands_for_or_a_secadmin(centre: Desk) -> None:
    for by in ("wang", "sec"):
        centre.ok("user", "deputy", "li", "--for", "wang", "--until", "2099-01-01", "--by", by)
    assert by_login(centre)["wang"]["deputies"] == [{"login": "li", "until": "2099-01-01"}]
    assert by_login(centre)["li"]["deputy_for"] == [{"login": "wang", "until": "2099-01-01"}]
    centre.ok("user", "role", "li", "--end", "handler", "--by", "sec")
    auditor = ("user", "role", "li", "--grant", "auditor", "--by", "sec")
    assert "请先终止代理" in centre.run(*auditor).text
    centre.ok("user", "deputy", "li", "--for", "wang", "--until", "2001-01-01", "--by", "wang")
    assert by_login(centre)["li"]["deputy_for"] == []
    centre.ok(*auditor)


def test_the_list_names_offices_whose_chain_is_short(centre: Desk) -> None:
    centre.configure('[[offices]]\noffice = "150603"\n[[offices]]\noffice = "150604"\nuntil = 2020-01-01\n')
    centre.ok("user", "add", "zhou", "--person", "P5", "--role", "leader", "--by", "sec")
    gaps = {office["office"]: "".join(office["gaps"]) for office in centre.facts("user", "list")["gaps"]}
    assert gaps.keys() == {"150602", "150603"}
    assert "质量监管岗只有一名自然人" in gaps["150602"]
    assert "没有质量监管岗" in gaps["150603"]
    text = centre.ok("user", "list").text
    for words in ("质量监管岗(150602)", "赵六", "机构150603的岗位不全", "没有科室负责人"):
        assert words in text, words


def test_a_password_lies_in_its_file_and_its_hash_in_the_log(centre: Desk) -> None:
    centre.ok("user", "passwd", "wang", "--password-file", password_file(centre))
    centre.ok(
        "user", "passwd", "wang", "--password-file", password_file(centre, "noch viel besser"), "--by", "sec"
    )
    path = centre.home / "desk.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, last = centre.events("secret-changed")
    assert (first.state["by"], last.state["by"], last.state["kind"]) == ("wang", "sec", "password")
    secrets = Secrets(centre.home)
    assert secrets.find("wang", PASSWORD, first.state["record_sha256"]) is None
    record = secrets.find("wang", PASSWORD, last.state["record_sha256"])
    assert record is not None
    assert record.startswith("$argon2id$")
    for file in (path, centre.home / "events.sqlite"):
        assert "besser" not in file.read_bytes().decode("latin-1")
    assert "argon2" not in str([event.state for event in centre.events()])
    secrets.verify_password("wang", last.state["record_sha256"], "noch viel besser")
    with pytest.raises(WrongSecretError, match="口令不对"):
        secrets.verify_password("wang", last.state["record_sha256"], SECRET)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kurz", "8至128个字符"),
        ("x" * 129, "8至128个字符"),
        ("mein-WANG-2026", "登录名"),
        ("aabbaabb", "4个不同"),
        ("vier\x01Worte", "控制字符"),
        ("", "第一行是空的"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(centre: Desk, text: str, why: str) -> None:
    run = centre.run("user", "passwd", "wang", "--password-file", password_file(centre, text))
    assert (run.status, why in run.text) == (1, True), run
    assert centre.events("secret-changed") == []
    assert not (centre.home / "desk.sqlite").exists()


def test_anothers_password_is_for_the_secadmin(centre: Desk) -> None:
    run = centre.run("user", "passwd", "wang", "--password-file", password_file(centre), "--by", "li")
    assert "不是安全管理员" in run.text
    assert "没有用户" in centre.run("user", "passwd", "nobody", "--password-file", password_file(centre)).text
    missing = centre.run("user", "passwd", "wang", "--password-file", centre.home / "nothing")
    assert (missing.status, "无法读取" in missing.text) == (1, True)
    assert "没有终端" in centre.run("user", "passwd", "wang").text
    assert centre.events("secret-changed") == []


def test_a_password_costs_who_guesses_it_what_rfc_9106_asks() -> None:
    made = "from regaudit.ledger.secrets import new_record; print(new_record('viel besser'))"
    done = subprocess.run([sys.executable, "-c", made], capture_output=True, text=True, check=True)
    cost = argon2.extract_parameters(done.stdout.strip())
    assert (cost.type, cost.salt_len >= 16, cost.hash_len >= 32) == (argon2.Type.ID, True, True)
    assert (cost.time_cost >= 3, cost.memory_cost >= 64 * 1024) == (True, True)


def test_without_argon2_it_is_said_what_is_missing(centre: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def without(name: str, *rest: Any, **words: Any) -> Any:
        if name.partition(".")[0] == "argon2":
            raise ImportError(name)
        return found(name, *rest, **words)

    monkeypatch.setattr(builtins, "__import__", without)
    run = centre.run("user", "passwd", "wang", "--password-file", password_file(centre))
    assert (run.status, "regaudit[desk]" in run.text) == (1, True)
    assert centre.events("secret-changed") == []


def test_a_record_that_the_log_does_not_know_lets_nobody_in(centre: Desk) -> None:
    centre.ok("user", "passwd", "wang", "--password-file", password_file(centre))
    centre.configure('[ledger]\ncommands = "password"\n')
    Secrets(centre.home).put("wang", PASSWORD, new_record("mein eigenes"))
    with open_workspace(centre.home, "test", locks=[]) as workspace:
        admit(workspace, "wang", SECRET)
        with pytest.raises(WrongSecretError):
            admit(workspace, "wang", "mein eigenes")
        known = read_people(workspace.log).users["wang"].secrets[PASSWORD]
        Secrets(centre.home).keep("wang", PASSWORD, "nothing")
        assert Secrets(centre.home).find("wang", PASSWORD, known) is None
        with pytest.raises(WrongSecretError, match="请由安全管理员"):
            admit(workspace, "wang", SECRET)


@pytest.mark.parametrize(
    ("commands", "login", "given", "error"),
    [
        ("trusted", "wang", None, None),
        ("trusted", "li", None, None),
        ("password", "li", None, None),
        ("password", "wang", SECRET, None),
        ("password", "wang", None, NotAdmittedError),
        ("password", "wang", "falsch geraten", WrongSecretError),
        ("off", "wang", SECRET, NotAdmittedError),
        ("off", "li", None, NotAdmittedError),
    ],
)
def test_who_is_let_in(
    centre: Desk, commands: str, login: str, given: str | None, error: type[RegauditError] | None
) -> None:
    centre.ok("user", "passwd", "wang", "--password-file", password_file(centre))
    centre.configure(f'[ledger]\ncommands = "{commands}"\n')
    with open_workspace(centre.home, "test", locks=[]) as workspace:
        if error is None:
            admit(workspace, login, given)
        else:
            with pytest.raises(error):
                admit(workspace, login, given)


def test_a_secadmin_with_a_password_gives_it_where_it_is_asked_for(centre: Desk) -> None:
    own = password_file(centre)
    centre.ok("user", "passwd", "sec", "--password-file", own)
    centre.configure('[ledger]\ncommands = "password"\n')
    lock = ("user", "lock", "wang", "--by", "sec")
    assert centre.run(*lock).status == 2
    wrong = password_file(centre, "falsch geraten", "wrong")
    assert "口令不对" in centre.run(*lock, "--by-password-file", wrong).text
    changed = centre.run("user", "passwd", "sec", "--password-file", wrong)
    assert changed.status == 2
    assert len(centre.events("user-locked")) == 0
    centre.ok(*lock, "--by-password-file", own)


def test_a_setting_that_is_none_is_told(desk: Desk) -> None:
    desk.configure('[ledger]\ncommands = "always"\n')
    assert "commands" in desk.run("user", "list").text


def test_two_at_once_make_one_user(centre: Desk) -> None:
    """What is judged is what is stored: of two who add the same login one is refused."""
    outcomes: list[str] = []

    def add(person: str) -> None:
        with open_workspace(centre.home, "test", locks=[]) as workspace:
            users = Users(workspace, command_author("sec"))
            try:
                users.add(NewUser(login="new", person_id=person, role="head"))
                outcomes.append("added")
            except RefusedUserError:
                outcomes.append("refused")

    threads = [threading.Thread(target=add, args=(f"P{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added", "refused", "refused", "refused"]
    assert len([event for event in centre.events() if event.stream == "user:new"]) == 2


def changes(desk: Desk, night: str) -> dict[str, tuple[str, str]]:
    rows = desk.query(f"SELECT what, old, new FROM setting_changes WHERE night = '{night}'")
    return {what: (old, new) for what, old, new in rows}


def night(desk: Desk, day: str) -> Any:
    return desk.run("nightly", "--as-of", day, "--json").facts


def notes(desk: Desk, day: str) -> list[str]:
    facts = night(desk, day)
    assert not [reason for reason in facts["because"] if reason["code"] == "changed"]
    return [note for note in facts["notices"] if "用户" in note]


def test_a_night_tells_who_decides_and_how_commands_are_taken(centre: Desk) -> None:
    desk = centre
    desk.run("nightly", desk.export("export.csv", ordinary_case("1")), "--as-of", "2026-03-30")
    desk.ok("user", "role", "wang", "--grant", "leader", "--by", "sec")
    desk.ok("user", "add", "aud", "--person", "S3", "--role", "auditor", "--by", "sec")
    desk.configure('[ledger]\ncommands = "off"\n')
    codes = [reason["code"] for reason in night(desk, "2026-03-31")["because"]]
    assert "changed" in codes
    assert changes(desk, "2026-03-31") == {
        "用户·wang": ("人员编号 P1:质量监管岗(150602)", "人员编号 P1:质量监管岗(150602)、中心负责人"),
        "用户·aud": ("", "人员编号 S3:审计员"),
        "台账办理(ledger)·命令行(commands)": ("trusted 凭 --by 办理", "off 不在命令行办理"),
    }
    # What decides nothing is told without a light.
    desk.ok("user", "add", "sun", "--person", "P8", "--role", "head", "--by", "sec")
    desk.ok("user", "deputy", "li", "--for", "wang", "--until", "2099-01-01", "--by", "wang")
    assert notes(desk, "2026-04-01") == [
        "用户 sun:由 sec 授予科室负责人",
        "用户 li:由 wang 指定代理 wang,至 2099-01-01",
    ]
    # What was granted for a day only is told, too.
    desk.ok("user", "role", "li", "--grant", "superior", "--by", "sec")
    desk.ok("user", "role", "li", "--end", "superior", "--by", "sec")
    night(desk, "2026-04-02")
    assert changes(desk, "2026-04-02") == {"用户·li": ("", "其间由 sec 授予上级主管、由 sec 收回上级主管")}
    assert notes(desk, "2026-04-03") == []
