"""What a mapping's rules and conditions make of rows."""

from collections.abc import Mapping as Dictionary

import polars as pl

from regaudit.sources.canonical.cells import matches
from regaudit.sources.canonical.layouts import Condition, RuleLayout

SOURCE = "__source."
"""Before the name of a table's column that stands beside canonical ones."""
_THEN = "__then."
_IS_DECIDED = "__is_decided."
_SKIPPED_BY = "__skipped_by"


def obey(rows: pl.DataFrame, rules: tuple[RuleLayout, ...]) -> tuple[pl.DataFrame, dict[str, int]]:
    """Apply the rules: for each column the first that matches and names it; rows to skip are left out.

    Args:
        rows: canonical columns, and those of the table that rules look at, named `SOURCE` and their name.
        rules: in order.

    Returns:
        The rows that are left, and by rule how many it left out.
    """
    if not rules:
        return rows, {}
    conditions = [condition for rule in rules for condition in rule.when]
    columns = (c.column or (c.source and f"{SOURCE}{c.source}") for c in conditions)
    tested = list(dict.fromkeys(filter(None, columns)))
    if not tested:
        return rows, {}
    # Rows by the thousand share a few combinations of event and node: each is decided once.
    decisions = _decide(rows.select(tested).unique(), rules)
    decided = rows.join(decisions, on=tested, how="left", nulls_equal=True, maintain_order="left")
    changes = [
        pl.when(f"{_IS_DECIDED}{name}").then(f"{_THEN}{name}").otherwise(name).alias(name)
        for name in _targets(rules)
    ]
    skipped = decided.filter(pl.col(_SKIPPED_BY).is_not_null())[_SKIPPED_BY].value_counts()
    left_out = {rules[number].told: count for number, count in skipped.sort(_SKIPPED_BY).iter_rows()}
    return decided.filter(pl.col(_SKIPPED_BY).is_null()).with_columns(changes), left_out


def _decide(combinations: pl.DataFrame, rules: tuple[RuleLayout, ...]) -> pl.DataFrame:
    """What the rules say of each combination: `_THEN` values, where `_IS_DECIDED`, and `_SKIPPED_BY`."""
    canonical = {name: pl.col(name) for name in combinations.columns}
    tests = [pl.all_horizontal(holds(c, canonical, SOURCE) for c in rule.when) for rule in rules]
    skipped = pl.lit(None, pl.Int64)
    for number, (test, rule) in reversed(list(enumerate(zip(tests, rules, strict=True)))):
        skipped = pl.when(test).then(number).otherwise(skipped) if rule.skip else skipped
    decisions = [skipped.alias(_SKIPPED_BY)]
    for name in _targets(rules):
        naming = [(t, r.then[name]) for t, r in zip(tests, rules, strict=True) if name in r.then]
        value = pl.lit(None, pl.String)
        for test, given in reversed(naming):
            value = pl.when(test).then(pl.lit(given.strip() or None, pl.String)).otherwise(value)
        decisions += [
            value.alias(f"{_THEN}{name}"),
            pl.any_horizontal(test for test, _ in naming).alias(f"{_IS_DECIDED}{name}"),
        ]
    return combinations.with_columns(decisions)


def _targets(rules: tuple[RuleLayout, ...]) -> list[str]:
    return list(dict.fromkeys(name for rule in rules for name in rule.then))


def holds(condition: Condition, canonical: Dictionary[str, pl.Expr], prefix: str) -> pl.Expr:
    """Whether a cell is as a condition wants it; a column that is missing is blank."""
    if condition.source:
        return matches(pl.col(f"{prefix}{condition.source}"), condition.patterns)
    return matches(canonical.get(condition.column, pl.lit(None, pl.String)), condition.patterns)
