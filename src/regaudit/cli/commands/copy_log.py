"""Move a log to another store."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.settings import Store, load_settings
from regaudit.cli.options import file_type, store_options
from regaudit.cli.screen import progress_bar, say
from regaudit.eventlog.copy import copy_log as run_copy
from regaudit.eventlog.copy import source_home
from regaudit.eventlog.lock import Lock, Writer, append_lock, hold
from regaudit.operation.make import store_section
from regaudit.operation.open import local_now


@click.command()
@click.argument("path", metavar="SQLite文件", type=file_type)
@click.argument("url", metavar="PostgreSQL地址")
@store_options
def copy_log(path: Path, store: Store) -> None:
    """把工作区的事件日志从 SQLite 原样复制到 PostgreSQL(postgresql://用户@主机/数据库),树与检查点不变。"""
    home = source_home(path)
    now = local_now(load_settings(home).zone)
    with (
        progress_bar() as progress,
        hold(home, "copy-log", now, Lock.RUN, Lock.IMPORT) as held,
        append_lock(home, Writer(command="copy-log", now=lambda: now, tell=progress, held=held)),
    ):
        copied = run_copy(home, store, progress, held)
    say(
        f"已复制 {copied.events:,} 条记录、{copied.checkpoints} 个检查点到 {escape(copied.place)}\n"
        f"树根:{copied.root.hex()}\n"
        f"请在 {escape(str(home / 'regaudit.toml'))} 中写入(替换原有的 \\[store]):"
        f"{escape(store_section(store))}"
        "然后运行 regaudit verify;无误后把 events.sqlite 移出工作区,作为备份保存"
    )
