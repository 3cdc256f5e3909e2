"""The commands about profiles: which there are, and what one holds, with its citations."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from regaudit.catalogue.profiles import Limit, Profile, load_profile, profile_names
from regaudit.catalogue.vocabulary import value_titles
from regaudit.catalogue.zero_terms import rules_by_ban
from regaudit.cli.help import Menu
from regaudit.cli.options import home_option, json_option
from regaudit.cli.screen import print_json, print_table, say

_ENDINGS = {"book": "登簿", "certify": "缮证", "issue": "发证"}
_SUPPLEMENTS = {"pause": "停表,补正完成后接着计", "restart": "补正完成之日重新起算"}
_PROMISES = {"profile": "本规程的时限", "platform": "平台的承诺时间", "earlier": "规程与平台中较早的"}
_COMBINED = {"longer": "取较长的时限", "first": "取受理行的时限"}
_DISPATCH = {"pool": "公共队列", "assigned": "受理时即派到人"}


@click.group(cls=Menu, invoke_without_command=True)
@home_option
@json_option
@click.pass_context
def profiles(context: click.Context, home: Path, *, as_json: bool) -> None:
    """有哪些规程,各类业务的时限与依据为何;show 看一个规程的全部内容。"""
    if context.invoked_subcommand is not None:
        return
    known = {name: load_profile(name, home) for name in profile_names(home)}
    if as_json:
        print_json([{"profile": name, "content": profile} for name, profile in known.items()])
        return
    for name, profile in known.items():
        _limits(f"{name}:{profile.title}", profile.limits)


@profiles.command()
@click.argument("name", metavar="规程名")
@home_option
@json_option
def show(name: str, home: Path, *, as_json: bool) -> None:
    """一个规程的全部内容,含所继承的:时限、暂停、参数,逐项注明依据。"""
    profile = load_profile(name, home)
    if as_json:
        print_json({"profile": name, "sha256": profile.fingerprint(), "content": profile})
        return
    _limits(f"{name}:{profile.title}", profile.limits)
    if profile.about:
        say(escape(profile.about))
    for label, text in _settings(profile).items():
        say(f"{label}:{escape(text)}")


def _limits(title: str, limits: list[Limit]) -> None:
    print_table(
        escape(title),
        ("类别", "名称", "时限", "争取", "适用", "受理日期", "依据"),
        [
            (
                escape(limit.limit_class),
                escape(limit.title),
                _length(limit),
                "" if limit.aim_days is None else f"{limit.aim_days} 个工作日",
                escape(_matches(limit)),
                _period(limit),
                escape(limit.basis),
            )
            for limit in limits
        ],
    )


def _length(limit: Limit) -> str:
    if limit.of == "precheck":
        return f"{limit.hours} 小时"
    until = f",止于{_ENDINGS[limit.ends_at]}" if limit.ends_at else ""
    return ("当日" if limit.days == 0 else f"{limit.days} 个工作日") + until


def _period(limit: Limit) -> str:
    since, until = limit.valid_from, limit.valid_to
    return (f"{since} 起" if since else "") + (f" {until} 止" if until else "")


def _matches(limit: Limit) -> str:
    """The cases that an entry is for, in Chinese."""
    columns = ("registration_type", "right_type", "applicant_kind", "channel")
    lists: dict[str, list[str] | None] = {name: getattr(limit, f"{name}s") for name in columns}
    parts = [_named(name, values) for name, values in lists.items() if values is not None]
    if limit.offices is not None:
        parts.append(f"机构 {'、'.join(limit.offices)}")
    return ";".join(parts) or "全部"


def _named(column: str, values: list[str]) -> str:
    titles: dict[str, Any] = value_titles(column)
    return "、".join(str(titles.get(value, value)) for value in values)


def _settings(profile: Profile) -> dict[str, str]:
    """What else a profile says, in Chinese."""
    kinds = value_titles("pause_kind")
    params = [f"{rule}.{name}={value}" for rule, own in profile.params.items() for name, value in own.items()]
    pauses = [kinds.get(kind, kind) for kind in profile.lawful_pauses]
    longest = [
        f"{kinds.get(kind, kind)} {limit.days} 个工作日({limit.basis})"
        for kind, limit in profile.pause_limits.items()
    ]
    steps = value_titles("step")
    return {
        "办结止于": _ENDINGS[profile.ends_at],
        "补正": _SUPPLEMENTS[profile.on_supplement],
        "承诺": _PROMISES[profile.promise],
        "一号多业务": _COMBINED[profile.combined],
        "派件": _DISPATCH[profile.dispatch],
        "依法停表": "、".join(pauses) or "无",
        "暂停最长": "、".join(longest) or "不限",
        "可有的环节": "、".join(steps.get(name, name) for name in profile.steps) or "不限",
        "可有的节点": "、".join(profile.nodes) or "不限",
        "停用的规则": "、".join(profile.rules_off) or "无",
        "另行启用的规则": "、".join(profile.rules_on) or "无",
        "改动的参数": "、".join(params) or "无",
        "零报告所禁": ";".join(rules_by_ban(profile.zero)) or "未列",
    }
