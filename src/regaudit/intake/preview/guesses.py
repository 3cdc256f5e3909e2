"""Which column of an unknown table may be which canonical one: by its name, and by how its cells look."""

import re
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import cache

import polars as pl

from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.intake.preview.facts import Candidate
from regaudit.sources.canonical.cells import clean_cells
from regaudit.sources.canonical.mapped_sheets import Sheet, listed
from regaudit.sources.canonical.mapping import Mapping, shipped_mappings
from regaudit.sources.canonical.times import parse_times
from regaudit.sources.formats.headers import plain_name
from regaudit.sources.tables import ROW_NO, Table, no_rows

SAMPLE_ROWS = 2_000
LIKELY = 0.6
_POSSIBLE = 0.5
_OF_THE_NAME = 0.6
_NEUTRAL = 0.5
_FEW_CASES = 5
"""Of fewer cases nothing is told by what is the same on all of their rows."""
# What a step's name may hint at, too weak to be entered without a person's look.
_HINTS = {
    "pause": "挂起|补正通知|补正告知|中止|公告开始|实地查看开始",
    "resume": "激活|补正完成|补正提交|公告结束|恢复",
    "accept": "收件|接件|申请",
    "book": "登记簿|记载",
    "certify": "打证|制证|证书打印",
    "issue": "领证|领取|送达",
    "file": "档案|存档",
    "charge": "缴费|税费",
    "assign": "分派|分办|派发",
}
_PERSON = r"^[\u4e00-\u9fff·]{2,4}\d?$"
_CLOCK = r"^(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$|^0?\.\d{2,17}$"
_MOMENT = "*"
"""Among the looks of a column: how much of it is times or dates."""


def sample_of(table: Table) -> pl.DataFrame:
    """The first rows of a table as clean text, and `ROW_NO`."""
    batch = next(iter(table.read()), None)
    rows = batch.rows.head(SAMPLE_ROWS) if batch else no_rows(table.columns)
    return clean_cells(rows, [name for name in table.columns if name in rows.columns])


def likeliest(rows: pl.DataFrame, zone: str) -> tuple[ExportKind, dict[str, list[Candidate]]]:
    """The kind that a table looks most like, of equals the first; and candidates as `guess_columns`."""
    guesses = [(kind, guess_columns(rows, kind, zone)) for kind in export_kinds().values()]
    return max(guesses, key=lambda guess: _assigned(guess[1]))


def _assigned(candidates: dict[str, list[Candidate]]) -> float:
    given = assign(candidates)
    return sum(c.score for column, name in given.items() for c in candidates[column] if c.column == name)


def guess_columns(rows: pl.DataFrame, kind: ExportKind, zone: str) -> dict[str, list[Candidate]]:
    """Candidates for each canonical column of a kind, the likeliest first; those without are left out."""
    names = [name for name in rows.columns if name != ROW_NO]
    looks = {name: _looks(rows[name].drop_nulls(), kind, zone) for name in names}
    guessed = {}
    for column in kind.columns:
        scored = [Candidate(name, round(_score(kind, column, name, looks[name]), 2)) for name in names]
        likely = sorted((c for c in scored if c.score >= _POSSIBLE), key=lambda c: -c.score)
        if likely:
            guessed[column] = likely[:4]
    return guessed


def assign(candidates: dict[str, list[Candidate]]) -> dict[str, str]:
    """One column for each canonical one, the surest first, each given once; unlikely ones are left out."""
    ranked = sorted(
        ((c.score, column, c.column) for column, found in candidates.items() for c in found),
        key=lambda item: -item[0],
    )
    given: dict[str, str] = {}
    for score, column, name in ranked:
        if score >= LIKELY and column not in given and name not in given.values():
            given[column] = name
    return given


def without_attributes(given: dict[str, str], rows: pl.DataFrame, kind: ExportKind) -> dict[str, str]:
    """Without what says the same on all rows of every case: that is the case's, and not who acted."""
    [*_, case] = [given.get(name, "") for name in kind.subject] or [""]
    if not case:
        return given
    several = rows.filter(pl.len().over(case) > 1)
    changing = [(n, given[n]) for n in kind.guess.changing if given.get(n, case) != case]
    if several[case].n_unique() < _FEW_CASES or not changing:
        return given
    most = several.group_by(case).agg(pl.col(column).n_unique() for _, column in changing)
    fixed = {name for name, column in changing if most[column].max() == 1}
    return {name: column for name, column in given.items() if name not in fixed}


def guess_step(text: str) -> str:
    """The canonical step that a text names as a whole or as its only known part; else empty.

    `收件受理` is accept; 受理审核 might be either.
    """
    known = canonical_values("step")
    if text in known:
        return known[text]
    found = {step for title, step in known.items() if title in text}
    if not found and re.search(r"初审|复审|核定|审批", text):
        return "review"
    return found.pop() if len(found) == 1 else ""


def hint_of_step(text: str) -> str:
    """The canonical step that a text hints at; empty where it hints at none."""
    return next((step for step, pattern in _HINTS.items() if re.search(pattern, text)), "")


def time_columns(rows: pl.DataFrame, zone: str, never: str) -> list[str]:
    """The columns whose cells are times, of blank ones those that are called so; none called as `never`."""
    found = []
    for name in (name for name in rows.columns if name != ROW_NO):
        if never and re.search(never, name):
            continue
        cells = rows[name].drop_nulls()
        if _moments(cells, zone) >= LIKELY if len(cells) else name.endswith(("时间", "日期")):
            found.append(name)
    return found


def day_and_clock(rows: pl.DataFrame, zone: str) -> list[str]:
    """A column of days and the one of clocks that goes with it, by their names; empty where there is none."""
    names = [name for name in rows.columns if name != ROW_NO and rows[name].null_count() < rows.height]
    clocks = [name for name in names if _share(rows[name].drop_nulls().str.contains(_CLOCK)) >= LIKELY]
    days = [name for name in names if _days(rows[name].drop_nulls(), zone) >= LIKELY]
    pairs = [(_similarity(day, clock), day, clock) for clock in clocks for day in days]
    return list(max(pairs)[1:]) if pairs else []


@cache
def _known_names(kind_name: str, column: str) -> tuple[str, ...]:
    """Names that a canonical column has anywhere: ours, the shipped mappings', and usual ones."""
    kind = export_kinds()[kind_name]
    mapped = [name for mapping in shipped_mappings().values() for name in _named(mapping, column)]
    found = [column, *kind.columns[column].names, *kind.guess.usual.get(column, ()), *mapped]
    return tuple(dict.fromkeys(plain_name(name) for name in found))


def _named(mapping: Mapping, column: str) -> Iterable[str]:
    sheets: list[Sheet] = [mapping, *mapping.tables]
    for sheet in sheets:
        for columns in (sheet.columns, *(action.columns for action in sheet.actions)):
            yield from listed(columns.get(column, []))


def _score(kind: ExportKind, column: str, name: str, looks: dict[str, float]) -> float:
    by_name = max(_similarity(plain_name(name), known) for known in _known_names(kind.name, column))
    of = kind.columns[column]
    # In a flattened XES log, what is about a whole case.
    if name.startswith("case:") and not of.shared:
        return 0.0
    if (never := kind.guess.never.get(column)) and re.search(never, name):
        return 0.0
    by_looks = looks.get(_MOMENT if of.is_moment else column, _NEUTRAL)
    needs_its_looks = of.is_moment or of.form == "name" or column in kind.guess.needed
    if needs_its_looks and by_looks < _NEUTRAL:
        return 0.0
    if not of.is_moment and looks.get(_MOMENT, 0) >= LIKELY:
        return 0.0
    return _OF_THE_NAME * by_name + (1 - _OF_THE_NAME) * by_looks


def _similarity(name: str, known: str) -> float:
    if name == known:
        return 1.0
    ratio = SequenceMatcher(None, name, known).ratio()
    is_part = len(known) > 1 and (known in name or (len(name) > 1 and name in known))
    return max(ratio, 0.8) if is_part else ratio


def _looks(cells: pl.Series, kind: ExportKind, zone: str) -> dict[str, float]:
    """By canonical column, the share of cells that look like it; nothing is said of an empty column."""
    if not len(cells):
        return {}
    persons = [name for name, column in kind.columns.items() if column.form == "name"]
    patterns = dict.fromkeys(persons, _PERSON) | kind.guess.looks
    shares = {column: _share(cells.str.contains(pattern)) for column, pattern in patterns.items()}
    shares[_MOMENT] = _moments(cells, zone)
    for column in kind.codes:
        shares[column] = _share(cells.is_in(list(canonical_values(column))))
    if kind.action:
        shares[kind.action] = _weighed(cells, lambda value: bool(guess_step(value)))
    # What never repeats is no office, step or terminal, what is always the same is no case number.
    distinct = cells.n_unique() / len(cells)
    if len(cells) >= 20:  # noqa: PLR2004 - fewer say nothing about repetition
        for column in kind.guess.repeating:
            shares[column] = shares.get(column, _NEUTRAL) * (distinct <= _NEUTRAL)
        for column in kind.guess.varying:
            shares[column] = shares.get(column, _NEUTRAL) * (cells.n_unique() > 1)
    return shares


def _moments(cells: pl.Series, zone: str) -> float:
    return _share(parse_times(cells, zone, zone).is_not_null())


def _days(cells: pl.Series, zone: str) -> float:
    """How much of a column is dates without time."""
    return _share(
        (parse_times(cells, zone, zone).str.len_bytes() == len("2026-03-02")).fill_null(value=False)
    )


def _share(found: pl.Series) -> float:
    return float(found.sum()) / len(found)


def _weighed(cells: pl.Series, test: Callable[[str], bool]) -> float:
    counts = cells.value_counts()
    return float(sum(n for value, n in counts.iter_rows() if test(value))) / len(cells)
