"""The lake: what workspaces add, and what a province finds in it."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.base.errors import UsageError
from regaudit.base.modes import for_others
from regaudit.base.settings import Settings
from regaudit.base.typed_times import parse_as_of
from regaudit.cli.help import Menu
from regaudit.cli.options import as_of_option, file_type, home_option, json_option
from regaudit.cli.screen import print_json, print_table, progress_bar, say
from regaudit.lake.add import Added, add_log
from regaudit.lake.builds import DuckEngine, Engine
from regaudit.lake.check import CheckedLake, check_lake
from regaudit.lake.layout import Lake
from regaudit.operation.open import local_now, open_workspace

_INCOMPLETE = 3
_STATES = {
    "ok": "已核对",
    "broken": "损坏",
    "forged": "签名不成立",
    "shortened": "变短",
    "replaced": "被替换",
    "missing": "不在",
    "joint": "合并判断",
}


@click.group(cls=Menu)
def lake() -> None:
    """湖:add 把本工作区的日志送入,check 对湖中各日志核对、检查并汇总。"""


@lake.command()
@click.argument("place", metavar="湖")
@click.option("--whole", is_flag=True, help="重新送去全部事件,合为一个文件:用于修补,或文件太多时")
@home_option
@json_option
def add(place: str, home: Path, *, whole: bool, as_json: bool) -> None:
    """把日志中湖还没有的事件、检查点与最近一次运行的设置送入湖(文件夹或 s3:// 等地址)。"""
    with (
        progress_bar() as progress,
        open_workspace(home, "lake add", progress=progress) as workspace,
        for_others(),
    ):
        added = add_log(workspace, Lake(place), whole=whole)
    print_json(added) if as_json else print_added(added, place)


def print_added(added: Added, place: str) -> None:
    """What an addition did."""
    leaves = f"(其中 {added.leaves} 条只送散列)" if added.leaves else ""
    what = f"送入 {added.added} 条事件{leaves}" if added.added else "没有新的事件"
    say(escape(f"{what};湖 {place} 中的日志 {added.log_id}:原有 {added.before} 条,现有 {added.events} 条"))
    if added.mended:
        say(escape(f"提示:湖中缺失或被截断的文件已重新送去:{'、'.join(added.mended)}"))


@lake.command()
@click.argument("place", metavar="湖")
@click.option("-o", "--output", "out", type=file_type, required=True, help="写入的文件夹")
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "spark"]),
    default="duckdb",
    show_default=True,
    help="由什么计算:本机的 DuckDB,或 Spark",
)
@click.option("--master", default="local[*]", show_default=True, help="Spark 的地址;local[*] 为本机全部核")
@click.option("--memory", default="", metavar="大小", help="Spark 在本机的内存,如 4g;默认为 Spark 自己的 1g")
@click.option("--forget", multiple=True, metavar="日志", help="不再有的日志:不再报其不在,可重复")
@as_of_option
@json_option
def check(
    place: str,
    out: Path,
    *,
    engine: str,
    master: str,
    memory: str,
    forget: tuple[str, ...],
    as_of: str | None,
    as_json: bool,
) -> None:
    """核对湖中各日志,按各自的设置检查,写出全省的分析数据库 province.duckdb 和各表的 Parquet。"""
    up_to = parse_as_of(as_of, local_now(Settings().zone))
    with progress_bar() as progress, for_others():
        checked = check_lake(
            Lake(place),
            out,
            _engine(engine, master, memory),
            as_of=up_to,
            progress=progress,
            forget=forget,
        )
    print_json(check_facts(checked)) if as_json else print_check(checked)
    raise SystemExit(1 if checked.errors else _INCOMPLETE if checked.left_out else 0)


def _engine(name: str, master: str, memory: str) -> Engine:
    """The engine of that name; Spark is loaded by who asks for it alone."""
    if name == "duckdb":
        return DuckEngine()
    try:
        from regaudit.lake.spark_engine import SparkEngine  # noqa: PLC0415
        from regaudit.spark.session import open_session  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UsageError(f"--engine spark 须先安装 pip install 'regaudit[spark]'(缺 {error.name})") from error
    return SparkEngine(open_session(master, memory=memory))


def check_facts(result: CheckedLake) -> dict[str, Any]:
    """A check of a lake for programs."""
    return {
        "logs": result.logs,
        "notices": result.notices,
        "errors": result.errors,
        "published": str(result.published),
    }


def print_check(result: CheckedLake) -> None:
    """The logs of a lake, and what was wrong."""
    print_table(
        f"湖中日志 {sum(log.state != 'joint' for log in result.logs)} 个,未能检查 {len(result.left_out)} 个",
        ("日志", "状态", "事件", "登记机构", "规程", "合并"),
        [
            (log.log_id, _STATES[log.state], log.events, "、".join(log.offices), log.profile, log.joint)
            for log in result.logs
        ],
        whole=("日志",),
    )
    for log in result.left_out:
        say(f"[bold red]未检查[/]:{escape(log.log_id)}:{escape(log.told)}")
    if result.left_out:
        say("修补:在其工作区重新运行 regaudit lake add;内容被改动的加 --whole,并查明谁能写入湖")
    for text in result.errors:
        say(f"[bold red]出错[/]:{escape(text)}")
    for text in result.notices:
        say(f"提示:{escape(text)}")
    say(f"全省数据库:{escape(str(result.published))}")
