"""A large published database, made of a small one by SQL: what a desk of many cases reads."""

import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
from entries import OFFICE, WHO, fill

from regaudit.base.duck import quoted
from regaudit.base.folders import Folders
from regaudit.catalogue.event_types import RoleGranted, UserAdded
from regaudit.catalogue.published import published_tables
from regaudit.operation.desk import make_desk
from regaudit.operation.open import open_workspace
from regaudit.simulate import simulate
from regaudit.warehouse.publish import STORAGE_VERSION

COMMAND = [sys.executable, "-c", "from regaudit.cli import main; main()"]
SMALL = 2_000
PASSWORD = "Horse-Battery-7"  # noqa: S105 - of a benchmark
ROLES = (*["post"] * 9, *["leader"] * 2, *["head"] * 4, *["auditor"] * 2, *["analyst"] * 3)
READERS = [f"reader{number:02}" for number in range(1, len(ROLES) + 1)]
_CREWS, _MONTHS, _STRIDE = 10, 36, 1_000_000
"""Persons are as many times more, dates lie back so many times four weeks, positions so far apart."""
_NAMES = ("case_no", "overtaken_case_no", "finding_id", "batch_no", "unit_no", "lane", "unit_id")
_POSITIONS = ("position", "first_position", "accept_position", "arrival_position", "review_position")
_COPIED = (
    *("cases", "steps", "findings", "finding_evidence", "finding_persons", "pauses", "clock_rounds"),
    *("queue_overtakes", "queue_units", "unknowns"),
)


def make_workspace(base: Path, cases: int) -> Path:
    """A workspace with readers and entries whose published database has so many cases."""
    made = simulate(SMALL, 1, base / "export")
    home = base / "home"
    _run("init", str(home), "--profile", made.profile)
    with (home / "regaudit.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[desk]\nsecond_factor = false\n")
    inputs = [str(base / "export" / name) for name in ("roster.csv", "steps.csv")]
    _run("nightly", *inputs, "--as-of", f"{made.as_of}", "--home", str(home))
    fill(home, made.as_of)
    _run("nightly", "--as-of", f"{made.as_of + timedelta(days=1)}", "--home", str(home))
    add_readers(home)
    shutil.copytree(home, base / "other")
    multiply(Folders(home).database, cases // SMALL)
    return home


def add_readers(home: Path) -> None:
    """Users of every role that reads much, each with a password."""
    with open_workspace(home, "bench", locks=()) as workspace:
        for login, role in zip(READERS, ROLES, strict=True):
            stream = f"user:{login}"
            workspace.log.append(UserAdded, stream, login=login, person_id=f"U-{login}", **WHO)
            workspace.log.append(RoleGranted, stream, login=login, role=role, office=OFFICE, **WHO)
    desk = make_desk(home, system_user="bench")
    for login in READERS:
        with desk.steps.change_users(desk.author(login)) as users:
            users.set_password(login, PASSWORD)


def multiply(database: Path, copies: int) -> None:
    """Make copies of the cases of a published database; the first keeps its numbers and dates."""
    large = database.with_suffix(".large")
    with duckdb.connect(config={"memory_limit": "3GB", "threads": 2}) as db:
        db.execute("SET enable_progress_bar = false")
        db.execute(f"SET temp_directory = '{database.with_suffix('.spill')}'")
        db.execute(f"ATTACH '{database}' AS small (READ_ONLY)")
        db.execute(f"ATTACH '{large}' AS large (STORAGE_VERSION '{STORAGE_VERSION}')")
        for name, table in published_tables().items():
            kinds = {row[0]: row[1] for row in db.execute(f"DESCRIBE small.main.{name}").fetchall()}
            times = copies if name in _COPIED else _CREWS if name in ("persons", "accounts") else 1
            columns = ", ".join(
                f"{_copied(column, kinds[column]) if times > 1 else column} AS {column}"
                for column in table.columns
            )
            db.execute(
                f"CREATE TABLE large.main.{name} AS SELECT {columns}"
                f" FROM small.main.{name}, range({times}) AS r(copy)"
                f" ORDER BY {', '.join(column for column in table.order if column in table.columns)}"
            )
            db.execute(f"COMMENT ON TABLE large.main.{name} IS '{quoted(table.title)}'")
    large.replace(database)


def _copied(column: str, kind: str) -> str:
    if column in _NAMES:
        return f"{column} || CASE WHEN copy = 0 THEN '' ELSE printf('%04d', copy) END"
    if column in ("person_id", "account"):
        crew = f"copy % {_CREWS}"
        return f"{column} || CASE WHEN {crew} = 0 THEN '' ELSE printf('_%d', {crew}) END"
    if column in _POSITIONS:
        return f"{column} + copy * {_STRIDE}"
    if kind in ("DATE", "TIMESTAMP"):
        return f"CAST({column} - to_days(CAST(28 * (copy % {_MONTHS}) AS INTEGER)) AS {kind})"
    return column


def _run(*words: str) -> None:
    subprocess.run([*COMMAND, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
