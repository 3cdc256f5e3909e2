"""Everyday runs try some examples of a property, `make test-slow` all."""

import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples import configure
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def profile_as_before() -> Iterator[None]:
    before = settings.get_current_profile_name()
    yield
    settings.load_profile(before)


def test_what_pytest_leaves_out_unasked_is_an_everyday_run(pytestconfig: pytest.Config) -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    words = shlex.split(options["ini_options"]["addopts"])
    assert is_all(pytestconfig, words[words.index("-m") + 1]) is False
    assert is_all(pytestconfig, "slow or not slow") is True


def is_all(config: pytest.Config, markexpr: str) -> bool:
    settings.load_profile("default")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config.option, "markexpr", markexpr)
        configure(config)
    return settings.get_current_profile_name() == "all"
