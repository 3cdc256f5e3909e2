"""Tables as wide as the terminal, their cells broken as Chinese is; or each row as a few lines."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from regaudit.cli.lines import ChineseText, pieces

_LEAST = 16
"""A column of text is not squeezed to less, in cells, or it reads as a ribbon."""
_LEAST_HEADER = 4
_INDENT = "    "
_FRAME, _BORDER = 1, 3


def fitting_table(
    title: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    whole: Collection[str] = (),
) -> Table | None:
    """A table of so many cells at most; None where its columns have no room there.

    Args:
        title: What stands above it.
        headers: The names of the columns.
        rows: Their cells, with markup.
        width: How wide the terminal is, in cells.
        whole: The headers of columns whose cells are not broken at all.
    """
    cells = [[ChineseText.of(cell) for cell in row] for row in rows]
    columns = [[row[n].plain for row in cells] for n in range(len(headers))]
    natural = [_natural(header, column) for header, column in zip(headers, columns, strict=True)]
    least = [
        full if header in whole else min(full, _least(column))
        for header, column, full in zip(headers, columns, natural, strict=True)
    ]
    room = width - _FRAME - _BORDER * len(headers)
    if sum(least) > room:
        return None
    table = Table(title=title and ChineseText.of(title), title_justify="left", header_style="bold")
    for header, wide in zip(headers, _shared(natural, least, room), strict=True):
        table.add_column(ChineseText(header), width=wide)
    for row in cells:
        table.add_row(*row)
    return table


def _natural(header: str, column: Iterable[str]) -> int:
    return max(map(cell_len, (header, *(line for cell in column for line in cell.splitlines()))))


def _least(column: Sequence[str]) -> int:
    """How narrow a column may be: its longest word, and no ribbon."""
    lines = [line for cell in column for line in cell.splitlines()]
    words = max((cell_len(piece.rstrip()) for line in lines for _, piece in pieces(line)), default=0)
    return max(_LEAST_HEADER, words, min(_LEAST, max(map(cell_len, lines), default=0)))


def _shared(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The widths of columns: the widest give up what there is no room for."""
    widths = list(natural)
    while sum(widths) > room:
        widest = max((n for n in range(len(widths)) if widths[n] > least[n]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def as_blocks(headers: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> Iterator[str]:
    """Each row as a line with its first cell, and lines beneath with what is said of it; with markup."""
    for first, *others in rows:
        yield f"[bold]{_one_line(first)}[/]"
        told = (
            f"{header} {_one_line(cell)}" if header else _one_line(cell)
            for header, cell in zip(headers[1:], others, strict=True)
            if cell
        )
        line = ""
        for field in told:
            if line and Text.from_markup(f"{line}  {field}").cell_len > width - len(_INDENT):
                yield _INDENT + line
                line = field
            else:
                line += f"  {field}" if line else field
        yield _INDENT + line


def _one_line(cell: str) -> str:
    return " / ".join(cell.splitlines())
