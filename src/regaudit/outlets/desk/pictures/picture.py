"""What every picture is made of: elements of SVG, and patterns that are told apart in black and white.

No style attributes and no scripts: a page whose policy is `style-src 'self'` shows it as it is.
"""

import re
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct
from rich.cells import cell_len

INK, PAPER, GREY = "#111111", "#ffffff", "#d9d9d9"
FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, SimSun, sans-serif"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
# What XML cannot hold, however it is escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PATTERNS = {
    "hatch": '<path d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4" stroke="#111111" stroke-width="1.6"/>',
    "dots": '<circle cx="4" cy="4" r="1.3" fill="#111111"/>',
    "bars": '<path d="M4,0 v8" stroke="#111111" stroke-width="1"/>',
}


class Picture(Struct, frozen=True, kw_only=True):
    """A picture with what says the same without it.

    Attributes:
        svg: one `<svg>` element, to stand in a page.
        title: what it is a picture of.
        told: all that it shows, in sentences, for screen readers.
        columns: the titles of its table.
        rows: the cells of its table, as people read them.
    """

    svg: str
    title: str
    told: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class Mark(Struct, frozen=True):
    """A line of a legend: how something is filled, and what that means."""

    fill: str
    text: str


def attributes(**named: object) -> str:
    """Attributes of an element; `stroke_width` is `stroke-width`, what is None is left out."""
    return "".join(
        f" {name.rstrip('_').replace('_', '-')}={quoteattr(_plain(value))}"
        for name, value in named.items()
        if value is not None
    )


def element(name: str, inner: str = "", /, **named: object) -> str:
    """An element of SVG around SVG."""
    head = f"<{name}{attributes(**named)}"
    return f"{head}>{inner}</{name}>" if inner else f"{head}/>"


def text(x: float, y: float, words: str, **named: object) -> str:
    """A text that begins at a place, or as `text_anchor` says."""
    size = {"font_size": 13, "fill": INK} | named
    return element("text", escape(_plain(words)), x=x, y=y, **size)


def box(x: float, y: float, width: float, height: float, **named: object) -> str:
    """A rectangle with an outline."""
    look = {"fill": PAPER, "stroke": INK, "stroke_width": 1} | named
    return element("rect", x=x, y=y, width=max(width, 0), height=height, **look)


def line(x1: float, y1: float, x2: float, y2: float, **named: object) -> str:
    """A line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **({"stroke": INK, "stroke_width": 1} | named))


def name_of(key: str) -> str:
    """A text as it may stand in the id of an element; different texts stay different."""
    return key.encode("utf-8", "replace").hex() if _NOT_IN_A_NAME.search(key) else key


def pattern(key: str, name: str) -> str:
    """The fill that is a pattern (hatch, dots, bars) of the picture `key`."""
    return f"url(#{name_of(key)}-{name})"


def text_width(words: str, font_size: float) -> float:
    """How wide a text is at most: a Chinese sign is a square, any other half of one and a little more."""
    wide = cell_len(words) - len(words)
    return font_size * (wide + 0.6 * (len(words) - wide))


def legend(x: float, y: float, marks: Iterable[Mark], width: float) -> tuple[str, float]:
    """The legend from a place on, in as many lines as the width asks for; with the height it takes."""
    parts, left, top = [], x, y
    for mark in marks:
        wide = 26 + 13 * len(mark.text)
        if left > x and left + wide > width:
            left, top = x, top + 20
        parts.append(box(left, top, 14, 12, fill=mark.fill))
        parts.append(text(left + 19, top + 11, mark.text, font_size=12))
        left += wide
    return "".join(parts), top + 20 - y


def sheet(key: str, size: tuple[float, float], title: str, told: str, inner: str) -> str:
    """The whole picture.

    Args:
        key: tells it apart from other pictures of the same page.
        size: width and height.
        title: its name.
        told: what it shows, in sentences.
        inner: its elements.
    """
    own, (width, height) = name_of(key), size
    patterns = "".join(
        element(
            "pattern",
            box(0, 0, 8, 8, stroke="none") + drawn,
            id=f"{own}-{name}",
            width=8,
            height=8,
            patternUnits="userSpaceOnUse",
        )
        for name, drawn in _PATTERNS.items()
    )
    head = (
        element("title", escape(_plain(title)), id=f"{own}-title")
        + element("desc", escape(_plain(told)), id=f"{own}-told")
        + element("defs", patterns)
    )
    return element(
        "svg",
        head + box(0, 0, width, height, stroke="none") + inner,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_plain(width)} {_plain(height)}",
        width=width,
        height=height,
        role="img",
        class_="picture",
        aria_labelledby=f"{own}-title {own}-told",
        font_family=FONT,
    )


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return _NOT_XML.sub("\ufffd", str(value))
