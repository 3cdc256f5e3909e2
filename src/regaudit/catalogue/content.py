"""Finds `events/` and `projections/`: beside `src/` in a checkout, inside the package in a wheel."""

from functools import cache
from pathlib import Path


@cache
def content_root() -> Path:
    """The folder that holds `events/` and `projections/`."""
    packaged = Path(__file__).parents[1] / "_content"
    return packaged if packaged.is_dir() else Path(__file__).parents[3]


def events_dir() -> Path:
    """The event catalogue: one TOML file a kind of event."""
    return content_root() / "events"


def projections_dir() -> Path:
    """Everything that is SQL, with its reference tables and profiles."""
    return content_root() / "projections"
