"""How much memory the warehouse's tables may take."""

import os
from pathlib import Path

import pytest

from regaudit.base import warehouse_settings
from regaudit.base.errors import RegauditError
from regaudit.base.folders import SETTINGS_FILE
from regaudit.base.settings import load_settings
from regaudit.base.warehouse_settings import WarehouseSettings, machine_memory
from regaudit.warehouse.build import Warehouse


def megabytes(limit: str) -> int:
    assert limit.endswith("MB")
    return int(limit.removesuffix("MB"))


def test_without_a_setting_it_is_a_quarter_of_the_machines_and_at_least_1200() -> None:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < machine_memory() <= total
    assert megabytes(WarehouseSettings().memory_limit) == max(1200, machine_memory() // 4_000_000)


@pytest.mark.parametrize(
    ("says", "megabytes_of_it"), [("2000000000", 1200), ("8000000000", 2000), ("max", None)]
)
def test_what_a_container_may_take_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, megabytes_of_it: int | None
) -> None:
    (tmp_path / "memory.max").write_text(f"{says}\n")
    monkeypatch.setattr(warehouse_settings, "_CONTAINER", (str(tmp_path / "memory.max"), "/nowhere"))
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    expected = max(1200, total // 4_000_000) if megabytes_of_it is None else megabytes_of_it
    assert megabytes(WarehouseSettings().memory_limit) == min(expected, max(1200, total // 4_000_000))


def test_a_setting_is_what_the_warehouse_takes(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text('[warehouse]\nmemory = "3GB"\n', encoding="utf-8")
    limit = load_settings(tmp_path).warehouse.memory_limit
    with Warehouse(tmp_path, memory_limit=limit) as warehouse:
        assert warehouse.db.execute("SELECT current_setting('memory_limit')").fetchall() == [("2.7 GiB",)]


@pytest.mark.parametrize("value", ["much", "0GB", "4", "-1GB", "4GB;"])
def test_what_is_no_amount_is_refused_by_name(tmp_path: Path, value: str) -> None:
    (tmp_path / SETTINGS_FILE).write_text(f'[warehouse]\nmemory = "{value}"\n', encoding="utf-8")
    with pytest.raises(RegauditError, match=r"memory"):
        load_settings(tmp_path)
