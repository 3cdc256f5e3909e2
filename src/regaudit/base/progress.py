"""How long work tells where it stands."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Stage (Chinese), units done, units in all (0 = not known)."""


def no_progress(_stage: str, _done: int, _total: int) -> None:
    """Shows nothing."""
