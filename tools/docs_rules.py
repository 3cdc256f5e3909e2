"""The rules as a page, and as the READMEs' table, from the heads of their SQL files."""

import demo
from docs_base import page

from regaudit.catalogue.profiles import load_profile, profile_names
from regaudit.catalogue.rules import ROLES, SEVERITIES, Role, Rule, is_on, load_rules, roles_of, rule_of
from regaudit.catalogue.sqlfile import load_rule_texts

_SUBJECTS = {
    "case": "a case 办件",
    "account": "an account 账号",
    "person": "a natural person 自然人",
    "source": "a source 数据源",
    "any": "a case, a person or a source 办件、自然人或数据源",
}


def rules_page() -> str:
    """`docs/rules.md`, from the heads of `projections/findings/*.sql`."""
    rules = load_rules().values()
    roles = {rule.name: roles_of(rule, text) for text in load_rule_texts() for rule in [rule_of(text)]}
    profiles = {name: load_profile(name) for name in profile_names()}
    overview = demo.table(
        ["rule", "名称", "severity", "subject"],
        [
            [
                f"[{r.name}](#{r.name})",
                r.title,
                f"{r.severity} {SEVERITIES[r.severity]}",
                _SUBJECTS[r.subject],
            ]
            for r in rules
        ],
    )
    text = [
        "# Rules",
        (
            "Each rule is one SQL file in `projections/findings/`; its fixture in `tests/rules/` shows when "
            "it fires and when it does not. A rule looks at every subject it concerns and finds a violation, "
            "no violation, or that it cannot tell (an actor is not known): the last is counted, never "
            "reported as a finding; `regaudit findings --unknown` lists it. The severity below is the usual "
            "one; where a rule says so, a grave case is raised to critical. A profile may change parameters, "
            "switch rules off, and switch on those that are off by default."
        ),
        (
            "What the rows of a finding's evidence are to it stands in "
            "[`finding_evidence`](database.md#finding_evidence); whom it concerns in "
            "[`finding_persons`](database.md#finding_persons), where only who did the act of a rule whose "
            "meaning names him is answerable (责任人). The roles: "
            f"{', '.join(f'`{role}` {title}' for role, title in ROLES.items())}."
        ),
        overview,
        *(
            _rule_section(r, roles[r.name], [name for name, place in profiles.items() if not is_on(r, place)])
            for r in rules
        ),
    ]
    return page(text, "the heads of projections/findings/*.sql")


def _rule_section(rule: Rule, roles: list[Role], off: list[str]) -> str:
    facts = [
        ["title", rule.title],
        ["severity", _severity(rule)],
        ["subject", _SUBJECTS[rule.subject]],
        ["basis", "、".join(rule.basis)],
        ["summary", f"`{rule.summary}`"],
        ["version", str(rule.version)],
        ["source", f"[`{rule.table}.sql`](../projections/findings/{rule.table}.sql)"],
        ["cannot tell when", rule.unknown or "—"],
        ["evidence", ", ".join(f"`{role}`" for role in roles)],
        [
            "answerable 责任人",
            "who did the `act`" if rule.answerable else f"nobody: {rule.without_act or rule.nobody}",
        ],
        [
            "switched off in",
            "every profile whose `rules_on` does not name it"
            if rule.off
            else ", ".join(off) or "no shipped profile",
        ],
    ]
    parts = [f"## {rule.name}", rule.why, f"**Not this:** {rule.not_this}", demo.table(["", ""], facts)]
    if rule.params:
        rows = [[f"`{name}`", str(p.value), p.about] for name, p in rule.params.items()]
        parts.append(demo.table(["parameter", "default", "meaning"], rows))
    else:
        parts.append("No parameters.")
    return "\n\n".join(parts)


def _severity(rule: Rule) -> str:
    return f"{rule.severity} {SEVERITIES[rule.severity]}"


def rules_table() -> str:
    """The READMEs' table of rules."""
    rows = [
        [f"[`{r.name}`](docs/rules.md#{r.name})", r.title, r.severity, "、".join(r.basis)]
        for r in load_rules().values()
    ]
    return demo.table(["rule", "名称", "severity", "basis"], rows)
