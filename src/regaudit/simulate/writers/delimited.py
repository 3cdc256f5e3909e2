"""Separated text: CSV in several habits, alone or in a ZIP archive."""

from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import polars as pl

from regaudit.simulate.rows import COLUMNS, StepLog
from regaudit.simulate.writers.cells import chinese_columns, chinese_values, times_as

_TITLE = "不动产登记平台办件日志"
_UNIX = 3


def write_canonical(log: StepLog, path: Path) -> None:
    """CSV with comma, English names, UTF-8."""
    with path.open("wb") as file:
        for n, rows in enumerate(log.pages()):
            rows.write_csv(file, include_header=n == 0)


def write_gb18030(log: StepLog, path: Path) -> None:
    """CSV with semicolon, Chinese names and values, times as `2026/3/2 9:05:00`, GB18030, a title above."""
    with path.open("wb") as file:
        file.write(f"{_TITLE}\r\n".encode("gb18030"))
        for n, rows in enumerate(log.pages()):
            shown = chinese_columns(chinese_values(times_as(rows, "%Y/%-m/%-d %-H:%M:%S", "%Y/%-m/%-d")))
            text = shown.write_csv(separator=";", line_terminator="\r\n", include_header=n == 0)
            file.write(text.encode("gb18030"))


def write_tabs(log: StepLog, path: Path) -> None:
    """CSV with tabs, English names in another order, UTF-8 with byte-order mark."""
    with path.open("wb") as file:
        for n, rows in enumerate(log.pages()):
            shown = rows.select(reversed(COLUMNS))
            shown.write_csv(
                file, include_bom=n == 0, separator="\t", line_terminator="\r\n", include_header=n == 0
            )


def write_zip(log: StepLog, path: Path) -> None:
    """A ZIP archive with one CSV an office, Chinese columns."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for office in log.offices:
            # No time and no system of our own, so that the same log gives the same bytes anywhere.
            member = ZipInfo(f"steps-{office}.csv", (1980, 1, 1, 0, 0, 0))
            member.compress_type = ZIP_DEFLATED
            member.create_system = _UNIX
            with archive.open(member, "w", force_zip64=True) as file:
                _write_office(log, office, file)


def _write_office(log: StepLog, office: str, file: IO[bytes]) -> None:
    for n, rows in enumerate(log.pages()):
        shown = chinese_columns(rows.filter(pl.col("office") == office))
        file.write(shown.write_csv(include_header=n == 0).encode())
