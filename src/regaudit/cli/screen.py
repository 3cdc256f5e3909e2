"""What commands print: Chinese text and tables for people, JSON for programs; progress on a terminal."""

import codecs
import csv
import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from regaudit.base.folded_text import visible
from regaudit.base.progress import Progress as Report
from regaudit.cli.lines import hanging
from regaudit.cli.tables import as_blocks, fitting_table
from regaudit.outlets.database import plain

T = TypeVar("T")
_PIPED_WIDTH = 110
# Narrower, columns would vanish; the terminal breaks the lines itself.
_LEAST_WIDTH = 80
_FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# What a cell of an export holds must not move the cursor: a case could wipe its own findings off the screen.
_CONTROLS = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"}
    | {0x7F: 0x2421}
    | {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}
)


def _width() -> int | None:
    """Of what goes into a pipe or a file: as wide as the terminal where there is one beside it."""
    if "COLUMNS" in os.environ or (sys.stdout is not None and sys.stdout.isatty()):
        return None
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return _PIPED_WIDTH


# No emoji: `:office:` in a value is itself.
console = Console(highlight=False, emoji=False, width=_width())
errors = Console(stderr=True, highlight=False, emoji=False)


def print_json(value: Any) -> None:
    """One JSON document on standard output, UTF-8, times in ISO form."""
    print(_sayable(json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2, default=plain)))  # noqa: T201


def _sayable(document: str) -> str:
    """JSON for an output that is not UTF-8, as a pipe on Windows: with escapes, which every encoding has."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if codecs.lookup(encoding).name == "utf-8":
        return document
    return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], document)


def print_json_pages(pages: Iterable[Sequence[Any]]) -> None:
    """The same for a list that is too long to be held: its elements come in pages."""
    begin = "[\n"
    for page in pages:
        shown = msgspec.json.format(msgspec.json.encode(page), indent=2).decode()
        print(begin, _sayable(shown.removeprefix("[\n").removesuffix("\n]")), sep="", end="")  # noqa: T201
        begin = ",\n"
    print("[]" if begin == "[\n" else "\n]")  # noqa: T201


def print_csv_pages(pages: Iterable[Sequence[dict[str, Any]]]) -> None:
    """CSV as Excel opens it: UTF-8 with a byte-order mark; formulas are marked as text, lists have `;`."""
    begun = False
    out = csv.writer(sys.stdout, lineterminator="\n")
    for page in pages:
        if not begun:
            print("\ufeff", end="")  # noqa: T201
            out.writerow(page[0])
            begun = True
        out.writerows([_csv_cell(cell) for cell in row.values()] for row in page)


def _csv_cell(cell: Any) -> Any:
    if isinstance(cell, list):
        return ";".join(map(str, cell))
    text = plain(cell)
    return f"'{text}" if isinstance(text, str) and text.lstrip().startswith(_FORMULAS) else text


def say_lines(lines: Iterable[str]) -> None:
    """Many lines without markup."""
    if is_shown():
        for line in lines:
            _write(console, Text(_shown(line)))
    else:
        for line in lines:
            print(_shown(line))  # noqa: T201


def is_shown() -> bool:
    """Whether what is printed is seen on a terminal, and goes to no program or file."""
    return console.is_terminal


def _shown(text: str) -> str:
    return visible(text.translate(_CONTROLS))


def say(text: str) -> None:
    """A line, with markup."""
    _write(console, Text.from_markup(_shown(text), emoji=False))


def complain(text: str) -> None:
    """A line on standard error, with markup."""
    _write(errors, Text.from_markup(_shown(text), emoji=False))


def _write(to: Console, text: Text) -> None:
    """Broken where Chinese may be, on a terminal; elsewhere lines are whole, for programs and for `less -S`.

    Pipes of both are alike, and none can tell them: a finding that is one line is found by `grep`.
    """
    for line in hanging(text, to.width) if to.is_terminal else [text]:
        to.print(line, soft_wrap=True)


def print_table(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[Any]], whole: Collection[str] = ()
) -> None:
    """A table; cells are broken, but for those under the headers `whole`: names and times that people copy.

    Where the terminal is too narrow for it, each row is a few lines.
    """
    cells = [["" if cell is None else _shown(str(cell)) for cell in row] for row in rows]
    width = max(console.width, _LEAST_WIDTH)
    table = fitting_table(title, headers, cells, width, whole)
    if table is None:
        if title:
            say(title)
        for line in as_blocks(headers, cells, width):
            say(line)
    else:
        console.print(table, soft_wrap=True)


def shortened(rows: Sequence[T], most: int | None) -> list[T | str]:
    """The first and the last of many rows, with a line (Chinese) in place of what is between them."""
    if most is None or len(rows) <= most:
        return [*rows]
    kept = most // 2
    return [*rows[:kept], f"(略去 {len(rows) - 2 * kept} 行,--full 全部列出)", *rows[-kept:]]


def shown_time(at: str | None) -> str:
    """A stored time as people write it; empty where there is none."""
    return (at or "").replace("T", " ")


def shown_count(number: int | None) -> str:
    """A rule's count in a run, or that it did not run."""
    return "未运行" if number is None else str(number)


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Progress of long work, one bar a stage; silent where standard error is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Rich would show on standard error what is printed meanwhile: it would be missing from its file or pipe.
    with Progress(*columns, console=errors, transient=True, redirect_stdout=False) as bars:
        stages: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage, total=None)
            bars.update(stages[stage], completed=done, total=max(total, done) or None)

        yield report
