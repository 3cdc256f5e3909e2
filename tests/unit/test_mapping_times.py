"""Times that only their mapping can tell: formats, and columns joined to one time."""

from collections.abc import Mapping as Dictionary
from pathlib import Path

import polars as pl
import pytest

from regaudit.base.errors import RegauditError
from regaudit.catalogue.kinds import export_kinds
from regaudit.sources.canonical.layouts import Layout, lay_out
from regaudit.sources.canonical.mapping import Mapping, load_mapping, shipped_mappings
from regaudit.sources.canonical.rows import Canonical, make_canonical
from regaudit.sources.tables import Batch, numbered

ZONE = "Asia/Shanghai"
OTHERS: dict[str, str | None] = {"case_no": "1", "office": "150602", "step": "accept"}


def written(home: Path, text: str) -> Mapping:
    (home / "m.toml").write_text(text, encoding="utf-8")
    return load_mapping("m.toml", home)[1]


def made(mapping: Mapping, *rows: Dictionary[str, str | None]) -> Canonical:
    whole = [OTHERS | dict(row) for row in rows]
    frame = pl.DataFrame(whole, dict.fromkeys(whole[0], pl.String))
    layout = lay_out(list(whole[0]), export_kinds()["steps"], mapping)
    assert isinstance(layout, Layout)
    return make_canonical(Batch(numbered(frame, 2), []), layout, mapping, ZONE)


def times(found: Canonical) -> list[str | None]:
    return found.rows["occurred_at"].to_list()


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("dd/MM/yyyy HH:mm", "05/04/2026 08:15", "2026-04-05T08:15:00"),
        ("%d/%m/%Y %H:%M", "5/4/2026 8:15", "2026-04-05T08:15:00"),
        ("MM/dd/yyyy HH:mm:ss", "04/05/2026 08:15:40", "2026-04-05T08:15:40"),
        ("yy-MM-dd HH:mm", "26-04-05 08:15", "2026-04-05T08:15:00"),
        ("d.M.yyyy", "5.4.2026", "2026-04-05"),
        ("dd/MM/yyyy hh:mm a", "05/04/2026 08:15 下午", "2026-04-05T20:15:00"),
        ("dd/MM/yyyy hh:mm a", "05/04/2026 08:15 AM", "2026-04-05T08:15:00"),
        ("yyyy'年'MM'月'dd'日' HH'点'mm", "2026年04月05日 08点15", "2026-04-05T08:15:00"),
    ],
)
def test_a_format_reads_what_nothing_else_does(tmp_path: Path, form: str, text: str, expected: str) -> None:
    mapping = written(tmp_path, f'[times]\noccurred_at = "{form}"')
    assert times(made(mapping, {"occurred_at": text})) == [expected]


def test_several_formats_and_what_begins_with_the_year(tmp_path: Path) -> None:
    mapping = written(tmp_path, '[times]\noccurred_at = ["dd/MM/yyyy HH:mm", "dd.MM.yyyy"]')
    texts = ["05/04/2026 08:15", "05.04.2026", "2026-04-05 08:15:40", "5/13/2026 8:15:40 AM", "昨天"]
    found = made(mapping, *({"occurred_at": text} for text in texts))
    assert times(found) == ["2026-04-05T08:15:00", "2026-04-05", "2026-04-05T08:15:40"]
    # With the day first, America's order is a mistake.
    assert [fault.value for fault in found.rejected] == texts[3:]


def test_a_format_is_of_the_source_s_zone(tmp_path: Path) -> None:
    mapping = written(tmp_path, 'zone = "UTC"\n[times]\noccurred_at = "dd/MM/yyyy HH:mm"')
    assert times(made(mapping, {"occurred_at": "05/04/2026 00:15"})) == ["2026-04-05T08:15:00"]


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        ("2026-04-05", "08:15", "2026-04-05T08:15:00"),
        ("2026/4/5", "8:15:40", "2026-04-05T08:15:40"),
        ("2026-04-05 00:00:00", "08:15:40", "2026-04-05T08:15:40"),
        ("2026-04-05", "1899-12-30 08:15:40", "2026-04-05T08:15:40"),
        ("46117", "0.34375", "2026-04-05T08:15:00"),
        ("2026-04-05", ".5", "2026-04-05T12:00:00"),
        ("20260405", "081540", "2026-04-05T08:15:40"),
        ("20260405", "0815", "2026-04-05T08:15:00"),
        ("2026年4月5日", "下午3时15分", "2026-04-05T15:15:00"),
        ("2026-04-05", None, "2026-04-05"),
        ("2026-04-05", "NULL", "2026-04-05"),
    ],
)
def test_a_day_and_a_clock_are_one_time(tmp_path: Path, day: str, clock: str | None, expected: str) -> None:
    mapping = written(tmp_path, '[join]\noccurred_at = ["操作日期", "操作时间"]')
    assert times(made(mapping, {"操作日期": day, "操作时间": clock})) == [expected]


def test_without_its_day_a_clock_is_none(tmp_path: Path) -> None:
    mapping = written(tmp_path, '[join]\noccurred_at = ["操作日期", "操作时间"]')
    found = made(mapping, {"操作日期": None, "操作时间": "08:15"}, {"操作日期": None, "操作时间": None})
    assert [(r.row_no, r.column, r.value) for r in found.rejected] == [
        (2, "occurred_at", "08:15"),
        (3, "occurred_at", ""),
    ]


def test_joined_columns_may_have_a_format(tmp_path: Path) -> None:
    mapping = written(tmp_path, '[join]\noccurred_at = ["d", "t"]\n[times]\noccurred_at = "dd/MM/yyyy HH:mm"')
    assert times(made(mapping, {"d": "05/04/2026", "t": "08:15"})) == ["2026-04-05T08:15:00"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[times]\noccurred_at = "HH:mm"', "格式"),
        ('[times]\noccurred_at = "dd/MM/yyyy QQ"', "格式"),
        ('[times]\noccurred_at = "dd/MM/yyyy HH"', "格式"),
        ('[times]\naccount = "dd/MM/yyyy"', "只能写时间列"),
        ('[join]\naccount = ["a", "b"]', "只能写时间列"),
        ('[join]\noccurred_at = ["a"]', "m.toml"),
        ('[join]\nwhen = ["a", "b"]', "when"),
        ('delimiter = "||"', "m.toml"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RegauditError, match=r"m\.toml") as raised:
        written(tmp_path, text)
    assert told in str(raised.value)


def test_keys_that_a_mapping_does_not_use_leave_no_mark(tmp_path: Path) -> None:
    text = '[columns]\ncase_no = "编号"\n[[tables]]\nnames = ["SH"]\n'
    plain = written(tmp_path, text)
    assert plain.content(ZONE) == written(tmp_path, 'optional = ["编号"]\n' + text).content(ZONE)
    for more in ("fallback = true\n", 'delimiter = "|"\n'):
        assert plain.content(ZONE) != written(tmp_path, more + text).content(ZONE)
    assert plain.content(ZONE) != written(tmp_path, text + "fallback = true").content(ZONE)
    for mapping in (plain, *shipped_mappings().values()):
        assert not any(
            key in mapping.content(ZONE).decode() for key in ('"optional"', '"join"', '"fallback"')
        )
