"""Mails go over real SMTP servers on the loopback: encrypted, checked, with errors that help."""

import socket
from email.message import EmailMessage
from pathlib import Path

import pytest
from smtp_servers import HOST, LOGIN, PHRASE, PHRASE_ENV, Authority, Inbox, encrypted, plain, smtp_server

from regaudit.outlets.mail.errors import MailError
from regaudit.outlets.mail.smtp import Mailer, send


def test_a_plain_server_gets_the_mail_byte_for_byte(
    inbox: Inbox, message: EmailMessage, tmp_path: Path
) -> None:
    with smtp_server(inbox) as port:
        send(message, plain(port), tmp_path)
    assert inbox.mails == [message.as_bytes()]
    assert inbox.recipients == [["wang@example.cn", "li@example.cn"]]


def test_several_mails_go_over_one_connection(inbox: Inbox, message: EmailMessage, tmp_path: Path) -> None:
    with smtp_server(inbox) as port, Mailer(plain(port), tmp_path) as mailer:
        for _ in range(3):
            mailer.send(message)
    assert (len(inbox.mails), inbox.connections) == (3, 1)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_encrypted_server_with_a_private_root_is_trusted_through_ca_file(
    inbox: Inbox, message: EmailMessage, authority: Authority, security: str
) -> None:
    with encrypted(inbox, authority, security) as port:
        send(message, plain(port, security=security, ca_file="root.pem"), authority.home)
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    "case",
    [
        ("good", "", "不受信任"),
        ("expired", "root.pem", "有效期"),
        ("other", "root.pem", "不是发给 127.0.0.1"),
    ],
)
def test_a_certificate_that_cannot_be_trusted_is_refused(
    inbox: Inbox,
    message: EmailMessage,
    authority: Authority,
    security: str,
    case: tuple[str, str, str],
) -> None:
    name, ca_file, words = case
    with (
        encrypted(inbox, authority, security, name) as port,
        pytest.raises(MailError, match=words),
    ):
        send(message, plain(port, security=security, ca_file=ca_file), authority.home)
    assert inbox.mails == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bad_ca_file_is_named(
    inbox: Inbox, message: EmailMessage, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    with smtp_server(inbox) as port, pytest.raises(MailError, match=r"ca\.pem.*ca_file"):
        send(message, plain(port, security="tls", ca_file="ca.pem"), tmp_path)


def test_a_server_without_starttls_gets_no_mail(inbox: Inbox, message: EmailMessage, tmp_path: Path) -> None:
    with smtp_server(inbox) as port, pytest.raises(MailError, match="不支持 STARTTLS"):
        send(message, plain(port, security="starttls"), tmp_path)
    assert inbox.mails == []


def test_tls_to_a_plain_port_hints_at_the_port(inbox: Inbox, message: EmailMessage, tmp_path: Path) -> None:
    with smtp_server(inbox) as port, pytest.raises(MailError, match="465 对应 tls"):
        send(message, plain(port, security="tls"), tmp_path)


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_the_right_password_logs_in(
    inbox: Inbox,
    message: EmailMessage,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    security: str,
) -> None:
    monkeypatch.setenv(PHRASE_ENV, PHRASE)
    context = authority.server_context("good")
    options = {"none": {}, "starttls": {"tls_context": context}, "tls": {"tls": context}}[security]
    with smtp_server(inbox, **LOGIN, **options) as port:
        smtp = plain(
            port,
            security=security,
            ca_file="root.pem",
            user="regaudit",
            password_env=PHRASE_ENV,
        )
        send(message, smtp, authority.home)
    assert len(inbox.mails) == 1


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_default_port_follows_the_security(
    message: EmailMessage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str, port: int
) -> None:
    asked: list[int] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> None:
        asked.append(address[1])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(MailError, match=f"{HOST}:{port} 拒绝连接"):
        send(message, plain(0, security=security), tmp_path)
    assert asked == [port]
