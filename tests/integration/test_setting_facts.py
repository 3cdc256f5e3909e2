"""Which settings are told when they change: all that decide what is found, or who hears of it."""

from pathlib import Path

import pytest
from conftest import Desk

from regaudit.audit.inputs import make_inputs
from regaudit.audit.setting_facts import changes_between, setting_facts
from regaudit.base.settings import load_settings
from regaudit.catalogue.profiles import load_profile

QUERY = """
[[sources]]
name = "平台库"
query = "SELECT * FROM steps WHERE at > {since}"
[sources.database]
kind = "postgresql"
host = "db.example.org"
port = 5432
user = "reader"
password_env = "SECRET"
watermark = "at"
overlap_minutes = 1440
[mail.smtp]
host = "mail.example.org"
port = 25
[[mail.routes]]
office = "*"
to = ["post@example.org"]
"""


def facts(home: Path, text: str) -> dict[str, str]:
    Desk(home).configure(text)
    settings = load_settings(home)
    profile = load_profile("ordos-2023", home)
    return setting_facts(home, settings, make_inputs(home, settings, "ordos-2023", profile))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("port = 5432", "port = 5433", "数据源·平台库·database·port"),
        ('user = "reader"', 'user = "friend"', "数据源·平台库·database·user"),
        ("overlap_minutes = 1440", "overlap_minutes = 1", "数据源·平台库·database·overlap_minutes"),
        (
            "overlap_minutes = 1440",
            'overlap_minutes = 1440\noptions = { options = "-c search_path=other" }',
            "数据源·平台库·database·options·options",
        ),
        ("port = 25", "port = 2525", "邮件·服务器"),
        ("[mail.smtp]", '[lake]\npath = "/srv/lake"\n[mail.smtp]', "湖(lake)·路径(path)"),
        (
            "[[mail.routes]]",
            '[[mail.routes]]\noffice = "*"\nto = ["friend@example.org"]\n[[mail.routes]]',
            "邮件路由·*·收件人",
        ),
    ],
)
def test_what_decides_is_told(tmp_path: Path, old: str, new: str, what: str) -> None:
    before, after = facts(tmp_path, QUERY), facts(tmp_path, QUERY.replace(old, new, 1))
    assert [change.what for change in changes_between(before, after)] == [what]


def test_terms_of_the_ledger_are_told_in_words(tmp_path: Path) -> None:
    before = facts(tmp_path, "")
    place = 'title = "某地"\nextends = "ordos-2023"\n[ledger]\nrules_off = ["too-fast"]\n'
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "place.toml").write_text(
        f'{place}[ledger.limits]\nassign = {{ days = 2, basis = "某办法第三条" }}\n', encoding="utf-8"
    )
    settings = load_settings(tmp_path)
    profile = load_profile("place", tmp_path)
    inputs = make_inputs(tmp_path, settings, "place", profile)
    after = setting_facts(tmp_path, settings, inputs)
    told = {change.what: (change.old, change.new) for change in changes_between(before, after)}
    ledger = {what: values for what, values in told.items() if "ledger" in what}
    assert ledger == {
        "规程·台账(ledger)·不挂账的规则(rules_off)": ("", "too-fast"),
        "规程·台账(ledger)·时限(limits)·交办(assign)": (
            "3 个工作日,依据:惯例",
            "2 个工作日,依据:某办法第三条",
        ),
    }


def test_how_commands_of_the_ledger_are_taken_is_told(tmp_path: Path) -> None:
    before, after = facts(tmp_path, ""), facts(tmp_path, '[ledger]\ncommands = "password"\n')
    assert [(change.what, change.old, change.new) for change in changes_between(before, after)] == [
        (
            "台账办理(ledger)·命令行(commands)",
            "trusted 凭 --by 办理",
            "password 有口令的须给出口令",
        )
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [("SECRET", "OTHER"), ("overlap_minutes = 1440", "overlap_minutes = 1440\nbatch_rows = 5")],
)
def test_how_it_is_reached_is_not(tmp_path: Path, old: str, new: str) -> None:
    assert facts(tmp_path, QUERY) == facts(tmp_path, QUERY.replace(old, new, 1))
