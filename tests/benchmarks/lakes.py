"""A lake of one log, checked by DuckDB and on a local Spark: the same path, two engines."""

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from regaudit.simulate import simulate

COMMAND = [sys.executable, "-c", "from regaudit.cli import main; main()"]
STEPS = int(os.environ.get("REGAUDIT_BENCH_LAKE", "100000"))
"""Steps of the log; 0 leaves the lake out."""
STEPS_A_CASE = 7


def figures(base: Path) -> list[tuple[str, str]]:
    """What an addition and a check by each engine take: seconds on the wall, planning and start included."""
    home, lake = base / "home", base / "lake"
    made = simulate(STEPS // STEPS_A_CASE, 1, base / "export")
    _seconds("init", str(home), "--profile", made.profile)
    exports = [str(base / "export" / name) for name in ("roster.csv", "steps.csv")]
    _seconds("import", *exports, "--home", str(home))
    lines = [
        ("lake, steps", f"{made.rows:,}"),
        ("  added", f"{_seconds('lake', 'add', str(lake), '--home', str(home)):.1f} s"),
    ]
    for engine in ("duckdb", "spark"):
        if engine == "spark" and find_spec("pyspark") is None:
            lines.append(("  checked on Spark", "no pyspark here"))
            continue
        words = ("--engine", engine, "--as-of", str(made.as_of), "-o", str(base / engine))
        lines.append((f"  checked by {engine}", f"{_seconds('lake', 'check', str(lake), *words):.1f} s"))
    return lines


def _seconds(*words: str) -> float:
    started = time.perf_counter()
    subprocess.run([*COMMAND, *words], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started
