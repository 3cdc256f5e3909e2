"""Every table of every case file is the same on DuckDB and on Spark, events to violations."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from joined import joined
from rule_cases import given_of, read_cases

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from rule_world import Given

RULES = Path(__file__).parents[1] / "rules"
CASES = [case for path in sorted(RULES.glob("*.md")) for case in read_cases(path)]
WORLDS = list(joined([given_of(case) for case in CASES]))
# A build on Spark takes half a minute of computing whatever its rows: of the many worlds CI makes the largest.
SIZES = [
    pytest.param(
        world, id=f"{number}: {cases} cases", marks=pytest.mark.long if number == 0 else pytest.mark.slow
    )
    for number, (world, cases) in enumerate(WORLDS)
]


def test_no_case_is_left_out() -> None:
    assert sum(number for _, number in WORLDS) == len(CASES)
    logs = sum(len(given_of(case).step_logs) for case in CASES)
    assert sum(len(world.step_logs) for world, _ in WORLDS) == logs


@pytest.mark.spark
@pytest.mark.parametrize("world", SIZES)
def test_tables_are_equal(spark: "SparkSession", tmp_path: Path, world: "Given") -> None:
    from engines import differing  # noqa: PLC0415 - it needs pyspark

    differ, rows = differing(spark, tmp_path / "home", world)
    assert not differ
    assert rows["core.steps"]
