"""All tables of a run on Spark: from events by the SELECTs that the warehouse is made with.

Each table is written to Parquet and read from there: what reads it does not compute it again. Of few rows it
is written here, and its rows are handed back, so that what reads it is planned by them: without a job for
what is empty, without a list of files for what is not.
"""

import time
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from msgspec import Struct
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from regaudit.audit.inputs import Inputs
from regaudit.audit.rule_runs import RuleRun, found_sql, status_of
from regaudit.base.folded_text import folds_of
from regaudit.base.progress import Progress
from regaudit.catalogue.rules import Rule
from regaudit.eventlog.batches import EVENT_SCHEMA
from regaudit.spark.dialect import flat_name, to_spark
from regaudit.spark.small import SmallWarehouse, in_pieces, small_warehouse
from regaudit.warehouse import writings

_FOUND = {"violations": "violations", "violation_roles": "violations", "unknowns": "unknown"}
"""The tables of `results` that are made, with the count that says whether a rule has rows there."""
_PART = "part.parquet"


class SparkBuild(Struct, frozen=True):
    """What was built.

    Attributes:
        runs: how each rule fared.
        tables: the folder of Parquet files of each table `layer.name`: staging, core, findings, and of the
            results what the rules found.
    """

    runs: list[RuleRun]
    tables: dict[str, str]


def build(
    spark: SparkSession,
    events: DataFrame,
    inputs: Inputs,
    *,
    as_of: datetime,
    folder: str,
    is_small: bool = False,
    progress: Progress,
) -> SparkBuild:
    """Make staging, core and findings of events, and what the rules found.

    Args:
        spark: from `open_session`; its temporary views are replaced: one build at a time in a session.
        events: position, originator_id, originator_version, topic and state (text), as `log.pending` has
            them; of one log, or of several whose positions, imports and runs the caller has told apart.
        inputs: settings, profile, calendar and rules that all of the events are judged by.
        as_of: local time; later actions are left out.
        folder: where Spark writes the tables: a path or an address. Tables that are there are replaced.
        is_small: every table fits into the memory of this process, many times; the folder is one of this
            machine, and the session best plans for `few_rows`.
        progress: hears of each table made.

    Raises:
        ValueError: a rule names a subject twice.
        pyspark.errors.PySparkException: Spark cannot compute or write a table.
    """
    with small_warehouse(inputs, as_of) as small:
        made = _Tables(spark, small, folder.rstrip("/"), is_small=is_small)
        made.name("log.pending", spark.createDataFrame(in_pieces(events.toArrow())) if is_small else events)
        for table in small.given():
            made.hand_over(table)
        _note_case_numbers(made)
        has_texts = False
        for done, file in enumerate(small.files, start=1):
            if not has_texts and file.layer != "staging":
                _note_texts(made)
                has_texts = True
            made.make(file.table, file.select)
            progress("投影", done, len(small.files))
        runs = _run_rules(made, inputs.rules)
    return SparkBuild(runs, made.folders)


class _Tables:
    """The tables of one build, each a view of the session under its flat name."""

    def __init__(self, spark: SparkSession, small: SmallWarehouse, folder: str, *, is_small: bool) -> None:
        self.spark, self.small, self._folder, self._is_small = spark, small, folder, is_small
        self.folders: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def hand_over(self, table: str) -> None:
        """Let SELECTs read the rows that the small warehouse has of a table."""
        self.name(table, self.spark.createDataFrame(self.small.rows(table)))

    @staticmethod
    def name(table: str, rows: DataFrame) -> None:
        """Let SELECTs read rows as a table."""
        rows.createOrReplaceTempView(flat_name(table))

    def rows(self, select: str) -> list[Any]:
        """The few rows of a SELECT."""
        found: list[Any] = self.spark.sql(to_spark(select)).collect()
        return found

    def make(self, table: str, select: str) -> None:
        """Write the rows of a SELECT with the types that the table has in the small warehouse."""
        started, kinds = time.perf_counter(), self.small.kinds[table]
        typed = ", ".join(f"CAST(`{name}` AS {_kind(kind)}) AS `{name}`" for name, kind in kinds.items())
        self.write(table, self.spark.sql(f"SELECT {typed} FROM ({to_spark(select)})"))
        self.seconds[table] = round(time.perf_counter() - started, 3)

    def write(self, table: str, rows: DataFrame) -> None:
        """Write a table, and let SELECTs read it from there."""
        folder = f"{self._folder}/{table.replace('.', '/')}"
        if self._is_small:
            here = rows.toArrow()
            Path(folder).mkdir(parents=True, exist_ok=True)
            pq.write_table(here, f"{folder}/{_PART}")
            self.name(table, self.spark.createDataFrame(in_pieces(here), schema=rows.schema))
        else:
            rows.write.mode("overwrite").parquet(folder)
            self.name(table, self.spark.read.schema(rows.schema).parquet(folder))
        self.folders[table] = folder


@cache
def _kind(kind: str) -> str:
    """A type of DuckDB as Spark writes it."""
    return str(exp.DataType.build(kind, dialect="duckdb").sql(dialect="spark"))


def _note_case_numbers(made: _Tables) -> None:
    """Note which numbers are one case's: what the log has of the odd ones comes here to be compared."""
    if odd := writings.odd_cases(made.rows(writings.ODD_CASES)):
        names = [(name,) for name in sorted(writings.streams_of(odd))]
        pending = made.spark.table(flat_name("log.pending"))
        streams = pending.join(made.spark.createDataFrame(names, "originator_id string"), "originator_id")
        rows = streams.select(*EVENT_SCHEMA.names).toArrow()
        writings.note_odd_cases(made.small.db, odd, rows.cast(EVENT_SCHEMA))
    made.hand_over("log.case_writings")


def _note_texts(made: _Tables) -> None:
    """Note the folded forms of what was staged, and which logins are one."""
    made.hand_over("log.progress")
    found = " UNION ".join(
        writings.new_writings(table, column)
        for table, columns in writings.FOLDED_COLUMNS.items()
        for column in columns
    )
    writings.keep_folds(made.small.db, folds_of(writing for (writing,) in made.rows(found)))
    made.hand_over("staging.folds")
    # A build over several logs takes it from here.
    made.write("staging.folds", made.spark.table(flat_name("staging.folds")))
    made.make("staging.login_writings", writings.LOGIN_WRITINGS)


def _run_rules(made: _Tables, rules: dict[str, Rule]) -> list[RuleRun]:
    """Gather what each rule found in `results`, and count it."""
    counts = "count(*), count(*) FILTER (WHERE is_violation), count(*) FILTER (WHERE is_violation IS NULL)"
    parts = [f"SELECT '{rule.name}', {counts} FROM findings.{rule.table}" for rule in rules.values()]
    runs = [
        RuleRun(
            rule=name,
            status=status_of(examined, violations),
            examined=examined,
            violations=violations,
            unknown=unknown,
            seconds=made.seconds[f"findings.{rules[name].table}"],
            error="",
        )
        for name, examined, violations, unknown in made.rows(" UNION ALL ".join(parts))
    ]
    for result, counted in _FOUND.items():
        tables = {run.rule: f"findings.{rules[run.rule].table}" for run in runs if getattr(run, counted)}
        selects = [
            found_sql(rules[name], table, set(made.small.kinds[table]))[result]
            for name, table in tables.items()
        ]
        made.hand_over(f"results.{result}")
        made.make(f"results.{result}", " UNION ALL ".join(selects or [f"SELECT * FROM results.{result}"]))
    for (name,) in made.rows(
        "SELECT rule FROM results.violations GROUP BY rule HAVING count(*) > count(DISTINCT finding_id)"
    ):
        raise ValueError(f"rule {name} names a subject twice")
    return runs


def build_over(
    spark: SparkSession,
    taken: Mapping[str, DataFrame],
    inputs: Inputs,
    *,
    files: Container[str],
    is_wide: Callable[[str], bool],
    as_of: datetime,
    folder: str,
    is_small: bool = False,
    progress: Progress,
) -> SparkBuild:
    """Make tables, and what rules found, on top of tables that others have made; else as `build`.

    Args:
        spark: as in `build`.
        taken: the tables that are there, by `layer.name`.
        inputs: with the rules that are to run.
        files: the tables that are made, in their order.
        is_wide: whether a column's whole numbers are larger here than in one log.
        as_of: as in `build`.
        folder: as in `build`.
        is_small: as in `build`.
        progress: hears of each table made.
    """
    with small_warehouse(inputs, as_of) as small:
        for kinds in small.kinds.values():
            kinds |= {name: "BIGINT" for name, kind in kinds.items() if kind == "INTEGER" and is_wide(name)}
        made = _Tables(spark, small, folder.rstrip("/"), is_small=is_small)
        for table in small.given():
            made.hand_over(table)
        for table, rows in taken.items():
            made.write(table, rows)
        wanted = [file for file in small.files if file.table in files]
        for done, file in enumerate(wanted, start=1):
            made.make(file.table, file.select)
            progress("合并投影", done, len(wanted))
        runs = _run_rules(made, inputs.rules)
    return SparkBuild(runs, made.folders)
