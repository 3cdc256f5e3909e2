"""Rows of an export → canonical rows, and the reasons why a row cannot be one."""

from collections import Counter

import polars as pl
from msgspec import Struct

from regaudit.catalogue.columns import Column
from regaudit.catalogue.kinds import OFFICE, ExportKind
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.sources.canonical.cells import clean_cells, narrow_numbers, without_fillers, worded
from regaudit.sources.canonical.checks import AMBIGUOUS, Rejected, check
from regaudit.sources.canonical.conditions import SOURCE, holds, obey
from regaudit.sources.canonical.layouts import ActionLayout, Layout
from regaudit.sources.canonical.lookups import IS_AMBIGUOUS, KEY, VALUE, Lookups, given_by, picked
from regaudit.sources.canonical.mapping import Mapping
from regaudit.sources.canonical.timeformats import joined
from regaudit.sources.tables import ROW_NO, Batch

# Columns of our own beside those of the export, whose names may be anything else.
_FILLED = "__filled."
_JOINED = "__joined."

DAY = "__day"
"""The day that a rejected row is of, beside the columns of its stream."""


class Canonical(Struct, frozen=True):
    """A batch made canonical.

    `rows` has `ROW_NO` and all canonical columns as text, null where blank; a row of several actions gives
    several. `skipped` rows give none: nothing happened yet, or a rule leaves them out. `filled` has `ROW_NO`
    and the canonical columns that rows took from others. `refused` tells what the rejected rows are about, as
    `refused_schema`. `left_out` counts the rows that rules leave out, by rule.

    A cell of a used column that the file does not tell (`Batch.doubts`) rejects its row, be the row blank.

    A row of several actions may be among both `rows` and `rejected`: what is wrong with one says nothing of
    the others.
    """

    rows: pl.DataFrame
    rejected: list[Rejected]
    skipped: int
    filled: pl.DataFrame
    refused: pl.DataFrame
    left_out: dict[str, int]


def refused_schema(kind: ExportKind) -> dict[str, type[pl.DataType]]:
    """What rejected rows are about: `ROW_NO`, `deed` of the kind, null where not told, and `DAY`.

    `DAY` (ISO) is told only where the stream is not, its office apart. `ROW_NO` is null for a line that did
    not fit its table, or a row of which nothing can be told.
    """
    return {ROW_NO: pl.Int64, **dict.fromkeys((*kind.deed, DAY), pl.String)}


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
    words = worded(cells, layout.used())
    cells = cells.with_columns(
        joined(without_fillers(layout.kind.columns[name], source, words) for source in sources).alias(
            f"{_JOINED}{name}"
        )
        for name, sources in layout.joins.items()
    )
    cells, filled = _fill(cells, layout, lookups or Lookups(), words)
    pages, refused, rejected = [], [], []
    left_out: Counter[str] = Counter()
    doubted, met = _doubted(batch, layout), set[int]()
    for action in layout.actions or (ActionLayout(layout.columns, layout.constants),):
        picked_rows, skips = _rows_of(cells, layout, action, words)
        left_out.update(skips)
        good, bad = check(picked_rows, layout, action, zone, mapping)
        here = sorted(doubted.keys() & set(good[ROW_NO])) if doubted else []
        bad += [fault for row_no in here for fault in doubted[row_no]]
        met.update(here)
        pages.append(good)
        refused.append(good.filter(pl.col(ROW_NO).is_in([r.row_no for r in bad])) if bad else good.clear())
        rejected += bad
    rows = pages[0] if len(pages) == 1 else pl.concat(pages).sort(ROW_NO, maintain_order=True)
    skipped = cells.height - rows[ROW_NO].n_unique() if layout.actions else cells.height - rows.height
    told = pl.DataFrame(schema=refused_schema(layout.kind))
    if rejected:
        if layout.kind.vanished:
            told = _told_by(pl.concat(refused), rejected, layout.kind)
        good_pages = (
            page.join(bad.select(ROW_NO), on=ROW_NO, how="anti", maintain_order="left")
            for page, bad in zip(pages, refused, strict=True)
        )
        rows = pl.concat(good_pages).sort(ROW_NO, maintain_order=True)
    # What a doubted row says was blank, or had not happened, may be in the cell that is not told.
    untold = {row_no: faults for row_no, faults in doubted.items() if row_no not in met}
    skipped -= cells.filter(pl.col(ROW_NO).is_in(list(untold))).height if untold else 0
    if batch.malformed or untold:
        told = pl.concat([told, told.clear(1)])
    rejected += [fault for faults in untold.values() for fault in faults]
    rejected += [Rejected(m.row_no, "", m.text, m.reason) for m in batch.malformed]
    rejected = sorted(dict.fromkeys(rejected), key=lambda r: r.row_no)
    return Canonical(rows, rejected, skipped, filled, told, dict(left_out))


def _told_by(rows: pl.DataFrame, rejected: list[Rejected], kind: ExportKind) -> pl.DataFrame:
    """What rejected rows are about, each once; a cell that was rejected tells nothing."""

    def readable(name: str) -> pl.Expr:
        spoilt = [r.row_no for r in rejected if r.column == name]
        return pl.when(~pl.col(ROW_NO).is_in(spoilt)).then(name)

    known = rows.with_columns(readable(name) for name in kind.deed)
    keys = [pl.col(name).is_not_null() for name in kind.subject if name != OFFICE]
    day = pl.col(kind.day).str.slice(0, len("2026-03-02"))
    is_told = pl.all_horizontal(keys) if keys else pl.lit(value=False)
    row_no = pl.col(ROW_NO).cast(pl.Int64)
    return known.select(row_no, *kind.deed, pl.when(~is_told).then(day).alias(DAY)).unique()


def _doubted(batch: Batch, layout: Layout) -> dict[int, list[Rejected]]:
    """The rows with a used cell that the file does not tell, by number, and what is wrong with them."""
    if not batch.doubts:
        return {}
    meant = {source: name for name, source in reversed(list(layout.sources()))}
    used = set(layout.used())
    faults: dict[int, list[Rejected]] = {}
    for doubt in batch.doubts:
        if doubt.column in used:
            column = meant.get(doubt.column, doubt.column)
            faults.setdefault(doubt.row_no, []).append(Rejected(doubt.row_no, column, "", doubt.reason))
    return faults


def _fill(
    cells: pl.DataFrame, layout: Layout, lookups: Lookups, words: frozenset[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Where rows lack a value, add what others with the same key have, and whether those differ."""
    names = []
    for name, sources in layout.fills.items():
        column, present = layout.kind.columns[name], given_by(name, layout)
        is_lacking = picked(column, present, words).is_null() if present else pl.lit(value=True)
        keyed = cells.with_columns(pl.when(is_lacking).then(picked(column, sources, words)).alias(KEY))
        keys = keyed[KEY].drop_nulls()
        if keys.is_empty():
            continue
        joined = keyed.join(lookups.find(name, keys), on=KEY, how="left", maintain_order="left").drop(KEY)
        cells = joined.rename({VALUE: f"{_FILLED}{name}", IS_AMBIGUOUS: f"{AMBIGUOUS}{name}"})
        names.append(name)
    return cells, cells.select(ROW_NO, *(pl.col(f"{_FILLED}{name}").alias(name) for name in names))


def _rows_of(
    cells: pl.DataFrame, layout: Layout, action: ActionLayout, words: frozenset[str]
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows on which an action happened, its values canonical, and what rules left out by rule.

    Times are not read yet.
    """
    picks = {name: _pick(name, column, action, cells, words) for name, column in layout.kind.columns.items()}
    if layout.actions:
        tests = [holds(condition, picks, "") for condition in action.when]
        cells = cells.filter(picks[layout.kind.day].is_not_null(), *tests)
    tested = dict.fromkeys(c.source for rule in layout.rules for c in rule.when if c.source)
    kept = cells.select(
        ROW_NO,
        *(pick.alias(name) for name, pick in picks.items()),
        *(pl.col(name) for name in cells.columns if name.startswith(AMBIGUOUS)),
        *(pl.col(name).alias(f"{SOURCE}{name}") for name in tested),
    )
    return obey(_translate(narrow_numbers(kept, layout.kind.columns), layout), layout.rules)


def _pick(
    name: str, column: Column, action: ActionLayout, cells: pl.DataFrame, words: frozenset[str]
) -> pl.Expr:
    sources = [without_fillers(column, source, words) for source in action.columns.get(name, ())]
    if f"{_JOINED}{name}" in cells.columns and name not in action.own:
        sources.insert(0, pl.col(f"{_JOINED}{name}"))
    if name in action.constants:
        sources.append(pl.lit(action.constants[name].strip() or None, pl.String))
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
            blanked = {value: meant.strip() or None for value, meant in values.items()}
            translated.append(pl.col(name).replace(blanked))
    return rows.with_columns(translated)
