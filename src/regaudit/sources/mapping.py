"""A mapping: how one platform's export becomes canonical rows. A TOML file."""

from hashlib import sha256
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from regaudit.errors import RegauditError
from regaudit.sources.vocabulary import ROSTER_COLUMNS, STEP_COLUMNS

SourceColumns = str | Annotated[list[str], Meta(min_length=1)]
CANONICAL = "canonical"


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """Column names, constants and values of an export that is not canonical.

    `columns` maps a canonical column to the export's column, or to a list of which the first that is not
    blank counts; canonical names that the export uses itself need no entry. `zone` is that of times
    without an offset; `None` is the workspace's.
    """

    strip_name_suffix: bool = False
    zone: str | None = None
    columns: dict[str, SourceColumns] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}

    def fingerprint(self, zone: str) -> str:
        """A hash of all that decides what a file becomes; empty for no mapping in the default zone."""
        return sha256(msgspec.json.encode([self, zone], order="sorted")).hexdigest()


def load_mapping(reference: str | None, home: Path) -> tuple[str, Mapping]:
    """The mapping named by a path (relative to the current folder, or to the workspace).

    Returns:
        Its name for the log, and the mapping. `None` is the canonical form: nothing to map.

    Raises:
        RegauditError: no such file, or a mistake in it; the message names file and key.
    """
    if reference is None:
        return CANONICAL, Mapping()
    path = next((p for p in (Path(reference), home / reference) if p.is_file()), None)
    if path is None:
        raise RegauditError(
            f"找不到映射文件 {reference}:请给出 TOML 文件的路径(可相对于当前目录或工作区 {home})"
        )
    try:
        mapping = msgspec.toml.decode(path.read_text(encoding="utf-8-sig"), type=Mapping)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RegauditError(f"映射文件 {path} 有误:{error}") from error
    known = STEP_COLUMNS | ROSTER_COLUMNS
    for section, names in (
        ("columns", mapping.columns),
        ("constants", mapping.constants),
        ("values", mapping.values),
    ):
        if unknown := sorted(set(names) - set(known)):
            raise RegauditError(
                f"映射文件 {path} 的 [{section}] 中没有这样的标准列:{'、'.join(unknown)}。"
                f"可用的列:{'、'.join(known)}"
            )
    try:
        ZoneInfo(mapping.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RegauditError(f"映射文件 {path} 的时区 zone = {mapping.zone!r} 不存在") from error
    return path.name, mapping
