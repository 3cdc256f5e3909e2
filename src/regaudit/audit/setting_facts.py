"""What decides the findings, and who hears of them, as flat facts: to hold two nights side by side.

A fact is a name for people (Chinese) and a value as text. Lists whose entries have a name of their own are
told by it, so that an entry put in before others is one change and not many.
"""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from regaudit.audit.inputs import Inputs
from regaudit.base.desk_settings import desk_facts
from regaudit.base.ledger_settings import COMMANDS
from regaudit.base.settings import Settings, Smtp
from regaudit.catalogue.event_types import SettingChange
from regaudit.catalogue.ledger_terms import LIMITS, LedgerTerms
from regaudit.catalogue.profiles import Profile, profile_path
from regaudit.catalogue.rules import load_rules
from regaudit.sources.canonical.mapping import load_mapping

_SHOWN = 120
_SEPARATOR = "·"
# By which an entry of a list is told, the first that it has.
_NAMES = ("class", "on", "office", "name", "label", "path", "table", "title", "from")
# How a database is reached; which one it is, as whom it is asked, and from when on, decides what is found.
_REACH = {
    "password_env",
    "password_file",
    "batch_rows",
    "connect_timeout_seconds",
    "answer_timeout_seconds",
}
_PROFILE = {
    "title": "名称",
    "about": "说明",
    "extends": "沿用",
    "dispatch": "派件方式",
    "ends_at": "办结环节",
    "on_supplement": "补正后的期限",
    "promise": "承诺时间",
    "combined": "并案期限",
    "lawful_pauses": "合法的暂停",
    "pause_limits": "暂停时限",
    "steps": "环节",
    "nodes": "节点",
    "filler_reasons": "空话原因",
    "reason_codes": "原因代号",
    "expedite_grounds": "绿色通道事由",
    "rules_off": "停用的规则",
    "rules_on": "启用的规则",
    "limits": "时限",
    "params": "参数",
    "ledger": "台账",
    "inspection": "抽查",
    "zero": "零报告",
}
"""What each key of a profile is for, for people."""
_LEDGER = {
    "rules_on": "另行挂账的规则",
    "rules_off": "不挂账的规则",
    "history_days": "历史存量的界限(历日)",
    "late_days": "补录的界限(工作日)",
}
"""The same of its part on the ledger."""
ROUTE = "邮件路由"
"""What the facts of mail routes begin with."""


def setting_facts(home: Path, settings: Settings, inputs: Inputs) -> dict[str, str]:
    """Everything that decides, by its Chinese name.

    Raises:
        RegauditError: a source's mapping cannot be read.
    """
    facts = inputs.facts()
    title_of = {name: rule.title for name, rule in load_rules().items()}
    told: dict[str, Any] = {
        "规程": {"文件": inputs.profile_name, **_profile(inputs.profile)},
        "规则": {f"{title_of[rule]}({rule})": f"版本 {version}" for rule, version in facts.rules.items()},
        "规则参数": facts.params,
        "日历": {"版本": inputs.calendar, "自有(calendar)": _own(settings), **_days(inputs)},
        "本地日历": _builtins(settings.calendar.days),
        "办公时间": msgspec.to_builtins(settings.hours),
        "机构": _builtins(settings.offices),
        "数据源": [_source(source) for source in _builtins(settings.sources)],
        "映射": dict(_mappings(home, settings)),
        # Of two routes of an office the first is taken.
        ROUTE: {
            route.office: {"收件人": route.to, "岗位": route.name} for route in reversed(settings.mail.routes)
        },
        "邮件": {"发件人": settings.mail.sender, "服务器": _server(settings.mail.smtp)},
        "日志": {"数据库": settings.store.url, "模式": settings.store.schema if settings.store.url else ""},
        "台账办理(ledger)": {"命令行(commands)": COMMANDS[settings.ledger.commands]},
        "湖(lake)": {"路径(path)": settings.lake.path},
        "监管台(desk)": desk_facts(settings.desk),
        "时区": settings.zone,
        "程序": {"版本": facts.program, "SQL": facts.sql_sha256},
    }
    return {name: value for name, value in _flat("", told) if value}


def changes_between(old: Mapping[str, str], new: Mapping[str, str]) -> list[SettingChange]:
    """What is not as it was, in the order of the names."""
    return [
        SettingChange(what=what, old=_shown(old.get(what, "")), new=_shown(new.get(what, "")))
        for what in sorted(old.keys() | new.keys())
        if old.get(what, "") != new.get(what, "")
    ]


def shadowed_profile(home: Path, name: str) -> str:
    """That a profile of the workspace stands in for a shipped one of the same name (Chinese), or empty."""
    own, shipped = profile_path(name, home), profile_path(name)
    if shipped is None or own is None or own == shipped:
        return ""
    return f"工作区 profiles/{name}.toml 代替了同名的自带规程“{name}”:时限和规则以工作区的为准"


def recipients(facts: Mapping[str, str]) -> dict[str, list[str]]:
    """The addresses of each mail route, by its office, as facts have them."""
    prefix, suffix = f"{ROUTE}{_SEPARATOR}", f"{_SEPARATOR}收件人"
    return {
        name.removeprefix(prefix).removesuffix(suffix): value.split("、")
        for name, value in facts.items()
        if name.startswith(prefix) and name.endswith(suffix)
    }


def _profile(profile: Profile) -> dict[str, Any]:
    """A profile by what its keys are for, with their own names, which is how they are found."""
    values = msgspec.to_builtins(profile) | {"ledger": _ledger(profile.ledger)}
    return {f"{_PROFILE[key]}({key})": value for key, value in values.items()}


def _ledger(terms: LedgerTerms) -> dict[str, Any]:
    """The terms of the ledger: the limit of each step with its basis, and the rest."""
    limits = {
        f"{LIMITS[name]}({name})": f"{limit.days} 个工作日,依据:{limit.basis}"
        for name, limit in terms.limits.items()
    }
    rest = {f"{title}({key})": getattr(terms, key) for key, title in _LEDGER.items()}
    return {"时限(limits)": limits, **rest}


def _own(settings: Settings) -> str:
    """The file of an own calendar, and what it is for; empty where there is none."""
    file = settings.calendar.file
    return file and f"{file},{'代替国家日历' if settings.calendar.base == 'own' else '国家日历以前的日子'}"


def _days(inputs: Inputs) -> dict[str, str]:
    """The national calendar: its days that are no ordinary weekday or weekend."""
    marked = inputs.national.filter(inputs.national["kind"].is_in(["holiday", "makeup"]))
    return {
        f"{day:%Y-%m-%d}": f"{kind} {name or ''}".strip()
        for day, kind, name in marked.select("on_date", "kind", "name").iter_rows()
    }


def _mappings(home: Path, settings: Settings) -> Iterator[tuple[str, Any]]:
    for reference in sorted({source.mapping for source in settings.sources if source.mapping}):
        _, mapping = load_mapping(reference, home)
        yield reference, msgspec.to_builtins(mapping)


def _builtins(values: list[Any]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(value) for value in values]


def _server(smtp: Smtp) -> str:
    return f"{smtp.host}:{smtp.port}" if smtp.host and smtp.port else smtp.host


def _source(source: dict[str, Any]) -> dict[str, Any]:
    """A source without what it is only reached by; the server that is asked decides what is found."""
    database = source.get("database") or {}
    asked = {name: value for name, value in database.items() if name not in _REACH and value}
    return source | {"database": asked}


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}{_SEPARATOR}{key}" if name else str(key), inner)
    elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        yield from _entries(name, value)
    elif isinstance(value, list):
        yield name, "、".join(str(entry) for entry in value)
    elif value is not None and value is not False:
        yield name, "是" if value is True else str(value)


def _entries(name: str, entries: list[Any]) -> Iterator[tuple[str, str]]:
    """The entries of a list by their own names; of one name by their number as well."""
    seen: dict[str, int] = {}
    for entry in entries:
        own = (
            next((str(entry[key]) for key in _NAMES if entry.get(key)), "") if isinstance(entry, dict) else ""
        )
        seen[own] = seen.get(own, 0) + 1
        label = own if own and seen[own] == 1 else f"{own}#{seen[own]}"
        yield from _flat(f"{name}{_SEPARATOR}{label}", entry)


def _shown(value: str) -> str:
    """A value on one line; a long one by its beginning and a hash."""
    line = " ".join(value.split())
    if len(line) <= _SHOWN:
        return line
    return f"{line[:_SHOWN]}…(共 {len(value)} 字,SHA-256 {sha256(value.encode()).hexdigest()[:12]})"
