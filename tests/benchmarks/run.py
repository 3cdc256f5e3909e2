"""`make bench`: a large simulated registry, one run, ratios against named baselines.

Sizes: REGAUDIT_BENCH_CASES cases (7 steps each), REGAUDIT_BENCH_SECOND new steps in the second night,
REGAUDIT_BENCH_COPIES copies of the first night in one file, to see what memory a large import takes (16
copies are 2 GB; 0 leaves it out), REGAUDIT_BENCH_SERVER_ROWS rows that go into a log on PostgreSQL (see
`tree.py`; 0: none), REGAUDIT_BENCH_LAKE steps in a lake that is checked by DuckDB and on Spark (0: none), and
REGAUDIT_BENCH_CLOCKS cases whose clocks are computed (0: none).
With the word `large`, the large import is all that is run. The queue of REGAUDIT_BENCH_UNITS units is
measured apart from them.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import clocks
import lakes
import logs
import polars as pl
import tree
from baselines import aggregates, read_csv, sealed_saves
from entries import figures as entry_figures
from queues import queue_figures

from regaudit.simulate import Simulation, simulate

CASES = int(os.environ.get("REGAUDIT_BENCH_CASES", "155000"))
SECOND_NIGHT = int(os.environ.get("REGAUDIT_BENCH_SECOND", "20000"))
COPIES = int(os.environ.get("REGAUDIT_BENCH_COPIES", "4"))
CLOCKS = int(os.environ.get("REGAUDIT_BENCH_CLOCKS", "1000000"))
BASELINE_CASES, LOG_ROWS = 2_000, 200_000
COMMAND = [sys.executable, "-c", "from regaudit.cli import main; main()"]


class Measured:
    """One command: wall-clock seconds, peak memory in MiB, its JSON answer."""

    def __init__(self, *words: str, home: Path) -> None:
        started = time.perf_counter()
        process = subprocess.Popen([*COMMAND, *words, "--home", str(home), "--json"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        answer = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.seconds = time.perf_counter() - started
        self.peak = usage.ru_maxrss / 1024
        if process.returncode:
            raise SystemExit(f"{' '.join(words)}: exit status {process.returncode}")
        self.answer = json.loads(answer)


def main() -> None:
    """Run everything and print the figures."""
    with tempfile.TemporaryDirectory(prefix="regaudit-bench-") as folder:
        base = Path(folder)
        print(f"simulating {CASES:,} cases …", flush=True)
        # In a process of its own: what this one holds would count as its children's peak memory.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            made, (first, second, cut) = pool.submit(prepare, base).result()
        if sys.argv[1:] == ["large"]:
            report([large_import(first, base, made.profile)])
            return
        home = base / "home"
        subprocess.run(
            [*COMMAND, "init", str(home), "--profile", made.profile], check=True, stdout=subprocess.DEVNULL
        )
        Measured("import", str(base / "export" / "roster.csv"), home=home)

        imported = Measured("import", str(first), home=home)
        checked = Measured("check", "--as-of", cut, home=home)
        imported_2 = Measured("import", str(second), home=home)
        checked_2 = Measured("check", "--as-of", f"{made.as_of}", home=home)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            saved, saving = pool.submit(aggregates, first, base, BASELINE_CASES).result()
            sealed, sealing = pool.submit(sealed_saves, first, base / "sealed", BASELINE_CASES).result()
            reading = pool.submit(read_csv, first).result()

        events = imported.answer[0]["appended"]
        rate, baseline = events / imported.seconds, saved / saving
        nights = [imported.seconds + checked.seconds, imported_2.seconds + checked_2.seconds]
        report(
            [
                ("steps imported", f"{events:,}"),
                ("import", f"{imported.seconds:.1f} s, {rate:,.0f} events/s, {imported.peak:.0f} MiB"),
                ("  against aggregates, a save a case", f"{rate / baseline:.1f}× ({baseline:,.0f} events/s)"),
                (
                    "  against the same in this log, sealed",
                    f"{rate * sealing / sealed:.1f}× ({sealed / sealing:,.0f} events/s)",
                ),
                (
                    "  against bare DuckDB read_csv",
                    f"{imported.seconds / reading:.1f}× its time ({reading:.2f} s)",
                ),
                (
                    "check",
                    f"{checked.seconds:.1f} s, {events / checked.seconds:,.0f}/s, {checked.peak:.0f} MiB",
                ),
                ("  against bare DuckDB read_csv", f"{checked.seconds / reading:.1f}× its time"),
                *((f"  rule {r['rule']}", f"{r['seconds']:.2f} s") for r in checked.answer["rules"]),
                ("second night, new steps", f"{imported_2.answer[0]['appended']:,}"),
                ("  import + check", f"{imported_2.seconds:.1f} s + {checked_2.seconds:.1f} s"),
                ("  against the first night", f"{nights[1] / nights[0]:.0%}"),
            ]
        )
        if COPIES:
            report([large_import(first, base, made.profile)])
            report(tree.figures(base / "large.csv", base))
        report(logs.figures(first, base, LOG_ROWS))
        report(queue_figures())
        report(entry_figures(base / "entries"))
        if lakes.STEPS:
            report(lakes.figures(base / "lakes"))
    if CLOCKS:
        report(clocks.measure(CLOCKS))


def large_import(first: Path, base: Path, profile: str) -> tuple[str, str]:
    """Import many times the first night as one file: how large, how fast, and its peak memory."""
    large, home = base / "large.csv", base / "large"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(inflate, first, large).result()
    subprocess.run([*COMMAND, "init", str(home), "--profile", profile], check=True, stdout=subprocess.DEVNULL)
    measured = Measured("import", str(large), home=home)
    size, events = large.stat().st_size / 1e9, measured.answer[0]["appended"]
    return (
        f"import of {size:.1f} GB",
        f"{measured.seconds:.0f} s, {events / measured.seconds:,.0f} events/s, {measured.peak:.0f} MiB",
    )


def inflate(first: Path, large: Path) -> None:
    """Write the first night `COPIES` times over, each with case numbers of its own."""
    rows = pl.read_csv(first, infer_schema=False)
    with large.open("wb") as out:
        for copy in range(COPIES):
            renamed = rows.with_columns(pl.col("case_no") + f"{copy:02d}")
            renamed.write_csv(out, include_header=copy == 0)


def prepare(base: Path, cases: int = CASES) -> tuple[Simulation, tuple[Path, Path, str]]:
    """Simulate the export and split it into two nights."""
    made = simulate(cases, 1, base / "export")
    return made, split_nights(base / "export" / "steps.csv", base)


def split_nights(steps: Path, folder: Path) -> tuple[Path, Path, str]:
    """All but the last actions, the last ones, and the day on which the first night ends."""
    rows = pl.read_csv(steps, infer_schema=False).sort("occurred_at", maintain_order=True)
    first, second = folder / "first.csv", folder / "second.csv"
    rows.head(-SECOND_NIGHT).sample(fraction=1, shuffle=True, seed=1).write_csv(first)
    rows.tail(SECOND_NIGHT).write_csv(second)
    return first, second, rows["occurred_at"][-SECOND_NIGHT][:10]


def report(lines: list[tuple[str, str]]) -> None:
    """Print the figures as a table."""
    width = max(len(label) for label, _ in lines)
    for label, figure in lines:
        print(f"{label:<{width}}  {figure}")


if __name__ == "__main__":
    main()
