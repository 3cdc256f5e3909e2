"""The commands about the working calendar."""

from pathlib import Path

import rich_click as click

from regaudit.base.folders import Folders
from regaudit.base.settings import Settings, load_settings
from regaudit.catalogue.calendar import import_notice
from regaudit.cli import show_calendar
from regaudit.cli.main import cli
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json


@cli.group()
def calendar() -> None:
    """工作日历:show 看一年的放假与调休,import 导入新一年的放假安排。"""


@calendar.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", help="通知的名称或文号;默认为“国务院办公厅关于…年部分节假日安排的通知”")
@click.option("--replace", is_flag=True, help="该年已有不同的安排时,以此文件为准")
@home_option
@json_option
def import_(file: Path, source: str | None, home: Path, *, replace: bool, as_json: bool) -> None:
    """导入一年的放假安排(CSV:date,kind,name),下一次运行即按它计算。"""
    load_settings(home)
    result = import_notice(home, file, source=source, replace=replace)
    print_json(result) if as_json else show_calendar.imported(result)


@calendar.command(name="show")
@click.argument("year", type=click.IntRange(min=1900, max=2999))
@click.option("--office", help="这个登记机构的日历,含其本地安排")
@home_option
@json_option
def show_(year: int, office: str | None, home: Path, *, as_json: bool) -> None:
    """一年的日历:放假、调休上班、本地安排,各月工作日数。"""
    is_workspace = Folders(home).settings.is_file()
    settings = load_settings(home) if is_workspace else Settings()
    facts = show_calendar.year_facts(year, office, settings, home if is_workspace else None)
    print_json(facts) if as_json else show_calendar.year(facts)
