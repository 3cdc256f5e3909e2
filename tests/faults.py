"""Commands on a disk that fails (see `faults.c`), and what has to be true afterwards."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from conftest import COMMAND, SRC, Desk, Run, ordinary_case, step
from needs import COMPILER, program
from stores import new_store

SHIM = Path(__file__).with_name("faults.c")
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
COMMANDS = {
    "import": ("import", "b.csv"),
    "night": ("nightly", "b.csv", "--as-of", "2026-03-12"),
    "change of keys": ("keys", "rotate"),
}


@contextmanager
def waiting(home: Path, kind: str) -> Iterator[Desk]:
    """A workspace after one night, with an export that waits."""
    with new_store(kind) as store:
        desk = Desk(home, store).make()
        desk.ok("nightly", desk.export("a.csv", [LATE, *ordinary_case("1")]), "--as-of", "2026-03-11")
        desk.export("b.csv", [row for number in range(40) for row in ordinary_case(f"B{number}")])
        yield desk


def words_of(desk: Desk, name: str) -> list[str | Path]:
    """A command's words; its files are the workspace's."""
    return [desk.home / word if word.endswith(".csv") else word for word in COMMANDS[name]]


class Counts(NamedTuple):
    """What a command did to the disk."""

    all: int
    syncs: int
    writes: int

    def of(self, how: str) -> int:
        """How many of them may fail in a way."""
        return {"kill": self.all, "fsync": self.syncs, "full": self.writes}[how]


class FailingDisk:
    """The disk under a command."""

    def __init__(self, folder: Path) -> None:
        self._shim, self._counted = folder / "faults.so", folder / "counted"
        command = (
            program("gcc", COMPILER),
            "-shared",
            "-fPIC",
            "-O1",
            "-Wall",
            "-Wextra",
            SHIM,
            "-o",
            self._shim,
            "-ldl",
        )
        subprocess.run(command, check=True)

    def run(self, desk: Desk, name: str, how: str, at: int, under: str = "") -> Run:
        """Run a command whose disk fails at the `at`-th step (0: never) to files whose names begin so."""
        fault = {"HOW": how, "AT": str(at), "UNDER": f"{desk.home}{under}", "COUNT": str(self._counted)}
        done = subprocess.run(
            [*COMMAND, *map(str, words_of(desk, name)), "--home", str(desk.home)],
            env=os.environ
            | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1", "LD_PRELOAD": str(self._shim)}
            | {f"FAULT_{key}": value for key, value in fault.items()},
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def counts(self, desk: Desk, name: str, under: str = "") -> Counts:
        """What a command does to the disk that does not fail."""
        done = self.run(desk, name, "kill", 0, under)
        assert done.status == 0, done
        return Counts(*map(int, self._counted.read_text().split()))


def stages(steps: int, few: int) -> list[int]:
    """Steps to fail at: all of them, or as many spread from the first to the last."""
    return sorted({1 + round(number * (steps - 1) / (few - 1)) for number in range(few)})


def states(desk: Desk) -> list[Any]:
    return [(event.position, event.stream, event.version, event.topic) for event in desk.events()]


def brought(events: list[Any]) -> list[Any]:
    """What the imports brought, wherever it stands."""
    topics = ("step-recorded", "import-recorded")
    return [(stream, version, topic) for _, stream, version, topic in events if topic in topics]


def assert_whole_and_goes_on(desk: Desk, name: str, run: Run, before: list[Any], after: list[Any]) -> None:
    """A command that failed said so in clear words and the truth; run again, it ends as it should.

    Args:
        desk: where it was run.
        name: which it was.
        run: how it ended.
        before: the `states` of the log before it.
        after: the `states` of the log where nothing fails.
    """
    assert run.status in (-9, 0, 1), run
    assert "Traceback" not in run.text, run
    assert desk.facts("verify", "--log-only")["is_whole"]
    known = states(desk)
    assert known[: len(before)] == before
    if run.status == 0:
        assert brought(known) == brought(after)
    if name != "night":  # a night has several transactions
        assert not ("未写入任何事件" in run.text and known != before), run
        assert not ("事件已写入" in run.text and known == before), run
    desk.ok(*words_of(desk, name))
    assert desk.facts("verify")["is_whole"]
    if name != "change of keys":  # a night that is run again may check once more
        assert brought(states(desk)) == brought(after)
    assert not (desk.home / "keys" / "next.key").exists()
    assert desk.temporary() == []
