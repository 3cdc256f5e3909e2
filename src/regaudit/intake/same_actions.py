"""Rows that say again, in other words, what the log has: written less exactly, folded, under another login.

Only what is left over when equal rows have been taken out comes here, and only in streams that the log knows.
One row is one action: each is matched with one that its export lacks otherwise.
"""

from collections.abc import Callable

import polars as pl

from regaudit.base.folded_text import folded, folded_logins, folded_names
from regaudit.catalogue.kind_parts import Same
from regaudit.catalogue.kinds import OFFICE, ExportKind
from regaudit.intake.identity import ID_LENGTH
from regaudit.intake.sorted_rows import STREAM

HEAD, FIRST_ID, IS_ALTERED = "head", "first_id", "is_altered"
_CONTENT, _ID, _KEY, _AT, _DAY, _LOGIN, _NAME = "content", "id", "key", "at", "on_day", "login", "name"
_N, _OLD = "n", "_old"
_SCHEMA = {HEAD: pl.String, FIRST_ID: pl.String, IS_ALTERED: pl.Boolean}
Persons = Callable[[pl.DataFrame], pl.Series]
"""The persons (null: nobody certain) of rows with `office`, `login`, `name` and `on_day`."""


def nobody(rows: pl.DataFrame) -> pl.Series:
    """Where there is no roster."""
    return pl.repeat(None, rows.height, dtype=pl.String, eager=True)


def same_actions(
    kind: ExportKind,
    page: pl.DataFrame,
    left: pl.DataFrame,
    stored: pl.DataFrame,
    persons: Persons,
    *,
    is_precise: bool,
) -> pl.DataFrame:
    """The rows that are known actions in other words: `HEAD`, the `FIRST_ID` that it has, `IS_ALTERED`.

    A row that stands there several times may be as many actions, each written more exactly in the log.

    Args:
        kind: what the rows are.
        page: all rows of the export in some streams: `STREAM`, `HEAD`.
        left: those whose identity the log does not have.
        stored: what the log has of these streams: `STREAM`, `HEAD`, `version`.
        persons: who they were, by the roster in force on their days.
        is_precise: whether the export writes seconds, so that a full minute is one.
    """
    same = kind.same
    none = pl.DataFrame(schema=_SCHEMA)
    left = left.join(stored, on=STREAM, how="semi")
    if same is None or not left.height:
        return none
    heads = _split(page.join(left, on=STREAM, how="semi"), kind)
    mine = heads.join(left, on=HEAD, how="semi", maintain_order="left")
    old = _split(stored.join(left, on=STREAM, how="semi").sort("version"), kind)
    # What stood in the place of another is in the log under that one's identity.
    again = mine.unique(HEAD).join(old.unique(_CONTENT, keep="first"), on=_CONTENT, suffix=_OLD)
    again = again.select(HEAD, pl.col(f"{_ID}{_OLD}").alias(FIRST_ID), pl.lit(value=False).alias(IS_ALTERED))
    mine = mine.join(again, on=HEAD, how="anti")
    present = pl.concat([heads[_ID], again[FIRST_ID]]).implode()
    free = old.filter(~pl.col(_ID).is_in(present)).unique(_ID, keep="first", maintain_order=True)
    if not mine.height or not free.height:
        return again
    known = old.filter(pl.col(_ID).is_in(present)).select(STREAM).unique()
    mine, free = _unpacked(mine, kind, same), _unpacked(free, kind, same)
    found = _matched(mine, free, known, persons, kind, is_precise=is_precise)
    return pl.concat([again, found])


def _split(rows: pl.DataFrame, kind: ExportKind) -> pl.DataFrame:
    """What a head says, and its identity."""
    behind = len(f',"{kind.id}":""') + ID_LENGTH
    return rows.select(
        STREAM,
        HEAD,
        pl.col(HEAD).str.head(-behind).alias(_CONTENT),
        pl.col(HEAD).str.slice(-ID_LENGTH - 1, ID_LENGTH).alias(_ID),
    )


def _unpacked(rows: pl.DataFrame, kind: ExportKind, same: Same) -> pl.DataFrame:
    """The columns that heads have, and what they are compared by."""
    state = pl.Struct({kind.content: pl.Struct(dict.fromkeys(kind.columns, pl.String))})
    content = (rows[HEAD] + "}").str.json_decode(state).struct.field(kind.content)
    columns = content.struct.unnest()
    decided = {same.time, same.login, same.name}
    parts = [name for part in kind.identity_parts for name in part if name not in decided]
    texts = [folded(columns[name]).fill_null("") for name in parts]
    day = columns[same.time].str.slice(0, len("2026-03-02"))
    return columns.select(pl.all()).with_columns(
        rows[STREAM],
        rows[HEAD],
        rows[_ID],
        pl.concat_str(texts, separator="\x1f").alias(_KEY),
        columns[same.time].alias(_AT),
        day.alias(_DAY),
        folded_logins(columns[same.login]).alias(_LOGIN),
        folded_names(columns[same.name]).alias(_NAME),
        (columns[OFFICE] if OFFICE in kind.columns else pl.lit("")).alias(OFFICE),
        pl.int_range(pl.len()).alias(_N),
    )


def _matched(
    mine: pl.DataFrame,
    free: pl.DataFrame,
    known: pl.DataFrame,
    persons: Persons,
    kind: ExportKind,
    *,
    is_precise: bool,
) -> pl.DataFrame:
    compared = [STREAM, _KEY, _DAY, OFFICE, _AT, _LOGIN, _NAME, _N]
    pairs = mine.select(compared).join(free.select(compared), on=[STREAM, _KEY, _DAY], suffix=_OLD)
    pairs = pairs.with_columns(_actors(pairs, persons), apart=_apart(is_precise=is_precise))
    again = _one_to_one(pairs.filter("is_same", pl.col("apart").is_not_null()))
    both = again.join(mine, on=_N).join(free, left_on=f"{_N}{_OLD}", right_on=_N, suffix=_OLD)
    again = both.select(
        HEAD,
        pl.col(f"{_ID}{_OLD}").alias(FIRST_ID),
        pl.any_horizontal(_says_otherwise(kind)).alias(IS_ALTERED),
        STREAM,
        _N,
        f"{_N}{_OLD}",
    )
    streams = pl.concat([known, again.select(STREAM)])
    others = pairs.filter("is_other", pl.col("apart") == 0, pl.col(_AT).str.len_chars() > len("2026-03-02"))
    others = others.join(streams, on=STREAM, how="semi")
    for side in (_N, f"{_N}{_OLD}"):
        others = others.join(again, on=side, how="anti")
    others = _one_to_one(others).join(mine.select(_N, HEAD), on=_N)
    others = others.join(free.select(_ID, pl.col(_N).alias(f"{_N}{_OLD}")), on=f"{_N}{_OLD}")
    in_place = others.select(HEAD, pl.col(_ID).alias(FIRST_ID), pl.lit(value=True).alias(IS_ALTERED))
    return pl.concat([again.select(*_SCHEMA), in_place])


def _apart(*, is_precise: bool) -> pl.Expr:
    """0: the same moment; 1: one is written to the minute; 2: one is a date; null: two moments."""
    at, old = pl.col(_AT), pl.col(f"{_AT}{_OLD}")
    minute, old_minute = (text.str.strip_suffix(":00") for text in (at, old))
    is_coarser = pl.lit(value=False) if is_precise else old.str.starts_with(minute)
    is_coarser |= (at.str.len_chars() == len("2026-03-02")) & old.str.starts_with(at)
    is_finer = at.str.starts_with(old_minute)
    has_date = pl.min_horizontal(at.str.len_chars(), old.str.len_chars()) == len("2026-03-02")
    return (
        pl.when(at == old)
        .then(0)
        .when(is_coarser | is_finer)
        .then(pl.when(has_date).then(2).otherwise(1))
        .otherwise(None)
    )


def _actors(pairs: pl.DataFrame, persons: Persons) -> list[pl.Series]:
    """Whether two rows are of one person, and whether they are of two."""
    login, old_login = pairs[_LOGIN], pairs[f"{_LOGIN}{_OLD}"]
    name, old_name = pairs[_NAME], pairs[f"{_NAME}{_OLD}"]
    is_same = (login == old_login) | ((name == old_name) & (login.is_null() | old_login.is_null()))
    blank, old_blank = login.is_null() & name.is_null(), old_login.is_null() & old_name.is_null()
    is_same = is_same.fill_null(value=False) | (blank & old_blank)
    if is_same.all():
        return [is_same.alias("is_same"), (~is_same).alias("is_other")]
    sides = [[OFFICE, _LOGIN, _NAME], [f"{column}{_OLD}" for column in (OFFICE, _LOGIN, _NAME)]]
    asked = [
        pairs.select(pl.col(side).alias(name) for side, name in zip(of, sides[0], strict=True))
        for of in sides
    ]
    person, old_person = (persons(rows.with_columns(pairs[_DAY])) for rows in asked)
    is_same |= (person == old_person).fill_null(value=False)
    # The digits that some platforms put behind a name do not make another person.
    bare, old_bare = (names.str.strip_chars_end("0123456789") for names in (name, old_name))
    is_other = pl.select(
        pl.coalesce(person != old_person, bare != old_bare, login != old_login).fill_null(value=False)
    ).to_series()
    return [is_same.alias("is_same"), (is_other & ~is_same).alias("is_other")]


def _one_to_one(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of which each side is in one only: the nearest first, then by their order."""
    old = f"{_N}{_OLD}"
    left = pairs.sort("apart", _N, old).select(_N, old)
    found = [left.clear()]
    while left.height:
        first = left.filter(pl.col(_N).is_first_distinct() & pl.col(old).is_first_distinct())
        found.append(first)
        left = left.join(first, on=_N, how="anti", maintain_order="left")
        left = left.join(first, on=old, how="anti", maintain_order="left")
    return pl.concat(found)


def _says_otherwise(kind: ExportKind) -> list[pl.Expr]:
    """For each column that neither tells actions apart nor was added, whether both fill it, and unlike."""
    told = {name for part in kind.identity_parts for name in part} | set(kind.added)
    if kind.same:
        told |= {kind.same.time, kind.same.login, kind.same.name}
    differ = [pl.lit(value=False)]
    for name, column in kind.columns.items():
        if name in told:
            continue
        mine, old = pl.col(name), pl.col(f"{name}{_OLD}")
        unlike = mine != old
        if column.is_moment:
            minute, old_minute = (text.str.strip_suffix(":00") for text in (mine, old))
            unlike &= ~(mine.str.starts_with(old_minute) | old.str.starts_with(minute))
        differ.append(unlike.fill_null(value=False))
    return differ
