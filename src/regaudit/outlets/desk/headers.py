"""What every answer of the desk carries, and for which hosts it is given at all."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers as Given
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regaudit.outlets.desk.desk import Desk

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_OURS = ("localhost", "127.0.0.1", "[::1]")
_KEPT = "private, max-age=31536000, immutable"


class Headers:
    """Refuses what was asked of a host that is not ours, and adds headers to what is answered."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        settings = desk.settings.desk
        address = urlsplit(settings.address)
        self._hosts = {*_OURS, *desk.hosts, *settings.hosts, address.hostname or ""} - {""}
        self._is_encrypted = address.scheme == "https"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_asset = str(scope["path"]).startswith("/static/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cache-Control"] = _KEPT if is_asset and message["status"] == 200 else "no-store"  # noqa: PLR2004
                if self._is_encrypted:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        if not self._is_ours(Given(scope=scope)):
            told = PlainTextResponse("没有这个站点：请核对地址（regaudit.toml 的 [desk] address）", 421)
            await told(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _is_ours(self, headers: Given) -> bool:
        told = headers.getlist("host")
        if len(told) != 1:
            return False
        host = told[0].rpartition(":")[0] if told[0].rpartition(":")[2].isdigit() else told[0]
        return host.lower() in self._hosts
