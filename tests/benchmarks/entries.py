"""What the ledger costs with many open entries: a night's part, a step, the list, Excel.

    python tests/benchmarks/entries.py

makes a small simulated registry with REGAUDIT_BENCH_ENTRIES open entries (20,000 unless said otherwise) and
prints the figures. CPU seconds; the night's are held against the same night without any entry.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from datetime import time as day_time
from pathlib import Path

from regaudit.catalogue.event_types import (
    EntryEvidence,
    EntryOpened,
    EntryPerson,
    EntryStepped,
    RoleGranted,
    UserAdded,
)
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.request import Author, Request
from regaudit.ledger.service import Ledger
from regaudit.operation.open import open_workspace
from regaudit.simulate import simulate

ENTRIES = int(os.environ.get("REGAUDIT_BENCH_ENTRIES", "20000"))
COMMAND = [sys.executable, "-c", "from regaudit.cli import main; main()"]
STEPS = 40
OFFICE = "150602"
WHO = {"by": "bench", "system_user": "bench", "machine": "bench", "at": "2026-01-01T00:00:00"}


def figures(base: Path) -> list[tuple[str, str]]:
    """The figures, measured in a folder."""
    made = simulate(2_000, 1, base / "export")
    home = base / "home"
    _run("init", str(home), "--profile", made.profile)
    inputs = [str(base / "export" / name) for name in ("roster.csv", "steps.csv")]
    night = made.as_of
    _run("nightly", *inputs, "--as-of", f"{night}", home=home)
    bare = [_run("nightly", "--as-of", f"{night + timedelta(days=day)}", home=home) for day in (1, 2)]
    fill(home, night)
    full = [_run("nightly", "--as-of", f"{night + timedelta(days=day)}", home=home) for day in (3, 4, 5)]
    steps = take_steps(home)
    start = _run("--version")
    listed = _run("ledger", "list", "--json", home=home)
    exported = _run("ledger", "export", "-o", str(base / "book.xlsx"), home=home)
    return [
        ("open entries", f"{ENTRIES:,}"),
        ("a night without them", f"{bare[-1]:.1f} s"),
        ("  the night that first reads them", f"{full[0]:.1f} s"),
        ("  the second night after", f"{full[-1]:.1f} s, {full[-1] / bare[-1]:.2f}× its time"),
        ("a step", f"{statistics.median(steps) * 1000:.0f} ms, at most {max(steps) * 1000:.0f} ms"),
        ("ledger list", f"{listed:.2f} s, of which the program's start {start:.2f} s"),
        ("ledger export", f"{exported:.1f} s"),
    ]


def fill(home: Path, night: date) -> None:
    """Put users into the log, and entries that are being rectified."""
    people = {"post": "P1", "leader": "P2", "head": "P3"}
    with open_workspace(home, "bench", locks=()) as workspace:
        log = workspace.log
        for role, person in people.items():
            stream = f"user:{role}"
            log.append(UserAdded, stream, login=role, person_id=person, **WHO)
            log.append(RoleGranted, stream, login=role, role=role, office=OFFICE, **WHO)
        log.append_batches([log.stored(entries(night))])


def entries(night: date) -> Iterator[LogEvent]:
    """Each entry with its opening and four steps."""
    told = {"door": "command", "system_user": "bench", "machine": "bench", "seen_version": 1}
    for number in range(1, ENTRIES + 1):
        stream = f"entry:{OFFICE}-2020-{number:05}"
        at = datetime.combine(night, day_time(9)).isoformat()
        yield EntryOpened(
            stream,
            1,
            at=at,
            recorded_at=at,
            kind="finding",
            rule="overdue",
            rule_version=1,
            title="超期",
            severity="major",
            office=OFFICE,
            case_nos=[f"{number}"],
            summary=f"业务 {number}(转移登记)3月2日受理,应于3月9日前办结,至今已超期 6 个工作日",
            evidence=[EntryEvidence(position=number, role="context")],
            persons=[EntryPerson(person_id="P9", person_name="张三", role="booked")],
            door="night",
            run_no=1,
        )
        due = (night + timedelta(days=20)).isoformat()
        for version, (step, facts) in enumerate(
            (
                ("assign", {"to": "person:P9", "kind": "by_date"}),
                ("answer", {"text": "系统派件所致"}),
                ("judge", {"verdict": "upheld", "text": "属实"}),
                ("demand", {"due": due, "text": "限期整改"}),
            ),
            start=2,
        ):
            who = {"by": "post", "person": "P1", "role": "post"}
            yield EntryStepped(stream, version, step=step, at=at, recorded_at=at, **who, **told, **facts)  # type: ignore[arg-type]


def take_steps(home: Path) -> list[float]:
    """Seconds of a step each, of those that take some, one after another."""
    author = Author(login="head", door="command", system_user="bench", machine="bench")
    seconds = []
    with open_workspace(home, "bench", locks=()) as workspace:
        ledger = Ledger(workspace)
        for number in range(1, STEPS + 1):
            request = Request(step="report", text="已整改")
            started = time.perf_counter()
            ledger.take({f"{OFFICE}-2020-{number:05}": request}, author)
            seconds.append(time.perf_counter() - started)
    return seconds


def _run(*words: str, home: Path | None = None) -> float:
    """CPU seconds of a command."""
    at = [] if home is None else ["--home", str(home)]
    process = subprocess.Popen([*COMMAND, *words, *at], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="regaudit-entries-") as folder:
        for label, figure in figures(Path(folder)):
            print(f"{label:<36}{figure}")
