"""A provider of OpenID Connect, asked who somebody is: authorization code with PKCE, its tokens checked.

Nothing that it sends is believed before the signature, the issuer, the audience, the times and the nonce of
its token are.
"""

import base64
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from msgspec import Struct

from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.oidc_settings import OidcSettings, is_safe
from regaudit.base.source_settings import read_password

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

RETURN = "/login/oidc/return"
"""Where the provider sends the browser back to."""
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures of a key of its own: none that a client's secret would make, and none at all neither."""
_LARGEST = 1 << 20
_KNOWN_FOR, _ASKED_AGAIN, _LEEWAY = 3600.0, 60.0, 60
_AWAY_FOR = 5.0
"""Seconds for which a provider that does not answer is not asked again: whoever asks next need not wait."""
_FAILED = 400


class ProviderError(RegauditError):
    """It could not be asked, or what it says is not believed, and why (Chinese)."""


class Departure(Struct, frozen=True):
    """Where a browser is sent, and what has to come back with it."""

    address: str
    state: str
    nonce: str
    verifier: str


class Identity(Struct, frozen=True):
    """Who somebody is: his login, and whether the provider has asked for a second factor."""

    login: str
    has_factor: bool


class Provider:
    """A provider as its settings name it; what it says of itself is asked for when it is needed.

    Args:
        home: the workspace, which the paths of the settings are relative to.
        settings: which provider.
        address: under which the desk is reached.
        seconds: the time, as seconds since 1970.
    """

    def __init__(
        self, home: Path, settings: OidcSettings, address: str, seconds: Callable[[], float]
    ) -> None:
        self._home, self._settings, self._seconds = home, settings, seconds
        self._address = address.rstrip("/")
        self._lock = threading.Lock()
        self._facts: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._facts_at = self._keys_at = self._failed_at = 0.0
        self._failure = ""

    def depart(self) -> Departure:
        """Where a browser is sent to log in.

        Raises:
            ProviderError: the provider cannot be reached, or is not what the settings say.
        """
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # noqa: PLC0415 - an extra
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415

        state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
        address = prepare_grant_uri(
            self._endpoint("authorization_endpoint"),
            self._settings.client_id,
            "code",
            redirect_uri=f"{self._address}{RETURN}",
            scope=self._settings.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return Departure(address, state, nonce, verifier)

    def identify(self, code: str, *, nonce: str, verifier: str, issuer: str = "") -> Identity:
        """Who came back with a code.

        Args:
            code: what the browser brought.
            nonce: of the departure.
            verifier: of the departure.
            issuer: what the browser says from where; empty: nothing.

        Raises:
            ProviderError: the provider cannot be reached, or what it says is not believed.
        """
        if issuer and issuer != self._settings.issuer:
            _refuse("登录的答复来自另一个统一身份认证")
        claims = self._claims(self._token(code, verifier), nonce)
        login = claims.get(self._settings.claim)
        if not isinstance(login, str) or not login.strip():
            _refuse(f"答复中没有登录名({self._settings.claim}):请系统管理员核对 desk.oidc 的 claim 和 scopes")
        if self._settings.claim == "email" and claims.get("email_verified") not in (True, "true"):
            _refuse("邮箱未经核实,不能作为登录名")
        told = claims.get("amr")
        values = {*(told if isinstance(told, list) else []), claims.get("acr")}
        return Identity(login.strip(), any(value in values for value in self._settings.factor_values))

    def farewell(self) -> str:
        """Where somebody ends his session at the provider, too; empty where it has no such place."""
        try:
            address = self._described().get("end_session_endpoint")
        except ProviderError:
            return ""
        if not isinstance(address, str) or not is_safe(address):
            return ""
        asked = {
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": f"{self._address}/login",
        }
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    def _token(self, code: str, verifier: str) -> str:
        """The token that a code is worth."""
        from authlib.oauth2.rfc6749.parameters import prepare_token_request  # noqa: PLC0415 - an extra

        settings = self._settings
        words = {"code": code, "code_verifier": verifier, "client_id": settings.client_id}
        secret = read_password(
            settings.client_secret_env, settings.client_secret_file, self._home, "统一身份认证"
        )
        headers = {}
        ways = self._described().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and "client_secret_basic" not in ways and "client_secret_post" in ways:
            words["client_secret"] = secret
        elif secret:
            pair = f"{quote(settings.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        body = prepare_token_request("authorization_code", redirect_uri=f"{self._address}{RETURN}", **words)
        answer = self._ask(self._endpoint("token_endpoint"), body=body, headers=headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            error = answer.get("error")
            told = f"({error[:60]})" if isinstance(error, str) and error.isprintable() else ""
            _refuse(f"没有承认这次登录{told}:请重新登录")
        return token

    def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        """What a token says, if it is the provider's, for us, of now, and of this departure."""
        from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - an extra
        from joserfc import jwt  # noqa: PLC0415
        from joserfc.errors import InvalidKeyIdError, JoseError  # noqa: PLC0415

        settings = self._settings
        try:
            try:
                told = jwt.decode(token, self._key_set(), algorithms=_ALGORITHMS)
            except InvalidKeyIdError:
                # It may have changed its keys meanwhile.
                told = jwt.decode(token, self._key_set(is_new=True), algorithms=_ALGORITHMS)
            wanted = {
                "iss": {"essential": True, "value": settings.issuer},
                "aud": {"essential": True, "value": settings.client_id},
            }
            claims = CodeIDToken(
                told.claims, told.header, wanted, {"nonce": nonce, "client_id": settings.client_id}
            )
            claims.validate(now=int(self._seconds()), leeway=_LEEWAY)
        except (JoseError, ValueError) as error:
            told_why = getattr(error, "error", "") or type(error).__name__
            _refuse(f"登录的答复不可信({told_why})", error)
        return dict(claims)

    def _key_set(self, *, is_new: bool = False) -> "KeySet":
        from joserfc.errors import JoseError  # noqa: PLC0415 - an extra
        from joserfc.jwk import KeySet  # noqa: PLC0415

        with self._lock:
            age = monotonic() - self._keys_at
            if self._keys is not None and age < (_ASKED_AGAIN if is_new else _KNOWN_FOR):
                return self._keys
        answer = self._ask(self._endpoint("jwks_uri"))
        try:
            keys = KeySet.import_key_set(answer)  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, KeyError) as error:
            _refuse("公布的密钥不能使用:请系统管理员核对统一身份认证", error)
        with self._lock:
            self._keys, self._keys_at = keys, monotonic()
        return keys

    def _endpoint(self, name: str) -> str:
        address = self._described().get(name)
        if not isinstance(address, str) or not is_safe(address):
            _refuse(f"没有公布可用的地址({name}):请系统管理员核对 desk.oidc.issuer")
        return address

    def _described(self) -> dict[str, Any]:
        """What the provider says of itself."""
        with self._lock:
            if self._facts is not None and monotonic() - self._facts_at < _KNOWN_FOR:
                return self._facts
            if self._failure and monotonic() - self._failed_at < _AWAY_FOR:
                raise ProviderError(self._failure)
        try:
            facts = self._ask(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        except ProviderError as error:
            with self._lock:
                self._failure, self._failed_at = str(error), monotonic()
            raise
        if facts.get("issuer") != self._settings.issuer:
            _refuse("自称的地址不是 desk.oidc.issuer 所写的:请系统管理员核对")
        with self._lock:
            self._facts, self._facts_at = facts, monotonic()
        return facts

    def _ask(
        self, address: str, *, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The JSON object that an address answers with."""
        data = body.encode() if body is not None else None
        asked = Request(address, data=data, headers={"Accept": "application/json", **(headers or {})})  # noqa: S310 - see `is_safe`
        try:
            with self._opener().open(asked, timeout=self._settings.timeout_seconds) as answer:
                content = answer.read(_LARGEST + 1)
        except HTTPError as error:
            if data is None or error.code >= 500:  # noqa: PLR2004 - its own failures
                _refuse(f"暂时不能登录({error.code}):请稍后再试,仍不行的请告知系统管理员", error)
            content = error.read(_LARGEST + 1)
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            why = reason_of(reason) if isinstance(reason, OSError) else str(reason)
            _refuse(f"没有答复({why}):请稍后再试,仍不行的请告知系统管理员", error)
        try:
            told = json.loads(content) if len(content) <= _LARGEST else None
        except ValueError:
            told = None
        if not isinstance(told, dict):
            _refuse("的答复看不懂:请系统管理员核对 desk.oidc.issuer")
        return told

    def _opener(self) -> OpenerDirector:
        try:
            path = self._home / self._settings.ca_file if self._settings.ca_file else None
            context = ssl.create_default_context(cafile=path)
        except OSError as error:
            _refuse(f"的根证书 {self._settings.ca_file} 无法使用({reason_of(error)})", error)
        return build_opener(HTTPSHandler(context=context), _NoRedirect())


class _NoRedirect(HTTPRedirectHandler):
    """What is sent there is for there alone."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _refuse(why: str, error: Exception | None = None) -> NoReturn:
    raise ProviderError(f"统一身份认证{why}") from error
