"""Chance that is the same on every machine and in every version of Python."""

from random import Random


def chance(seed: int, part: str) -> Random:
    """A source of chance for one part of a simulation."""
    return Random(f"{seed}/{part}")  # noqa: S311 - reproducible, not secret


def happens(rng: Random, share: float) -> bool:
    """True in this share of the calls."""
    return rng.random() < share


def pick(rng: Random, weights: dict[str, int]) -> str:
    """One of the keys, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]
