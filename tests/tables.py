"""Tables as the readers of formats give them, and exports recognised in them."""

from collections.abc import Iterator, Sequence

import polars as pl

from regaudit.sources.canonical.checks import Rejected
from regaudit.sources.canonical.mapping import CANONICAL, Mapping
from regaudit.sources.canonical.shapes import Export, recognise_export
from regaudit.sources.tables import ROW_NO, Batch, Table

ZONE = "Asia/Shanghai"
Row = dict[str, str]
Told = tuple[str | None, ...]


def table(title: str, rows: Sequence[Row], columns: Sequence[str] = (), batch_rows: int = 1000) -> Table:
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    frame = pl.DataFrame(
        [[row.get(n, "") for n in names] for row in rows], dict.fromkeys(names, pl.String), orient="row"
    )
    numbered = frame.insert_column(0, pl.int_range(2, frame.height + 2, eager=True).alias(ROW_NO))

    def read() -> Iterator[Batch]:
        for start in range(0, numbered.height, batch_rows):
            yield Batch(numbered.slice(start, batch_rows), [])

    return Table(names, read, name=title, title=title)


def unreadable(title: str, columns: Sequence[str]) -> Table:
    def read() -> Iterator[Batch]:
        raise AssertionError(f"{title} must not be read")

    return Table(list(columns), read, name=title, title=title)


def steps_of(tables: list[Table], name: str = CANONICAL, mapping: Mapping | None = None) -> Export:
    [export] = recognise_export("导出", tables, name, mapping)
    assert export.kind.name == "steps"
    return export


def rows_of(export: Export, *columns: str) -> list[Told]:
    """The canonical rows, in the order of parts and rows."""
    pages = list(export.pages(ZONE))
    return pl.concat(page.rows for page in pages).select(columns).rows() if pages else []


def rejected_of(export: Export) -> list[Rejected]:
    return [rejected for page in export.pages(ZONE) for rejected in page.rejected]


SLSQ = {
    "YWH": "1",
    "DJDL": "200",
    "QXDM": "150602",
    "SLRY": "董军1",
    "SLSJ": "2026-03-02T09:00:00",
    "AJZT": "1",
}
SH = {
    "YWH": "1",
    "JDMC": "初审",
    "SXH": "1",
    "SHRYXM": "王",
    "SHKSSJ": "2026-03-02",
    "SHJSSJ": "2026-03-02T00:00:00",
}
RIGHT = {"YWH": "1", "BDCDYH": "U1", "QXDM": "150602", "DBR": "李", "DJSJ": "2026-03-03 10:00:00"}
