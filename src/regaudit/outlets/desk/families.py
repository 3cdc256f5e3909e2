"""The families of the rules, as people choose among them; what people opened has none."""

FAMILIES: dict[str, str] = {
    "time": "时限",
    "order": "次序",
    "person": "人员与账号",
    "process": "流程",
    "late": "补录",
    "log": "日志",
}
"""Chinese names, in the order in which they are offered."""
_RULES: dict[str, tuple[str, ...]] = {
    "time": (
        *("overdue", "due-soon", "precheck-overdue", "unlawful-pause", "unexplained-timing"),
        *("too-fast", "off-hours"),
    ),
    "order": ("queue-jump", "passed-over", "unit-order", "expedite-unlawful", "expedite-overuse"),
    "person": (
        *("one-person", "accept-review-same", "review-book-same", "shared-account", "multiple-accounts"),
        *("inactive-account", "unregistered-account", "external-acceptance"),
    ),
    "process": ("missing-step", "out-of-order", "extra-step"),
    "late": ("late-entry",),
    "log": ("log-altered", "log-vanished", "export-missing"),
}
FAMILY_OF: dict[str, str] = {rule: family for family, rules in _RULES.items() for rule in rules}
"""The family of each rule."""


def rules_in(families: frozenset[str]) -> list[str]:
    """The rules of some families."""
    return [rule for rule, family in FAMILY_OF.items() if family in families]
