"""How people get into the desk."""

from typing import Annotated

from msgspec import Meta, Struct

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
