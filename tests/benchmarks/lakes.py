"""A lake of one log, checked by DuckDB and on a local Spark: every table held against the other's."""

import os
import subprocess
import sys
import time
from datetime import datetime
from datetime import time as time_of_day
from importlib.util import find_spec
from pathlib import Path

from regaudit.base.progress import no_progress
from regaudit.lake.builds import DuckEngine
from regaudit.lake.check import check_lake
from regaudit.lake.layout import Lake
from regaudit.simulate import Simulation, simulate

COMMAND = [sys.executable, "-c", "from regaudit.cli import main; main()"]
STEPS = int(os.environ.get("REGAUDIT_BENCH_LAKE", "100000"))
"""Steps of the log; 0 leaves the lake out."""
STEPS_A_CASE = 7
MEMORY = "6g"
END_OF_DAY = time_of_day.max


def figures(base: Path) -> list[tuple[str, str]]:
    """What an addition and a check by each engine take: seconds on the wall, planning and start included."""
    home, lake = base / "home", base / "lake"
    made = simulate(STEPS // STEPS_A_CASE, 1, base / "export")
    _seconds("init", str(home), "--profile", made.profile)
    exports = [str(base / "export" / name) for name in ("roster.csv", "steps.csv")]
    _seconds("import", *exports, "--home", str(home))
    added = _seconds("lake", "add", str(lake), "--home", str(home))
    words = ("--engine", "duckdb", "--as-of", str(made.as_of), "-o", str(base / "duckdb"))
    lines = [
        ("lake, steps", f"{made.rows:,}"),
        ("  added", f"{added:.1f} s"),
        ("  checked by duckdb", f"{_seconds('lake', 'check', str(lake), *words):.1f} s"),
    ]
    if find_spec("pyspark") is None:
        return [*lines, ("  checked on Spark", "no pyspark here")]
    return [*lines, *_both(made, lake, base / "both")]


def _both(made: Simulation, lake: Path, out: Path) -> list[tuple[str, str]]:
    """What each engine takes for the tables of the log, and which rows are not the other's."""
    sys.path.append(str(Path(__file__).parents[1]))
    from both_engines import BothEngines  # noqa: PLC0415 - it lies with the tests

    from regaudit.lake.spark_engine import SparkEngine  # noqa: PLC0415 - it needs pyspark
    from regaudit.spark.session import open_session  # noqa: PLC0415

    spark = open_session("local[2]", memory=MEMORY)
    both = BothEngines(DuckEngine(), SparkEngine(spark))
    as_of = datetime.combine(made.as_of, END_OF_DAY)
    check_lake(Lake(str(lake)), out, both, as_of=as_of, progress=no_progress)
    spark.stop()
    seconds = (f"{name} {taken:.1f} s" for name, taken in zip(("duckdb", "Spark"), both.seconds, strict=True))
    return [
        ("  tables by each engine", ", ".join(seconds)),
        ("  tables, rows", f"{len(both.rows)}, {sum(both.rows.values()):,}"),
        ("  differing rows", f"{sum(both.differing.values())} {both.differing or ''}"),
    ]


def _seconds(*words: str) -> float:
    started = time.perf_counter()
    subprocess.run([*COMMAND, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
