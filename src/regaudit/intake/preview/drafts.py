"""Mappings to begin with: the one in force, or what can be guessed of an export that was not recognised."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import polars as pl

from regaudit.catalogue.kinds import OFFICE, ExportKind, export_kinds
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.intake.preview.facts import Candidate, ReadExport
from regaudit.intake.preview.guesses import (
    assign,
    day_and_clock,
    guess_step,
    hint_of_step,
    likeliest,
    sample_of,
    time_columns,
    without_attributes,
)
from regaudit.intake.preview.toml import mapping_toml, toml_key, toml_value
from regaudit.sources.canonical.cells import clean_cells
from regaudit.sources.canonical.layouts import has_columns
from regaudit.sources.canonical.mapping import CANONICAL, shipped_mappings
from regaudit.sources.canonical.shapes import Export
from regaudit.sources.tables import Table

_MOST_VALUES = 300
_LEAST_ACTIONS = 2
_TIME_WORDS = re.compile(r"(?:完成|结束|办理|操作)?(?:时间|日期|于)$|_?(?:time|date|at)$", re.IGNORECASE)
_PERSON_WORDS = ("人", "人员", "操作人", "人姓名", "员", "者")


def mapping_draft(file_name: str, exports: list[Export], read: list[ReadExport], zone: str) -> str:
    """The mapping in force, complete, with the values that stay as they are as comments."""
    export = exports[0]
    mapping = export.mapping
    if not mapping.tables and not mapping.actions:
        columns: dict[str, Any] = {}
        for part in export.parts:
            for name, sources in part.layout.columns.items():
                columns[name] = list(dict.fromkeys([*columns.get(name, []), *sources]))
        single = {name: found[0] if len(found) == 1 else found for name, found in columns.items()}
        join = mapping.join | _joins(export, zone)
        single = {name: found for name, found in single.items() if name not in join}
        needed = [found for name in export.kind.required if isinstance(found := single.get(name), str)]
        required = mapping.required or (needed if len(exports) == len(export.parts) == 1 else [])
        mapping = msgspec.structs.replace(
            mapping, columns=mapping.columns | single, join=join, required=required
        )
    name = "标准列名" if export.mapping_name == CANONICAL else export.mapping_name
    head = f"# {_one_line(file_name)} 所用的映射({name})。改后以 --mapping 给出。"
    return f"{head}\n\n{mapping_toml(mapping, _remarks(read))}"


def _joins(export: Export, zone: str) -> dict[str, list[str]]:
    """The day and the clock of an action, where what is taken for its time is the clock alone."""
    day = export.kind.day
    for part in export.parts if day else ():
        pair = day_and_clock(sample_of(part.table), zone)
        if pair and pair[1] in part.layout.columns.get(day, ()):
            return {day: pair}
    return {}


def _remarks(read: list[ReadExport]) -> dict[str, list[str]]:
    """Values that stay as they are, as comments that become entries once the sign is taken off."""
    remarks: dict[str, list[str]] = {}
    for export, column, counts in ((e, c, counts) for e in read for c, counts in e.unmapped.items()):
        kind = export_kinds()[export.kind]
        known = "、".join(dict.fromkeys(canonical_values(column).values()))
        lines = remarks.setdefault(column, [])
        lines.append(f"# {kind.title_of(column)}中照原样保留的值;需要对应时去掉 # 并填写。可用:")
        lines.append(f"# {known}")
        for count in counts[:_MOST_VALUES]:
            meant = _meant(count.value) if column == kind.action else ""
            lines.append(_as_it_is(count.value, meant, f"{count.rows} 行"))
        lines += _not_listed(len(counts))
    return remarks


def _as_it_is(value: str, meant: str, rows: str) -> str:
    """A line that does no harm when its sign is taken off: without a hint the value stays what it is."""
    return f"# {toml_value(value)} = {toml_value(meant or value)} # {rows}"


def _not_listed(values: int) -> list[str]:
    return [f"# 另有 {values - _MOST_VALUES} 种值未列出"] if values > _MOST_VALUES else []


def _meant(value: str) -> str:
    return guess_step(value) or hint_of_step(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def guessed_draft(file_name: str, tables: list[Table], zone: str) -> str:
    """A mapping with the likeliest columns of the table, and for the kind, that looks most like one."""
    samples = [(table, sample_of(table)) for table in tables if table.columns]
    if extending := _extending([table for table, _ in samples]):
        return "\n".join([_head(file_name), *extending]) + "\n"
    guesses = [(table, rows, *likeliest(rows, zone)) for table, rows in samples]
    table, rows, kind, candidates = max(guesses, key=lambda item: _likeness(item[3]))
    given = without_attributes(assign(candidates), rows, kind)
    actions = _actions(rows, kind, zone) if kind.action else []
    lines = [_head(file_name), f"# 必填:{kind.named(kind.required)}"]
    if len(actions) >= _LEAST_ACTIONS and kind.action not in given:
        lines += ["", *_wide(given, kind, candidates, actions)]
    else:
        pair = day_and_clock(rows, zone) if kind.day else []
        if pair and given.get(kind.day) in (None, *pair):
            given = {name: column for name, column in given.items() if name != kind.day}
        else:
            pair = []
        lines += _required([*(given[n] for n in kind.required if n in given), *pair])
        lines += ["", *_columns(given, kind, candidates, kind.required), "", *_join(kind, pair)]
        lines += [*_constants(given, kind), *_step_values(table, kind, given)]
    return "\n".join(lines).rstrip() + "\n"


def _head(file_name: str) -> str:
    return f"# {_one_line(file_name)} 的映射草稿:按列名与内容猜测,请逐项核对,改正后以 --mapping 给出。"


def _extending(tables: list[Table]) -> list[str]:
    """A mapping that takes over a shipped one which knows the export, but finds no office in it."""
    for name, mapping in shipped_mappings().items():
        if any(mapping.required and has_columns(table.columns, mapping.required) for table in tables):
            of_office = f'# {OFFICE} = "" # 六位区县代码;必填:导出没有这一列时,去掉 # 并填写'
            return [
                f"# 看来是{mapping.title}。",
                f"extends = {toml_value(name)}",
                "",
                "[constants]",
                of_office,
            ]
    return []


def _required(columns: list[str]) -> list[str]:
    """So that no other export passes for this one."""
    return [f"required = {toml_value(columns)} # 没有这些列的导出,不按本映射读取"] if columns else []


def _join(kind: ExportKind, pair: list[str]) -> Iterator[str]:
    if pair:
        yield "[join]  # 日期和时间分列:合成一个时间,日期在前"
        yield f"{kind.day} = {toml_value(pair)}"
        yield ""


def _likeness(candidates: dict[str, list[Candidate]]) -> float:
    return sum(found[0].score for found in candidates.values())


def _columns(
    given: dict[str, str], kind: ExportKind, candidates: dict[str, list[Candidate]], required: Sequence[str]
) -> Iterator[str]:
    yield "[columns]  # 标准列 = 导出中的列"
    taken = set(given.values())
    for column in dict.fromkeys([*required, *candidates]):
        others = [c.column for c in candidates.get(column, []) if c.column not in taken]
        rest = others if column in given else others[1:]
        also = f";也可能是:{'、'.join(map(toml_value, rest))}" if rest else ""
        hint = f" # {kind.title_of(column)}{also}"
        if column in given:
            yield f"{column} = {toml_value(given[column])}{hint}"
        elif others:
            yield f"# {column} = {toml_value(others[0])}{hint}"
        elif column in required and column != OFFICE:
            yield f'# {column} = "?"{hint};必填,未找到'


def _constants(given: dict[str, str], kind: ExportKind) -> Iterator[str]:
    if OFFICE in given or OFFICE not in kind.required:
        return
    yield "[constants]"
    yield f'# {OFFICE} = "" # {kind.title_of(OFFICE)},六位区县代码;必填:导出没有这一列时,去掉 # 并填写'
    yield ""


def _step_values(table: Table, kind: ExportKind, given: dict[str, str]) -> Iterator[str]:
    """All values of the step column, however late they come."""
    if kind.action not in given:
        return
    known = canonical_values(kind.action)
    column = given[kind.action]
    counts: Counter[str] = Counter()
    for batch in table.read():
        cells = clean_cells(batch.rows, [column])[column].drop_nulls()
        counts.update(dict(cells.value_counts().iter_rows()))
    ranked = sorted(counts, key=lambda value: (-counts[value], value))
    unknown = [value for value in ranked if value not in known and value not in known.values()]
    if not unknown:
        return
    yield f"[values.{kind.action}]  # 导出中的值 = 标准环节;不列出的照原样保留"
    yield f"# 可用:{'、'.join(f'{step} {title}' for title, step in _titles(known))}"
    for value in unknown[:_MOST_VALUES]:
        if meant := guess_step(value):
            yield f"{toml_key(value)} = {toml_value(meant)}"
        else:
            yield _as_it_is(value, hint_of_step(value), f"{counts[value]} 行")
    yield from _not_listed(len(unknown))


def _titles(known: dict[str, str]) -> list[tuple[str, str]]:
    """Each canonical step once, with the first of its names."""
    first = {step: title for title, step in reversed(known.items())}
    return [(title, step) for step, title in sorted(first.items())]


def _actions(rows: pl.DataFrame, kind: ExportKind, zone: str) -> list[dict[str, Any]]:
    """Steps that have a time column of their own, with the person's column that goes with it."""
    found = []
    for name in time_columns(rows, zone, kind.guess.never.get(kind.day, "")):
        stem = _TIME_WORDS.sub("", name).rstrip("/_ ")
        if step := guess_step(stem):
            beside = {
                "operator": [f"{stem}{word}" for word in _PERSON_WORDS],
                "result": [f"{stem}结果"],
                "serial_no": ["印刷序列号"] if step == "certify" else [],
            }
            present = {
                column: next((n for n in names if n in rows.columns), "") for column, names in beside.items()
            }
            columns = {kind.day: name} | {c: n for c, n in present.items() if n and c in kind.columns}
            found.append({"step": step, "columns": columns})
    return found


def _wide(
    given: dict[str, str],
    kind: ExportKind,
    candidates: dict[str, list[Candidate]],
    actions: list[dict[str, Any]],
) -> Iterator[str]:
    """One row a case: what is the case's own, then an action for each time."""
    taken = {name for action in actions for name in action["columns"].values()}
    shared = [name for name, column in kind.columns.items() if column.shared]
    own = {c: name for c, name in given.items() if name not in taken and c in shared}
    left = {c: [o for o in candidates[c] if o.column not in taken] for c in candidates if c in shared}
    yield "# 看来一行是一件业务,各环节各有时间列:每个 [[actions]] 是一个环节。"
    required = [name for name in kind.required if name in shared]
    yield from _columns(own, kind, {c: found for c, found in left.items() if found}, required)
    yield ""
    yield from _constants(own, kind)
    for action in actions:
        yield from ("[[actions]]", f"step = {toml_value(action['step'])}")
        yield f"columns = {toml_value(action['columns'])}"
        yield ""
