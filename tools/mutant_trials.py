"""The tests of the rules, as often as there are mutants: which of them notices one."""

import contextlib
import hashlib
import importlib
import io
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest
from msgspec import Struct, structs
from sql_mutations import Mutation

from regaudit.audit.results import LISTED
from regaudit.base.duck import connect
from regaudit.catalogue import sqlfile
from regaudit.catalogue.sqlfile import SqlFile, load_sql_files, result_texts

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".mutants"
PROPERTIES = tuple(f"property/test_{name}" for name in ("queue", "order", "clock", "accounts"))
JOURNEYS = {"journeys/nights/test_late": "findings.late_entry"}
"""Of a rule that needs what no case has: rows that come back from quarantine."""
WHATEVER_THEIR_MARKS = "slow or not slow"
SECONDS = 120
"""A change after which a query or a test takes longer does not end."""

sys.path.insert(0, str(ROOT / "tests"))
from rule_cases import ASKED, RuleCase, read_cases, run_case, tables_made  # noqa: E402 - found in tests/

OF_RESULTS = (*LISTED, *ASKED)
"""What the cases hold of `projections/results`."""
Db = duckdb.DuckDBPyConnection


class Mutant(Struct, frozen=True):
    """A SQL file with one thing changed."""

    file: str
    select: str
    mutation: Mutation

    @property
    def table(self) -> str:
        """`layer.name`."""
        return self.file.removesuffix(".sql").replace("/", ".")

    @property
    def changed(self) -> str:
        """The SELECT with the change."""
        return self.mutation.of(self.select)


class Case(Struct, frozen=True):
    """A case, and its warehouse as it is without any change."""

    case: RuleCase
    warehouse: Path

    @property
    def name(self) -> str:
        """As pytest calls it."""
        return f"{self.case.rule}: {self.case.heading}"

    @property
    def has_nights(self) -> bool:
        """Whether it makes tables more than once: the last ones do not show all."""
        return bool(self.case.given("night"))


@contextlib.contextmanager
def changed(mutant: Mutant) -> Iterator[None]:
    """All that reads the shipped SQL files reads the mutant in place of its own."""
    files = tuple(
        structs.replace(file, select=mutant.changed) if file.table == mutant.table else file
        for file in load_sql_files()
    )
    layer, _, name = mutant.table.partition(".")
    results = {name: mutant.changed} if layer == "results" else {}
    with patch.object(sqlfile, "_load_shipped", lambda: files), patch.dict(result_texts(), results):
        yield


@contextlib.contextmanager
def limited(seconds: int = SECONDS) -> Iterator[None]:
    """Interrupt what takes longer.

    Raises:
        TimeoutError: it did.
    """

    def stop(*_: object) -> None:
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    except RuntimeError as error:
        # What DuckDB makes of it where a query is interrupted.
        if "interrupted" in str(error).lower():
            stop()
        raise
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Trials:
    """The tests, as often as there are mutants."""

    def __init__(self, kept: Path = KEPT) -> None:
        """A folder `kept` has warehouses of cases from trial to trial."""
        paths = sorted((ROOT / "tests" / "rules").glob("*.md"))
        digest = _digest()
        cases = [case for path in paths for case in read_cases(path)]
        self._cases = [Case(case, kept / f"{_name(digest, case)}.duckdb") for case in cases]
        self._files = {file.table: file for file in load_sql_files()}
        kept.mkdir(exist_ok=True)
        for path in {*kept.iterdir()} - {case.warehouse for case in self._cases}:
            path.unlink()

    def killer(self, mutant: Mutant) -> str | None:
        """The test that notices a mutant; None where none does.

        Raises:
            duckdb.Error: the mutant is no SQL that DuckDB takes.
        """
        is_bound, left = False, []
        for case in self._nearest(mutant.table):
            if not case.warehouse.exists():
                _run(case.case, partial(_copy, case.warehouse))
            with _opened(case) as db:
                if not is_bound:
                    db.execute(f"EXPLAIN {mutant.changed}")
                    is_bound = True
                with limited():
                    is_other = _differs(db, mutant)
            if is_other and self._is_failing(case.case, mutant):
                return case.name
            left += [case] if case.has_nights and not is_other else []
        failing = (case.name for case in left if self._is_failing(case.case, mutant))
        return next(failing, None) or self._failing_further(mutant)

    def _nearest(self, table: str) -> list[Case]:
        """The cases that make a table, those of the rules that read it most directly first."""
        away = self._away(table)

        def distance(case: Case) -> int:
            return away.get(f"findings.{case.case.rule.replace('-', '_')}", len(away))

        return sorted((case for case in self._cases if table in tables_made(case.case)), key=distance)

    def _away(self, table: str) -> dict[str, int]:
        """The tables that read a table, and by how many steps."""
        away = {table: 0}
        for file in self._files.values():  # each stands behind those it reads
            if steps := [away[name] + 1 for name in file.reads if name in away]:
                away.setdefault(file.table, min(steps))
        return away

    def _is_failing(self, case: RuleCase, mutant: Mutant) -> bool:
        with changed(mutant):
            try:
                with limited():
                    _run(case)
            except Exception:  # noqa: BLE001 - whatever fails, it was noticed
                return True
        return False

    def _failing_further(self, mutant: Mutant) -> str | None:
        names = [name for name in PROPERTIES if mutant.table in tables_of_property(name)]
        names += [name for name, table in JOURNEYS.items() if table in self._away(mutant.table)]
        with changed(mutant):
            return next(filter(None, map(_failed, names)), None)


def _digest() -> bytes:
    """Of all that cases' warehouses are made by."""
    paths = [path for name in ("src", "projections", "events") for path in (ROOT / name).rglob("*")]
    read = hashlib.sha256(duckdb.__version__.encode())
    for path in sorted([*paths, ROOT / "tests" / "rule_world.py"]):
        if path.is_file() and path.suffix != ".pyc":
            read.update(path.read_bytes())
    return read.digest()


def _name(digest: bytes, case: RuleCase) -> str:
    """Of a case's warehouse; what else is expected of the same tables does not change it."""
    given = [block for block in case.blocks if block.verb == "given"]
    return hashlib.sha256(digest + repr((given, sorted(tables_made(case)))).encode()).hexdigest()[:32]


@contextlib.contextmanager
def _opened(case: Case) -> Iterator[Db]:
    with connect(memory_limit="1200MB") as db:
        db.execute(f"ATTACH '{case.warehouse}' AS warehouse (READ_ONLY)")
        db.execute("USE warehouse")
        db.execute("SET threads = 1")
        yield db


def _run(case: RuleCase, then: Callable[[Db], None] | None = None) -> None:
    with tempfile.TemporaryDirectory() as name:
        run_case(case, Path(name) / "home", then)


def _copy(path: Path, db: Db) -> None:
    """Keep a warehouse; in small blocks, since its tables are small."""
    making = path.with_suffix(".making")
    db.execute(f"ATTACH '{making}' AS kept (BLOCK_SIZE 16384)")
    db.execute("COPY FROM DATABASE warehouse TO kept")
    db.execute("CHECKPOINT kept")
    db.execute("DETACH kept")
    making.rename(path)


def _differs(db: Db, mutant: Mutant) -> bool:
    """Whether a mutant makes other rows than its table has, or fails."""
    made, kept = f"(SELECT * FROM ({mutant.changed}))", f"(SELECT * FROM {mutant.table})"
    query = (
        f"SELECT 1 FROM ({made} EXCEPT ALL {kept}) UNION ALL SELECT 1 FROM ({kept} EXCEPT ALL {made}) LIMIT 1"
    )
    try:
        return db.execute(query).fetchone() is not None
    except duckdb.Error:
        return True


class _Failures:
    """Asks pytest which test failed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.names.append(report.nodeid)


def _failed(name: str) -> str:
    """The first test of a file that fails; empty where none does.

    Raises:
        AssertionError: pytest found no test there.
    """
    failures = _Failures()
    words = ["-x", "-q", "-p", "no:cacheprovider", "-m", WHATEVER_THEIR_MARKS]
    with contextlib.redirect_stdout(io.StringIO()):
        status = pytest.main([*words, str(ROOT / "tests" / f"{name}.py")], plugins=[failures])
    if status in (pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.USAGE_ERROR):
        raise AssertionError(f"{name}: {status!r}")
    if status == pytest.ExitCode.INTERRUPTED and not failures.names:
        raise KeyboardInterrupt
    return next(iter(failures.names), "" if status == pytest.ExitCode.OK else f"{name}: {status!r}")


@cache
def tables_of_property(name: str) -> frozenset[str]:
    """The tables that a file of property tests makes; it is run for that.

    Raises:
        AssertionError: it fails without any change.
    """
    world = importlib.import_module("rule_world")
    made: set[str] = set()
    wanted: Callable[..., list[SqlFile]] = world.wanted

    def listening(files: list[SqlFile], tables: frozenset[str] | None) -> list[SqlFile]:
        found = wanted(files, tables)
        made.update(file.table for file in found)
        return found

    with patch.object(world, "wanted", listening):
        failed = _failed(name)
    if failed:
        raise AssertionError(failed)
    return frozenset(made)
