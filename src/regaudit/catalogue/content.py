"""Finds `events/` and `projections/`: beside `src/` in a checkout, inside the package in a wheel.

`REGAUDIT_CONTENT` names another folder that has `events/`, `projections/` and `deploy/` instead: so a kind of
export, a mapping or a rule is tried out beside what is installed. It is read once; a process has one content.
"""

import os
from functools import cache
from pathlib import Path

from regaudit.base.errors import RegauditError

CONTENT = "REGAUDIT_CONTENT"


@cache
def content_root() -> Path:
    """The folder that holds `events/` and `projections/`.

    Raises:
        RegauditError: `REGAUDIT_CONTENT` names a folder without them.
    """
    if given := os.environ.get(CONTENT):
        root = Path(given)
        if not ((root / "events").is_dir() and (root / "projections").is_dir()):
            raise RegauditError(
                f"环境变量 {CONTENT} 指向的 {given} 中没有 events/ 和 projections/:请改正路径,或取消该变量"
            )
        return root
    packaged = Path(__file__).parents[1] / "_content"
    return packaged if packaged.is_dir() else Path(__file__).parents[3]


def events_dir() -> Path:
    """The event catalogue: one TOML file a kind of event; in `kinds/` one a kind of export."""
    return content_root() / "events"


def projections_dir() -> Path:
    """Everything that is SQL, with its reference tables and profiles."""
    return content_root() / "projections"
