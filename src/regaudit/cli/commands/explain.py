"""The command that tells the story of a finding."""

from pathlib import Path

import rich_click as click

from regaudit.cli import show_story
from regaudit.cli.main import cli
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json
from regaudit.outlets.database import AnalystDatabase
from regaudit.outlets.story import explain as tell


@cli.command()
@click.argument("finding_id", metavar="FINDING_ID")
@home_option
@json_option
def explain(finding_id: str, home: Path, *, as_json: bool) -> None:
    """一个问题的来龙去脉:排队情形、经手人与终端、逐日时钟,每条都注明日志位置、文件与行。"""
    with AnalystDatabase(home) as database:
        facts = tell(home, database, finding_id)
    print_json(facts) if as_json else show_story.story(facts)
