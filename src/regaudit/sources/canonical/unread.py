"""Which tables of an export are not read, and why; and what the mapping says that they would give.

A table is known where the mapping names it or earlier exports had it: `UnreadTable.tables` is then what it is
called each night, whatever its file is called. One without is of no kind that anybody knows.
"""

import re
from collections.abc import Iterable, Sequence

from regaudit.catalogue.event_types import UnreadTable
from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.sources.canonical.layouts import Lacking, has_columns, title_match
from regaudit.sources.canonical.mapped_sheets import Sheet, TableMapping, listed
from regaudit.sources.canonical.mapping import Mapping
from regaudit.sources.tables import BLANK_SHEET, Table

UNRECOGNISED, LACKING, OMITTED, EMPTY, MISSING = "unrecognised", "lacking", "omitted", "empty", "missing"
"""Why a table is not read: it is of no kind, lacks columns, cannot be opened, has no row, is not there."""
_ONLY_HEADER, _NOT_THERE = "只有表头,没有数据行", "导出中没有这张表"
_DATED = re.compile(r"[\d\W_]+")


def named_table(mapping: Mapping, title: str) -> TableMapping | None:
    """The table of a mapping that a title names best."""
    ranked = [(title_match(title, known.names), known) for known in mapping.tables]
    rank, known = max(ranked, key=lambda pair: pair[0], default=((0, 0), None))
    return known if rank > (0, 0) else None


def standing_name(mapping: Mapping, title: str) -> str:
    """What a table is called each night: as the mapping calls it, else its title without numbers."""
    known = named_table(mapping, title)
    if known is not None:
        return max(known.names, key=lambda name: title_match(title, [name]))
    return _DATED.sub("", title).upper() or title.strip()


def steps_given(mapping: Mapping, known: TableMapping | None, kind: ExportKind) -> list[str]:
    """The actions that a table of a mapping gives; none where its rows say so themselves."""
    if known is None or not kind.action:
        return []
    sheet = mapping.sheet(known)
    given = [action.step for action in sheet.actions]
    given += [sheet.constants[kind.action]] if kind.action in sheet.constants else []
    return list(dict.fromkeys(given))


def not_taken(
    table: Table, mapping: Mapping, kind: ExportKind, lacking: Lacking | None
) -> UnreadTable | None:
    """Why a table of an export is not read.

    Args:
        table: one that neither is of a kind nor is left out by the mapping.
        mapping: how the export is read.
        kind: of what the export holds.
        lacking: what the table lacks to be what the mapping says.

    Returns:
        `None` for an empty sheet of no name that is known.
    """
    known = named_table(mapping, table.title)
    if table.omitted == BLANK_SHEET and known is None:
        return None
    why, reason = UNRECOGNISED, none_of_them()
    if table.omitted:
        why, reason = EMPTY if table.omitted == BLANK_SHEET else OMITTED, table.omitted
    elif lacking is not None:
        why, reason = (
            LACKING,
            f"缺少{lacking.kind.named(lacking.columns)}{_by_mapping(table, mapping, known)}",
        )
    return UnreadTable(
        name=table.name,
        why=why,
        reason=reason,
        tables=[standing_name(mapping, table.title)] if known else [],
        steps=steps_given(mapping, known, kind),
    )


def _by_mapping(table: Table, mapping: Mapping, known: TableMapping | None) -> str:
    """The columns that the mapping looks for and the table lacks, as the mapping calls them."""
    if known is None:
        return ""
    wanted = [*known.required, *_day_columns(mapping.sheet(known))]
    lacked = [name for name in dict.fromkeys(wanted) if not has_columns(table.columns, [name])]
    return f",映射中是 {'、'.join(lacked)}" if lacked else ""


def _day_columns(sheet: Sheet) -> Iterable[str]:
    """Columns that tell when something happened, where all of a sheet's actions need the same one."""
    days = [listed(columns) for action in sheet.actions for columns in action.columns.values()]
    return days[0] if len(sheet.actions) == 1 and days else []


def lacking_steps(
    mapping: Mapping,
    kind: ExportKind,
    read: Sequence[tuple[str, int]],
    beside: Sequence[tuple[str, int]],
    told: Iterable[UnreadTable],
) -> list[UnreadTable]:
    """The actions that no table of an export gives although others show that they happened.

    Args:
        mapping: how the export is read; one without tables gives no action of its own.
        kind: says which actions come before which.
        read: title and rows of each table that was read.
        beside: the same of what other sources give.
        told: unread tables that are told anyway.
    """
    givers = {title: steps_given(mapping, named_table(mapping, title), kind) for title, _ in [*read, *beside]}
    given = {step for title, rows in read if rows for step in givers[title]}
    settled = {step for title, rows in [*read, *beside] if rows for step in givers[title]}
    settled |= {step for table in told for step in table.steps}
    wanted = [before for step, earlier in kind.preceded_by.items() if step in given for before in earlier]
    found = []
    for step in dict.fromkeys(wanted):
        tables = [name for t in mapping.tables if step in steps_given(mapping, t, kind) for name in t.names]
        if step in settled or not tables:
            continue
        empty = [title for title, _ in read if step in givers[title]]
        found.append(
            UnreadTable(
                name="、".join(empty) or tables[0],
                why=EMPTY if empty else MISSING,
                reason=_ONLY_HEADER if empty else _NOT_THERE,
                tables=tables,
                steps=[step],
            )
        )
    return found


def told_in_words(table: UnreadTable) -> str:
    """A table that is not read, and why, on one line."""
    return f"{table.name}({table.reason})"


def none_of_them() -> str:
    """That a table is of no kind."""
    return f"不是{',也不是'.join(kind.title for kind in export_kinds().values())}"
