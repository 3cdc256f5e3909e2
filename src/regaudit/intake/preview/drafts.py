"""Mappings to begin with: the one in force, or what can be guessed of an export that was not recognised."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import polars as pl

from regaudit.catalogue.kinds import OFFICE, ExportKind, export_kinds
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.intake.preview.facts import Candidate, ReadExport
from regaudit.intake.preview.guesses import (
    assign,
    guess_step,
    hint_of_step,
    likeliest,
    sample_of,
    time_columns,
)
from regaudit.intake.preview.toml import mapping_toml, toml_key, toml_value
from regaudit.sources.canonical.mapping import CANONICAL
from regaudit.sources.canonical.shapes import Export
from regaudit.sources.tables import Table

_MOST_VALUES = 60
_LEAST_ACTIONS = 2
_TIME_WORDS = re.compile(r"(?:完成|结束|办理|操作)?(?:时间|日期|于)$|_?(?:time|date|at)$", re.IGNORECASE)
_PERSON_WORDS = ("人", "人员", "操作人", "人姓名", "员", "者")


def mapping_draft(file_name: str, exports: list[Export], read: list[ReadExport]) -> str:
    """The mapping in force, complete, with the values that stay as they are as comments."""
    export = exports[0]
    mapping = export.mapping
    if not mapping.tables and not mapping.actions:
        columns: dict[str, Any] = {}
        for part in export.parts:
            for name, sources in part.layout.columns.items():
                columns[name] = list(dict.fromkeys([*columns.get(name, []), *sources]))
        single = {name: found[0] if len(found) == 1 else found for name, found in columns.items()}
        mapping = msgspec.structs.replace(mapping, columns=mapping.columns | single)
    name = "标准列名" if export.mapping_name == CANONICAL else export.mapping_name
    head = f"# {_one_line(file_name)} 所用的映射({name})。改后以 --mapping 给出。"
    return f"{head}\n\n{mapping_toml(mapping, _remarks(read))}"


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
            lines.append(f"# {toml_value(count.value)} = {toml_value(meant)} # {count.rows} 行")
    return remarks


def _meant(value: str) -> str:
    return guess_step(value) or hint_of_step(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def guessed_draft(file_name: str, tables: list[Table], zone: str) -> str:
    """A mapping with the likeliest columns of the table, and for the kind, that looks most like one."""
    samples = [sample_of(table) for table in tables]
    guesses = [(rows, *likeliest(rows, zone)) for rows in samples]
    rows, kind, candidates = max(guesses, key=lambda item: _likeness(item[2]))
    given = assign(candidates)
    actions = _actions(rows, kind, zone) if kind.action else []
    lines = [
        f"# {_one_line(file_name)} 的映射草稿:按列名与内容猜测,请逐项核对,改正后以 --mapping 给出。",
        f"# 必填:{kind.named(kind.required)}",
        "",
    ]
    if len(actions) >= _LEAST_ACTIONS and kind.action not in given:
        lines += _wide(given, kind, candidates, actions)
    else:
        lines += [*_columns(given, kind, candidates, kind.required), "", *_constants(given, kind)]
        lines += _step_values(rows, kind, given)
    return "\n".join(lines).rstrip() + "\n"


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
    yield f'# {OFFICE} = "六位区县代码" # {kind.title_of(OFFICE)};必填:导出没有这一列时,去掉 # 并填写'
    yield ""


def _step_values(rows: pl.DataFrame, kind: ExportKind, given: dict[str, str]) -> Iterator[str]:
    if kind.action not in given:
        return
    known = canonical_values(kind.action)
    column = given[kind.action]
    counts = rows[column].drop_nulls().value_counts(sort=True)
    unknown = [
        v for v in counts[column].to_list()[:_MOST_VALUES] if v not in known and v not in known.values()
    ]
    if not unknown:
        return
    yield f"[values.{kind.action}]  # 导出中的值 = 标准环节;不列出的照原样保留"
    yield f"# 可用:{'、'.join(f'{step} {title}' for title, step in _titles(known))}"
    for value in unknown:
        meant = guess_step(value)
        yield f"{'' if meant else '# '}{toml_key(value)} = {toml_value(meant or hint_of_step(value))}"


def _titles(known: dict[str, str]) -> list[tuple[str, str]]:
    """Each canonical step once, with the first of its names."""
    first = {step: title for title, step in reversed(known.items())}
    return [(title, step) for step, title in sorted(first.items())]


def _actions(rows: pl.DataFrame, kind: ExportKind, zone: str) -> list[dict[str, Any]]:
    """Steps that have a time column of their own, with the person's column that goes with it."""
    found = []
    for name in time_columns(rows, zone):
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
