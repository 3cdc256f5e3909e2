"""What the tree costs an import, how fast a log is verified, and how fast a proof is read from the disk.

    python tests/benchmarks/tree.py FILE.csv FOLDER

imports the file into two new workspaces in FOLDER, with the tree and without, and prints the figures. Then it
does so on PostgreSQL with the first REGAUDIT_BENCH_SERVER_ROWS rows (0: not at all), in schemas of their own
that are dropped afterwards, on REGAUDIT_BENCH_SERVER. CPU seconds are regaudit's, without the server's.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

import psycopg
import pyarrow as pa

from regaudit.base.clock import local_time, system_clock
from regaudit.base.folders import SETTINGS_FILE
from regaudit.base.settings import Store
from regaudit.eventlog.batches import placed, with_leaves
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.eventlog.tree.growth import GrowingStore, Grown, Growth
from regaudit.intake.importer import Importer
from regaudit.operation.make import store_section
from regaudit.proof.verify.verify import verify

PROOFS = 1_000
ZONE = "Asia/Shanghai"
SERVER = os.environ.get("REGAUDIT_BENCH_SERVER", "postgresql://root@127.0.0.1:5432/test")
SERVER_ROWS = int(os.environ.get("REGAUDIT_BENCH_SERVER_ROWS", "200000"))
Answer = TypeVar("Answer")


class NoTree(Growth):
    """Gives positions, and neither hashes nor signs anything."""

    def __init__(self) -> None:
        self._size = 0

    def begin(self, store: GrowingStore) -> None:
        self._size = store.last_position()

    def extend(self, events: pa.Table) -> Grown:
        first = self._size + 1
        self._size += len(events)
        # No hash, but something: what is cut out of nothing is NULL.
        return Grown(with_leaves(placed(events, first), [b"-"] * len(events)), [])

    def close(self, store: GrowingStore) -> tuple[int, int]:
        del store
        return 0, self._size


def timed(do: Callable[[], Answer]) -> tuple[Answer, dict[str, float]]:
    """What a call gives, and the seconds and CPU seconds that it takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = do()
    return answer, {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def import_file(file: Path, home: Path, *, has_tree: bool) -> dict[str, float]:
    """Import a file into a new workspace; returns the seconds and the events."""
    make_log(home)
    with EventLog(home) as log:
        if not has_tree:
            log._recorder.growth = NoTree()
        importer = Importer(home, log, ZONE, lambda: local_time(system_clock, ZONE))
        [result], took = timed(lambda: importer.run(file))
        return took | {"events": result.appended + 1}


def verify_log(home: Path) -> dict[str, float]:
    """Verify the log of a workspace; returns the seconds and the events."""
    result, took = timed(lambda: verify(home, lambda _stage, _done, _total: None, is_log_only=True))
    if not result.is_whole:
        raise SystemExit(f"{home}: {result.damages}")
    return took | {"events": result.events}


def prove(home: Path) -> dict[str, float]:
    """Read inclusion proofs of events anywhere in the log; returns the seconds of one."""
    chance = random.Random(1)  # noqa: S311 - places, no secrets
    with EventLog(home) as log:
        size = log.position()
        _, took = timed(
            lambda: [log.inclusion_proof(chance.randint(1, size), size) for _ in range(PROOFS)],
        )
        return {name: seconds / PROOFS for name, seconds in took.items()}


def figures(file: Path, base: Path) -> list[tuple[str, str]]:
    """All figures for a file, each measured in a process of its own."""
    found = _figures(file, base, "SQLite", [Store(), Store()])
    if SERVER_ROWS:
        few = base / "server.csv"
        with file.open("rb") as rows, few.open("wb") as out:
            out.writelines(islice(rows, SERVER_ROWS + 1))
        with _schemas("with", "without") as stores:
            found += _figures(few, base, "PostgreSQL", stores)
    return found


@contextmanager
def _schemas(*names: str) -> Iterator[list[Store]]:
    stores = [Store(url=SERVER, schema=f"regaudit_bench_{os.getpid()}_{name}") for name in names]
    try:
        yield stores
    finally:
        with psycopg.connect(SERVER, autocommit=True) as db:
            for store in stores:
                db.execute(f"DROP SCHEMA IF EXISTS {store.schema} CASCADE")


def _figures(file: Path, base: Path, title: str, stores: Sequence[Store]) -> list[tuple[str, str]]:
    homes = [base / f"{title}-{name}" for name in ("with-tree", "without-tree")]
    for home, store in zip(homes, stores, strict=True):
        home.mkdir()
        (home / SETTINGS_FILE).write_text(store_section(store), encoding="utf-8")
    without = _alone("without", file, homes[1])
    with_tree = _alone("with", file, homes[0])
    verified = _alone("verify", file, homes[0])
    proof = _alone("prove", file, homes[0])
    events = with_tree["events"]
    return [
        (f"{title}: events", f"{events:,.0f}"),
        ("import with tree and checkpoint", _seconds(with_tree)),
        ("  against the same without, CPU", f"{with_tree['cpu'] / without['cpu']:.2f}×"),
        ("verify, log alone", f"{events / verified['seconds']:,.0f} events/s, {_seconds(verified)}"),
        ("  against that import", f"{with_tree['seconds'] / verified['seconds']:.1f}× as fast"),
        ("inclusion proof from the store", f"{proof['seconds'] * 1e3:.2f} ms"),
    ]


def _seconds(took: dict[str, float]) -> str:
    return f"{took['seconds']:.1f} s ({took['cpu']:.1f} s CPU)"


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
