"""What the tree costs an import, how fast a log is verified, and how fast a proof is read from the disk.

    python tests/benchmarks/tree.py FILE.csv FOLDER

imports the file into two new workspaces in FOLDER, with the tree and without, and prints the figures.
"""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa

from regaudit.clock import local_time, system_clock
from regaudit.eventlog.growth import GrowingStore, Grown, Growth
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.making import make_log
from regaudit.intake.importer import Importer
from regaudit.verifying.verify import verify

PROOFS = 1_000
ZONE = "Asia/Shanghai"


class NoTree(Growth):
    """Gives positions, and neither hashes nor signs anything."""

    def __init__(self) -> None:
        self._size = 0

    def begin(self, store: GrowingStore) -> None:
        self._size = store.last_position()

    def extend(self, events: pa.Table) -> Grown:
        first = self._size + 1
        self._size += len(events)
        columns = (column.to_pylist() for column in events.columns)
        return Grown((range(first, self._size + 1), *columns, [b""] * len(events)), [])

    def close(self, store: GrowingStore) -> tuple[int, int]:
        del store
        return 0, self._size


def import_file(file: Path, home: Path, *, has_tree: bool) -> dict[str, float]:
    """Import a file into a new workspace; returns the seconds and the events."""
    home.mkdir()
    make_log(home)
    with EventLog(home) as log:
        if not has_tree:
            log._recorder.growth = NoTree()
        importer = Importer(home, log, ZONE, lambda: local_time(system_clock, ZONE))
        started = time.perf_counter()
        [result] = importer.run(file)
        return {"seconds": time.perf_counter() - started, "events": result.appended + 1}


def verify_log(home: Path) -> dict[str, float]:
    """Verify the log of a workspace; returns the seconds and the events."""
    started = time.perf_counter()
    result = verify(home, lambda _stage, _done, _total: None, is_log_only=True)
    if not result.is_whole:
        raise SystemExit(f"{home}: {result.damages}")
    return {"seconds": time.perf_counter() - started, "events": result.events}


def prove(home: Path) -> dict[str, float]:
    """Read inclusion proofs of events anywhere in the log; returns milliseconds each."""
    chance = random.Random(1)  # noqa: S311 - places, no secrets
    with EventLog(home) as log:
        size = log.position()
        started = time.perf_counter()
        for _ in range(PROOFS):
            log.inclusion_proof(chance.randint(1, size), size)
        return {"milliseconds": (time.perf_counter() - started) / PROOFS * 1e3}


def figures(file: Path, base: Path) -> list[tuple[str, str]]:
    """All figures for a file, each measured in a process of its own."""
    homes = {"with": base / "with-tree", "without": base / "without-tree"}
    without = _alone("without", file, homes["without"])
    with_tree = _alone("with", file, homes["with"])
    verified = _alone("verify", file, homes["with"])
    proof = _alone("prove", file, homes["with"])
    events = with_tree["events"]
    return [
        ("events", f"{events:,.0f}"),
        ("import with tree and checkpoint", f"{with_tree['seconds']:.1f} s"),
        ("  against the same without", f"{with_tree['seconds'] / without['seconds']:.2f}×"),
        ("verify, log alone", f"{events / verified['seconds']:,.0f} events/s"),
        ("  against that import", f"{with_tree['seconds'] / verified['seconds']:.1f}× as fast"),
        ("inclusion proof from disk", f"{proof['milliseconds']:.2f} ms"),
    ]


def _alone(what: str, file: Path, home: Path) -> dict[str, float]:
    command = [sys.executable, __file__, what, str(file), str(home)]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return answer


def main() -> None:
    """One measurement, or all of them."""
    what, *paths = sys.argv[1:]
    if len(paths) == 1:
        for label, figure in figures(Path(what), Path(paths[0])):
            print(f"{label:<34}  {figure}")
        return
    file, home = map(Path, paths)
    measures = {
        "with": lambda: import_file(file, home, has_tree=True),
        "without": lambda: import_file(file, home, has_tree=False),
        "verify": lambda: verify_log(home),
        "prove": lambda: prove(home),
    }
    print(json.dumps(measures[what]()))


if __name__ == "__main__":
    main()
