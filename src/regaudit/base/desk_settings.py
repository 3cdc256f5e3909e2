"""How people get into the desk."""

from ipaddress import ip_network
from typing import Annotated

from msgspec import Meta, Struct

from regaudit.base.errors import RegauditError
from regaudit.base.oidc_settings import OidcSettings, check_oidc, oidc_facts

Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]


class DeskSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of the desk (监管台).

    Attributes:
        address: under which it is reached, such as `https://desk.example.cn`; its host is let through.
        hosts: further names by which it may be asked for.
        idle_minutes: without a page for that long a session ends.
        longest_minutes: after that long a session ends in any case.
        sessions_per_user: how many a user may have at once; a new one ends the oldest.
        lock_failures: after so many wrong passwords or codes the login is locked for `lock_minutes`.
        second_factor: whether posts and above need a code beside their password.
        proxy_header: the header in which a reverse proxy says who somebody is; empty: nobody does.
        trusted_peers: the addresses of proxies that are believed: that header, and whom they speak for.
        access_seconds: how long what was looked at waits before it is an event of the log.
        access_lines: how many lines wait at most.
        oidc: a provider that says who somebody is.
    """

    address: str = ""
    hosts: list[str] = []
    idle_minutes: Minutes = 15
    longest_minutes: Minutes = 480
    sessions_per_user: Annotated[int, Meta(ge=1, le=20)] = 1
    lock_failures: Annotated[int, Meta(ge=1, le=20)] = 5
    lock_minutes: Minutes = 15
    second_factor: bool = True
    proxy_header: str = ""
    trusted_peers: list[str] = []
    access_seconds: Annotated[int, Meta(ge=1, le=3600)] = 60
    access_lines: Annotated[int, Meta(ge=1, le=10_000)] = 500
    oidc: OidcSettings | None = None


def desk_facts(settings: DeskSettings) -> dict[str, str]:
    """What decides who gets in, by a name for people (Chinese)."""
    return {
        "第二因素(second_factor)": "质量监管岗以上必须" if settings.second_factor else "不要求",
        "无操作即结束(idle_minutes)": f"{settings.idle_minutes} 分钟",
        "最长(longest_minutes)": f"{settings.longest_minutes} 分钟",
        "同时登录(sessions_per_user)": f"{settings.sessions_per_user} 处",
        "输错几次即暂停(lock_failures)": f"{settings.lock_failures} 次,{settings.lock_minutes} 分钟",
        "登录门户的请求头(proxy_header)": settings.proxy_header,
        "信任的代理(trusted_peers)": "、".join(settings.trusted_peers),
        **(oidc_facts(settings.oidc) if settings.oidc else {}),
    }


def check_desk(settings: DeskSettings) -> None:
    """Raise when an address is none, or a proxy's header would be believed from nobody.

    Raises:
        RegauditError: which setting, and how it is written.
    """
    scheme, _, host = settings.address.partition("://")
    if settings.address and (scheme not in ("http", "https") or not host.strip("/")):
        raise RegauditError(f"desk.address = {settings.address!r} 应写作 https://desk.example.cn")
    for peer in settings.trusted_peers:
        try:
            ip_network(peer, strict=False)
        except ValueError as error:
            raise RegauditError(
                f"desk.trusted_peers 中的 {peer!r} 应为 IP 地址或网段,如 127.0.0.1 或 10.0.0.0/24"
            ) from error
    if settings.proxy_header and not settings.trusted_peers:
        raise RegauditError("写了 desk.proxy_header,还须用 desk.trusted_peers 写明只接受来自哪些地址的代理")
    if settings.oidc:
        check_oidc(settings.oidc, settings.address, settings.proxy_header)
