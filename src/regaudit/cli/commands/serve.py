"""The desk: the ledger's pages."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.errors import RegauditError
from regaudit.base.parts import how_to_get
from regaudit.cli.options import home_option, system_user
from regaudit.cli.screen import complain, say

_LOCAL = ("127.0.0.1", "::1", "localhost")
_SHUTDOWN = 30
"""Seconds that requests have to end in."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="在哪个地址上服务")
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="端口")
@home_option
def serve(host: str, port: int, home: Path) -> None:
    """运行监管台:台账的网页,与夜间作业同时运行。Ctrl+C 结束。

    对外服务时,请由反向代理加上 TLS,并在 regaudit.toml 的 [desk] 中写明地址,见 docs/zh/desk.md。
    """
    try:
        import uvicorn  # noqa: PLC0415 - an extra

        from regaudit.operation.desk import make_desk  # noqa: PLC0415 - needs the extra, too
        from regaudit.outlets.desk.app import make_app  # noqa: PLC0415
    except ImportError as error:
        raise RegauditError(f"没有安装 {error.name},不能运行监管台:{how_to_get('desk')}") from error
    desk = make_desk(home, system_user=system_user(), hosts=[f"[{host}]" if ":" in host else host])
    if host not in _LOCAL and not desk.settings.desk.address.startswith("https://"):
        complain(
            "提示:监管台在本机以外的地址上服务,而口令和内容未加密:请由反向代理加上 TLS,"
            '并写明 [desk] address = "https://…"'
        )
    shown = f"[{host}]" if ":" in host else host
    say(f"监管台:{escape(desk.settings.desk.address or f'http://{shown}:{port}/')}(Ctrl+C 结束)")
    uvicorn.run(
        make_app(desk),
        host=host,
        port=port,
        # Whom a proxy speaks for is judged by our own settings.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=_SHUTDOWN,
        log_level="warning",
    )
