"""The profiles as a page, from their files."""

import tomllib
from collections.abc import Iterable

import compare_profiles
from docs_base import Tongue

from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.profiles import Limit, Profile, load_profile, profile_names
from regaudit.catalogue.rules import load_rules
from regaudit.catalogue.vocabulary import value_titles

_PROMISES = {
    "profile": ("the limits below", "下列时限"),
    "platform": (
        "the platform's own promised day, else the limits below",
        "平台所记的承诺时间,没有的为下列时限",
    ),
    "earlier": (
        "the earlier of the platform's promised day and the limits below",
        "平台所记的承诺时间与下列时限中较早的",
    ),
}
_COMBINED = {
    "longer": ("the longest limit", "取较长的时限"),
    "first": ("the limit of the acceptance row", "取受理行的时限"),
}
_SUPPLEMENT = {
    "pause": ("pauses the clock", "停表"),
    "restart": ("restarts the clock", "补正完成之日重新起算"),
}
_DISPATCH = {"pool": ("pool", "公共队列 `pool`"), "assigned": ("assigned", "受理时即派到人 `assigned`")}


def profiles_page(tongue: Tongue, comparison: compare_profiles.Comparison) -> str:
    """The page of profiles, from `projections/profiles/*.toml` and what each finds."""
    text = [
        tongue.say("# Profiles", "# 规程"),
        *(tongue.words("profiles", name) for name in ("intro", "limits", "clock", "steps", "reasons")),
        *(_section(name, tongue) for name in profile_names()),
        compare_profiles.section(tongue, comparison),
    ]
    return tongue.page(text, "projections/profiles/*.toml and a simulated registry")


def _section(name: str, tongue: Tongue) -> str:
    say = tongue.say
    profile = load_profile(name)
    own = tomllib.loads((projections_dir() / "profiles" / f"{name}.toml").read_text(encoding="utf-8"))
    params = [f"{rule}.{key} = {v}" for rule, given in profile.params.items() for key, v in given.items()]

    def listed(values: Iterable[str], blank: str = say("none", "无")) -> str:
        return tongue.listed(values) or blank

    facts = [
        [say("extends", "承接"), str(own.get("extends", say("nothing", "无")))],
        [say("dispatch", "派件"), say(*_DISPATCH[profile.dispatch])],
        [say("a case ends at", "办结于"), _titles("step", [profile.ends_at], tongue)],
        [say("a supplement", "补正"), say(*_SUPPLEMENT[profile.on_supplement])],
        [say("what binds", "以何为准"), say(*_PROMISES[profile.promise])],
        [say("businesses under one number", "一个业务号下几项业务"), say(*_COMBINED[profile.combined])],
        [
            say("pauses that stop the clock", "停表的暂停"),
            _titles("pause_kind", profile.lawful_pauses, tongue),
        ],
        [say("pauses last at most", "暂停至多"), _pause_limits(profile, tongue)],
        [
            say("steps listed", "所列环节"),
            _titles("step", profile.steps, tongue) or say("none: any step", "无:不限"),
        ],
        [say("nodes listed", "所列节点"), listed(profile.nodes, say("none: any node", "无:不限"))],
        [say("reasons that say nothing", "等于没写的原因"), listed(profile.filler_reasons)],
        [say("reasons though short", "虽短也算的原因"), listed(profile.reason_codes)],
        [
            say("grounds of the green channel", "绿色通道的事由"),
            listed(profile.expedite_grounds, say("none: not asked", "无:不检查")),
        ],
        [say("rules switched off", "停用的规则"), listed(_named(profile.rules_off, tongue))],
        [say("rules switched on", "另行启用的规则"), listed(_named(profile.rules_on, tongue))],
        [say("parameters changed", "改动的参数"), listed(params)],
        [
            say("a zero is contradicted by", "与零报告抵触的规则"),
            listed(_named(profile.zero, tongue), say("none: no zero can be signed", "无:不能签署零报告")),
        ],
    ]
    limits = [
        [e.limit_class, e.title, _length(e, tongue), _matches(e, tongue), _period(e, tongue), e.basis]
        for e in profile.limits
    ]
    head = say("class|名称|limit|cases|accepted|basis", "类别|名称|时限|适用|受理日期|依据").split("|")
    about = f"{profile.title}。{profile.about}"
    return "\n\n".join(
        [f"## {name}", say(about, about), tongue.table(["", ""], facts), tongue.table(head, limits)]
    )


def _length(limit: Limit, tongue: Tongue) -> str:
    if limit.of == "precheck":
        return tongue.say(f"{limit.hours} hours (precheck)", f"{limit.hours} 小时(预审)")
    ends_at = _titles("step", [limit.ends_at or ""], tongue)
    aim = "" if limit.aim_days is None else tongue.say(f", aim {limit.aim_days}", f",争取 {limit.aim_days}")
    until = tongue.say(f", until {ends_at}", f",至{ends_at}") if limit.ends_at else ""
    return tongue.say(f"{limit.days} working days", f"{limit.days} 个工作日") + aim + until


def _period(limit: Limit, tongue: Tongue) -> str:
    ends = (
        (tongue.say("from {}", "{} 起"), limit.valid_from),
        (tongue.say("to {}", "{} 止"), limit.valid_to),
    )
    return " ".join(words.format(day) for words, day in ends if day)


def _pause_limits(profile: Profile, tongue: Tongue) -> str:
    days = tongue.say("working days", "个工作日")
    told = [
        f"{_titles('pause_kind', [kind], tongue)} {limit.days} {days} ({limit.basis})"
        for kind, limit in profile.pause_limits.items()
    ]
    return tongue.say("; ", ";").join(told) or tongue.say("open", "不限")


def _matches(limit: Limit, tongue: Tongue) -> str:
    lists = (
        ("registration type", "登记类型", "registration_type", limit.registration_types),
        ("right type", "权利类型", "right_type", limit.right_types),
        ("applicant", "申请人", "applicant_kind", limit.applicant_kinds),
        ("channel", "渠道", "channel", limit.channels),
    )
    told = [
        f"{tongue.say(english, chinese)} {_titles(column, values, tongue)}"
        for english, chinese, column, values in lists
        if values
    ]
    if limit.offices:
        told.append(f"{tongue.say('office', '登记机构')} {tongue.listed(limit.offices)}")
    return tongue.say("; ", ";").join(told) or tongue.say("all", "全部")


def _titles(column: str, codes: Iterable[str], tongue: Tongue) -> str:
    """Codes of a column, in Chinese as people call them."""
    titles = value_titles(column) if tongue.is_chinese else {}
    return tongue.listed(titles.get(code, code) for code in codes)


def _named(rules: Iterable[str], tongue: Tongue) -> list[str]:
    return [tongue.say(name, f"{load_rules()[name].title} `{name}`") for name in rules]
