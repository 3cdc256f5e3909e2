"""SMTP servers on the loopback: encrypted, with logins, or following a script."""

import asyncio
import datetime as dt
import ipaddress
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


@contextmanager
def encrypted(inbox: Inbox, authority: Authority, security: str, name: str = "good") -> Iterator[int]:
    context = authority.server_context(name)
    options: dict[str, Any] = (
        {"tls": context} if security == "tls" else {"tls_context": context, "require_starttls": True}
    )
    with smtp_server(inbox, **options) as port:
        yield port


LOGIN: dict[str, Any] = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}


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
