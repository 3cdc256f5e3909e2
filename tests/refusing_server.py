"""A mail server on the loopback that refuses in a given phase, for as long as it is told to."""

import asyncio
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from smtp_servers import authenticate, running

LOST = "LOST"
"""The connection breaks after the final dot: the server has the mail, and nobody hears of it."""


@dataclass
class Refusal:
    """In which phase, with which answer, and of RCPT whom; it takes what it does not refuse."""

    phase: str = ""
    answer: str = ""
    of: set[str] = field(default_factory=set)
    times: int = 1_000_000
    mails: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def strikes(self, phase: str) -> bool:
        """Whether it refuses now."""
        if phase != self.phase or not self.times:
            return False
        self.times -= 1
        return True

    @property
    def reached(self) -> list[tuple[str, str]]:
        """Who got which mail, by Message-ID, as often as he got it."""
        return sorted((address, identity) for identity, to in self.mails for address in to)

    async def handle_RCPT(  # noqa: N802 the server looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.of and self.strikes("RCPT"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 the server looks for this name
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.strikes("END"):
            return self.answer
        assert isinstance(envelope.content, bytes)
        identity = str(message_from_bytes(envelope.content)["Message-ID"])
        self.mails.append((identity, tuple(envelope.rcpt_tos)))
        if self.strikes(LOST):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"


class _Server(SMTP):
    """One connection; a refused command is answered and otherwise passed over."""

    def __init__(self, refusal: Refusal, **options: Any) -> None:
        self._refusal, self._is_greeting = refusal, True
        super().__init__(refusal, hostname="mail.test", auth_require_tls=False, **options)

    async def push(self, status: Any) -> None:
        is_greeting, self._is_greeting = self._is_greeting, False
        refused = is_greeting and self._refusal.strikes("CONNECT")
        await super().push(self._refusal.answer if refused else status)

    async def _answered(self, phase: str) -> bool:
        if self._refusal.strikes(phase):
            await self.push(self._refusal.answer)
            return True
        return False

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 the server looks for these names
        if not await self._answered("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        if not await self._answered("EHLO"):
            await super().smtp_HELO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if not await self._answered("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if not await self._answered("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if not await self._answered("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not await self._answered("DATA"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        if not await self._answered("QUIT"):
            await super().smtp_QUIT(arg)


@contextmanager
def refusing_server(refusal: Refusal, tls: ssl.SSLContext) -> Iterator[int]:
    """Yields its port; it offers STARTTLS, and the login of `smtp_servers`."""

    def protocol() -> SMTP:
        with warnings.catch_warnings():
            # It advises against logins without TLS, which is the server's affair.
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            return _Server(
                refusal, tls_context=tls, authenticator=authenticate, loop=asyncio.get_running_loop()
            )

    with running(protocol) as port:
        yield port
