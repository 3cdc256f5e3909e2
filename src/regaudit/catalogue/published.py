"""The analyst database as `projections/published.toml` describes it."""

import tomllib
from functools import cache

from msgspec import Struct, convert
from msgspec.structs import replace

from regaudit.catalogue.codes import listed
from regaudit.catalogue.content import projections_dir

_CODES = "{codes}"


class PublishedTable(Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """A table of the analyst database: where it comes from, and what its columns mean.

    `codes` has the kind of codes that a column holds, of those that hold any.
    """

    source: str
    title: str
    order: list[str]
    columns: dict[str, str]
    codes: dict[str, str] = {}


@cache
def published_tables() -> dict[str, PublishedTable]:
    """Every published table by name; `{codes}` in a comment is replaced by the codes of the column's kind."""
    text = (projections_dir() / "published.toml").read_text(encoding="utf-8")
    tables = convert(tomllib.loads(text), dict[str, PublishedTable])
    return {name: replace(table, columns=_told(table)) for name, table in tables.items()}


def _told(table: PublishedTable) -> dict[str, str]:
    return {
        column: about.replace(_CODES, listed(table.codes[column])) if _CODES in about else about
        for column, about in table.columns.items()
    }


def coded_columns_of(kind: str) -> list[str]:
    """The published columns that hold codes of a kind, as `table.column`."""
    return [
        f"{name}.{column}"
        for name, table in published_tables().items()
        for column, held in table.codes.items()
        if held == kind
    ]
