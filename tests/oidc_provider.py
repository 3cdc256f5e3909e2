"""A provider of OpenID Connect on the loopback, as small as one can be, and as false as a test wants it."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "regaudit", "geheim/ und +"


@dataclass
class OidcProvider:
    """Who is logged in there, and what its next token says otherwise than it should."""

    seconds: Any
    login: str = "post1"
    changed: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, private=True))
    published: RSAKey | None = None
    algorithm: str = "RS256"
    is_broken: bool = False
    issuer: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._described),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def _described(self, _: Request) -> Response:
        self.asked.append("described")
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/bye",
        }
        return JSONResponse(told | self.facts, 503 if self.is_broken else 200)

    def _keys(self, _: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse({"keys": [(self.published or self.key).as_dict(private=False)]})

    def _authorize(self, request: Request) -> Response:
        """Whoever comes is logged in already."""
        words = dict(request.query_params)
        assert (words["response_type"], words["client_id"], words["scope"]) == (
            "code",
            CLIENT,
            "openid profile",
        )
        assert words["code_challenge_method"] == "S256"
        code = token_urlsafe(16)
        self.codes[code] = words
        back = {"code": code, "state": words["state"], "iss": self.issuer}
        return RedirectResponse(f"{words['redirect_uri']}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        words = {name: told[0] for name, told in parse_qs((await request.body()).decode()).items()}
        basic = base64.b64encode(f"{CLIENT}:geheim%2F%20und%20%2B".encode()).decode()
        given = self.codes.pop(words["code"], None)  # each is worth something once
        if given is None or request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_grant"}, 400)
        digest = base64.urlsafe_b64encode(sha256(words["code_verifier"].encode()).digest()).rstrip(b"=")
        if digest.decode() != given["code_challenge"] or words["redirect_uri"] != given["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.seconds())
        claims = {
            "iss": self.issuer,
            "sub": f"sub-{self.login}",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": given["nonce"],
            "preferred_username": self.login,
        }
        claims = {name: told for name, told in (claims | self.changed).items() if told is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "none":
            parts = (
                base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)
            )
            token = b".".join([*parts, b""]).decode()
        else:
            token = jwt.encode(header, claims, self.key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})


@contextmanager
def serving(provider: OidcProvider) -> Iterator[OidcProvider]:
    """The provider on a port of its own, in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(provider.app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    ends = monotonic() + 20
    while not server.started and monotonic() < ends:
        sleep(0.02)
    provider.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(20)
