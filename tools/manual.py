"""The Chinese manual as one PDF: `make manual` sets the chapters that `docs/zh/README.md` lists.

Written to `dist/`, which is not committed; needs typst and a Chinese font. With SOURCE_DATE_EPOCH, its date,
the same sources give the same bytes.
"""

import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from docs_base import CHINESE, ROOT
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from rich.cells import cell_len

from regaudit import __version__
from regaudit.base.clock import system_clock
from regaudit.base.press import press

Block = dict[str, Any]
_TEMPLATE = Path(__file__).with_suffix(".typ")
_CHAPTER = re.compile(r"^\| \[.+?\]\(([\w-]+\.md)\)", re.MULTILINE)
_JOINED = re.compile(
    r"(?<=[\u2018-\u201d\u3000-\u9fff\uff00-\uffef]) (?=[\u2018-\u201d\u3000-\u9fff\uff00-\uffef])"
)
_NARROW = 16
"""Columns of a table up to this many characters are as wide as what stands in them."""
_WIDEST = 90
_BREAKS = re.compile(r"(?<=[._/=:-])(?=[^._/=:-])")
_PORTRAIT, _LANDSCAPE = 45, 85
"""How much of a page's width a picture takes, in percent."""


def chapters() -> list[str]:
    """The files of the manual, in their order."""
    return _CHAPTER.findall((CHINESE.folder / "README.md").read_text("utf-8"))


def anchor(heading: str) -> str:
    """A heading's anchor as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


class Chapter:
    """A page of the manual as blocks that `manual.typ` sets."""

    def __init__(self, name: str, names: list[str]) -> None:
        self.name, self.names = name, names
        text = (CHINESE.folder / name).read_text("utf-8")
        self.tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(text))

    def blocks(self, node: SyntaxTreeNode | None = None) -> list[Block]:
        """What stands below a node of its tree: all of it, where none is given."""
        return [block for child in (node or self.tree).children for block in self._block(child)]

    def _block(self, node: SyntaxTreeNode) -> Iterator[Block]:
        if node.type == "heading":
            place = f"{self.name}#{anchor(node.children[0].content.replace('`', ''))}"
            label = self.name if node.tag == "h1" else place
            yield {"kind": "heading", "level": int(node.tag[1]), "parts": self._inline(node), "label": label}
        elif node.type == "paragraph":
            (inline,) = node.children
            if [part.type for part in inline.children] == ["image"]:
                yield self._picture(inline.children[0])
            else:
                yield {"kind": "paragraph", "parts": self._inline(node)}
        elif node.type in ("fence", "code_block"):
            yield {"kind": "code", "text": node.content.rstrip("\n")}
        elif node.type in ("bullet_list", "ordered_list"):
            kind = "list" if node.type == "bullet_list" else "enum"
            yield {"kind": kind, "items": [self.blocks(item) for item in node.children]}
        elif node.type == "table":
            yield self._table(node)
        elif node.type != "html_block":
            raise ValueError(f"{self.name}: no way to print {node.type}")

    def _table(self, node: SyntaxTreeNode) -> Block:
        rows = [row.children for part in node.children for row in part.children]
        widths = [
            max(cell_len(cell.children[0].content) for cell in column) for column in zip(*rows, strict=True)
        ]
        head, *body = ([self._inline(cell, in_table=True) for cell in row] for row in rows)
        return {
            "kind": "table",
            "columns": [0 if width <= _NARROW else min(width, _WIDEST) for width in widths],
            "head": head,
            "rows": [[{"parts": cell} for cell in row] for row in body],
        }

    def _picture(self, node: SyntaxTreeNode) -> Block:
        """A picture: a PNG within an SVG, since what the press takes is text."""
        path = CHINESE.folder / str(node.attrs["src"])
        if path.suffix == ".svg":
            svg, width = path.read_text("utf-8"), _LANDSCAPE
        else:
            content = path.read_bytes()
            wide, high = (int.from_bytes(content[at : at + 4]) for at in (16, 20))
            width = _LANDSCAPE if wide > high else _PORTRAIT
            svg = (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}"><image width="{wide}" '
                f'height="{high}" href="data:image/png;base64,{b64encode(content).decode()}"/></svg>'
            )
        return {"kind": "picture", "svg": svg, "width": width, "caption": node.content}

    def _inline(self, node: SyntaxTreeNode, *, in_table: bool = False) -> list[Block]:
        made = [part for child in node.children for part in self._parts(child, in_table=in_table)]
        for first, second in pairwise(made):
            # A line that ended after an ideograph goes on without a space.
            if first["kind"] == second["kind"] == "text":
                first["text"], second["text"] = "", first["text"] + second["text"]
        for part in made:
            if part["kind"] == "text":
                part["text"] = _JOINED.sub("", part["text"])
        return made

    def _parts(self, node: SyntaxTreeNode, *, in_table: bool) -> Iterator[Block]:
        simple: dict[str, Callable[[], str]] = {
            "text": lambda: node.content,
            "softbreak": lambda: " ",
            "code_inline": lambda: _BREAKS.sub("\u200b", node.content) if in_table else node.content,
        }
        if node.type == "inline":
            for child in node.children:
                yield from self._parts(child, in_table=in_table)
        elif node.type in simple:
            yield {"kind": "code" if node.type == "code_inline" else "text", "text": simple[node.type]()}
        elif node.type in ("strong", "em"):
            yield {"kind": node.type, "parts": self._inline(node, in_table=in_table)}
        elif node.type == "link":
            parts = self._inline(node, in_table=in_table)
            to = self._label(str(node.attrs["href"]))
            # What is no chapter is not in the book: only its name is printed.
            yield from [{"kind": "link", "to": to, "parts": parts}] if to else parts
        else:
            raise ValueError(f"{self.name}: no way to print {node.type}")

    def _label(self, link: str) -> str | None:
        path, _, fragment = unquote(link).partition("#")
        name = path or self.name
        return (f"{name}#{fragment}" if fragment else name) if name in self.names else None


def manual() -> bytes:
    """The PDF.

    Raises:
        NoPressError: typst or a font is missing.
    """
    names = chapters()
    facts = {"version": __version__, "chapters": [Chapter(name, names).blocks() for name in names]}
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    at = datetime.fromtimestamp(int(epoch), UTC) if epoch else system_clock()
    return press(_TEMPLATE.read_bytes()).set(facts, at)


def main() -> None:
    """Write the PDF into `dist/`."""
    path = ROOT / "dist" / f"regaudit-manual-{__version__}.pdf"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(manual())
    print(path.relative_to(ROOT).as_posix())


if __name__ == "__main__":
    main()
