"""Who can get in by what was changed hears of it by mail, at once, from whichever side it was done."""

import os
from datetime import datetime, timedelta
from email.message import EmailMessage
from time import monotonic, sleep

import pytest
from conftest import Desk, MailServer
from desk_site import OWN, PASSWORD, DeskSite
from ledger_desk import text

from regaudit.base.folders import Folders
from regaudit.cli.author import command_author
from regaudit.ledger.users import Users
from regaudit.operation.open import open_workspace

OFFICE = "150602"
WANG, HE = "wang@example.cn", "he@example.cn"


@pytest.fixture
def centre(desk: Desk, mail_server: MailServer) -> Desk:
    """A workspace with a mail server, a secadmin and two posts with addresses."""
    desk.configure(mail_server.settings("*"))
    desk.ok("user", "add", "sec", "--person", "S1", "--role", "secadmin", "--name", "赵六")
    for login, person, mail in (("wang", "P1", WANG), ("he", "P2", HE)):
        words = ("--person", person, "--role", "handler", "--office", OFFICE, "--mail", mail, "--by", "sec")
        desk.ok("user", "add", login, *words)
    return desk


def passwd(desk: Desk, login: str, *words: str, password: str = PASSWORD) -> str:
    path = desk.home.parent / "password"
    path.write_text(f"{password}\n", encoding="utf-8")
    return desk.ok("user", "passwd", login, "--password-file", path, *words).text


def arrived(server: MailServer, number: int) -> list[EmailMessage]:
    """The mails, of which there are so many, and no more a moment later."""
    ends = monotonic() + 20
    while len(server.mails) < number and monotonic() < ends:
        sleep(0.05)
    sleep(0.3)
    assert len(server.mails) == number, server.subjects
    return server.mails


def sent(desk: Desk) -> list[tuple[str, str, list[str]]]:
    events = [event.state for event in desk.events("mail-sent")]
    return [(state.get("person", ""), state["delivery"], state["recipients"]) for state in events]


def test_a_password_set_by_command_is_told_to_its_user(centre: Desk, mail_server: MailServer) -> None:
    assert "提示" not in passwd(centre, "wang", "--by", "sec")
    [mail] = mail_server.mails
    assert (mail["To"], mail["Subject"]) == (WANG, "【登记监管】登录口令已设置（登录名 wang）")
    told = text(mail)
    for fact in ("您的登录口令已由 赵六(sec) 设置", "登录名：wang", "何人：赵六(sec)", "从何处：命令行"):
        assert fact in told
    assert os.uname().nodename in told
    assert "若不是您要求的" in told
    assert sent(centre) == [("P1", "smtp", [WANG])]
    assert list(Folders(centre.home).outbox.glob("*.eml")) == []
    passwd(centre, "wang", password=OWN)
    told = text(mail_server.mails[1])
    assert ("您更改了登录口令。" in told, "何人：本人" in told, "若不是您本人所为" in told) == (True,) * 3
    passwd(centre, "wang", "--by", "sec")
    assert "已由 赵六(sec) 重设：下次登录时须另取" in text(mail_server.mails[2])
    # Neither the secrets nor what is stored of them.
    stored = {event.state["record_sha256"] for event in centre.events("secret-changed")}
    for mail in mail_server.mails:
        whole = mail.as_string() + text(mail)
        assert not any(secret in whole for secret in (PASSWORD, OWN, "argon2", *stored))


def test_what_is_refused_is_told_nobody(centre: Desk, mail_server: MailServer) -> None:
    path = centre.home.parent / "password"
    path.write_text("short\n", encoding="utf-8")
    assert centre.run("user", "passwd", "wang", "--password-file", path, "--by", "sec").status == 1
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    assert centre.run("user", "passwd", "wang", "--password-file", path, "--by", "he").status == 1
    centre.ok("user", "lock", "wang", "--by", "sec")
    centre.ok("user", "add", "wang", "--correct", "--name", "王五", "--by", "sec")
    assert mail_server.mails == []


def test_who_has_no_address_is_named_to_who_does_it(centre: Desk, mail_server: MailServer) -> None:
    assert "用户sec没有邮箱,没有告知本人" in passwd(centre, "sec")
    assert mail_server.mails == []
    # Another login of the same natural person has one.
    centre.ok("user", "add", "wang2", "--person", "P1", "--role", "handler", "--by", "sec")
    passwd(centre, "wang2", "--by", "sec")
    assert [mail["To"] for mail in mail_server.mails] == [WANG]


def test_who_is_written_to_elsewhere_is_told_at_the_old_address(
    centre: Desk, mail_server: MailServer
) -> None:
    centre.ok("user", "add", "wang", "--correct", "--mail", "mallory@example.cn", "--by", "sec")
    [mail] = mail_server.mails
    assert (mail["To"], "接收通知的邮箱已由 赵六(sec) 更换" in text(mail)) == (WANG, True)
    assert "mallory" not in mail.as_string() + text(mail)
    passwd(centre, "he", "--by", "sec")
    centre.ok("user", "add", "he", "--correct", "--person", "P9", "--by", "sec")
    assert "您原来的口令和第二因素已失效" in text(mail_server.mails[2])
    assert mail_server.mails[2]["To"] == HE


def test_the_page_tells_password_and_factor_with_the_address_of_the_browser(
    centre: Desk, mail_server: MailServer
) -> None:
    site = DeskSite(centre.home, second_factor=True)
    site.give_passwords(["sec"])
    centre.ok("user", "role", "he", "--grant", "post", "--office", OFFICE, "--by", "sec")
    secadmin = site.browser("sec", address="192.0.2.7")
    secadmin.post("/users/he", {"what": "password"}, form="/users/he")
    [mail] = arrived(mail_server, 1)
    assert "从何处：监管台，浏览器的地址 192.0.2.7" in text(mail)
    site.give_passwords(["he"])
    browser = site.browser("he", address="192.0.2.8")
    mails = arrived(mail_server, 3)
    assert "您的第二因素（动态口令）已设置。" in text(mails[2])
    assert "192.0.2.8" in text(mails[2])
    assert browser.secret not in text(mails[2])
    secadmin.post("/users/he", {"what": "factor"}, form="/users/he")
    mails = arrived(mail_server, 4)
    assert "已由 赵六(sec) 取消" in text(mails[3])
    assert mails[3]["Subject"] == "【登记监管】第二因素已取消（登录名 he）"


def test_a_server_that_does_not_answer_keeps_nobody_and_the_night_sends_it_once(
    centre: Desk, mail_server: MailServer
) -> None:
    with MailServer() as gone:
        port = gone.port
    centre.configure(mail_server.settings("*", port=port))
    assert "邮件留在" in passwd(centre, "wang", "--by", "sec")
    assert len(list(Folders(centre.home).outbox.glob("*.eml"))) == 1
    centre.configure(mail_server.settings("*"))
    centre.ok("nightly")
    assert [mail["To"] for mail in mail_server.mails if "登录口令" in mail["Subject"]] == [WANG]
    assert ("P1", "smtp", [WANG]) in sent(centre)
    before = len(mail_server.mails)
    centre.ok("nightly")
    assert len([mail for mail in mail_server.mails[before:] if "登录口令" in mail["Subject"]]) == 0


def test_the_night_tells_what_a_killed_process_left_untold_and_nothing_twice(
    centre: Desk, mail_server: MailServer
) -> None:
    passwd(centre, "he", "--by", "sec")
    with open_workspace(centre.home, "test", locks=()) as workspace:
        Users(workspace, command_author("sec")).set_password("wang", PASSWORD)
    centre.ok("nightly")
    told = [mail["To"] for mail in mail_server.mails if "登录口令" in mail["Subject"]]
    assert told == [HE, WANG]


def test_without_a_server_it_lies_in_the_outbox(desk: Desk) -> None:
    desk.ok("user", "add", "sec", "--person", "S1", "--role", "secadmin", "--mail", WANG)
    passwd(desk, "sec")
    [path] = Folders(desk.home).outbox.glob("*.eml")
    assert path.name.endswith(".eml")
    assert "-user-sec-" in path.name
    assert sent(desk) == [("S1", "outbox", [WANG])]
    assert desk.facts("nightly")["light"] != "red"
    path.write_bytes(path.read_bytes().replace(b"To:", b"Cc: x@example.org\r\nTo:", 1))
    later = desk.facts("nightly", "--as-of", f"{datetime.now() + timedelta(days=1):%Y-%m-%dT23:00:00}")
    assert "integrity" in {reason["code"] for reason in later["because"]}
