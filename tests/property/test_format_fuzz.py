"""Damaged exports: rows or a refusal, never another error, a hang or all memory; and no good line is lost."""

import gzip
import html
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
import xlwt
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from regaudit.base.errors import RefusedFileError
from regaudit.sources.formats.open import open_export
from regaudit.sources.tables import ROW_NO

KNOWN = frozenset({"业务号", "区县代码", "环节", "操作时间", "操作人", "YWH"})
COLUMNS = ["业务号", "区县代码", "环节", "操作时间", "操作人", "原因"]
ROWS = [
    [f"{n:05}", "150602", "受理", f"2026-03-02 09:{n:02}:00", f"李{n}", "逗号、生僻字㙍" if n % 3 else ""]
    for n in range(24)
]
SECONDS = 10.0
MEMORY = 1 << 30
SLOW_INPUTS = 21_000


def as_csv(delimiter: str = ",") -> str:
    return "\r\n".join(delimiter.join(row) for row in [["办件日志"], COLUMNS, *ROWS])


def as_json(end: str) -> str:
    return end.join(json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) for row in ROWS)


def as_table(row: str, cell: str, inner: str = "") -> str:
    begin, end = (f"<{cell}>", f"</{cell}>") if not inner else (f"<{cell}><{inner}>", f"</{inner}></{cell}>")
    lines = ("".join(begin + html.escape(text) + end for text in cells) for cells in [COLUMNS, *ROWS])
    return "\n".join(f"<{row}>{line}</{row}>" for line in lines)


def as_spreadsheet_ml() -> str:
    table = as_table("Row", "Cell", "Data")
    return (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
        f"<Worksheet><Table>{table}</Table></Worksheet></Workbook>"
    )


def as_xlsx() -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("表")
        for n, row in enumerate([COLUMNS, *ROWS]):
            sheet.write_row(n, 0, row)
        sheet.write_row(len(ROWS) + 1, 0, [7, 1.5, True])
    return out.getvalue()


def as_xls() -> bytes:
    out, book = BytesIO(), xlwt.Workbook()
    sheet = book.add_sheet("表")
    for y, row in enumerate([COLUMNS, *ROWS]):
        for x, cell in enumerate(row):
            sheet.write(y, x, y if x == 1 else cell)
        sheet.write(y, 6, xlwt.Formula("A1"))
    book.save(out)
    return out.getvalue()


def as_parquet() -> bytes:
    out = BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in ROWS]), out)
    return out.getvalue()


def as_zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("SLSQ.csv", as_csv())
        archive.writestr("表.xlsx", as_xlsx())
    return out.getvalue()


def as_exchange() -> str:
    rows = "".join(f'<DJ_SH YWH="{r[0]}" SHRYXM="{r[4]}" SHYJ="{r[5]}"/>' for r in ROWS)
    return f'<?xml version="1.0"?><Message><Head><ID>1</ID></Head><Data>{rows}</Data></Message>'


def as_xes() -> str:
    events = "".join(f'<event><string key="concept:name" value="{r[2]}"/></event>' for r in ROWS)
    return f'<log><trace><string key="concept:name" value="1"/>{events}</trace></log>'


MAKERS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: as_csv().encode(),
    "csv-semicolon-gb18030": lambda: as_csv(";").encode("gb18030"),
    "csv-tab-utf-16": lambda: as_csv("\t").encode("utf-16"),
    "csv-gz": lambda: gzip.compress(as_csv().encode()),
    "json-lines": lambda: as_json("\n").encode(),
    "json-array": f"[{as_json(',')}]".encode,
    "html": lambda: f"<html><body><table>{as_table('tr', 'td')}</table></body></html>".encode("gb18030"),
    "spreadsheet-ml": lambda: as_spreadsheet_ml().encode(),
    "exchange-xml": lambda: as_exchange().encode(),
    "xes": lambda: as_xes().encode("utf-16"),
    "parquet": as_parquet,
    "xlsx": as_xlsx,
    "xls": as_xls,
    "zip": as_zip,
}


@cache
def sample(shape: str) -> bytes:
    return MAKERS[shape]()


def mutated(content: bytes, chance: Random) -> bytes:
    """The content with one to four bytes or pieces flipped, replaced, cut, inserted, doubled or cut off."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at, size = chance.randrange(len(data) or 1), chance.randint(1, 64)
        match chance.randrange(6):
            case 0:
                data[at : at + 1] = bytes([(data[at] if data else 0) ^ 1 << chance.randrange(8)])
            case 1:
                data[at : at + 1] = chance.randbytes(1)
            case 2:
                del data[at : at + size]
            case 3:
                data[at:at] = chance.randbytes(size)
            case 4:
                data[at:at] = data[at : at + size]
            case _ if chance.random() < 1 / 3:
                del data[at:]
    return bytes(data)


@contextmanager
def bounded() -> Iterator[None]:
    """Fails when the reading takes unreasonably long, or unreasonably much memory."""
    before, started = peak(), time.monotonic()
    yield
    assert time.monotonic() - started < SECONDS
    assert peak() - before < MEMORY


def peak() -> int:
    """The most memory this process ever had, in bytes; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not everywhere

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def read(path: Path, content: bytes) -> tuple[list[dict[str, str | None]], str]:
    """All good rows of all tables, and the text of all malformed ones."""
    path.write_bytes(content)
    rows: list[dict[str, str | None]] = []
    malformed = ""
    for table in open_export(path, lambda _: None, KNOWN):
        for batch in table.read():
            assert batch.rows.columns == [ROW_NO, *table.columns]
            rows += batch.rows.drop(ROW_NO).to_dicts()
            malformed += "\n".join(bad.text for bad in batch.malformed)
    return rows, malformed


def must_read_or_refuse(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, bounded(), suppress(RefusedFileError):
        read(Path(folder) / "a", content)


@pytest.mark.parametrize("shape", MAKERS)
def test_the_samples_are_whole(tmp_path: Path, shape: str) -> None:
    rows, malformed = read(tmp_path / "a", sample(shape))
    assert len(rows) >= len(ROWS)
    assert not malformed


@pytest.mark.parametrize("shape", MAKERS)
@settings(max_examples=examples(25), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_damaged_file_gives_rows_or_a_refusal(shape: str, chance: Random) -> None:
    must_read_or_refuse(mutated(sample(shape), chance))


SIGNS = st.text(alphabet="<>{}[]\"'=/;,&#\t\n业务号a1 ", max_size=200)


@settings(max_examples=examples(60), deadline=None)
@given(content=st.binary(max_size=200) | SIGNS.map(str.encode))
def test_any_bytes_give_rows_or_a_refusal(content: bytes) -> None:
    must_read_or_refuse(content or b" ")


@pytest.mark.slow
@pytest.mark.parametrize("shape", MAKERS)
def test_many_damaged_files_give_rows_or_a_refusal(shape: str) -> None:
    chance = Random(shape)  # noqa: S311 - the same damage each time
    for _ in range(SLOW_INPUTS // len(MAKERS)):
        must_read_or_refuse(mutated(sample(shape), chance))


LINE_SHAPES = {
    "csv": ("\r\n", "utf-8"),
    "csv-semicolon-gb18030": ("\r\n", "gb18030"),
    "csv-tab-utf-16": ("\r\n", "utf-16"),
    "json-lines": ("\n", "utf-8"),
}


def with_one_line_damaged(shape: str, chance: Random) -> tuple[bytes, int, bytes]:
    """The sample with one of its rows damaged, which one, and what that line is now."""
    end, encoding = LINE_SHAPES[shape]
    is_json = shape.startswith("json")
    if encoding == "utf-16":
        # A byte more or less would shift all characters behind it: damage in pairs.
        lines = sample(shape)[2:].decode("utf-16-le").split(end)
        coded = [line.encode("utf-16-le") for line in lines]
        mark, newline = b"\xff\xfe", end.encode("utf-16-le")
    else:
        coded, mark, newline = sample(shape).split(end.encode()), b"", end.encode()
    row = chance.randrange(len(ROWS))
    at = row + (0 if is_json else 2)
    damaged = mutated(coded[at], chance)
    if encoding == "utf-16":
        damaged = damaged[: len(damaged) // 2 * 2]
    coded[at] = damaged
    return mark + newline.join(coded), row, damaged


def must_keep_all_other_lines(shape: str, chance: Random) -> None:
    content, row, damaged = with_one_line_damaged(shape, chance)
    with tempfile.TemporaryDirectory() as folder:
        try:
            rows, malformed = read(Path(folder) / "a", content)
        except RefusedFileError:
            # Bytes that no text has make the whole file no text.
            assert b"\x00" in damaged
            return
    others = [cells for n, cells in enumerate(ROWS) if n != row]
    kept = [[cells.get(name) or "" for name in COLUMNS] for cells in rows]
    if b'"' in damaged and not shape.startswith("json"):
        # A stray quote may take neighbours with it, but not out of sight.
        seen = malformed + "".join(cell or "" for cells in rows for cell in cells.values())
        assert all(cells[0] in seen for cells in others)
    else:
        assert [cells for cells in others if cells not in kept] == []


@pytest.mark.parametrize("shape", LINE_SHAPES)
@settings(max_examples=examples(25), deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_a_damaged_line_costs_no_other(shape: str, chance: Random) -> None:
    must_keep_all_other_lines(shape, chance)


@pytest.mark.slow
@pytest.mark.parametrize("shape", LINE_SHAPES)
def test_many_damaged_lines_cost_no_others(shape: str) -> None:
    chance = Random(shape)  # noqa: S311 - the same damage each time
    for _ in range(2_000):
        must_keep_all_other_lines(shape, chance)
