"""Where a request comes from, and what a trusted proxy says of it."""

from ipaddress import ip_address, ip_network

from msgspec import Struct
from starlette.requests import Request

from regaudit.base.desk_settings import DeskSettings
from regaudit.base.errors import RegauditError


class Peer(Struct, frozen=True, kw_only=True):
    """Who speaks to us.

    Attributes:
        address: of the browser, as far as it is known.
        is_encrypted: whether the browser's connection is.
        login: whom a trusted proxy says it is; empty: it says nothing.
    """

    address: str
    is_encrypted: bool
    login: str = ""


class RefusedPeerError(RegauditError):
    """A proxy's header that is not believed, and why (Chinese)."""


def peer_of(request: Request, settings: DeskSettings) -> Peer:
    """Where a request comes from.

    Raises:
        RefusedPeerError: it names a user though it may not, or names two.
    """
    address = request.client.host if request.client else ""
    is_trusted = is_trusted_peer(address, settings)
    login = ""
    if settings.proxy_header:
        told = request.headers.getlist(settings.proxy_header)
        if told and not is_trusted:
            raise RefusedPeerError(f"请求头 {settings.proxy_header} 只接受自 desk.trusted_peers 所列的代理")
        if len(told) > 1 or any("," in value for value in told):
            raise RefusedPeerError(f"请求头 {settings.proxy_header} 出现了不止一次")
        login = told[0].strip() if told else ""
    if not is_trusted:
        return Peer(address=address, is_encrypted=request.url.scheme == "https")
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    # What stands before the last was said by the browser itself.
    last = forwarded.rpartition(",")[2].strip()
    scheme = request.headers.getlist("x-forwarded-proto")
    return Peer(
        address=last if _is_address(last) else address, is_encrypted=scheme[-1:] == ["https"], login=login
    )


def is_trusted_peer(address: str, settings: DeskSettings) -> bool:
    """Whether an address is that of a proxy that is believed."""
    if not _is_address(address):
        return False
    return any(ip_address(address) in ip_network(peer, strict=False) for peer in settings.trusted_peers)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
