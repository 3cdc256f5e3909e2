"""Mails go over real SMTP servers on the loopback: encrypted, checked, with errors that help."""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from regaudit.base.settings import Smtp
from regaudit.outlets.mail.errors import MailError, PartlyRefusedError
from regaudit.outlets.mail.smtp import Mailer, send

HOST = "127.0.0.1"
PHRASE = "correct horse battery"
PHRASE_ENV = "REGAUDIT_TEST_PASSWORD"
PHRASE_FILE = "phrase.txt"


@dataclass
class Inbox:
    """What a server took, and how it behaves."""

    mails: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    greetings: set[str] = field(default_factory=set)
    connections: int = 0
    refused: set[str] = field(default_factory=set)
    refusal: str = "550 no such user"
    data_reply: str = "250 OK"
    drop_after: int | None = None

    async def handle_EHLO(  # noqa: N802 the server looks for this name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.add(hostname)
        return responses

    async def handle_RCPT(  # noqa: N802 the server looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 the server looks for this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.data_reply.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content)
            self.recipients.append(list(envelope.rcpt_tos))
        if self.drop_after is not None and len(self.mails) >= self.drop_after:
            self.drop_after = None
            loop = asyncio.get_running_loop()
            assert isinstance(server.transport, asyncio.Transport)
            loop.call_later(0.05, server.transport.abort)
        return self.data_reply


def authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    if (data.login, data.password) == (b"regaudit", PHRASE.encode()):
        return AuthResult(success=True)
    # A careless server that repeats what it was sent.
    return AuthResult(success=False, handled=False, message=f"535 wrong password {data.password.decode()}")


@contextmanager
def running(factory: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server in a thread of its own; yields its port, chosen by the system."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(factory, HOST, 0, ssl=tls))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:

        async def stop() -> None:
            server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await loop.shutdown_default_executor()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def smtp_server(inbox: Inbox, *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[int]:
    def protocol() -> SMTP:
        inbox.connections += 1
        with warnings.catch_warnings():
            # It advises against logins without TLS, which is the server's affair.
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            return SMTP(inbox, hostname="mail.test", loop=asyncio.get_running_loop(), **options)

    with running(protocol, tls) as port:
        yield port


@dataclass(frozen=True)
class Authority:
    """A private certificate authority and certificates of its making."""

    home: Path

    def server_context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.home / f"{name}.pem", self.home / f"{name}.key")
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    home = tmp_path_factory.mktemp("ca")
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "regaudit test root")])
    now = dt.datetime.now(dt.UTC)
    identifier = x509.SubjectKeyIdentifier.from_public_key(root_key.public_key())

    def usage(*, is_root: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=not is_root,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=is_root,
            crl_sign=is_root,
            encipher_only=False,
            decipher_only=False,
        )

    def builder(
        subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: tuple[int, int]
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=days[0]))
            .not_valid_after(now + dt.timedelta(days=days[1]))
        )

    root = (
        builder(root_name, root_key, (-9, 9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(is_root=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(root_key, hashes.SHA256())
    )
    (home / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    for name, address, days in (
        ("good", HOST, (-1, 1)),
        ("expired", HOST, (-5, -2)),
        ("other", "10.0.0.1", (-1, 1)),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")]), key, days)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(is_root=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
            )
            .sign(root_key, hashes.SHA256())
        )
        (home / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (home / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    return Authority(home)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def message() -> EmailMessage:
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = "regaudit@example.cn"
    message["To"] = "wang@example.cn, li@example.cn"
    message["Subject"] = "【登记监管】东胜区 3月31日:零报告"
    message["Message-ID"] = "<1@regaudit.internal>"
    message.set_content("没有发现问题", charset="utf-8", cte="base64")
    return message


def plain(port: int, **changes: Any) -> Smtp:
    return Smtp(**{"host": HOST, "port": port, "security": "none", "timeout_seconds": 5.0, **changes})


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


@contextmanager
def encrypted(inbox: Inbox, authority: Authority, security: str, name: str = "good") -> Iterator[int]:
    context = authority.server_context(name)
    options: dict[str, Any] = (
        {"tls": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    )
    with smtp_server(inbox, **options) as port:
        yield port


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


LOGIN: dict[str, Any] = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}


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
        with pytest.raises(PartlyRefusedError, match=r"li@example\.cn") as caught:
            mailer.send(message)
        assert caught.value.refused == ["li@example.cn"]
        assert inbox.recipients == [["wang@example.cn"]]
        inbox.refused = {"li@example.cn", "wang@example.cn"}
        with pytest.raises(MailError, match=r"wang@example\.cn.*mail\.routes") as all_refused:
            mailer.send(message)
        assert not isinstance(all_refused.value, PartlyRefusedError)
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


@dataclass
class Script(asyncio.Protocol):
    """A server that answers each line with the next reply and then hangs up."""

    replies: list[bytes]
    opened: list[int]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.rest = list(self.replies)
        self.opened.append(1)
        self.answer()

    def data_received(self, _data: bytes) -> None:
        self.answer()

    def answer(self) -> None:
        if self.rest:
            self.transport.write(self.rest.pop(0))
        else:
            self.transport.abort()


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
