"""Make a workspace."""

from pathlib import Path

import click

from regaudit.base.settings import Store
from regaudit.catalogue.profiles import load_profile
from regaudit.cli.options import file_type, store_options
from regaudit.cli.screen import say
from regaudit.eventlog.tree.merkle import HASHES
from regaudit.operation.make import make_workspace


@click.command()
@click.argument("folder", metavar="[文件夹]", type=file_type, default=".")
@click.option("--profile", default="default", help="规程名,见 regaudit profiles")
@click.option("--origin", default="", help="检查点中的登记中心名称,不含空白和加号;默认由公钥得出")
@click.option(
    "--hash", "hash_name", type=click.Choice(HASHES), default=HASHES[0], help="散列树所用的散列函数"
)
@click.option(
    "--store", "url", default="", metavar="地址", help="日志存于 PostgreSQL:postgresql://用户@主机/数据库"
)
@store_options
def init(folder: Path, profile: str, origin: str, hash_name: str, store: Store) -> None:
    """建立工作区:写入带注释的 regaudit.toml、空的事件日志和签名密钥。"""
    load_profile(profile)
    make_workspace(folder, profile, origin=origin, hash_name=hash_name, store=store)
    say(
        f"工作区已建立:{folder.resolve()}\n请按需修改 {folder / 'regaudit.toml'},然后运行 regaudit nightly\n"
        f"请把 {folder / 'keys' / 'log.pub'} 中的公钥交给审计人另行保存,以便日后核对日志"
    )
