"""A mail that cannot be sent is an error that helps and tells no secret."""

import asyncio
import socket
import threading
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from smtp_servers import HOST, LOGIN, PHRASE, PHRASE_FILE, Inbox, Script, plain, running, smtp_server

from regaudit.outlets.mail.errors import AllRefusedError, MailError
from regaudit.outlets.mail.smtp import Mailer, send


@pytest.mark.parametrize("secret", ["wrong-secret", "中文密码"])
def test_a_wrong_password_is_an_error_that_does_not_show_it(
    inbox: Inbox, message: EmailMessage, tmp_path: Path, secret: str
) -> None:
    (tmp_path / PHRASE_FILE).write_text(secret + "\n", encoding="utf-8")
    with smtp_server(inbox, **LOGIN) as port, pytest.raises(MailError) as caught:
        send(message, plain(port, user="regaudit", password_file=PHRASE_FILE), tmp_path)
    assert "user" in str(caught.value) or "用户名" in str(caught.value)
    shown: BaseException | None = caught.value
    while shown is not None:
        assert secret not in f"{shown} {shown!r}"
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": "regaudit"}, "没有密码"),
        ({"user": "regaudit", "password_env": "REGAUDIT_NOT_SET"}, "REGAUDIT_NOT_SET"),
        ({"user": "regaudit", "password_file": "gone"}, "gone"),
        ({"user": "regaudit", "password_file": "binary"}, "UTF-8"),
        ({"host": ""}, "没有设置邮件服务器"),
        ({"timeout_seconds": 0.0}, "timeout_seconds"),
    ],
)
def test_settings_that_cannot_work_are_mail_errors(
    message: EmailMessage, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(MailError, match=words):
        send(message, plain(9, **changes), tmp_path)


def test_a_login_that_the_server_does_not_offer_is_an_error(
    inbox: Inbox, message: EmailMessage, tmp_path: Path
) -> None:
    (tmp_path / PHRASE_FILE).write_text(PHRASE)
    with smtp_server(inbox) as port, pytest.raises(MailError, match="不接受登录"):
        send(message, plain(port, user="regaudit", password_file=PHRASE_FILE), tmp_path)


def test_a_server_that_wants_a_login_says_so(inbox: Inbox, message: EmailMessage, tmp_path: Path) -> None:
    with smtp_server(inbox, **LOGIN) as port, pytest.raises(MailError, match="登录"):
        send(message, plain(port), tmp_path)


def test_refused_recipients_are_named_and_the_others_served(
    inbox: Inbox, message: EmailMessage, tmp_path: Path
) -> None:
    inbox.refused = {"li@example.cn"}
    with smtp_server(inbox) as port, Mailer(plain(port), tmp_path) as mailer:
        sent = mailer.send(message)
        assert (sent.taken, list(sent.refused), sent.put_off) == (["wang@example.cn"], ["li@example.cn"], {})
        assert inbox.recipients == [["wang@example.cn"]]
        inbox.refused = {"li@example.cn", "wang@example.cn"}
        with pytest.raises(AllRefusedError, match=r"wang@example\.cn.*mail\.routes"):
            mailer.send(message)
        inbox.refusal = "450 greylisted"
        with pytest.raises(MailError, match="暂时"):
            mailer.send(message)
        inbox.refused = set()
        mailer.send(message)
    assert len(inbox.mails) == 2


def test_a_refused_content_is_an_error(inbox: Inbox, message: EmailMessage, tmp_path: Path) -> None:
    inbox.data_reply = "554 spam"
    with smtp_server(inbox) as port, pytest.raises(MailError, match=r"拒收邮件内容\(554 spam\)"):
        send(message, plain(port), tmp_path)


def test_nobody_listening_is_a_refused_connection(message: EmailMessage, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        with pytest.raises(MailError, match="拒绝连接"):
            send(message, plain(taken.getsockname()[1]), tmp_path)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_a_server_that_never_answers_is_given_up_and_not_asked_twice(
    message: EmailMessage, tmp_path: Path, security: str
) -> None:
    with socket.create_server((HOST, 0)) as silent:
        smtp = plain(silent.getsockname()[1], security=security, timeout_seconds=0.3)
        with pytest.raises(MailError, match=r"0\.3 秒内没有应答"):
            send(message, smtp, tmp_path)
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_a_connection_that_dropped_between_mails_is_opened_anew(
    inbox: Inbox, message: EmailMessage, tmp_path: Path
) -> None:
    inbox.drop_after = 1
    with smtp_server(inbox) as port, Mailer(plain(port), tmp_path) as mailer:
        mailer.send(message)
        threading.Event().wait(0.3)
        mailer.send(message)
    assert (len(inbox.mails), inbox.connections) == (2, 2)


@pytest.mark.parametrize(
    ("replies", "words", "attempts"),
    [
        ([], "中断了连接", 2),
        ([b"220 hi\r\n", b"250 hi\r\n"], "中断了连接", 2),
        ([b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n"], "中断了连接", 2),
        ([b"220 hi\r\n", b"250 hi\r\n", b"421 closing\r\n"], "421 closing", 2),
        ([b"554 go away\r\n"], "554 go away", 1),
        ([b"220 hi\r\n", b"250 hi\r\n", b"550 not you\r\n", b"250 ok\r\n"], "拒绝发件人", 1),
    ],
)
def test_a_server_that_hangs_up_is_tried_twice_and_one_that_says_no_is_not(
    message: EmailMessage, tmp_path: Path, replies: list[bytes], words: str, attempts: int
) -> None:
    opened: list[int] = []
    with running(lambda: Script(replies, opened)) as port, pytest.raises(MailError, match=words):
        send(message, plain(port), tmp_path)
    assert len(opened) == attempts


def test_no_name_is_looked_up_for_the_greeting(
    inbox: Inbox, message: EmailMessage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(*_: object) -> str:
        raise AssertionError("asked the DNS server for our own name")

    monkeypatch.setattr(socket, "getfqdn", hangs)
    monkeypatch.setattr(socket, "gethostname", lambda: "登记中心-PC")
    with smtp_server(inbox) as port:
        send(message, plain(port), tmp_path)
    assert inbox.greetings == {"localhost"}


def test_an_unknown_host_is_an_error(
    message: EmailMessage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(MailError, match="mail-server:25 的名称无法解析"):
        send(message, plain(0, host="mail-server"), tmp_path)


class OneByOne(asyncio.Protocol):
    """A server that hangs up at one recipient and refuses all others."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 hi\r\n")

    def data_received(self, data: bytes) -> None:
        if b"li@" in data:
            self.transport.abort()
        else:
            self.transport.write(b"550 5.1.1 unknown\r\n" if data.startswith(b"rcpt") else b"250 ok\r\n")


def test_one_at_whom_it_hangs_up_is_put_off_also_where_the_others_are_refused(
    message: EmailMessage, tmp_path: Path
) -> None:
    with running(OneByOne) as port, pytest.raises(AllRefusedError) as caught:
        send(message, plain(port), tmp_path)
    assert (list(caught.value.put_off), list(caught.value.refused)) == (
        ["li@example.cn"],
        ["wang@example.cn"],
    )
