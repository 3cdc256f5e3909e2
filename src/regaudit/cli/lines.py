"""Where Chinese text may be broken: not within a number or a word, and never before a closing mark."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells, get_character_cell_size
from rich.console import Console, ConsoleOptions, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.measure import Measurement
from rich.text import Text

_OPENING = frozenset("([{<（【《〈「『“‘")
_CLOSING = frozenset(")]}>）】》〉」』”’、。，；：！？,.;:!?%％…—·")
_PAUSES = frozenset(",;:!?)]”’")
_WIDE = 2
_FIELDS = re.compile(rf"(?<=\S  )(?=[^\s{re.escape(''.join(sorted(_CLOSING)))}])")
_SHORT = 24


def pieces(text: str, width: int = _SHORT) -> Iterator[tuple[int, str]]:
    """What must stay together, with the blanks behind it, and where each begins.

    Two blanks part fields: a short one is whole, as a name or a time, where a line has room for it.
    """
    begin = 0
    fields = _FIELDS.split(text)
    for field in fields:
        if len(fields) > 1 and cell_len(field.strip()) <= min(_SHORT, width):
            yield begin, field
        else:
            yield from ((begin + at, piece) for at, piece in _pieces(field))
        begin += len(field)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    begin = 0
    for end in range(1, len(text)):
        if _may_break(text, end):
            yield begin, text[begin:end]
            begin = end
    if text:
        yield begin, text[begin:]


def _may_break(text: str, at: int) -> bool:
    """Whether a line may end before the character at `at`."""
    before, after = text[at - 1], text[at]
    if after.isspace() or after in _CLOSING or before in _OPENING:
        return False
    if before.isspace():
        return True
    if _is_wide(before):
        return after != "/"
    if before in _PAUSES:
        # `2026,3` is one number; a comma behind a Chinese word ends it whatever follows.
        told = text[:at].rstrip("".join(_PAUSES))
        return _is_wide(after) or (bool(told) and _is_wide(told[-1]))
    return _is_wide(after) and before not in "=-" and not before.isdigit()


def _is_wide(char: str) -> bool:
    return get_character_cell_size(char) == _WIDE


def breaks(text: str, width: int, *, fold: bool = False) -> list[int]:
    """Where a line of text is broken to fit into so many cells.

    What must stay together and is wider than that stands on a line of its own, unless it may be folded.
    """
    found: list[int] = []
    used = 0
    for begin, piece in pieces(text, width):
        needed = cell_len(piece.rstrip())
        if used and used + needed > width:
            found.append(begin)
            used = 0
        if fold and needed > width:
            at = begin
            *full, last = chop_cells(piece.rstrip(), width)
            for part in full:
                at += len(part)
                found.append(at)
            used = cell_len(last) + len(piece) - len(piece.rstrip())
        else:
            used += cell_len(piece)
    return found


def hanging(text: Text, width: int) -> list[Text]:
    """Lines of so many cells; what is carried over stands two cells deeper than its line began."""
    lines: list[Text] = []
    for line in text.split(allow_blank=True):
        depth = len(line.plain) - len(line.plain.lstrip()) + 2
        first, *rest = line.divide(breaks(line.plain, width)[:1])
        lines.append(first)
        for carried in rest:
            for part in carried.divide(breaks(carried.plain, width - depth)):
                part.pad_left(depth)
                lines.append(part)
    for line in lines:
        line.rstrip()
    return lines


class ChineseText(Text):
    """Text that is broken as Chinese is."""

    @classmethod
    def of(cls, markup: str) -> "ChineseText":
        """The text of a line with markup."""
        text = Text.from_markup(markup, emoji=False)
        return cls(text.plain, spans=text.spans)

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,  # noqa: ARG002 - nothing is ever left out
        tab_size: int = 8,  # noqa: ARG002 - there are no tabs
        no_wrap: bool | None = None,  # noqa: ARG002 - what must be whole has its width
    ) -> Lines:
        """The lines, as rich asks for them."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            parts = line.divide(breaks(line.plain, width, fold=True))
            for part in parts:
                part.rstrip()
            if justify:
                parts.justify(console, width, justify=justify, overflow="fold")
            lines.extend(parts)
        return lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """The widest of what must stay together, and of the lines."""
        lines = self.plain.splitlines()
        least = max((cell_len(piece.rstrip()) for line in lines for _, piece in pieces(line)), default=0)
        return Measurement(least, max(map(cell_len, lines), default=0))
