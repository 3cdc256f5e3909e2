"""The rules as a page, and as the READMEs' table, from the heads of their SQL files."""

from docs_base import Tongue

from regaudit.catalogue.profiles import load_profile, profile_names
from regaudit.catalogue.rules import (
    ROLES,
    SEVERITIES,
    SUBJECTS,
    Role,
    Rule,
    is_on,
    load_rules,
    roles_of,
    rule_of,
)
from regaudit.catalogue.sqlfile import load_rule_texts

_SUBJECTS = {
    "case": "a case",
    "account": "an account",
    "person": "a natural person",
    "source": "a source",
    "any": "a case, an account, a person or a source",
}


def rules_page(tongue: Tongue) -> str:
    """The page of rules, from the heads of `projections/findings/*.sql`."""
    rules = load_rules().values()
    roles = {rule.name: roles_of(rule, text) for text in load_rule_texts() for rule in [rule_of(text)]}
    profiles = {name: load_profile(name) for name in profile_names()}
    overview = tongue.table(
        tongue.say("rule|名称|severity|subject", "规则|名称|级别|对象").split("|"),
        [
            [f"[{r.name}](#{_anchor(r, tongue)})", r.title, _severity(r, tongue), _subject(r, tongue)]
            for r in rules
        ],
    )
    named = tongue.listed(f"`{role}` {title}" for role, title in ROLES.items())
    text = [
        tongue.say("# Rules", "# 规则"),
        tongue.words("rules", "intro"),
        tongue.words("rules", "evidence", roles=named),
        overview,
        *(
            _section(
                r, roles[r.name], [name for name, place in profiles.items() if not is_on(r, place)], tongue
            )
            for r in rules
        ),
    ]
    return tongue.page(text, "the heads of projections/findings/*.sql")


def _section(rule: Rule, roles: list[Role], off: list[str], tongue: Tongue) -> str:
    say = tongue.say
    unanswered = say(rule.without_act or rule.nobody, rule.zh_nobody)
    rules_on = say("every profile whose `rules_on` does not name it", "所有规程,除非其 `rules_on` 写明启用")
    facts = [
        [say("title", "名称"), rule.title],
        [say("severity", "级别"), _severity(rule, tongue)],
        [say("subject", "对象"), _subject(rule, tongue)],
        [say("basis", "依据"), "、".join(rule.basis)],
        [say("summary", "说法"), f"`{rule.summary}`"],
        [say("version", "版本"), str(rule.version)],
        [say("source", "来源"), f"[`{rule.table}.sql`]({tongue.root}/projections/findings/{rule.table}.sql)"],
        [say("cannot tell when", "无法判断"), rule.unknown or "—"],
        [say("evidence", "证据"), tongue.listed(f"`{role}`" for role in roles)],
        [
            say("answerable 责任人", "责任人"),
            say("who did the `act`", "做出 `act` 的人")
            if rule.answerable
            else say(f"nobody: {unanswered}", f"没有:{unanswered}"),
        ],
        [
            say("switched off in", "停用于"),
            rules_on if rule.off else tongue.listed(off) or say("no shipped profile", "没有规程停用它"),
        ],
    ]
    parts = [
        say(f"## {rule.name}", f"## {rule.name} {rule.title}"),
        say(rule.why, rule.zh_why),
        say(f"**Not this:** {rule.not_this}", f"**不算**:{rule.zh_not_this}"),
        tongue.table(["", ""], facts),
    ]
    if rule.params:
        rows = [[f"`{name}`", str(p.value), p.about] for name, p in rule.params.items()]
        parts.append(tongue.table(say("parameter|default|meaning", "参数|缺省|含义").split("|"), rows))
    else:
        parts.append(say("No parameters.", "没有参数。"))
    return "\n\n".join(parts)


def _severity(rule: Rule, tongue: Tongue) -> str:
    title = SEVERITIES[rule.severity]
    return tongue.say(f"{rule.severity} {title}", f"{title} `{rule.severity}`")


def _subject(rule: Rule, tongue: Tongue) -> str:
    title = SUBJECTS[rule.subject]
    return tongue.say(f"{_SUBJECTS[rule.subject]} {title}", title)


def _anchor(rule: Rule, tongue: Tongue) -> str:
    return tongue.say(rule.name, f"{rule.name}-{rule.title}")


def rules_table(tongue: Tongue) -> str:
    """A README's table of rules."""
    rows = [
        [
            f"[`{r.name}`]({tongue.say('docs', 'docs/zh')}/rules.md#{_anchor(r, tongue)})",
            r.title,
            tongue.say(r.severity, SEVERITIES[r.severity]),
            "、".join(r.basis),
        ]
        for r in load_rules().values()
    ]
    return tongue.table(tongue.say("rule|名称|severity|basis", "规则|名称|级别|依据").split("|"), rows)
