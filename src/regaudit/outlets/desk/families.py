"""The rules of a family, as people choose among them; what people opened has none."""

from regaudit.catalogue.rules import load_rules


def rules_in(families: frozenset[str]) -> list[str]:
    """The rules of some families."""
    return [rule.name for rule in load_rules().values() if rule.family in families]
