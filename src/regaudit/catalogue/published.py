"""The analyst database as `projections/published.toml` describes it."""

import tomllib
from functools import cache

from msgspec import Struct, convert

from regaudit.catalogue.content import projections_dir


class PublishedTable(Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from"}):
    """A table of the analyst database: where it comes from, and what its columns mean."""

    source: str
    title: str
    order: list[str]
    columns: dict[str, str]


@cache
def published_tables() -> dict[str, PublishedTable]:
    """Every published table by name."""
    text = (projections_dir() / "published.toml").read_text(encoding="utf-8")
    return convert(tomllib.loads(text), dict[str, PublishedTable])
