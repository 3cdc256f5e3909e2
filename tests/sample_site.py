"""The desk of the sample logs after their night, with a user of each role."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import ledgers
from conftest import Desk
from desk_site import Browser, DeskSite

SAMPLE = Path(__file__).parents[1] / "sample_logs"
AS_OF = "2026-04-03"
OWN, OTHER = "150602", "150603"
USERS = {
    "post1": ("P1", "post", ""),
    "lead": ("P3", "leader", ""),
    "head": ("P4", "head", "A科"),
    "hand": ("P5", "handler", "A科"),
    "hand2": ("P6", "handler", "B科"),
    "ana": ("P7", "analyst", ""),
}
ELSEWHERE = {"post3": ("P8", "post", "")}
EVERYWHERE = {
    "sup": ("P9", "superior", ""),
    "aud": ("P10", "auditor", ""),
    "sys": ("P11", "sysadmin", ""),
    "sec": ("P12", "secadmin", ""),
}
SEES_CASES = ("post1", "lead", "ana", "sup", "aud")
"""Who sees all cases and persons of the office."""


class SampleSite:
    """The workspace, its desk, and a browser for each user that was asked for."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home).make()
        # The expected exports of no source are missing: exit 0.
        self.desk.ok("nightly", SAMPLE / "roster.csv", SAMPLE / "steps.csv", "--as-of", AS_OF)
        for people, office in ((USERS, OWN), (ELSEWHERE, OTHER), (EVERYWHERE, "")):
            ledgers.add_users(home, people, office)
        self.site = DeskSite(home)
        self._browsers: dict[str, Browser] = {}

    def browser(self, login: str) -> Browser:
        """Somebody who is in."""
        if login not in self._browsers:
            self.site.give_passwords([login])
            self._browsers[login] = self.site.browser(login)
        return self._browsers[login]

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """What the published database says."""
        with duckdb.connect(self.desk.home / "regaudit.duckdb", read_only=True) as db:
            cursor = db.execute(sql, list(values))
            names = [name for name, *_ in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def percentile(values: Iterable[int], share: float) -> int:
    """By nearest rank, as a school book has it."""
    ordered = sorted(values)
    rank = next(n for n in range(1, len(ordered) + 1) if n / len(ordered) >= share - 1e-12)
    return ordered[rank - 1]
