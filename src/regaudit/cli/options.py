"""Options that several commands have."""

from pathlib import Path

import rich_click as click

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path),
    envvar="REGAUDIT_HOME",
    default=".",
    help="工作区文件夹(默认为当前文件夹)",
)
json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON")
