"""Three simulated counties, and one workspace that has the rows of all of them."""

import csv
from pathlib import Path
from typing import NamedTuple

from conftest import Desk

from regaudit.simulate import simulate

CASES = 40
AS_OF, NEXT = "2026-06-29", "2026-06-30"
COUNTIES = ("north.example", "south.example", "west.example")
NAMES = ("roster.csv", "steps.csv")
Rows = list[dict[str, str]]


class Site(NamedTuple):
    """The counties, whose logs are in the lake, and the workspace that imported what they did."""

    counties: dict[str, Desk]
    together: Desk
    lake: Path


def rows_of(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: Rows) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    return path


def county_rows(folder: Path, number: int) -> dict[str, Rows]:
    """The rows of a county's exports: no other has its offices, all number their people alike."""
    simulate(CASES, number, folder / str(number))
    exports = {name: rows_of(folder / str(number) / name) for name in NAMES}
    for row in (row for rows in exports.values() for row in rows):
        row["office"] = row["office"].replace("15060", f"1506{number}")
    return exports


def later_rows(steps: Rows) -> Rows:
    """What another night brings: a row with other content, and one that comes late."""
    first, second = [row for row in steps if row["step"] == "book"][:2]
    return [first | {"reason": "更正"}, second | {"step": "explain", "reason": "档案移交延误"}]


def make_site(folder: Path) -> Site:
    """The first county has two nights and a user, the others one check; each adds its log."""
    lake, counties, everything = folder / "lake", dict[str, Desk](), dict[str, Rows]()
    for number, origin in enumerate(COUNTIES, start=1):
        desk = Desk(folder / origin).make("--origin", origin)
        exports = county_rows(folder / "exports", number)
        if number == 1:
            exports["later.csv"] = later_rows(exports["steps.csv"])
        files = []
        for name, rows in exports.items():
            everything.setdefault(name, []).extend(rows)
            files.append(write(desk.home / "exports" / name, rows))
        if number == 1:
            assert desk.run("nightly", *files[:2], "--as-of", AS_OF).status == 0
            assert desk.run("nightly", files[2], "--as-of", NEXT).status == 0
        else:
            desk.ok("import", *files)
            desk.ok("check", "--as-of", NEXT)
        desk.ok("lake", "add", lake)
        counties[origin.partition(".")[0]] = desk
    together = Desk(folder / "together").make("--origin", "one.example")
    together.ok(
        "import", *(write(together.home / "exports" / name, rows) for name, rows in everything.items())
    )
    together.ok("check", "--as-of", NEXT)
    return Site(counties, together, lake)
