"""The rules find what the simulation planted, and nothing else: here in a few registries, slowly in many."""

from pathlib import Path
from types import ModuleType

import pytest
from tooling import tool

from regaudit.catalogue.rules import load_rules

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
OF_OTHER_NIGHTS = {"export-missing", "late-entry"}
"""What a night without an export shows, or one after another; one night's exports cannot break them."""


@pytest.fixture(scope="module")
def accuracy() -> ModuleType:
    """The tool that measures."""
    return tool("accuracy")


def test_every_rule_that_exports_can_break_is_planted(accuracy: ModuleType) -> None:
    assert set(load_rules()) - OF_OTHER_NIGHTS == accuracy.KNOWN


@pytest.mark.parametrize(("cases", "seed"), [(300, 101), pytest.param(700, 102, marks=pytest.mark.slow)])
def test_the_rules_find_all_that_was_planted_and_nothing_else(
    accuracy: ModuleType, cases: int, seed: int
) -> None:
    tallies = accuracy.measure(cases, seed).tallies
    assert {tally.rule for tally in tallies} == accuracy.KNOWN
    for tally in tallies:
        assert tally.planted, tally.rule
        assert (tally.missed, tally.extra) == ([], [])


def test_the_page_lists_every_story_and_rule(accuracy: ModuleType) -> None:
    text = accuracy.PAGE.read_text(encoding="utf-8")
    assert accuracy.page(text, stories=accuracy.stories()) == text
    measured = text.partition("<!-- accuracy -->")[2]
    assert all(f"| `{rule}` " in measured for rule in accuracy.KNOWN)


@pytest.mark.slow
def test_the_page_holds_what_is_measured(accuracy: ModuleType) -> None:
    text = accuracy.PAGE.read_text(encoding="utf-8")
    measured = accuracy.measure_all(lambda _: None)
    assert accuracy.page(text, accuracy=accuracy.table(measured)) == text
