"""A user of every role, for tests of the desk."""

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from conftest import Desk
from desk_site import DeskSite, Hand
from ledgers import OFFICE, add_users

EVERYBODY = {
    "hand": ("P1", "handler", "登记科"),
    "head": ("P2", "head", "登记科"),
    "post1": ("P3", "post", ""),
    "lead": ("P4", "leader", ""),
    "supe": ("P5", "superior", ""),
    "anal": ("P6", "analyst", ""),
    "insp": ("P7", "inspector", ""),
    "syst": ("P8", "sysadmin", ""),
    "secu": ("P9", "secadmin", ""),
    "audi": ("P10", "auditor", ""),
}
"""Login, natural person, role and section."""


@cache
def _made() -> Path:
    """Such a workspace, made once: storing passwords takes its time."""
    folder = TemporaryDirectory(prefix="regaudit-desk-")
    atexit.register(folder.cleanup)
    home = Path(folder.name) / "home"
    Desk(home).make()
    add_users(home, EVERYBODY, OFFICE)
    DeskSite(home).give_passwords(EVERYBODY)
    return home


def everybody(home: Path, *, clock: Hand | None = None, **settings: object) -> DeskSite:
    """The desk of a new workspace with a user of every role, each with a password of his own."""
    shutil.copytree(_made(), home, dirs_exist_ok=True)
    return DeskSite(home, clock=clock, **settings)
