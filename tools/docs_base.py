"""What every generated page has: a language, where it lies, how wide it is, that it says it is generated."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import demo

from regaudit.base.running_text import full_width

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 100
"""Columns of what commands print on a page."""
_FENCE = re.compile(r"(^ *```.*?^ *```$|^ {4}.*$)", re.DOTALL | re.MULTILINE)
_KEPT = re.compile(r"`[^`]+`|\*\*|\]\([^)]*\)|<!--.*?-->")
_CELLS = re.compile(r"( *\| *)")
_STAND_IN = 0x3400
"""Ideographs that nobody writes: each stands for code or markup, beside which marks are wide, too."""


class Tongue(NamedTuple):
    """The language of a page."""

    is_chinese: bool

    @property
    def folder(self) -> Path:
        """Where its pages lie."""
        return ROOT / "docs" / "zh" if self.is_chinese else ROOT / "docs"

    @property
    def readme(self) -> str:
        """Its README."""
        return self.say("README.md", "README.zh-CN.md")

    @property
    def root(self) -> str:
        """The way from a page of it to the root."""
        return "../.." if self.is_chinese else ".."

    def say(self, english: str, chinese: str) -> str:
        """One of two texts, the Chinese one with its punctuation."""
        return wide(chinese) if self.is_chinese else english

    def wide(self, text: str) -> str:
        """A text with the punctuation of the language."""
        return wide(text) if self.is_chinese else text

    def words(self, page: str, name: str, **facts: object) -> str:
        """What `pages.toml` has of a page, filled in."""
        told = _words()[page][name]["zh" if self.is_chinese else "en"]
        return self.wide(told.format_map(facts) if facts else told)

    def listed(self, values: Iterable[str]) -> str:
        """Several things in one sentence."""
        return self.say(", ", "、").join(values)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        """A table, with the punctuation of the language."""
        return demo.table(head, [[self.wide(cell) for cell in row] for row in rows])

    def page(self, parts: Iterable[str], source: str) -> str:
        """A page of some parts, with what it is made from."""
        head = f"<!-- Made by `make docs` from {source}. Edits here are lost. -->"
        return "\n\n".join([head, *parts]) + "\n"


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    words: dict[str, dict[str, dict[str, str]]] = tomllib.loads(
        Path(__file__).with_name("pages.toml").read_text(encoding="utf-8")
    )
    return words


ENGLISH, CHINESE = Tongue(is_chinese=False), Tongue(is_chinese=True)


def wide(text: str) -> str:
    """Markdown with the punctuation of Chinese wherever it stands beside Chinese, but in no code."""
    pieces = _FENCE.split(text)
    made = "".join(piece if place % 2 else _widened(piece) for place, piece in enumerate(pieces))
    # What stands beside a mark that has become wide stands beside Chinese, too.
    return made if made == text else wide(made)


def _widened(prose: str) -> str:
    kept = _KEPT.findall(prose)
    numbers = iter(range(len(kept)))
    stood_in = _KEPT.sub(lambda _: chr(_STAND_IN + next(numbers)), prose)
    return re.sub(
        f"[{chr(_STAND_IN)}-{chr(_STAND_IN + max(len(kept) - 1, 0))}]",
        lambda mark: kept[ord(mark[0]) - _STAND_IN] if kept else mark[0],
        "".join(
            piece if place % 2 else full_width(piece) for place, piece in enumerate(_CELLS.split(stood_in))
        ),
    )
