"""What every generated page has: where it lies, how wide it is, that it says it is generated."""

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100
"""Columns of what commands print on a page."""


def page(parts: Iterable[str], source: str) -> str:
    """A page of some parts, with what it is made from."""
    head = f"<!-- Made by `make docs` from {source}. Edits here are lost. -->"
    return "\n\n".join([head, *parts]) + "\n"
