"""The audit rules as their SQL files describe them."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

import msgspec
from msgspec import Struct

from regaudit.base.errors import UsageError
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.sqlfile import SqlText, load_rule_texts

SEVERITIES = {"critical": "严重", "major": "重要", "minor": "一般", "info": "提示"}
"""Gravest first."""


ANY_SUBJECT = "any"
SUBJECTS = {
    "case": "办件",
    "account": "账号",
    "person": "自然人",
    "source": "数据源",
    ANY_SUBJECT: "办件、账号、自然人或数据源",
}
"""What a finding can be about; where a rule's may be any, the column `subject` of its rows says which."""

Role = Literal["act", "late", "overtaken", "closing", "reason", "roster", "context"]
ROLES: dict[Role, str] = {
    "act": "被禁止的行为本身",
    "late": "迟到的,或此后迟迟没有下文的",
    "overtaken": "被超越的",
    "closing": "办结",
    "reason": "加急与原因说明",
    "roster": "名册",
    "context": "背景",
}
"""What a row of a finding's evidence is to it; where a row is two things, the earlier one here counts."""

ROLE_COLUMNS = {role: f"{role}_positions" for role in ROLES}
"""The columns of a rule's SELECT, lists of positions, that say which rows are what; it has those it needs."""
_SHOWN: dict[Role, str] = {"closing": "closing", "reason": "reasons"}

FAMILIES: dict[str, str] = {
    "time": "时限",
    "order": "次序",
    "person": "人员与账号",
    "process": "流程",
    "late": "补录",
    "log": "日志",
}
"""The families of the rules, in the order in which they are offered."""


class Param(Struct, frozen=True, forbid_unknown_fields=True):
    """A parameter of a rule: its default and its meaning (Chinese)."""

    value: int
    about: str


class Rule(Struct, frozen=True, forbid_unknown_fields=True, rename={"name": "rule"}):
    """A rule's head.

    Attributes:
        off: it runs only under a profile whose `rules_on` names it.
        story: what `regaudit explain` shows beside the evidence.
        role: a warning tells of what may still be put right: the mail lists its findings apart.
        tells_altered: its findings tell of altered rows, of which the mail else tells the number.
        gap: of a lane's story, the parameter (rule.parameter) that says who came so close as not to count.
        evidence_role: what a row of `evidence` is that stands in none of `ROLE_COLUMNS`.
        answerable: whoever did its `act` rows answers for the finding (责任人).
        shows: what is told of a finding's case beside that: the row that closed it, its expedite and explain
            rows, in whose hands it lay when it came to be late.
        without_act: why its findings name no row as the forbidden act; empty where they do.
        nobody: why nobody answers for the act; empty where somebody does, or where there is none.
        ledger: whether its findings go on the ledger; unsaid: from minor up, of a rule that does not warn.
        family: what kind of matter it is about, one of `FAMILIES`: people choose among rules by it.
        lasting: a state that lasts: no row of it is an act by which the ledger knows a relapse.
        of_log: it asks how rows came into their log: of several logs it finds what it finds in each alone.
        part_of: rules whose finding of the same case is the same matter: whichever is found first opens the
            entry, the other is a note on it.
        zh_why, zh_not_this, zh_nobody: what `why`, `not_this`, and `without_act` or `nobody` say, in Chinese.
        unknown: why it may be unable to decide about a subject (Chinese); empty where it always can.
    """

    name: str
    version: int
    title: str
    severity: str
    subject: str
    basis: list[str]
    summary: str
    why: str
    not_this: str
    zh_why: str = ""
    zh_not_this: str = ""
    zh_nobody: str = ""
    unknown: str = ""
    off: bool = False
    per_case: bool = False
    per_key: list[str] = []
    key_of: dict[str, list[str] | str] = {}
    story: Literal["acts", "lane", "clock", "switches"] = "acts"
    role: Literal["violation", "warning"] = "violation"
    tells_altered: bool = False
    gap: str = ""
    evidence_role: Role = "context"
    answerable: bool = False
    shows: list[Literal["closing", "reasons", "holder"]] = []
    without_act: str = ""
    nobody: str = ""
    ledger: bool | None = None
    lasting: bool = False
    of_log: bool = False
    family: str = ""
    part_of: list[str] = []
    params: dict[str, Param] = {}

    @property
    def table(self) -> str:
        """The name of its SQL file and of its parameter table."""
        return self.name.replace("-", "_")


def rule_of(file: SqlText) -> Rule:
    """The rule in a findings SQL file.

    Raises:
        ValueError: its head is incomplete or unknown words stand in it, or its name differs from the file's.
    """
    rule = msgspec.convert(file.head, Rule)
    if rule.table != file.name or rule.severity not in SEVERITIES or rule.subject not in SUBJECTS:
        raise ValueError(f"{file.table}: rule name, severity or subject is wrong")
    return rule


def load_rules(files: Sequence[SqlText] | None = None) -> dict[str, Rule]:
    """All rules by name: those shipped, or those of some files."""
    return dict(_shipped()) if files is None else _rules(files)


def rule_named(text: str) -> Rule:
    """A rule by its name or its Chinese title.

    Raises:
        UsageError: there is none; those that look like it are named.
    """
    rules = {**{rule.title: rule for rule in load_rules().values()}, **load_rules()}
    if found := rules.get(text.strip()):
        return found
    alike = [name for name in rules if text and text in name]
    alike = alike or get_close_matches(text, rules, n=3, cutoff=0.5)
    told = "、".join(dict.fromkeys(f"{rules[name].title}({rules[name].name})" for name in alike))
    hint = f",是不是 {told}?" if told else ";"
    raise UsageError(f"没有规则 {text}{hint}全部规则见 regaudit rules")


@cache
def _shipped() -> dict[str, Rule]:
    return _rules(load_rule_texts())


def _rules(files: Sequence[SqlText]) -> dict[str, Rule]:
    found = (rule_of(file) for file in files if file.layer == "findings")
    return {rule.name: rule for rule in sorted(found, key=lambda rule: rule.name)}


def roles_of(rule: Rule, file: SqlText) -> list[Role]:
    """What rows can be to a rule's findings: by its SELECT, its head, and what its head shows of the case."""
    named: set[Role] = {rule.evidence_role}
    named |= {role for role, column in ROLE_COLUMNS.items() if re.search(rf"\b{column}\b", file.select)}
    named |= {role for role in ROLES if _SHOWN.get(role) in rule.shows}
    return [role for role in ROLES if role in named]


def goes_on_ledger(rule: Rule, profile: Profile) -> bool:
    """Whether a rule's findings open entries of the ledger under a profile."""
    if rule.name in profile.ledger.rules_off:
        return False
    if rule.name in profile.ledger.rules_on:
        return True
    plain = rule.role == "violation" and rule.severity != "info"
    return plain if rule.ledger is None else rule.ledger


@cache
def warning_rules() -> frozenset[str]:
    """The names of the rules that warn."""
    return frozenset(name for name, rule in load_rules().items() if rule.role == "warning")


def parameters(rule: Rule, profile: Profile) -> dict[str, int]:
    """A rule's parameters under a profile.

    Raises:
        UsageError: the profile sets a parameter that the rule has not.
    """
    given: dict[str, Any] = profile.params.get(rule.name, {})
    if unknown := sorted(set(given) - set(rule.params)):
        raise UsageError(f"规程为规则 {rule.name} 设了不存在的参数:{'、'.join(unknown)}")
    return {name: param.value for name, param in rule.params.items()} | given


def is_on(rule: Rule, profile: Profile) -> bool:
    """Whether a rule runs under a profile."""
    return rule.name in profile.rules_on if rule.off else rule.name not in profile.rules_off


def rules_of(profile: Profile, rules: dict[str, Rule]) -> dict[str, Rule]:
    """Those of the rules that run under a profile."""
    return {name: rule for name, rule in rules.items() if is_on(rule, profile)}


def check_profile(profile: Profile, rules: dict[str, Rule]) -> None:
    """Raise when a profile names rules that do not exist."""
    ledger = profile.ledger
    named = {*profile.params, *profile.rules_off, *profile.rules_on, *ledger.rules_on, *ledger.rules_off}
    named |= {*profile.zero}
    if unknown := sorted(named - set(rules)):
        raise UsageError(f"规程提到了不存在的规则:{'、'.join(unknown)}")
