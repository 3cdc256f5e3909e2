"""Where Chinese text may be broken, how wide a table is, and what a terminal has no room for."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from regaudit.cli.lines import breaks, hanging, pieces
from regaudit.cli.tables import as_blocks, fitting_table

WORDS = ["业务", "022026011600002", "(转移登记)", "3月9日", "09:00:00", ",", ";", "。", "steps.csv", "--full"]
TEXTS = st.lists(st.sampled_from([*WORDS, " ", "  "]), max_size=24).map("".join)
WIDTHS = st.integers(min_value=20, max_value=100)
CLOSING = ",;:)。,"


def broken(text: str, width: int, *, fold: bool = False) -> list[str]:
    places = [0, *breaks(text, width, fold=fold), len(text)]
    return [text[begin:end] for begin, end in pairwise(places)]


@example(text="业务  业务业务业务steps.csv", width=20)
@given(text=TEXTS, width=WIDTHS)
def test_lines_hold_all_and_fit_unless_a_word_alone_does_not(text: str, width: int) -> None:
    lines = broken(text, width)
    assert "".join(lines) == text
    for line in lines:
        assert cell_len(line.rstrip()) <= width or len(list(pieces(line))) == 1


@given(text=TEXTS, width=WIDTHS)
def test_no_number_is_broken_and_no_line_begins_with_a_closing_mark(text: str, width: int) -> None:
    for place in breaks(text, width):
        before, after = text[place - 1], text[place]
        assert not (before.isascii() and before.isalnum() and after.isascii() and after.isalnum())
        assert after not in CLOSING
        assert before != "("
        assert not after.isspace()


@given(text=TEXTS, width=WIDTHS)
def test_folded_lines_always_fit(text: str, width: int) -> None:
    lines = broken(text, width, fold=True)
    assert "".join(lines) == text
    assert all(cell_len(line.rstrip()) <= width for line in lines)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("业务022026011600002已登簿", 20, ["业务", "022026011600002已登", "簿"]),
        ("应于1月23日(周五)前(含)办结", 20, ["应于1月23日(周五)前", "(含)办结"]),
        ("账号 zhaoli  赵丽(P00033)  终端", 24, ["账号 zhaoli  ", "赵丽(P00033)  终端"]),
        ("受理/审核", 6, ["受理/", "审核"]),
        ("", 20, [""]),
    ],
)
def test_where_it_is_broken(text: str, width: int, lines: list[str]) -> None:
    assert broken(text, width) == lines


@given(text=TEXTS, width=WIDTHS)
def test_what_is_carried_over_stands_deeper(text: str, width: int) -> None:
    lines = [line.plain for line in hanging(Text(f"  甲{text}"), width)]
    assert "".join("".join(lines).split()) == "".join(f"甲{text}".split())
    assert all(line.startswith("    ") for line in lines[1:])


ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4)


@given(rows=ROWS, width=st.integers(min_value=60, max_value=120))
def test_a_table_fits_or_is_none(rows: list[tuple[str, str, str]], width: int) -> None:
    console = Console(width=width, file=None)
    table = fitting_table("表", ("编号", "名称", "说明"), rows, width)
    if table is None:
        assert not fits_at_all(rows, width)
        return
    with console.capture() as shown:
        console.print(table, soft_wrap=True)
    lines = shown.get().splitlines()
    assert max(map(cell_len, lines)) <= width
    for row in rows:
        for cell in row:
            for number in (piece.strip() for _, piece in pieces(cell)):
                assert number in shown.get()


def fits_at_all(rows: list[tuple[str, str, str]], width: int) -> bool:
    """Whether the longest words of all columns, or 16 cells of each, stand beside each other."""
    least = [
        max(
            4,
            min(16, max(cell_len(row[n]) for row in rows)),
            *(cell_len(piece.rstrip()) for row in rows for _, piece in pieces(row[n])),
        )
        for n in range(3)
    ]
    return sum(least) + 3 * 3 + 1 <= width


@given(rows=ROWS, width=st.integers(min_value=40, max_value=120))
def test_blocks_say_every_cell_under_its_name(rows: list[tuple[str, str, str]], width: int) -> None:
    told = "\n".join(as_blocks(("编号", "名称", "说明"), rows, width))
    for first, name, about in rows:
        assert f"[bold]{first}[/]" in told
        assert not name or f"名称 {name}" in told
        assert not about or f"说明 {about}" in told


def test_columns_that_are_copied_are_not_broken() -> None:
    rows = [("很长的名称也不断开的一列", "说明" * 40)]
    table = fitting_table("", ("名称", "说明"), rows, 60, whole=("名称",))
    console = Console(width=60)
    with console.capture() as shown:
        console.print(table, soft_wrap=True)
    assert rows[0][0] in shown.get()
    assert fitting_table("", ("名称", "说明"), [("长" * 30, "短")], 40, whole=("名称",)) is None
