"""How a log's growth is felt: CPU seconds, size and memory by the steps of the log.

    python tests/benchmarks/growth.py [STEPS …]

Sizes without an argument: 0.5, 1, 2 and 5 million steps; REGAUDIT_BENCH_GROWTH=10 adds 10 million. For each a
registry is simulated that is so large; its import, the first check, and import and check of a second night
of REGAUDIT_BENCH_SECOND steps run in processes of their own. Seconds are of the processor (user and system):
what else the machine does is not in them. REGAUDIT_BENCH_MEMORY is what tables may take (`warehouse.memory`,
such as 2.5GB). Prints a table in Markdown.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from run import COMMAND, SECOND_NIGHT, prepare

from regaudit.base.folders import Folders

STEPS_A_CASE = 7
MILLION = 1_000_000
SIZES = (0.5, 1.0, 2.0, 5.0)
MEMORY = os.environ.get("REGAUDIT_BENCH_MEMORY", "")
HEADERS = (
    *("steps", "import", "first check", "second night", "log", "warehouse", "published", "peak memory"),
)


class Spent(NamedTuple):
    """What a command took: seconds of the processor, and peak memory in MiB."""

    seconds: float
    peak: float


def spend(*words: str, home: Path) -> Spent:
    """Run a command in a process of its own."""
    process = subprocess.Popen([*COMMAND, *words, "--home", str(home)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure(steps: int) -> list[str]:
    """A row of the table."""
    with tempfile.TemporaryDirectory(prefix="regaudit-growth-") as folder:
        base, home = Path(folder), Path(folder) / "home"
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            made, (first, second, cut) = pool.submit(prepare, base, steps // STEPS_A_CASE).result()
        subprocess.run(
            [*COMMAND, "init", str(home), "--profile", made.profile], check=True, stdout=subprocess.DEVNULL
        )
        if MEMORY:
            with (home / "regaudit.toml").open("a", encoding="utf-8") as settings:
                settings.write(f'\n[warehouse]\nmemory = "{MEMORY}"\n')
        spend("import", str(base / "export" / "roster.csv"), home=home)
        imported = spend("import", str(first), home=home)
        checked = spend("check", "--as-of", cut, home=home)
        second_night = [
            spend("import", str(second), home=home),
            spend("check", "--as-of", str(made.as_of), home=home),
        ]
        folders = Folders(home)
        spent = [imported, checked, *second_night]
        return [
            f"{made.rows:,}",
            f"{imported.seconds:.1f} s",
            f"{checked.seconds:.1f} s",
            f"{sum(one.seconds for one in second_night):.1f} s",
            *(
                f"{path.stat().st_size / MILLION:,.0f} MB"
                for path in (folders.log, folders.warehouse, folders.database)
            ),
            f"{max(one.peak for one in spent):,.0f} MiB",
        ]


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    more = [float(os.environ["REGAUDIT_BENCH_GROWTH"])] if "REGAUDIT_BENCH_GROWTH" in os.environ else []
    sizes = [float(word) for word in sys.argv[1:]] or [*SIZES, *more]
    print(f"A second night brings {SECOND_NIGHT:,} steps.\n")
    print("|", " | ".join(HEADERS), "|\n|", " | ".join("---" for _ in HEADERS), "|", flush=True)
    for size in sizes:
        print("|", " | ".join(measure(round(size * MILLION))), "|", flush=True)


if __name__ == "__main__":
    main()
