"""What analysts carry away of the published database."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.errors import RegauditError, reason_of
from regaudit.cli.options import file_type, home_option, json_option
from regaudit.cli.screen import complain, print_json, progress_bar, say
from regaudit.outlets.database import published_path
from regaudit.outlets.export import Exported, check_target, chinese_headers, facts_of, write_export
from regaudit.outlets.selection import selected_by, selected_table


@click.command()
@click.argument("table", metavar="[表]", required=False)
@click.option("--sql", "query", type=file_type, help="改为导出这个文件中的一条 SELECT 的结果(UTF-8)")
@click.option(
    "-o", "--output", "path", type=file_type, required=True, help="写入的文件:.xlsx、.csv 或 .parquet"
)
@click.option(
    "--chinese-header",
    "is_chinese",
    is_flag=True,
    help="第一行用中文栏名,不用数据库的列名;用 --sql 时,中文栏名写在查询的 AS 之后",
)
@click.option("--force", "may_replace", is_flag=True, help="覆盖已有的文件")
@click.option("--database", type=file_type, help="分析数据库文件,默认为工作区的 regaudit.duckdb")
@home_option
@json_option
def export(
    table: str | None,
    query: Path | None,
    path: Path,
    database: Path | None,
    home: Path,
    *,
    is_chinese: bool,
    may_replace: bool,
    as_json: bool,
) -> None:
    """把分析数据库的一张表或一条查询的结果导出为 Excel、CSV 或 Parquet。只读,不影响夜间作业。"""
    if (table is None) == (query is None):
        raise click.UsageError("请写一张表的名字,或用 --sql 指定查询文件,二者取一")
    if query is not None and is_chinese:
        raise click.UsageError('--chinese-header 只用于表:查询的栏名请写在 AS 之后,如 AS "办件数"')
    check_target(path, may_replace=may_replace)
    where = database or published_path(home)
    chosen = (
        selected_table(where, table or "")
        if query is None
        else selected_by(where, _query_text(query), f"{query}")
    )
    with progress_bar() as progress, chosen as selected:
        headers = chinese_headers(selected) if is_chinese else selected.names
        exported = write_export(selected, path, headers=headers, may_replace=may_replace, progress=progress)
    print_json(facts_of(exported)) if as_json else print_export(exported)


def _query_text(path: Path) -> str:
    """The text of a query file.

    Raises:
        RegauditError: it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RegauditError(f"查询文件 {path} 不是 UTF-8 文本:请另存为 UTF-8 后再试") from error
    except OSError as error:
        raise RegauditError(f"查询文件 {path} 不能读取:{reason_of(error)}") from error


def print_export(exported: Exported) -> None:
    """What was written, and what its reader must know."""
    say(escape(f"{exported.rows:,} 行、{exported.columns} 列已写入 {exported.path}"))
    for notice in exported.notices:
        complain(f"[bold yellow]提示[/]:{escape(notice)}")
