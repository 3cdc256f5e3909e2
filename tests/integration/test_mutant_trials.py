"""One change after the other on the cases of the rules, as `make mutants` tries them."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from regaudit.catalogue.sqlfile import load_sql_files


def tool(name: str) -> ModuleType:
    folder = str(Path(__file__).resolve().parents[2] / "tools")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)


MADE = tool("sql_mutations")
TRIALS = tool("mutant_trials")


def test_the_case_that_sees_a_change_kills_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TRIALS, "PROPERTIES", ())
    monkeypatch.setattr(TRIALS, "JOURNEYS", {})
    trials = TRIALS.Trials(tmp_path / "kept")
    monkeypatch.setattr(trials, "_cases", [case for case in trials._cases if "first switch" in case.name])
    [select] = [file.select for file in load_sql_files() if file.name == "terminal_blocks"]

    def killer(before: str, after: str) -> str | None:
        start = select.index(before)
        change = MADE.Mutation(start, start + len(before), after, "any")
        found: str | None = trials.killer(TRIALS.Mutant("core/terminal_blocks.sql", select, change))
        return found

    [case] = trials._cases
    assert killer("min(occurred_at)", "max(occurred_at)") == case.name
    assert killer("blocks as (", "blocks as  (") is None
    assert case.warehouse.exists()
    with pytest.raises(duckdb.BinderException):
        killer("min(occurred_at)", "min(occured_at)")


def test_tests_that_are_not_there_kill_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TRIALS, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "none.py").write_text("", encoding="utf-8")
    with pytest.raises(AssertionError, match="NO_TESTS_COLLECTED"):
        TRIALS._failed("none")


@pytest.mark.parametrize("mark", ["slow", "long"])
def test_tests_that_are_not_for_every_day_kill(
    mark: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TRIALS, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    text = f"import pytest\n@pytest.mark.{mark}\ndef test_it():\n    assert False\n"
    (tmp_path / "tests" / f"test_{mark}_one.py").write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow\n    long\n", encoding="utf-8")
    assert TRIALS._failed(f"test_{mark}_one").endswith("::test_it")


def test_a_query_that_does_not_end_is_interrupted() -> None:
    with duckdb.connect() as db, pytest.raises(TimeoutError, match="longer than 1 s"), TRIALS.limited(1):
        db.execute("SELECT sum(a * b % 7) FROM range(10000000) AS t(a), range(10000000) AS u(b)").fetchall()
