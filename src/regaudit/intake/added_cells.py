"""Rows that say more of a known action than the log has, in columns that came when there were logs already.

Of these columns alone a filled cell is no other content. It is where the log has another value of the action,
or where it is blank now although that part of the export fills the column elsewhere: somebody emptied it.
"""

from collections.abc import Set as AbstractSet

import polars as pl

from regaudit.catalogue.kinds import ExportKind

KNOWN, EXTENDS, ALTERED = "known", "extends", "altered"
_ID, _BARE, _PART = "__id", "__bare", "__part"


def filled_columns(batch: pl.DataFrame, kind: ExportKind) -> frozenset[str]:
    """The added columns that some row of a batch fills."""
    return frozenset(name for name in kind.added if batch[name].null_count() < batch.height)


def fates(
    kind: ExportKind,
    rows: pl.DataFrame,
    stored: pl.DataFrame,
    filled: AbstractSet[tuple[str, str]],
    *,
    is_rewritten: bool,
) -> pl.Series:
    """For each row of a known identity `KNOWN`, `EXTENDS` or `ALTERED`.

    Args:
        kind: what the rows are.
        rows: `head` with the identity that the log has, and `tail`.
        stored: the `head` of all that the log has of these streams.
        filled: the added columns that parts of the export fill: number of the part as text, column.
        is_rewritten: whether all else of them is known to be the same, in other words; else it is compared.
    """
    if not kind.added or not rows.height:
        return pl.repeat(KNOWN if is_rewritten else ALTERED, rows.height, dtype=pl.String, eager=True)
    rows = _split(rows, kind).with_columns(pl.col("tail").str.extract(r'"part_no":(\d+)').fill_null(""))
    rows = rows.rename({"tail": _PART})
    told = _split(stored, kind).join(rows, on=_ID, how="semi")
    is_more, is_other = pl.lit(value=False), pl.lit(value=False)
    if not is_rewritten:
        is_other = ~pl.col(_BARE).is_in(told[_BARE].implode())
    for name in kind.added:
        value, has = pl.col(name), told.filter(pl.col(name).is_not_null())
        # Of several rows with one identity each is held against its own, as long as there is such a one.
        is_like = pl.col(_BARE).is_in(has[_BARE].implode())
        has_any = pl.col(_ID).is_in(has[_ID].implode())
        is_said = (
            pl.when(is_like)
            .then((pl.col(_BARE) + value).is_in((has[_BARE] + has[name]).implode()))
            .otherwise((pl.col(_ID) + value).is_in((has[_ID] + has[name]).implode()))
        )
        parts = [part for part, column in filled if column == name]
        is_more |= value.is_not_null() & ~has_any
        is_other |= has_any & pl.when(value.is_null()).then(pl.col(_PART).is_in(parts)).otherwise(~is_said)
    fate = pl.when(is_other).then(pl.lit(ALTERED)).when(is_more).then(pl.lit(EXTENDS))
    return rows.select(fate.otherwise(pl.lit(KNOWN))).to_series()


def _split(heads: pl.DataFrame, kind: ExportKind) -> pl.DataFrame:
    """Heads taken apart: the identity, what is said without the added columns, and these.

    No text in a head looks like a member of it: its quotation marks are escaped.
    """
    members = {name: rf',"{name}":"((?:[^"\\]|\\.)*)"' for name in kind.added}
    bare = pl.col("head")
    for pattern in members.values():
        bare = bare.str.replace(pattern, "")
    return heads.with_columns(
        bare.alias(_BARE),
        pl.col("head").str.extract(rf'"{kind.id}":"([0-9a-f]+)"$').alias(_ID),
        *(pl.col("head").str.extract(pattern).alias(name) for name, pattern in members.items()),
    )
