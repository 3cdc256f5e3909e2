"""Chinese names that were converted or misread on the way, and names that only look like it."""

from collections.abc import Callable
from itertools import product

import polars as pl
import pytest

from regaudit.catalogue.columns import Column
from regaudit.sources.canonical.garbled_text import CHARSET_ADVICE, fault_of, garbled_faults

NAMES = [
    "张伟",
    "欧阳修",
    "王小明",
    "李四喜",
    "赵钱孙李",
    "鲍勃",
    "闫妍",
    "阿卜杜热西提·买买提",
    "受理",
    "初审",
]
MISREAD: dict[str, Callable[[str], str]] = {
    "GBK as Latin-1": lambda name: name.encode("gbk").decode("latin-1"),
    "UTF-8 as Latin-1": lambda name: name.encode().decode("latin-1"),
    "UTF-8 as Latin-1, trimmed": lambda name: name.encode().decode("latin-1").strip(),
    "UTF-8 as Windows-1252": lambda name: "".join(
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in name.encode()
    ),
    "UTF-8 as GBK": lambda name: name.encode().decode("gbk", "replace"),
    "UTF-8 as GBK, the last byte lost": lambda name: name.encode().decode("gbk", "replace").rstrip("\ufffd"),
    "UTF-8 as GBK, with question marks": lambda name: (
        name.encode().decode("gbk", "replace").replace("\ufffd", "?")
    ),
    "as ASCII": lambda name: name.encode("ascii", "replace").decode(),
    "as Latin-1": lambda name: name.encode("latin-1", "replace").decode("latin-1"),
    "replaced twice": lambda name: ("\ufffd" * len(name) * 2).encode().decode("gbk", "ignore"),
}


@pytest.mark.parametrize(("way", "name"), list(product(MISREAD, NAMES)))
def test_a_garbled_name_is_told(way: str, name: str) -> None:
    garbled = MISREAD[way](name)
    fault = fault_of(garbled) or ("\ufffd" in garbled or None)
    assert fault is not None, garbled


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        *(
            "José",
            "Müller",
            "Määttä",
            "Pääkkönen",
            "Øyvind Ødegård",
            "Ærø",
            "François",
            "Zoë",
            "Åsa",
            "Ñuñoa",
        ),
        *("Çağ", "ß", "é", "O'Neil", "Łukasz", "Владимир", "محمد", "張偉", "珺瑶", "张喆", "禤达", "㐆"),
        *("××", "张××", "··", "°C", "A区", "B2-③", "鄂(2026)武汉市不动产权第0000001号", "2026-001", "zhang3"),
        *("150602202603020001", "王(代)", "李 四", "登簿", "100%"),
    ],
)
def test_a_name_that_is_one_is_innocent(name: str) -> None:
    assert fault_of(name) is None


def told(cells: list[str | None], column: Column) -> list[list[str]]:
    frame = pl.DataFrame({"x": pl.Series(cells, dtype=pl.String)})
    faults = list(garbled_faults(frame["x"], column))
    hits = [(frame.select(condition.fill_null(value=False)).to_series(), why) for condition, why in faults]
    return [[why for hit, why in hits if hit[n]] for n in range(len(cells))]


def test_cells_of_a_column_that_names_somebody() -> None:
    found = told(
        ["张伟", None, "??", "ÕÅÎ°", "张\ufffd", "José", "?2026-7", "鄂2026-8"],
        Column(names=["操作人"], form="name"),
    )
    assert [len(reasons) for reasons in found] == [0, 0, 1, 1, 1, 0, 1, 0]
    assert all(reason.endswith(CHARSET_ADVICE) for reasons in found for reason in reasons)
    assert "charset" in CHARSET_ADVICE
    assert "[sources.database]" in CHARSET_ADVICE


def test_what_people_write_into_a_remark_is_theirs() -> None:
    assert told(["是否已缴费??", "??", "éé"], Column(names=["原因"])) == [[], [], []]
