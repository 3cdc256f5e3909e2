"""Which columns of a table become which canonical ones: matched by mapping and by name."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.sources.canonical.mapped_sheets import Action, Patterns, Rule, Sheet, SourceColumns, listed
from regaudit.sources.canonical.timeformats import strptime_format
from regaudit.sources.formats.headers import plain_name

_MOST_PATTERNS = 4
Sources = dict[str, tuple[str, ...]]
"""Canonical column → the table's columns for it: the first that is not blank counts."""


class Condition(Struct, frozen=True):
    """A test of one cell: of the table's column `source`, else of the canonical `column`, else of a blank."""

    patterns: tuple[str, ...]
    source: str = ""
    column: str = ""


class RuleLayout(Struct, frozen=True):
    """A rule of the mapping, its columns found; `told` is its condition for people."""

    when: tuple[Condition, ...]
    then: dict[str, str]
    skip: bool
    told: str


class ActionLayout(Struct, frozen=True):
    """What one canonical row of a table's row is made of; `own` are the columns that only it takes."""

    columns: Sources
    constants: dict[str, str]
    when: tuple[Condition, ...] = ()
    own: frozenset[str] = frozenset()


class Layout(Struct, frozen=True):
    """Which columns of a table become which canonical ones, and what kind of table it is.

    `actions` is empty where a row is an action. `fills` has the key columns of those canonical columns
    that other rows of the export may fill, `joins` the columns that make one time together, `times` the
    formats of times, as `strptime_format` gives them.
    """

    kind: ExportKind
    columns: Sources
    constants: dict[str, str]
    values: dict[str, dict[str, str]] = {}
    actions: tuple[ActionLayout, ...] = ()
    rules: tuple[RuleLayout, ...] = ()
    fills: Sources = {}
    joins: Sources = {}
    times: Sources = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All canonical columns of this kind of table."""
        return tuple(self.kind.columns)

    def sources(self) -> Iterator[tuple[str, str]]:
        """Every canonical column with a column of the table that it is made of."""
        for columns in (self.columns, *(action.columns for action in self.actions), self.fills):
            for name, found in columns.items():
                yield from ((name, source) for source in found)

    def used(self) -> list[str]:
        """The table's columns that anything is made of, in a fixed order."""
        picked = [self.fills, self.joins, *([action.columns for action in self.actions] or [self.columns])]
        found = [source for columns in picked for sources in columns.values() for source in sources]
        tests = [rule.when for rule in self.rules] + [action.when for action in self.actions]
        found += [condition.source for when in tests for condition in when if condition.source]
        return list(dict.fromkeys(found))


class Lacking(Struct, frozen=True):
    """Why a table is not of a kind: the canonical columns that it lacks."""

    kind: ExportKind
    columns: tuple[str, ...]


def lay_out(
    found: list[str], kind: ExportKind, sheet: Sheet, fills: dict[str, SourceColumns] | None = None
) -> Layout | Lacking:
    """Match a table's columns with the canonical ones of a kind.

    Args:
        found: the table's columns.
        kind: what it should be.
        sheet: the mapping of this table.
        fills: canonical columns that other tables can give, with the key to find them by.
    """
    by_name = {plain_name(name): name for name in reversed(found)}
    joins = _keys(by_name, {name: parts for name, parts in sheet.join.items() if name in kind.columns})
    columns = _sources(by_name, kind, sheet, fills or {})
    columns = {name: sources for name, sources in columns.items() if name not in joins}
    constants = {
        name: value for name, value in sheet.constants.items() if name in kind.columns and value.strip()
    }
    actions = _actions(by_name, kind, sheet, columns) if kind.action else ()
    rules = tuple(_rule(by_name, kind, rule, sheet) for rule in sheet.rules) if "rules" in kind.takes else ()
    keys = _keys(by_name, {name: by for name, by in (fills or {}).items() if name not in constants})
    given = {*columns, *joins, *constants, *keys, *_always_given(actions, rules)}
    if sheet.actions and kind.action:
        given = (given | {kind.action}) - (set() if actions else {kind.day})
    lacking = tuple(name for name in kind.required if name not in given)
    if lacking:
        return Lacking(kind, lacking)
    times = {n: tuple(map(strptime_format, listed(forms))) for n, forms in sheet.times.items()}
    return Layout(kind, columns, constants, sheet.values, actions, rules, keys, joins, times)


def has_columns(found: list[str], wanted: Iterable[str]) -> bool:
    """Whether a table has all these columns."""
    return {plain_name(name) for name in wanted} <= {plain_name(name) for name in found}


def title_match(title: str, names: list[str]) -> tuple[int, int]:
    """How well a table's title fits the names that it may have; (0, 0) is not at all.

    A name among the words of a title counts less than the whole, a shorter one less than a longer:
    `DJF_DJ_SH`, `SH(审核)` and `SH_202603` are all `SH`.
    """
    whole = title.strip().upper()
    best = (0, 0)
    for name in names:
        if whole == name.upper():
            return 2, len(name)
        if re.search(rf"(?<![A-Z0-9]){re.escape(name.upper())}(?![A-Z0-9])", whole):
            best = max(best, (1, len(name)))
    return best


def speaks_of(sheet: Sheet, kind: ExportKind) -> bool:
    """Whether a mapping is of exports of a kind: one that names a log's columns says nothing of a roster."""
    named = {*sheet.columns, *sheet.join, *(name for action in sheet.actions for name in action.columns)}
    others = [other.columns for other in export_kinds().values() if other.name != kind.name]
    of_others = {name for columns in others for name in columns} - set(kind.columns)
    of_kind = set(kind.columns).difference(*others)
    return not named & of_others or bool(named & of_kind)


def _sources(by_name: dict[str, str], kind: ExportKind, sheet: Sheet, filled: Iterable[str]) -> Sources:
    """The columns that a mapping names, and those called as ours where it names none."""
    columns: Sources = {}
    is_meant = speaks_of(sheet, kind)
    for name, column in kind.columns.items():
        wanted = listed(sheet.columns.get(name, []))
        if not wanted or sheet.fallback or not is_meant:
            wanted = [*wanted, name, *column.names]
        elif name in filled:
            # A row that comes back from quarantine carries under our name what other rows gave it.
            wanted = [*wanted, name]
        sources = [by_name[plain_name(w)] for w in wanted if plain_name(w) in by_name]
        if sources:
            columns[name] = tuple(dict.fromkeys(sources))
    return columns


def _keys(by_name: dict[str, str], fills: dict[str, SourceColumns]) -> Sources:
    keys = {
        name: tuple(by_name[plain_name(k)] for k in listed(by) if plain_name(k) in by_name)
        for name, by in fills.items()
    }
    return {name: sources for name, sources in keys.items() if sources}


def _actions(
    by_name: dict[str, str], kind: ExportKind, sheet: Sheet, shared: Sources
) -> tuple[ActionLayout, ...]:
    """The actions whose time the table has."""
    made = (_action(by_name, kind, action, sheet, shared) for action in sheet.actions)
    return tuple(action for action in made if action is not None)


def _action(
    by_name: dict[str, str], kind: ExportKind, action: Action, sheet: Sheet, shared: Sources
) -> ActionLayout | None:
    own: Sources = {}
    for name, wanted in action.columns.items():
        sources = [by_name[plain_name(w)] for w in listed(wanted) if plain_name(w) in by_name]
        own[name] = tuple(dict.fromkeys(sources))
    if not own.get(kind.day):
        return None
    # A column that merely has a name of ours tells of the case, never of who did this one action.
    columns = {n: found for n, found in shared.items() if kind.columns[n].shared or n in sheet.columns}
    columns = {n: sources for n, sources in columns.items() if n not in action.constants} | own
    constants = {n: v for n, v in sheet.constants.items() if n in kind.columns}
    return ActionLayout(
        columns={name: sources for name, sources in columns.items() if sources},
        constants=constants | action.constants | {kind.action: action.step},
        when=_conditions(by_name, kind, action.when, sheet),
        own=frozenset(own),
    )


def _rule(by_name: dict[str, str], kind: ExportKind, rule: Rule, sheet: Sheet) -> RuleLayout:
    then = {n: _names_of(kind, n, sheet).get(v, v) for n, v in rule.then.items() if n in kind.columns}
    return RuleLayout(_conditions(by_name, kind, rule.when, sheet), then, rule.skip, _told(rule.when))


def _told(when: dict[str, Patterns]) -> str:
    return ",".join(f"{name} = {_some(listed(given))}" for name, given in when.items())


def _some(patterns: list[str]) -> str:
    shown = "、".join(pattern or "空" for pattern in patterns[:_MOST_PATTERNS])
    return shown if len(patterns) <= _MOST_PATTERNS else f"{shown} 等 {len(patterns)} 种"


def _conditions(
    by_name: dict[str, str], kind: ExportKind, when: dict[str, Patterns], sheet: Sheet
) -> tuple[Condition, ...]:
    conditions = []
    titles = {plain_name(title): name for name, column in kind.columns.items() for title in column.names}
    for written, given in when.items():
        patterns, plain = listed(given), plain_name(written)
        # Under the Chinese name of a canonical column, that one, where the table has none of the name itself.
        name = written if plain in by_name else titles.get(plain, written)
        if name in kind.columns:
            # Canonical values are compared with, so 退回 in a mapping means `return`.
            names = _names_of(kind, name, sheet)
            conditions.append(Condition(tuple(names.get(p, p) for p in patterns), column=name))
        else:
            conditions.append(Condition(tuple(patterns), source=by_name.get(plain, "")))
    return tuple(conditions)


def _names_of(kind: ExportKind, column: str, sheet: Sheet) -> dict[str, str]:
    """The names of a column's canonical values, those of the mapping included."""
    coded = canonical_values(column) if kind.columns[column].form == "code" else {}
    return coded | sheet.values.get(column, {})


def _always_given(actions: tuple[ActionLayout, ...], rules: tuple[RuleLayout, ...]) -> set[str]:
    """Required columns that need no column of the table: every action has them, or rules give them."""
    by_actions = [{*action.columns, *action.constants} for action in actions]
    by_rules = {name for rule in rules for name in rule.then}
    return by_rules.union(set.intersection(*by_actions) if by_actions else ())
