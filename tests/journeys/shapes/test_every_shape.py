"""One registry, every shape: whatever the export looks like, the same cases, steps and findings come out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from conftest import Desk

from regaudit.simulate import RULES, SHAPES
from regaudit.simulate.losses import NOTHING, Losses, carried

pytestmark = pytest.mark.long

CASES, SEED = 300, 7
ALWAYS = ("canonical", "xes", "national-2015", "tasklog")
"""Shapes that differ most; the others are tried with the slow tests."""
KNOWN_STEPS = (
    *("accept", "assign", "review", "book", "certify", "issue", "file", "charge", "pause", "resume"),
    *("return", "refuse", "withdraw", "expedite", "explain", "precheck_submit", "precheck", "overtime"),
    "supplement",
)
"""What a workflow engine notes besides is kept in the log, too, but no other shape has it."""
# Where a row came from differs by nature; attributes of a case may stand on other rows of it.
NOT_OF_THE_CASE = {
    *("position", "import_no", "file_sha256", "row_no", "accept_position", "member", "part_no"),
    *("first_found_on", "changed_on", "run_no", "order_no"),
}
NOT_OF_THE_STEP = NOT_OF_THE_CASE | {"table_name", "batch_no", "unit_no"}


class Registry(NamedTuple):
    """The exports of one platform, and the day they were made."""

    folder: Path
    as_of: str

    def rows(self) -> pl.DataFrame:
        return pl.read_csv(self.folder / "steps.csv", infer_schema=False)


class Outcome(NamedTuple):
    """What a workspace makes of an export."""

    cases: list[tuple[Any, ...]]
    steps: list[tuple[Any, ...]]
    findings: list[tuple[Any, ...]]
    overtakes: list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("registry")
    Desk(folder).ok("simulate", "--cases", str(CASES), "--seed", str(SEED), "--out", folder, "--shape", "all")
    as_of = json.loads((folder / "simulation.json").read_text(encoding="utf-8"))["as_of"]
    return Registry(folder, as_of)


@pytest.fixture(scope="module")
def expected(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Losses], Outcome]:
    """What comes of the canonical log once it is cut down to what a shape carries."""
    known: list[tuple[Losses, Outcome]] = []

    def outcome(losses: Losses) -> Outcome:
        for other, made in known:
            if other == losses:
                return made
        folder = tmp_path_factory.mktemp("expected")
        log, mapping = folder / "steps.csv", folder / "names.toml"
        carried(registry.rows(), losses).write_csv(log)
        mapping.write_text(f"strip_name_suffix = {str(losses.names_alone).lower()}\n", encoding="utf-8")
        made = outcome_of(folder / "home", registry, log, mapping)
        known.append((losses, made))
        return made

    return outcome


def outcome_of(home: Path, registry: Registry, log: Path, mapping: Path | None) -> Outcome:
    desk = Desk(home)
    desk.ok("init", home, "--profile", "ordos-2023")
    desk.ok("import", registry.folder / "roster.csv")
    words: list[str | Path] = ["--mapping", mapping] if mapping else []
    desk.ok("import", log, *words)
    desk.ok("check", "--as-of", registry.as_of)
    desk.assert_log_is_whole()
    return Outcome(
        cases=rows_of(desk, "cases", NOT_OF_THE_CASE),
        steps=rows_of(desk, "steps", NOT_OF_THE_STEP, f"step in {KNOWN_STEPS}"),
        findings=findings_of(desk),
        overtakes=rows_of(desk, "queue_overtakes", NOT_OF_THE_CASE),
    )


def rows_of(desk: Desk, table: str, but: set[str], condition: str = "true") -> list[tuple[Any, ...]]:
    columns = [name for (name,) in desk.query(f"SELECT column_name FROM (DESCRIBE {table})")]
    kept = ", ".join(name for name in columns if name not in but)
    return desk.query(f"SELECT DISTINCT {kept} FROM {table} WHERE {condition} ORDER BY ALL")


def findings_of(desk: Desk) -> list[tuple[Any, ...]]:
    """The findings, their evidence as what was done when instead of where in the log it stands.

    What a workflow engine notes besides is an act of the account, too, but no evidence that others have.
    """
    return desk.query(
        f"""
        WITH proof AS (SELECT finding_id, unnest(evidence) AS position FROM findings)
        SELECT
            finding_id, rule, severity, office, case_no, account, person_id, due_on,
            regexp_replace(summary, '办理 [0-9]+ 次', '办理'),
            (
                SELECT list(strftime(occurred_at, '%Y-%m-%d %H:%M:%S ') || step ORDER BY occurred_at, step)
                FROM proof JOIN steps USING (position)
                WHERE proof.finding_id = findings.finding_id AND step IN {KNOWN_STEPS}
            )
        FROM findings
        ORDER BY ALL
        """
    )


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ALWAYS else [pytest.mark.slow]) for name in SHAPES]
)
def test_every_shape_comes_to_the_same(
    name: str, registry: Registry, expected: Callable[[Losses], Outcome], tmp_path: Path
) -> None:
    shape = SHAPES[name]
    mapping = registry.folder / shape.mapping if shape.mapping else None
    made = outcome_of(tmp_path / "home", registry, registry.folder / shape.file, mapping)
    wanted = expected(shape.loses)
    for part in Outcome._fields:
        assert getattr(made, part) == getattr(wanted, part), part


def test_the_whole_log_has_findings_of_every_rule(expected: Callable[[Losses], Outcome]) -> None:
    outcome = expected(NOTHING)
    assert {finding[1] for finding in outcome.findings} >= set(RULES)
    assert len(outcome.cases) == CASES
    assert outcome.overtakes


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.loses != NOTHING])
def test_what_a_shape_carries_still_has_cases_and_findings(
    name: str, expected: Callable[[Losses], Outcome]
) -> None:
    outcome = expected(SHAPES[name].loses)
    assert len(outcome.cases) == CASES
    assert {"accept-review-same", "one-person", "overdue"} <= {finding[1] for finding in outcome.findings}
