"""Who else may say who somebody is: a provider of OpenID Connect."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field

from regaudit.base.errors import RegauditError

Text = Annotated[str, Meta(min_length=1)]
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OidcSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A provider that users of the desk log in at (统一身份认证).

    Attributes:
        issuer: its address, under which it describes itself.
        client_id: what it knows the desk by.
        client_secret_env, client_secret_file: where the client's secret is, if it has one.
        claim: the claim of its tokens that is the login of a user here.
        scopes: what is asked for.
        second_factor: `ours`: a code is asked for here as after a password; `theirs`: the provider has asked.
        factor_values: of its `amr` or `acr`, what says that it asked for a second factor.
        passwords: whether local passwords let people in as well.
        ca_file: the certificates that vouch for it, where the system's do not.
        timeout_seconds: how long its answers may take.
    """

    issuer: Text
    client_id: Text
    client_secret_env: str = ""
    client_secret_file: str = ""
    claim: Text = "preferred_username"
    scopes: list[Text] = field(default_factory=lambda: ["openid", "profile"])
    second_factor: Literal["ours", "theirs"] = "ours"
    factor_values: list[Text] = field(default_factory=lambda: ["mfa"])
    passwords: bool = True
    ca_file: str = ""
    timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 10.0


def oidc_facts(settings: OidcSettings) -> dict[str, str]:
    """What decides whom it lets in, by a name for people (Chinese)."""
    factor = "由本系统核对" if settings.second_factor == "ours" else "、".join(settings.factor_values)
    return {
        "统一身份认证(oidc.issuer)": f"{settings.issuer},客户端 {settings.client_id}",
        "统一身份认证的登录名(oidc.claim)": settings.claim,
        "统一身份认证的第二因素(oidc.second_factor)": factor,
        "另可用本地口令(oidc.passwords)": "是" if settings.passwords else "否",
    }


def check_oidc(settings: OidcSettings, address: str, proxy_header: str) -> None:
    """Raise when it could not be used safely.

    Raises:
        RegauditError: which setting, and how it is written.
    """
    if not is_safe(settings.issuer):
        raise RegauditError(
            f"desk.oidc.issuer = {settings.issuer!r} 应写作 https://id.example.cn(http 只可用于本机)"
        )
    if not address:
        raise RegauditError("写了 [desk.oidc],还须写明 desk.address:登录后要从统一身份认证回到那里")
    if proxy_header:
        raise RegauditError("desk.proxy_header 与 [desk.oidc] 只能写一个:由谁认定登录的人")
    if "openid" not in settings.scopes:
        raise RegauditError('desk.oidc.scopes 中须有 "openid"')
    if settings.second_factor == "theirs" and not settings.factor_values:
        raise RegauditError('desk.oidc.second_factor = "theirs" 须有 factor_values:哪些 amr 或 acr 算数')


def is_safe(address: str) -> bool:
    """Whether what is sent to an address is encrypted, or does not leave this machine."""
    told = urlsplit(address)
    return bool(told.hostname) and (
        told.scheme == "https" or (told.scheme == "http" and told.hostname in _LOOPBACK)
    )
