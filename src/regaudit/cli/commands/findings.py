"""The commands that list what was found, and what is looked for."""

from pathlib import Path

import rich_click as click

from regaudit.base.settings import load_settings
from regaudit.catalogue.profiles import load_profile
from regaudit.catalogue.rules import is_on, load_rules, parameters
from regaudit.cli import show
from regaudit.cli.main import cli
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json
from regaudit.outlets.database import AnalystDatabase


@cli.command()
@click.option("--rule", help="只列这条规则")
@click.option("--office", help="只列这个登记机构")
@click.option("--open", "only_open", is_flag=True, help="只列仍存在的问题")
@click.option("--unknown", "only_unknown", is_flag=True, help="改列规则无法判断的对象:既不算问题,也不算清白")
@home_option
@json_option
def findings(
    rule: str | None, office: str | None, home: Path, *, only_open: bool, only_unknown: bool, as_json: bool
) -> None:
    """列出问题,或规则无法判断的对象。"""
    show.check_rule(rule)
    if only_open and only_unknown:
        raise click.UsageError("--open 与 --unknown 只能用一个:无法判断的对象不是问题")
    with AnalystDatabase(home) as database:
        show.check_office(office, database.offices())
        if only_unknown:
            rows = database.unknowns(rule=rule, office=office)
            print_json(rows) if as_json else show.unknowns(rows)
        else:
            rows = database.findings(rule=rule, office=office, only_open=only_open)
            print_json(rows) if as_json else show.findings(rows)


@cli.command()
@home_option
@json_option
def rules(home: Path, *, as_json: bool) -> None:
    """检查哪些规则,依据与参数为何。"""
    profile = (
        load_profile(load_settings(home).profile, home)
        if (home / "regaudit.toml").is_file()
        else load_profile("default")
    )
    facts = [
        {
            "rule": rule.name,
            "version": rule.version,
            "title": rule.title,
            "severity": rule.severity,
            "subject": rule.subject,
            "basis": rule.basis,
            "params": parameters(rule, profile),
            "enabled": is_on(rule, profile),
        }
        for rule in load_rules().values()
    ]
    print_json(facts) if as_json else show.rules(facts)
