"""A small CSV file that people wrote: its cells by column, and its mistakes by row and column."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from regaudit.base.errors import RefusedFileError, reason_of

_MOST_TOLD = 10


class Line(NamedTuple):
    """A row that is not blank, by its number in the file; columns that the file lacks are empty."""

    row_no: int
    cells: Mapping[str, str]


def read_lines(
    path: Path, columns: Mapping[str, Sequence[str]], needed: Sequence[str], section: str
) -> list[Line]:
    """The rows of a CSV file, UTF-8 (with or without BOM) or GB18030.

    Args:
        path: the file.
        columns: what each column may be called, the Chinese name last.
        needed: those that there must be.
        section: where docs/zh/operations.md describes the file.

    Raises:
        RefusedFileError: it cannot be read, or a needed column is not there.
    """
    lines = list(csv.reader(StringIO(_text(path))))
    head = [cell.strip().lower() for cell in lines[0]] if lines else []
    named = ((name, alias) for name, aliases in columns.items() for alias in reversed(aliases))
    places = {name: head.index(alias) for name, alias in named if alias in head}
    if missing := [f"{name}({columns[name][-1]})" for name in needed if name not in places]:
        raise RefusedFileError(
            f"日历文件 {path} 第 1 行缺少列 {'、'.join(missing)};现有的列:{'、'.join(head) or '无'}。"
            f"格式见 docs/zh/operations.md 的“{section}”一节"
        )
    rows = enumerate(lines[1:], start=2)
    return [Line(number, _cells(line, columns, places)) for number, line in rows if any(map(str.strip, line))]


def read_content(path: Path) -> bytes:
    """A calendar file as it is.

    Raises:
        RefusedFileError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedFileError(f"日历文件 {path} 无法读取:{reason_of(error)}") from error


def day_of(text: str) -> date | None:
    """The day that `2027-01-01`, `2027/1/1` or `2027年1月1日` means; None for any other text."""
    parts = text.replace("年", "-").replace("月", "-").removesuffix("日").replace("/", "-").split("-")
    try:
        year, month, day = map(int, parts)
        return date(year, month, day)
    except ValueError:
        return None


def refuse(path: Path, mistakes: Sequence[str]) -> None:
    """Raise RefusedFileError where there are mistakes; it lists the first of them."""
    if mistakes:
        more = f";另有 {len(mistakes) - _MOST_TOLD} 处" if len(mistakes) > _MOST_TOLD else ""
        raise RefusedFileError(f"日历文件 {path} 有误:{';'.join(mistakes[:_MOST_TOLD])}{more}")


def twice(days: Sequence[tuple[int, date]]) -> Iterator[str]:
    """Of days with their rows those that stand there a second time (Chinese)."""
    seen: dict[date, int] = {}
    for row_no, day in days:
        if day in seen:
            yield f"第 {row_no} 行:{day} 与第 {seen[day]} 行重复"
        seen[day] = row_no


def _cells(line: list[str], columns: Iterable[str], places: Mapping[str, int]) -> dict[str, str]:
    here = {name: place for name, place in places.items() if place < len(line)}
    return {name: line[here[name]].strip() if name in here else "" for name in columns}


def _text(path: Path) -> str:
    content = read_content(path)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedFileError(f"日历文件 {path} 不是文本:请另存为 CSV(UTF-8 或 GB18030)")
