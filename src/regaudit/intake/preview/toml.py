"""Writes a mapping as TOML that `load_mapping` reads back."""

from collections.abc import Iterator
from collections.abc import Mapping as Dictionary
from typing import Any

import msgspec
import tomlkit
from tomlkit.items import Item

from regaudit.sources.canonical.mapping import Mapping

_SCALARS = ("title", "strip_name_suffix", "zone", "offsets", "delimiter", "required", "optional", "fallback")
_OF_TABLES = ("names", "required", "ignore", "optional", "fallback")
_DICTS = ("columns", "join", "times", "constants")


def mapping_toml(mapping: Mapping, remarks: Dictionary[str, list[str]] | None = None) -> str:
    """A mapping as TOML; empty entries are left out.

    Args:
        mapping: what to write.
        remarks: by canonical column, comments to put below its `[values]`.
    """
    content = msgspec.to_builtins(mapping)
    remarks = remarks or {}
    content["values"] = content["values"] | {c: {} for c in remarks if c not in content["values"]}
    lines = [f"{key} = {toml_value(content[key])}" for key in _SCALARS if content.get(key)]
    lines += _sheet(content, "", remarks)
    for name, fill in content["fill"].items():
        lines += ["", f"[fill.{toml_key(name)}]", *_entries(fill)]
    for table in content["tables"]:
        lines += ["", "[[tables]]"]
        lines += [f"{key} = {toml_value(table[key])}" for key in _OF_TABLES if table[key]]
        lines += _sheet(table, "tables.", {})
    return "\n".join(lines).strip() + "\n"


def toml_key(name: str) -> str:
    """A name as a TOML key."""
    return tomlkit.key(name).as_string()


def toml_value(value: Any) -> str:
    """A text, number, list or dict on one line."""
    return _inline(value).as_string()


def _inline(value: Any) -> Item:
    """A value that stays on the line of its key."""
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        for key, inner in value.items():
            table.append(tomlkit.key(key), _inline(inner))
        return table
    if isinstance(value, list):
        array = tomlkit.array()
        for inner in value:
            array.append(_inline(inner))
        return array
    item: Item = tomlkit.item(value)
    return item


def _sheet(sheet: dict[str, Any], above: str, remarks: Dictionary[str, list[str]]) -> Iterator[str]:
    for key in _DICTS:
        if sheet[key]:
            yield from ("", f"[{above}{key}]", *_entries(sheet[key]))
    for column, values in sheet["values"].items():
        yield from ("", f"[{above}values.{toml_key(column)}]", *_entries(values))
        yield from remarks.get(column, [])
    for key in ("actions", "rules"):
        for entry in sheet[key]:
            yield from ("", f"[[{above}{key}]]", *_entries({k: v for k, v in entry.items() if v}))


def _entries(content: dict[str, Any]) -> Iterator[str]:
    return (f"{toml_key(key)} = {toml_value(value)}" for key, value in content.items())
