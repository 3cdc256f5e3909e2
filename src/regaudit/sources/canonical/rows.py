"""Rows of an export → canonical rows, and the reasons why a row cannot be one."""

from collections.abc import Mapping as Dictionary

import polars as pl
from msgspec import Struct

from regaudit.catalogue.columns import Column
from regaudit.catalogue.kinds import OFFICE, ExportKind
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.sources.canonical.cells import clean_cells, matches, narrow_numbers, without_fillers
from regaudit.sources.canonical.checks import AMBIGUOUS, Rejected, check
from regaudit.sources.canonical.layouts import ActionLayout, Condition, Layout, RuleLayout
from regaudit.sources.canonical.lookups import IS_AMBIGUOUS, KEY, VALUE, Lookups, given_by, picked
from regaudit.sources.canonical.mapping import Mapping
from regaudit.sources.tables import ROW_NO, Batch

# Columns of our own beside those of the export, whose names may be anything else.
_FILLED = "__filled."
_SOURCE = "__source."
_THEN = "__then."
_IS_DECIDED = "__is_decided."
_IS_SKIPPED = "__is_skipped"

DAY = "__day"
"""The day that a rejected row is of, beside the columns of its stream."""


class Canonical(Struct, frozen=True):
    """A batch made canonical.

    `rows` has `ROW_NO` and all canonical columns as text, null where blank; a row of several actions gives
    several. `skipped` rows give none: nothing happened yet, or a rule leaves them out. `filled` has `ROW_NO`
    and the canonical columns that rows took from others. `refused` tells what the rejected rows are about, as
    `refused_schema`.
    """

    rows: pl.DataFrame
    rejected: list[Rejected]
    skipped: int
    filled: pl.DataFrame
    refused: pl.DataFrame


def refused_schema(kind: ExportKind) -> dict[str, type[pl.String]]:
    """What a rejected row is about: the columns of its stream, null where it does not tell, and `DAY`.

    `DAY` (ISO) is told only where the stream is not, its office apart.
    """
    return dict.fromkeys((*kind.subject, DAY), pl.String)


def make_canonical(
    batch: Batch,
    layout: Layout,
    mapping: Mapping,
    zone: str,
    lookups: Lookups | None = None,
) -> Canonical:
    """Pick, clean, translate and check the rows of a batch.

    Args:
        batch: rows as read from the file.
        layout: what becomes of this table's columns.
        mapping: the zone of the export's times.
        zone: the workspace's zone, which all times are converted to.
        lookups: what other rows of the export have.
    """
    cells = clean_cells(batch.rows, layout.used())
    cells = cells.filter(~pl.all_horizontal(pl.exclude(ROW_NO).is_null()))
    cells, filled = _fill(cells, layout, lookups or Lookups())
    pages, rejected = [], []
    for action in layout.actions or (ActionLayout(layout.columns, layout.constants),):
        good, bad = check(_rows_of(cells, layout, action), layout, action, zone, mapping.zone or zone)
        pages.append(good)
        rejected += bad
    rows = pages[0] if len(pages) == 1 else pl.concat(pages).sort(ROW_NO, maintain_order=True)
    skipped = cells.height - rows[ROW_NO].n_unique() if layout.actions else cells.height - rows.height
    told = pl.DataFrame(schema=refused_schema(layout.kind))
    if refused := {r.row_no for r in rejected}:
        is_refused = pl.col(ROW_NO).is_in(list(refused))
        if layout.kind.vanished:
            told = _told_by(rows.filter(is_refused), rejected, layout.kind)
        rows = rows.filter(~is_refused)
    if batch.malformed:
        told = pl.concat([told, told.clear(1)])
    rejected += [Rejected(m.row_no, "", m.text, m.reason) for m in batch.malformed]
    return Canonical(rows, sorted(dict.fromkeys(rejected), key=lambda r: r.row_no), skipped, filled, told)


def _told_by(rows: pl.DataFrame, rejected: list[Rejected], kind: ExportKind) -> pl.DataFrame:
    """What rejected rows are about, each once; a cell that was rejected tells nothing."""

    def readable(name: str) -> pl.Expr:
        spoilt = [r.row_no for r in rejected if r.column == name]
        return pl.when(~pl.col(ROW_NO).is_in(spoilt)).then(name)

    known = rows.with_columns(readable(name) for name in kind.subject)
    keys = [pl.col(name).is_not_null() for name in kind.subject if name != OFFICE]
    day = pl.col(kind.day).str.slice(0, len("2026-03-02"))
    is_told = pl.all_horizontal(keys) if keys else pl.lit(value=False)
    return known.select(*kind.subject, pl.when(~is_told).then(day).alias(DAY)).unique()


def _fill(cells: pl.DataFrame, layout: Layout, lookups: Lookups) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where rows lack a value, add what others with the same key have, and whether those differ."""
    names = []
    for name, sources in layout.fills.items():
        column, present = layout.kind.columns[name], given_by(name, layout)
        is_lacking = picked(column, present).is_null() if present else pl.lit(value=True)
        keyed = cells.with_columns(pl.when(is_lacking).then(picked(column, sources)).alias(KEY))
        keys = keyed[KEY].drop_nulls()
        if keys.is_empty():
            continue
        joined = keyed.join(lookups.find(name, keys), on=KEY, how="left", maintain_order="left").drop(KEY)
        cells = joined.rename({VALUE: f"{_FILLED}{name}", IS_AMBIGUOUS: f"{AMBIGUOUS}{name}"})
        names.append(name)
    return cells, cells.select(ROW_NO, *(pl.col(f"{_FILLED}{name}").alias(name) for name in names))


def _rows_of(cells: pl.DataFrame, layout: Layout, action: ActionLayout) -> pl.DataFrame:
    """The rows on which an action happened, its values canonical; times are not read yet."""
    picks = {name: _pick(name, column, action, cells) for name, column in layout.kind.columns.items()}
    if layout.actions:
        tests = [_test(condition, picks, "") for condition in action.when]
        cells = cells.filter(picks[layout.kind.day].is_not_null(), *tests)
    tested = dict.fromkeys(c.source for rule in layout.rules for c in rule.when if c.source)
    kept = cells.select(
        ROW_NO,
        *(pick.alias(name) for name, pick in picks.items()),
        *(pl.col(name) for name in cells.columns if name.startswith(AMBIGUOUS)),
        *(pl.col(name).alias(f"{_SOURCE}{name}") for name in tested),
    )
    return _obey(_translate(narrow_numbers(kept, layout.kind.columns), layout), layout.rules)


def _pick(name: str, column: Column, action: ActionLayout, cells: pl.DataFrame) -> pl.Expr:
    sources = [without_fillers(column, pl.col(source)) for source in action.columns.get(name, ())]
    if name in action.constants:
        sources.append(pl.lit(action.constants[name]))
    if f"{_FILLED}{name}" in cells.columns:
        sources.append(pl.col(f"{_FILLED}{name}"))
    return pl.coalesce(sources) if sources else pl.lit(None, pl.String)


def _translate(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    translated = []
    for name, column in layout.kind.columns.items():
        if rows[name].null_count() == rows.height:
            continue
        coded = canonical_values(name) if column.form == "code" else {}
        values = coded | layout.values.get(name, {})
        if column.any_case:
            values = {code.upper(): code for code in coded.values()} | values
        if values:
            translated.append(pl.col(name).replace(values))
    return rows.with_columns(translated)


def _obey(rows: pl.DataFrame, rules: tuple[RuleLayout, ...]) -> pl.DataFrame:
    """Apply the rules: for each column the first that matches and names it; rows to skip are left out."""
    if not rules:
        return rows
    conditions = [condition for rule in rules for condition in rule.when]
    columns = (c.column or (c.source and f"{_SOURCE}{c.source}") for c in conditions)
    tested = list(dict.fromkeys(filter(None, columns)))
    if not tested:
        return rows
    # Rows by the thousand share a few combinations of event and node: each is decided once.
    decisions = _decide(rows.select(tested).unique(), rules)
    decided = rows.join(decisions, on=tested, how="left", nulls_equal=True, maintain_order="left")
    changes = [
        pl.when(f"{_IS_DECIDED}{name}").then(f"{_THEN}{name}").otherwise(name).alias(name)
        for name in _targets(rules)
    ]
    return decided.filter(~pl.col(_IS_SKIPPED)).with_columns(changes)


def _decide(combinations: pl.DataFrame, rules: tuple[RuleLayout, ...]) -> pl.DataFrame:
    """What the rules say of each combination: `_THEN` values, where `_IS_DECIDED`, and `_IS_SKIPPED`."""
    canonical = {name: pl.col(name) for name in combinations.columns}
    tests = [pl.all_horizontal(_test(c, canonical, _SOURCE) for c in rule.when) for rule in rules]
    skips = [test for test, rule in zip(tests, rules, strict=True) if rule.skip]
    decisions = [pl.any_horizontal(pl.lit(value=False), *skips).alias(_IS_SKIPPED)]
    for name in _targets(rules):
        naming = [(t, r.then[name]) for t, r in zip(tests, rules, strict=True) if name in r.then]
        value = pl.lit(None, pl.String)
        for test, given in reversed(naming):
            value = pl.when(test).then(pl.lit(given or None, pl.String)).otherwise(value)
        decisions += [
            value.alias(f"{_THEN}{name}"),
            pl.any_horizontal(test for test, _ in naming).alias(f"{_IS_DECIDED}{name}"),
        ]
    return combinations.with_columns(decisions)


def _targets(rules: tuple[RuleLayout, ...]) -> list[str]:
    return list(dict.fromkeys(name for rule in rules for name in rule.then))


def _test(condition: Condition, canonical: Dictionary[str, pl.Expr], prefix: str) -> pl.Expr:
    """Whether a cell is as a condition wants it; a column that is missing is blank."""
    if condition.source:
        return matches(pl.col(f"{prefix}{condition.source}"), condition.patterns)
    return matches(canonical.get(condition.column, pl.lit(None, pl.String)), condition.patterns)
