"""A mapping: how one platform's export becomes canonical rows. A TOML file, the user's or one shipped."""

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from regaudit.base.errors import RegauditError
from regaudit.base.tomltext import in_chinese
from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.kinds import all_columns, export_kinds
from regaudit.sources.canonical.mapped_sheets import Action, Fill, Rule, Sheet, TableMapping, listed
from regaudit.sources.canonical.timeformats import strptime_format

CANONICAL = "canonical"
Offsets = Literal["", "kept", "ignored"]
_FIRST_KEYS = ("strip_name_suffix", "zone", "columns", "constants", "values")
_NEW_KEYS = ("times", "join", "fallback")
_JOINED_LISTS = ("rules", "actions", "tables", "optional")


class Mapping(Sheet, frozen=True, forbid_unknown_fields=True):
    """Column names, constants and values of an export that is not canonical.

    `zone` is that of times without an offset; `None` is the workspace's. `offsets` are believed, also where
    nothing is said, or `ignored`. `delimiter` separates the cells of a
    text file; empty where the file tells itself. What stands outside `tables` holds for each of them as well.
    """

    title: str = ""
    strip_name_suffix: bool = False
    zone: str | None = None
    offsets: Offsets = ""
    delimiter: Annotated[str, Meta(max_length=1)] = ""
    fill: dict[str, Fill] = msgspec.field(default_factory=dict)
    tables: list[TableMapping] = msgspec.field(default_factory=list)

    def content(self, zone: str) -> bytes:
        """All that decides what a file becomes, as canonical JSON: the mapping and the zone of its times."""
        content = msgspec.to_builtins(self)
        # Keys that are not used leave no mark, so that a mapping keeps its fingerprint when keys are added.
        used = {name: value for name, value in content.items() if value or name in _FIRST_KEYS}
        for name in ("title", "optional"):
            used.pop(name, None)
        if self.tables:
            used["tables"] = [_without_new_keys(table) for table in content["tables"]]
        return msgspec.json.encode([used, zone], order="sorted")

    def fingerprint(self, zone: str) -> str:
        """A hash of all that decides what a file becomes."""
        return sha256(self.content(zone)).hexdigest()

    def sheet(self, table: TableMapping) -> Sheet:
        """All that holds for a table: its own entries before those of the whole mapping."""
        values = {
            name: self.values.get(name, {}) | table.values.get(name, {})
            for name in {**self.values, **table.values}
        }
        return Sheet(
            required=table.required,
            columns=self.columns | table.columns,
            constants=self.constants | table.constants,
            values=values,
            actions=table.actions or self.actions,
            rules=[*table.rules, *self.rules],
            times=self.times | table.times,
            join={name: parts for name, parts in self.join.items() if name not in table.columns} | table.join,
            optional=[*table.optional, *self.optional],
            fallback=table.fallback or self.fallback,
        )

    def source_columns(self) -> Iterator[str]:
        """All columns of an export that are named anywhere in the mapping."""
        for fill in self.fill.values():
            yield from listed(fill.by)
        for sheet in (self, *self.tables):
            yield from sheet.required
            for joined in sheet.join.values():
                yield from joined
            parts: Iterable[Sheet | Action | Rule] = (sheet, *sheet.actions, *sheet.rules)
            for part in parts:
                for columns in getattr(part, "columns", {}).values():
                    yield from listed(columns)
                yield from getattr(part, "when", {})


def _without_new_keys(table: dict[str, Any]) -> dict[str, Any]:
    return {name: v for name, v in table.items() if name != "optional" and (v or name not in _NEW_KEYS)}


def delimiter_of(mapping: Mapping | None) -> str:
    """What a mapping says stands between the cells of delimited text; empty: it is found out."""
    return mapping.delimiter if mapping else ""


def load_mapping(reference: str | None, home: Path) -> tuple[str, Mapping]:
    """The mapping named by a path (relative to the current folder, or to the workspace), or a shipped one.

    Returns:
        Its name for the log, and the mapping. `None` and `canonical` are the canonical form: nothing to map.

    Raises:
        RegauditError: no such mapping, or a mistake in it; the message names file and key.
    """
    if reference is None or reference == CANONICAL:
        return CANONICAL, Mapping()
    path = _find(reference, home)
    if path is None:
        raise RegauditError(
            f"找不到映射文件 {reference}:请给出 TOML 文件的路径(可相对于当前目录或工作区 {home}),"
            f"或自带映射的名称:{'、'.join(shipped_mappings())}"
        )
    is_shipped = path.parent == _shipped_dir()
    return path.stem if is_shipped else path.name, _load(path, home)


@cache
def shipped_mappings() -> dict[str, Mapping]:
    """The mappings that come with regaudit, by name; exports are recognised by them without being told."""
    folder = _shipped_dir()
    return {path.stem: _load(path, folder) for path in sorted(folder.glob("*.toml"))}


def _shipped_dir() -> Path:
    return projections_dir() / "mappings"


def _find(reference: str, home: Path) -> Path | None:
    places = (Path(reference), home / reference, _shipped_dir() / f"{reference}.toml")
    return next((place for place in places if place.is_file()), None)


def _load(path: Path, home: Path) -> Mapping:
    content = _content(path, home, ())
    try:
        mapping = msgspec.convert(content, Mapping)
    except msgspec.ValidationError as error:
        raise RegauditError(f"映射文件 {path} 有误:{in_chinese(str(error))}") from error
    _check(path, mapping)
    return mapping


def _content(path: Path, home: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """The file's entries, with those of the mapping that it extends."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RegauditError(f"映射文件 {path} 有误:{in_chinese(str(error))}") from error
    if (reference := content.pop("extends", None)) is None:
        return content
    base = _find(str(reference), home)
    if base is None or base in (path, *above):
        raise RegauditError(
            f"映射文件 {path} 的 extends = {reference!r} 不存在或指向自己:"
            f"请给出另一个映射文件,或自带映射的名称:{'、'.join(shipped_mappings())}"
        )
    return _merged(_content(base, home, (path, *above)), content)


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`: tables of keys are merged; rules, actions and tables go before those of the base."""
    result = dict(base)
    for key, value in own.items():
        before = base.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            result[key] = _merged(before, value)
        elif key in _JOINED_LISTS and isinstance(value, list) and isinstance(before, list):
            result[key] = [*value, *before]
        else:
            result[key] = value
    return result


def _check(path: Path, mapping: Mapping) -> None:
    known = all_columns()
    days = list(dict.fromkeys(kind.day for kind in export_kinds().values() if kind.action))
    for place, names in _canonical_names(mapping):
        if unknown := sorted(set(names) - set(known)):
            raise RegauditError(
                f"映射文件 {path} 的 {place} 中没有这样的标准列:{'、'.join(unknown)}。"
                f"可用的列:{'、'.join(known)}"
            )
    for place, sheet in _sheets(mapping):
        _check_times(f"映射文件 {path} 的 {place}", sheet)
        for action in sheet.actions:
            if not set(days) & set(action.columns):
                raise RegauditError(
                    f"映射文件 {path} 的 {place}[[actions]](step = {action.step!r})"
                    f"缺少 columns.{'、columns.'.join(days)}:应写明该环节的时间是哪一列"
                )
        if any(not rule.then and not rule.skip for rule in sheet.rules):
            raise RegauditError(f"映射文件 {path} 的 {place}[[rules]] 应写明 then 或 skip = true")
    if any(not table.names and not table.required for table in mapping.tables):
        raise RegauditError(f"映射文件 {path} 的 [[tables]] 应写明 names 或 required,否则无从识别")
    try:
        ZoneInfo(mapping.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RegauditError(f"映射文件 {path} 的时区 zone = {mapping.zone!r} 不存在") from error


def _check_times(place: str, sheet: Sheet) -> None:
    moments = {name for name, column in all_columns().items() if column.is_moment}
    for key, names in (("times", sheet.times), ("join", sheet.join)):
        if others := sorted(set(names) - moments):
            raise RegauditError(f"{place}[{key}] 只能写时间列,{'、'.join(others)} 不是")
    for name, formats in sheet.times.items():
        for text in listed(formats):
            try:
                strptime_format(text)
            except ValueError as error:
                raise RegauditError(
                    f"{place}[times] 中 {name} 的格式 {text!r} 无法理解:应有年、月、日,"
                    "写作 dd/MM/yyyy HH:mm:ss 或 %d/%m/%Y %H:%M:%S"
                ) from error


def _sheets(mapping: Mapping) -> Iterator[tuple[str, Sheet]]:
    yield "", mapping
    for number, table in enumerate(mapping.tables, start=1):
        yield f"[[tables]] 第 {number} 项({'、'.join(table.names) or '未命名'})的 ", table


def _canonical_names(mapping: Mapping) -> Iterator[tuple[str, Iterable[str]]]:
    """Every place where canonical columns are named, and the names there."""
    yield "[fill]", mapping.fill
    for place, sheet in _sheets(mapping):
        yield f"{place}[columns]", sheet.columns
        yield f"{place}[constants]", sheet.constants
        yield f"{place}[values]", sheet.values
        yield f"{place}[times]", sheet.times
        yield f"{place}[join]", sheet.join
        for action in sheet.actions:
            yield f"{place}[[actions]](step = {action.step!r})", [*action.columns, *action.constants]
        for rule in sheet.rules:
            yield f"{place}[[rules]] 的 then", rule.then
