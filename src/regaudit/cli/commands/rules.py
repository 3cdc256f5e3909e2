"""What is looked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from regaudit.base.settings import load_settings
from regaudit.catalogue.profiles import load_profile
from regaudit.catalogue.rules import SEVERITIES, SUBJECTS, is_on, load_rules, parameters
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, print_table


@click.command()
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
    print_json(facts) if as_json else print_rules(facts)


def print_rules(facts: Sequence[dict[str, Any]]) -> None:
    """The rules with basis and parameters."""
    print_table(
        "规则",
        ("规则", "名称", "级别", "对象", "依据", "参数"),
        [
            (
                f["rule"] + ("" if f["enabled"] else "(停用)"),
                f["title"],
                SEVERITIES[f["severity"]],
                SUBJECTS[f["subject"]],
                "、".join(f["basis"]),
                ", ".join(f"{name}={value}" for name, value in f["params"].items()),
            )
            for f in facts
        ],
        whole=("规则",),
    )
