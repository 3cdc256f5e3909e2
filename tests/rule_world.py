"""A small world for the rules: rows through the real import, log, projections and rules; tables come out."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import partial
from itertools import chain, repeat
from pathlib import Path

import duckdb
from msgspec import Struct

from regaudit.audit.check import run_event
from regaudit.audit.finding_changes import changes, read_changes
from regaudit.audit.inputs import make_inputs
from regaudit.audit.ledger_nights import withdrawal
from regaudit.audit.results import make_result
from regaudit.audit.rule_runs import RuleRun, run_rules
from regaudit.audit.workspace import Workspace
from regaudit.base.typed_times import parse_as_of
from regaudit.catalogue.events import catalogue, event_class
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.eventlog.make import make_log
from regaudit.intake.importer import Importer
from regaudit.intake.results import Origin
from regaudit.operation.open import open_workspace
from regaudit.sources.canonical.mapping import load_mapping
from regaudit.warehouse.build import Warehouse

OFFICE = "150602"
AS_OF = "2026-03-31"
# Read in every world, whatever is wanted of it: where writings are noted, and whether rosters have changed.
ALWAYS = frozenset({"staging.steps", "staging.roster_entries"})
Row = Mapping[str, str]
Clock = Callable[[], datetime]


class Export(Struct, frozen=True):
    """How a step log is written: as a file, or as `name` in a folder, beside an empty file `lacking`.

    `rejected` of its rows go to quarantine.
    """

    name: str = ""
    lacking: str = ""
    rejected: int = 0


class Happening(Struct, frozen=True, kw_only=True):
    """Something between two step logs; one of these.

    Attributes:
        missed: what a night missed (columns of export-missed events), or that a source was there again
            (`again`, where it is not blank).
        night: a night ran: its day, and the rules that it ran beside the wanted ones.
        withdrawn: the last night, of this day, was withdrawn.
        roster: a roster came.
    """

    missed: Sequence[Row] = ()
    night: str = ""
    withdrawn: str = ""
    roster: Sequence[Row] = ()


class Given(Struct, frozen=True, kw_only=True):
    """What a world is made from; TOML texts are added to the workspace's own files.

    `origins` says where the step logs come from, `exports` how they are written, in their order;
    `roster_days` when each roster was imported (None is now); `happened` what happened before a step log: by
    its place, from 0. `tables` are those that are wanted (`layer.name`; None is all): others are made
    only where one of them reads them.
    """

    step_logs: Sequence[Sequence[Row]]
    origins: Sequence[Origin] = ()
    exports: Sequence[Export] = ()
    happened: Mapping[int, Sequence[Happening]] = {}
    rosters: Sequence[Sequence[Row]] = ()
    roster_days: Sequence[date | None] = ()
    profile: str = "default"
    profile_toml: str = ""
    settings_toml: str = ""
    mapping_toml: str = ""
    as_of: str = AS_OF
    tables: frozenset[str] | None = None


@contextmanager
def built(home: Path, given: Given) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of a new workspace in `home`, after all rules have run."""
    (home / "profiles").mkdir(parents=True)
    (home / "profiles" / "fixture.toml").write_text(
        f'title = "fixture"\nextends = "{given.profile}"\n{given.profile_toml}', encoding="utf-8"
    )
    (home / "regaudit.toml").write_text(f'profile = "fixture"\n{given.settings_toml}', encoding="utf-8")
    (home / "fixture.toml").write_text(given.mapping_toml, encoding="utf-8")
    make_log(home)
    with open_workspace(home, "test") as workspace:
        name, mapping = load_mapping("fixture.toml", home)
        number = 0

        def take(rows: Sequence[Row], origin: Origin, export: Export, clock: Clock) -> None:
            nonlocal number
            number += 1
            importer = Importer(home, workspace.log, workspace.settings.zone, clock)
            [result] = importer.run(_written(home / str(number), rows, export), name, mapping, origin)
            assert result.quarantined == export.rejected, result

        def pass_to(place: int) -> None:
            for one in given.happened.get(place, ()):
                _miss(workspace, one.missed)
                if one.night:
                    _run_night(workspace, one.night, given.tables)
                if one.withdrawn:
                    day = date.fromisoformat(one.withdrawn)
                    event = withdrawal(workspace.log, day, reason="写错", by="张", now=workspace.now())
                    workspace.log.append_all([event])
                if one.roster:
                    take(one.roster, Origin(), Export(), workspace.now)

        origins, writings = chain(given.origins, repeat(Origin())), chain(given.exports, repeat(Export()))
        for rows, day in zip(given.rosters, chain(given.roster_days, repeat(None)), strict=False):
            clock = workspace.now if day is None else partial(datetime.combine, day, time(22))
            take(rows, Origin(), Export(), clock)
        logs = zip(given.step_logs, origins, writings, strict=False)
        for place, (rows, origin, export) in enumerate(logs):
            pass_to(place)
            take(rows, origin, export, workspace.now)
        pass_to(len(given.step_logs))
        with Warehouse(home) as warehouse:
            # Nobody opens the file again: what is in it need not be written when the world ends.
            warehouse.db.execute("PRAGMA disable_checkpoint_on_shutdown")
            _judge(workspace, warehouse, parse_as_of(given.as_of, workspace.now()), given.tables)
            yield warehouse.db


def _judge(
    workspace: Workspace, warehouse: Warehouse, as_of: datetime, tables: frozenset[str] | None
) -> tuple[int, list[RuleRun]]:
    """Make the wanted tables and run the wanted rules; returns the log position and how the rules fared."""
    warehouse.files = [*wanted(warehouse.files, tables)]
    position = warehouse.catch_up(workspace.log, workspace.progress)
    increment = warehouse.build_core(
        as_of=as_of,
        position=position,
        settings=workspace.settings,
        profile=workspace.profile,
        rules=workspace.rules,
        progress=workspace.progress,
    )
    rules = {
        name: rule
        for name, rule in workspace.rules.items()
        if tables is None or f"findings.{rule.table}" in tables
    }
    runs = run_rules(warehouse.db, increment, warehouse.files, rules, workspace.progress)
    for run in runs:
        assert run.status != "error", f"{run.rule}: {run.error}"
    return position, runs


def wanted(files: list[SqlFile], tables: frozenset[str] | None) -> list[SqlFile]:
    """The files that make the tables, with all that these read, in their order."""
    if tables is None:
        return files
    by_table = {file.table: file for file in files}
    found: set[str] = set()
    left = {*tables, *ALWAYS}
    while left:
        table = left.pop()
        found.add(table)
        # A rule's parameters come with its file; it need not run for that.
        reads = by_table[table].reads
        found |= {name.replace("params.", "findings.") for name in reads if name.startswith("params.")}
        left |= (reads & by_table.keys()) - found
    return [file for file in files if file.table in found]


def _run_night(workspace: Workspace, words: str, tables: frozenset[str] | None) -> None:
    """A night with the wanted rules and those that its words name, in the log as every night is."""
    day, *rules = words.split()
    as_of, log = parse_as_of(day, workspace.now()), workspace.log
    others = {"core.ledger", *(f"findings.{rule.replace('-', '_')}" for rule in rules)}
    inputs = make_inputs(workspace.home, workspace.settings, workspace.settings.profile, workspace.profile)
    with Warehouse(workspace.home) as warehouse:
        db = warehouse.db
        position, runs = _judge(workspace, warehouse, as_of, tables and tables | others)
        event = run_event(workspace, inputs, db, runs, as_of=as_of, kind="nightly", position=position)
        make_result(db, "finding_changes")
        rows, run_no = read_changes(db), event.originator_version
        log.append_next(lambda: [*changes(rows, log.versions, as_of=as_of, run_no=run_no), event])


def _miss(workspace: Workspace, rows: Sequence[Row]) -> None:
    for row in rows:
        topic = "export-delivered" if row.get("again") else "export-missed"
        state = {name: row.get(name, "") for name in catalogue()[topic].fields}
        workspace.log.append(event_class(topic), f"missed:{row['source']}", **state)


def _written(path: Path, rows: Sequence[Row], export: Export) -> Path:
    if not export.name and not export.lacking:
        return _as_csv(path.with_suffix(".csv"), rows)
    path.mkdir()
    _as_csv(path / f"{export.name or '日志'}.csv", rows)
    if export.lacking:
        (path / f"{export.lacking}.csv").touch()
    return path


def _as_csv(path: Path, rows: Sequence[Row]) -> Path:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def records(db: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    """The rows of a query, by column name."""
    result = db.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
