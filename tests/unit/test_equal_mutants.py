"""The changes of the SQL that are said to change nothing: each is of a line that stands there."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EQUAL = tomllib.loads((ROOT / "tools" / "mutants-equal.toml").read_text("utf-8"))["equal"]


@pytest.mark.parametrize("said", EQUAL, ids=lambda said: f"{said['file']}: {said['before'][:40]}")
def test_what_is_called_equal_is_a_change_of_a_line_that_is_there(said: dict[str, str]) -> None:
    lines = [line.strip() for line in (ROOT / "projections" / said["file"]).read_text("utf-8").splitlines()]
    assert said["before"] in lines
    assert said["after"] not in lines
