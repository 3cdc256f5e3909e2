"""Every case file of `tests/rules`: export rows in, judgements out. See `rule_cases` for how to write one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from rule_cases import RuleCase, given_of, hold, parse_cases, read_cases, run_case
from rule_world import built

from regaudit.catalogue.rules import load_rules, roles_of, rule_of
from regaudit.catalogue.sqlfile import SqlText, load_rule_texts

FOLDER = Path(__file__).parent / "rules"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case.heading}")
    for path in sorted(FOLDER.glob("*.md"))
    for case in read_cases(path)
]

STEPS = """
## A case
given steps
| case_no | step   | result  | occurred_at      | account |
| ---     | ---    | ---     | ---              | ---     |
| A1..A2  | accept |         | 2026-03-02 09:00 | zhang   |
| A1..A2  | review | approve | 2026-03-02 10:00 | zhang   |
| A1      | book   |         | 2026-03-02 11:00 | zhang   |
"""
RIGHT = """
expect
| case_no | is_violation | severity | occurred_at      | summary contains |
| ---     | ---          | ---      | ---              | ---              |
| A1      | true         | critical | 2026-03-02 11:00 | A1               |
expect status failed
expect cases
| case_no | state  | close_kind | due_on     |
| ---     | ---    | ---        | ---        |
| A1      | closed | book       | 2026-04-14 |
| A2      | open   | null       |            |
expect queue_overtakes
expect finding_evidence
| case_no | step   | occurred_at      | role |
| ---     | ---    | ---              | ---  |
| A1      | accept | 2026-03-02 09:00 | act  |
| A1      | review | 2026-03-02 10:00 | act  |
| A1      | book   | 2026-03-02 11:00 | act  |
expect finding_persons
| case_no | person_id     | role     | is_answerable |
| ---     | ---           | ---      | ---           |
| A1      | account:zhang | accepted | true          |
| A1      | account:zhang | reviewed | true          |
| A1      | account:zhang | booked   | true          |
expect overdue
| case_no | is_violation |
| ---     | ---          |
| A1..A2  | false        |
"""
ONE_WRONG_WORD = {
    "other truth": ("true         | critical", "false        | critical"),
    "unknown is not true": ("true         | critical", "unknown      | critical"),
    "other severity": ("critical", "major"),
    "other time": ("2026-03-02 11:00 | A1", "2026-03-02 11:01 | A1"),
    "summary without it": ("| A1               |", "| A2               |"),
    "a subject that was not examined": ("| A1      | true ", "| A2      | true "),
    "a subject examined but not listed": ("| A1..A2  | false", "| A1      | false"),
    "other status": ("status failed", "status passed"),
    "something where nothing is expected": ("status failed", "nothing"),
    "other due day": ("2026-04-14", "2026-04-13"),
    "a value where none is expected": ("| closed | book       |", "| closed | null       |"),
    "none where a value is expected": ("| open   | null       |", "| open   | book       |"),
    "another role": ("09:00 | act", "09:00 | reason"),
    "a person not listed": ("| A1      | account:zhang | booked   | true          |\n", ""),
    "an innocent person": ("| reviewed | true  ", "| reviewed | false "),
    "a case not listed": ("| A2      | open   | null       |            |\n", ""),
    "a pair that is not there": (
        "expect queue_overtakes\n",
        "expect queue_overtakes\n| case_no | overtaken_case_no |\n| A1 | A2 |\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_case_file(case: RuleCase, tmp_path: Path) -> None:
    run_case(case, tmp_path / "home")


def test_what_a_rule_is_to_the_program_stands_in_its_head_alone() -> None:
    rules = load_rules()
    source = Path(__file__).parents[1] / "src" / "regaudit"
    for path in (path for path in source.rglob("*.py") if path.parts[len(source.parts)] != "simulate"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert not texts & rules.keys(), path


def test_a_lane_says_who_came_too_close_to_count() -> None:
    rules = load_rules()
    lanes = [rule for rule in rules.values() if rule.story == "lane"]
    assert lanes
    for rule in lanes:
        of_rule, _, parameter = rule.gap.partition(".")
        assert parameter in rules[of_rule].params
    assert not [rule.name for rule in rules.values() if rule.gap and rule.story != "lane"]


@pytest.mark.parametrize("text", load_rule_texts(), ids=lambda text: text.name)
def test_a_rule_says_which_rows_are_the_act_and_who_answers_or_why_not(text: SqlText) -> None:
    rule = rule_of(text)
    assert ("act" in roles_of(rule, text)) != bool(rule.without_act)
    assert [rule.answerable, bool(rule.nobody), bool(rule.without_act)].count(True) == 1, (
        "who answers, or why not"
    )


def test_every_case_file_shows_what_rows_and_persons_are_to_a_finding() -> None:
    for rule in load_rules():
        shown = {block.subject for case in read_cases(FOLDER / f"{rule}.md") for block in case.expected()}
        assert {"finding_evidence", "finding_persons"} <= shown, rule


def test_every_rule_has_a_case_file() -> None:
    stems = {path.stem for path in FOLDER.glob("*.md")}
    assert set(load_rules()) <= stems
    assert all(stem.startswith("core-") for stem in stems - set(load_rules()))


def test_every_case_file_shows_the_rule_fire_hold_back_and_not_apply() -> None:
    for rule in load_rules():
        cases = read_cases(FOLDER / f"{rule}.md")
        own = [block for case in cases for block in case.expected() if block.subject in ("", "nothing")]
        judged = {row["is_violation"] for block in own for row in block.rows}
        assert {"true", "false"} <= judged, rule
        assert any(block.subject == "nothing" for block in own), rule


def test_the_runner_accepts_what_is_right(tmp_path: Path) -> None:
    run_text(STEPS + RIGHT, tmp_path)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """What comes of the steps, whatever is expected of them."""
    (case,) = parse_cases("one-person", STEPS + RIGHT)
    with built(tmp_path_factory.mktemp("right") / "home", given_of(case)) as db:
        yield db


@pytest.mark.parametrize(("right", "wrong"), ONE_WRONG_WORD.values(), ids=ONE_WRONG_WORD)
def test_the_runner_fails_on_one_wrong_word(right: str, wrong: str, world: duckdb.DuckDBPyConnection) -> None:
    assert RIGHT.count(right) == 1
    (true,) = parse_cases("one-person", STEPS + RIGHT)
    hold(true, world)
    (false,) = parse_cases("one-person", STEPS + RIGHT.replace(right, wrong))
    with pytest.raises(AssertionError):
        hold(false, world)


@pytest.mark.parametrize("column", ["is_violaton", "summry contains"])
def test_the_runner_knows_no_misspelt_column(column: str, world: duckdb.DuckDBPyConnection) -> None:
    (case,) = parse_cases("one-person", f"{STEPS}\nexpect\n| case_no | {column} |\n| A1 | true |\n")
    with pytest.raises(KeyError):
        hold(case, world)


@pytest.mark.parametrize(
    "text",
    [
        "## No expectation\ngiven steps\n| case_no |\n| A1 |\n",
        "## No steps\nexpect nothing\n",
        "## Table of nobody\n| case_no |\n",
        "## Ragged\ngiven steps\n| case_no | step |\n| A1 |\nexpect nothing\n",
        "given steps\n| case_no |\n",
    ],
)
def test_the_reader_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_cases("one-person", text)


@pytest.mark.parametrize(
    "line", ["given step", "given steps form 甲", "given steps covering 2026-03-01", "expect status fine"]
)
def test_the_runner_refuses_unknown_words(line: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\?"):
        run_text(f"{STEPS}\n{line}\nexpect status failed\n", tmp_path)


def run_text(text: str, folder: Path) -> None:
    (case,) = parse_cases("one-person", text)
    run_case(case, folder / "home")
