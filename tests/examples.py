"""How many examples a property is held against: some every day, all of them with `make test-slow`."""

import pytest
from hypothesis import settings

_ALL = "all"
_EVERY_DAY = ("not slow and not long", "not slow")
_SHARE = 4


def configure(config: pytest.Config) -> None:
    """Remember whether this run tries all of them, before any test is read."""
    settings.register_profile(_ALL)
    if config.option.markexpr not in _EVERY_DAY:
        settings.load_profile(_ALL)


def examples(number: int) -> int:
    """How many of so many examples this run tries; those of an everyday run are among all."""
    return number if settings.get_current_profile_name() == _ALL else max(2, number // _SHARE)
