"""A lake checked on Spark is published as on DuckDB: of each log, and of people over both."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from both_engines import BothEngines
from conftest import Desk, ordinary_case, step

from regaudit.base.progress import no_progress
from regaudit.catalogue.published import published_tables
from regaudit.lake.builds import DuckEngine
from regaudit.lake.check import check_lake
from regaudit.lake.layout import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

AS_OF = datetime(2026, 3, 31)
OFFICES = {"north.example": "150612", "south.example": "150622"}


def make_lake(folder: Path) -> Lake:
    """Two logs of one person under two accounts; in one of them nobody has booked in time."""
    lake = folder / "lake"
    for origin, office in OFFICES.items():
        desk = Desk(folder / origin).make("--origin", origin)
        account = f"wang{office}"
        rows = [row | {"office": office} for row in ordinary_case("A1")]
        rows += [step("A2", "accept", "2026-03-02 09:00:00", account, office=office, registration_type="200")]
        roster = [
            {
                "account": account,
                "person_id": "P1",
                "person_name": "王",
                "office": office,
                "org_kind": "center",
            }
        ]
        desk.ok("import", desk.export("steps.csv", rows), desk.export("roster.csv", roster))
        desk.ok("lake", "add", lake)
    (lake / "lake.toml").write_text("[lake]\nshared_person_ids = true\n", encoding="utf-8")
    return Lake(str(lake))


@pytest.mark.spark
@pytest.mark.slow
def test_both_engines_publish_the_same(spark: "SparkSession", tmp_path: Path) -> None:
    from regaudit.lake.spark_engine import SparkEngine  # noqa: PLC0415 - it needs pyspark

    lake, both = make_lake(tmp_path), BothEngines(DuckEngine(), SparkEngine(spark))
    for name, engine in (("duckdb", DuckEngine()), ("spark", both)):
        checked = check_lake(lake, tmp_path / name, engine, as_of=AS_OF, progress=no_progress)
        assert [log.state for log in checked.logs] == ["ok", "ok", "joint"]
        assert checked.errors == []
    assert both.differing == {}
    assert {build for build, _ in map(str.split, both.rows)} == {"own-1", "own-2", "joint-1"}
    with duckdb.connect() as db:
        for name in ("duckdb", "spark"):
            db.execute(f"ATTACH '{tmp_path / name / 'province.duckdb'}' AS of_{name} (READ_ONLY)")
        for table in (*published_tables(), "lake_logs"):
            columns = [str(row[0]) for row in db.execute(f"DESCRIBE of_duckdb.{table}").fetchall()]
            listed = ", ".join(column for column in columns if column != "seconds")
            one, other = (
                db.execute(f"SELECT {listed} FROM of_{n}.{table}").fetchall() for n in ("duckdb", "spark")
            )
            assert sorted(map(repr, one)) == sorted(map(repr, other)), table
        of_person = "SELECT log_id, offices FROM of_spark.persons WHERE person_id = 'P1'"
        assert db.execute(of_person).fetchall() == [("joint:1", sorted(OFFICES.values()))]
