"""Tables of one log or of several, from a lake: what an engine gives, and the engine of this machine."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb
from msgspec import Struct

from regaudit.audit.inputs import Inputs, compute
from regaudit.audit.results import list_findings, settle_apart
from regaudit.audit.rule_runs import RuleRun, run_rules
from regaudit.base.clock import night_of
from regaudit.base.duck import attach
from regaudit.base.progress import Progress
from regaudit.catalogue.rules import Rule, load_rules
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.lake.added_log import AddedLog
from regaudit.lake.joint_tables import joint_files, own_rules, taken
from regaudit.ledger.publication import list_ledger
from regaudit.ledger.tables import EntryTables
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.reference import load_reference


class Own(Struct, frozen=True, kw_only=True):
    """The build of one log by its own settings.

    Attributes:
        number: of the log in this check, from 1.
        log: the log.
        inputs: what it is judged by.
        file: the DuckDB file with its tables.
        offices: those that its rows and rosters name.
        runs: how the rules fared.
    """

    number: int
    log: AddedLog
    inputs: Inputs
    file: Path
    offices: list[str] = []
    runs: list[RuleRun] = []


class Joint(Struct, frozen=True, kw_only=True):
    """The build over logs with equal settings and no office in common.

    Attributes:
        number: of the group, from 1.
        members: the builds of its logs.
        file: the DuckDB file with its tables.
        runs: how the rules fared that are run over all of them.
    """

    number: int
    members: list[Own]
    file: Path
    runs: list[RuleRun] = []


class Engine(Protocol):
    """Makes the tables of a build in a DuckDB file, wherever it computes them."""

    def own(self, build: Own, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make staging, core and findings tables of a log, and `results` of its rules."""

    def joint(self, build: Joint, inputs: Inputs, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make the same over several logs, whose own builds are made."""


class DuckEngine:
    """Computes on this machine, as a workspace does."""

    def __init__(self, memory_limit: str = "") -> None:
        """`memory_limit` is as the warehouse takes it."""
        self._limit = memory_limit

    def own(self, build: Own, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make the tables of a log as its workspace makes them."""
        with Warehouse(build.file.parent, build.file, memory_limit=self._limit) as warehouse:
            position = warehouse.catch_up(build.log, progress)
            _, runs = compute(warehouse, build.inputs, as_of=as_of, position=position, progress=progress)
        return runs

    def joint(self, build: Joint, inputs: Inputs, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make the tables of several logs from those of each."""
        with Warehouse(build.file.parent, build.file, memory_limit=self._limit) as warehouse:
            db, files = warehouse.db, warehouse.files
            begin(db, inputs, as_of)
            catalogs = attached(db, build.members)
            for table, select in taken(db, files, catalogs):
                db.execute(f"CREATE TABLE {table} AS {select}")
            maker, made = Whole(db), joint_files(files)
            for done, file in enumerate(made, start=1):
                maker.make(file)
                progress("合并投影", done, len(made))
            return run_rules(db, maker, files, joint_rules(inputs), progress)


def begin(db: duckdb.DuckDBPyConnection, inputs: Inputs, as_of: datetime) -> None:
    """Make the reference tables of a build, and the layers that it fills."""
    load_reference(
        db,
        as_of=as_of,
        settings=inputs.settings,
        national=inputs.national,
        profile=inputs.profile,
        rules=list(load_rules().values()),
    )
    for schema in ("staging", "core", "findings"):
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")


def attached(db: duckdb.DuckDBPyConnection, owns: Sequence[Own]) -> list[tuple[int, str]]:
    """Attach the builds of logs; the number of each, and the catalog that it is now."""
    for own in owns:
        attach(db, own.file, f"own_{own.number}", "READ_ONLY")
    return [(own.number, f"own_{own.number}") for own in owns]


def joint_rules(inputs: Inputs) -> dict[str, Rule]:
    """The rules that are run over several logs."""
    return {name: rule for name, rule in inputs.rules.items() if name not in own_rules()}


class Whole:
    """Makes each table whole, as nothing was there before."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db

    def make(self, file: SqlFile) -> None:
        """Make a file's table."""
        kind = "VIEW" if file.head.get("view") else "TABLE"
        self._db.execute(f"CREATE {kind} {file.table} AS {file.select}")

    def spoil(self) -> None:
        """Nothing follows on these tables."""


def settle_own(build: Own, as_of: datetime) -> list[str]:
    """Make what is published of a log beside its tables; returns the offices that it names."""
    with Warehouse(build.file.parent, build.file) as warehouse:
        db = warehouse.db
        settle_apart(db)
        entries = EntryTables(db, build.inputs)
        entries.follow(build.log.position())
        entries.add([])
        list_ledger(db, night_of(as_of), with_texts=False)
        named = (
            "SELECT office FROM staging.steps UNION SELECT office FROM staging.roster_entries "
            "WHERE office IS NOT NULL ORDER BY 1"
        )
        return [office for (office,) in db.execute(named).fetchall()]


def settle_joint(build: Joint) -> None:
    """Make what is published of findings over several logs."""
    with Warehouse(build.file.parent, build.file) as warehouse:
        list_findings(warehouse.db)


def offices_in_common(builds: Sequence[Own]) -> dict[str, list[str]]:
    """The offices that several logs name, with the ids of these."""
    found: dict[str, list[str]] = {}
    for build in builds:
        for office in build.offices:
            found.setdefault(office, []).append(build.log.log_id)
    return {office: ids for office, ids in found.items() if len(ids) > 1}
