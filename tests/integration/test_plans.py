"""What DuckDB thinks of the tables that all others are made from: its plans rest on that, at any size."""

import json
from pathlib import Path

import duckdb
import pytest
from conftest import Desk, ordinary_case

WAREHOUSE = ".work/warehouse.duckdb"
CASES = 20


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of a workspace with some cases, checked."""
    desk = Desk(tmp_path_factory.mktemp("plans") / "home").make()
    desk.ok("import", desk.export("a.csv", [row for n in range(CASES) for row in ordinary_case(f"A{n}")]))
    desk.ok("check", "--as-of", "2026-03-10")
    return desk.home / WAREHOUSE


@pytest.mark.parametrize("view", ["core.actions", "core.named_actions"])
def test_actions_are_taken_for_as_many_as_they_are(warehouse: Path, view: str) -> None:
    """Taken for few, they would be what small tables are looked up in, whole and in the order of hashes."""
    with duckdb.connect(warehouse, read_only=True) as db:
        [(there,)] = db.execute(f"SELECT count(*) FROM {view}").fetchall()
        [(_, plan)] = db.execute(f"EXPLAIN (FORMAT json) FROM {view}").fetchall()
    guessed = int(json.loads(plan)[0]["extra_info"]["Estimated Cardinality"])
    assert there >= 3 * CASES
    assert there <= guessed <= 2 * there
