"""XML records, as registration systems exchange them.

A record is an element that holds values: as attributes (`<SLSQ YWH="…" SLRY="…"/>`) or as elements without
attributes and elements of their own (`<SLSQ><YWH>…</YWH></SLSQ>`). Each kind of element is one table.
"""

from collections.abc import Iterator
from itertools import chain

import polars as pl

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.streams import Source
from regaudit.sources.formats.xmlevents import read_events
from regaudit.sources.tables import BATCH_ROWS, ROW_NO, Batch, OnBytes, Table, numbered

Record = dict[str, str]
_BATCH = 8_192
_MOST_KINDS, _MOST_VALUES = 500, 2_000


def open_xml(source: Source, encoding: str, on_bytes: OnBytes) -> list[Table]:
    """One table for each kind of record element, held whole: their elements may stand in any order.

    Raises:
        RefusedFileError: it is not well-formed, or holds no record.
    """
    pages: dict[str, list[Record]] = {}
    frames: dict[str, list[pl.DataFrame]] = {}
    widths: dict[str, dict[str, None]] = {}
    for kind, record in _records(source, encoding, on_bytes):
        page = pages.setdefault(kind, [])
        page.append(record)
        columns = widths.setdefault(kind, {})
        columns |= dict.fromkeys(record)
        if len(columns) > _MOST_VALUES:
            raise RefusedFileError(
                f"文件 {source.name} 的 {kind} 有 {_MOST_VALUES} 种以上的数据项,不像登记数据"
            )
        if len(page) == _BATCH:
            frames.setdefault(kind, []).append(_frame(page, list(dict.fromkeys(chain(*page)))))
            page.clear()
        if len(pages) > _MOST_KINDS:
            raise RefusedFileError(f"文件 {source.name} 的 XML 有 {_MOST_KINDS} 种以上的记录,不像登记数据")
    if not pages:
        raise RefusedFileError(f"文件 {source.name} 是 XML,其中没有记录:请检查是否选错文件")
    for kind, page in pages.items():
        frames.setdefault(kind, []).append(_frame(page, list(dict.fromkeys(chain(*page)))))
    return [_held(pl.concat(frames[kind], how="diagonal"), kind) for kind in pages]


def _held(rows: pl.DataFrame, kind: str) -> Table:
    def batches() -> Iterator[Batch]:
        for first in range(0, rows.height, BATCH_ROWS):
            yield Batch(numbered(rows.slice(first, BATCH_ROWS), first + 1), [])

    return Table(rows.columns, batches, kind, kind)


def _frame(page: list[Record], columns: list[str]) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.String)
    return pl.DataFrame({c: [record.get(c) for record in page] for c in columns}, schema=schema)


class _Element:
    """An element that has begun: its attributes, and its children that are plain values."""

    def __init__(self, attributes: Record) -> None:
        self.record = {_column(name): value for name, value in attributes.items()}
        self.has_children = False


def _records(source: Source, encoding: str, on_bytes: OnBytes) -> Iterator[tuple[str, Record]]:
    above: list[_Element] = []
    for event in read_events(source, encoding, on_bytes):
        if event.begins:
            if above:
                above[-1].has_children = True
            above.append(_Element(event.attributes))
            continue
        element = above.pop()
        text = event.text.strip()
        if not element.has_children and (text or not element.record):
            if above:
                _add_value(above[-1].record, event.name, event.text, source.name)
        elif element.record:
            yield event.name, element.record


def _add_value(record: Record, name: str, value: str, file_name: str) -> None:
    """Add a value under its name, or under `name#2` where the record has it twice."""
    label, count = _column(name), 1
    while label in record:
        count += 1
        label = f"{name}#{count}"
    record[label] = value
    if len(record) > _MOST_VALUES:
        raise RefusedFileError(f"文件 {file_name} 的 XML 有一条记录超过 {_MOST_VALUES} 项,不像登记数据")


def _column(name: str) -> str:
    return f"{name}#2" if name == ROW_NO else name
