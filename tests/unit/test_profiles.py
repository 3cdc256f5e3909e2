"""Profiles: every entry is cited, what is inherited is, and a mistake is told with its line."""

from datetime import date
from pathlib import Path

import pytest

from regaudit.base.errors import UsageError
from regaudit.base.tomltext import line_of
from regaudit.catalogue.profiles import load_profile, profile_names
from regaudit.catalogue.rules import load_rules, rules_of

SHIPPED = {
    "default": {"statutory": 30},
    "ordos-2023": {"mortgage": 3, "general": 5, "statutory": 30},
    "guangdong-list-2023": {"enterprise": 1, "mortgage": 1, "general": 3, "statutory": 30},
    "yunfu-2023": {"mortgage": 1, "general": 3, "statutory": 30},
    "weihai-2018": {"mortgage": 7, "general": 15, "statutory": 30},
    "ningbo-2021": {"statutory": 30},
}
NOTICES = ("鄂尔多斯方案", "实施清单", "威海方案", "云浮方案", "宁波通知", "不动产登记暂行条例")
GOOD = """\
title = "本地"
extends = "default"
rules_off = []

# 抵押
[[limits]]
class = "a"
title = "甲"
days = 3
basis = "x"

[[limits]]
class = "b"
title = "乙"
days = 5
basis = "x"

[params.overdue]
statutory_days = 30
"""


def local(home: Path, text: str, name: str = "local") -> Path:
    (home / "profiles").mkdir(exist_ok=True)
    path = home / "profiles" / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_profiles_are_these() -> None:
    assert set(profile_names()) == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_entry_has_its_days_and_its_citation(name: str) -> None:
    profile = load_profile(name)
    assert {e.limit_class: e.days for e in profile.limits if e.of == "case"} == SHIPPED[name]
    assert all(entry.basis.startswith(NOTICES) for entry in profile.limits)
    assert all(limit.basis for limit in profile.pause_limits.values())
    assert profile.limits[-1].limit_class == "statutory"
    assert profile.pause_limits["site_visit"].days == 5


def test_what_a_profile_does_not_say_it_inherits(tmp_path: Path) -> None:
    local(
        tmp_path,
        'title = "甲"\nextends = "weihai-2018"\nends_at = "issue"\non_supplement = "restart"\n'
        'promise = "earlier"\ncombined = "first"\nrules_off = ["too-fast"]\n'
        "[params.off-hours]\ngrace_minutes = 5\n[params.overdue]\nstatutory_days = 20\n",
        "county",
    )
    local(
        tmp_path,
        'title = "乙"\nextends = "county"\npromise = "profile"\n[params.overdue]\nstatutory_days = 25\n'
        '[[limits]]\nclass = "own"\ntitle = "自定"\ndays = 0\noffices = ["150602"]\nbasis = "x"\n'
        "valid_from = 2026-01-01\n",
        "town",
    )
    profile = load_profile("town", tmp_path)
    assert (profile.ends_at, profile.on_supplement, profile.promise) == ("issue", "restart", "profile")
    assert (profile.combined, profile.rules_off) == ("first", ["too-fast"])
    assert profile.params == {"off-hours": {"grace_minutes": 5}, "overdue": {"statutory_days": 25}}
    assert [entry.limit_class for entry in profile.limits] == ["own", "mortgage", "general", "statutory"]
    assert (profile.limits[0].offices, profile.limits[0].valid_from) == (["150602"], date(2026, 1, 1))
    assert [entry.aim_days for entry in profile.limits] == [None, 5, 10, None]
    assert profile.fingerprint() != load_profile("county", tmp_path).fingerprint()


@pytest.mark.parametrize(
    ("right", "wrong", "line", "word"),
    [
        ("days = 5", 'days = "5"', 15, "int"),
        ("days = 5", "days = -1", 15, ">= 0"),
        ("days = 5", "dayz = 5", 15, "dayz"),
        ('title = "乙"\n', "", 12, "title"),
        ("days = 3", "days = 3\naim_days = 4", 6, "争取"),
        ("days = 3", "hours = 3", 6, "工作日"),
        ("days = 3", 'of = "precheck"\ndays = 3', 6, "小时"),
        ("days = 3", "days = 3\nvalid_from = 2026-02-01\nvalid_to = 2026-01-01", 6, "晚于"),
        ("days = 3", 'days = 3\nends_at = "gd"', 10, "gd"),
        ("rules_off = []", 'rules_off = ["fly"]', 3, "fly"),
        ("rules_off = []", 'rules_on = ["fly"]', 3, "fly"),
        ("rules_off = []", 'rules_on = ["overdue"]', 3, "overdue"),
        ("rules_off = []", 'promise = "both"', 3, "both"),
        ("rules_off = []", "pause_limits = {notice = 3}", 3, "object"),
        ('extends = "default"', 'extends = "nowhere"', 2, "nowhere"),
        ("[params.overdue]", "[params.late]", 18, "late"),
        ("statutory_days = 30", "days = 30", 19, "days"),
        ("statutory_days = 30", 'statutory_days = "30"', 19, "int"),
        ('title = "本地"\n', "", 1, "title"),
        ("days = 3", "days = = 3", 9, "第 9 行第"),
        ("days = 3", 'days = 3\nregistration_types = ["20"]', 10, "没有 20 这一项"),
        ("days = 3", 'days = 3\nregistration_types = ["转移登记"]', 10, "应写代码 200"),
        ("days = 3", 'days = 3\napplicant_kinds = ["company"]', 10, "没有 company 这一项"),
        ("days = 3", 'days = 3\nchannels = ["窗口"]', 10, "应写代码 window"),
        ("rules_off = []", 'lawful_pauses = ["suplement"]', 3, "没有 suplement 这一项"),
        ("rules_off = []", 'pause_limits = {"公告" = {days = 3, basis = "x"}}', 3, "应写代码 notice"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, right: str, wrong: str, line: int, word: str
) -> None:
    assert right in GOOD
    path = local(tmp_path, GOOD.replace(right, wrong, 1))
    with pytest.raises(UsageError) as told:
        load_profile("local", tmp_path)
    assert str(path) in str(told.value)
    assert word in str(told.value)
    assert f"第 {line} 行" in str(told.value)


def test_a_rule_that_is_off_by_default_runs_where_a_profile_names_it(tmp_path: Path) -> None:
    rules = load_rules()
    assert [rule.name for rule in rules.values() if rule.off] == ["review-book-same"]
    assert not any("review-book-same" in rules_of(load_profile(name), rules) for name in SHIPPED)
    local(tmp_path, 'title = "甲"\nextends = "default"\nrules_on = ["review-book-same"]\n', "county")
    local(tmp_path, 'title = "乙"\nextends = "county"\nrules_off = ["too-fast"]\n', "town")
    local(tmp_path, 'title = "丙"\nextends = "county"\nrules_on = []\n', "village")
    county, town, village = (load_profile(name, tmp_path) for name in ("county", "town", "village"))
    assert set(rules_of(county, rules)) == set(rules)
    assert set(rules_of(town, rules)) == set(rules) - {"too-fast"}
    assert set(rules_of(village, rules)) == set(rules) - {"review-book-same"}


def test_what_is_right_is_read(tmp_path: Path) -> None:
    local(tmp_path, GOOD)
    assert [entry.days for entry in load_profile("local", tmp_path).limits] == [3, 5, 30]


@pytest.mark.parametrize("name", ["nowhere", "../default", ""])
def test_a_profile_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="ordos-2023"):
        load_profile(name, tmp_path)


def test_profiles_that_extend_each_other(tmp_path: Path) -> None:
    local(tmp_path, 'title = "a"\nextends = "b"\n', "a")
    local(tmp_path, 'title = "b"\nextends = "a"\n', "b")
    with pytest.raises(UsageError, match="a → b → a"):
        load_profile("a", tmp_path)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("", 1),
        ("nowhere", 1),
        ("title", 1),
        ("limits[0]", 6),
        ("limits[0].days", 9),
        ("limits[1].nowhere", 12),
        ("limits[9].days", 1),
        ("params.overdue.statutory_days", 19),
    ],
)
def test_a_place_has_a_line(place: str, line: int) -> None:
    assert line_of(GOOD, place) == line
