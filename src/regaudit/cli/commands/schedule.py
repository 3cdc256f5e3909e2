"""Every night at its hour."""

from pathlib import Path

import click
from rich.markup import escape

from regaudit.base.settings import load_settings
from regaudit.cli.options import (
    home_option,
)
from regaudit.cli.screen import say
from regaudit.operation.schedule import run_schedule


@click.command()
@home_option
def schedule(home: Path) -> None:
    """常驻运行:每天到点执行夜间作业,错过一晚则补一晚。"""
    settings = load_settings(home)
    run_schedule(home, settings, say=lambda line: say(escape(line)))
