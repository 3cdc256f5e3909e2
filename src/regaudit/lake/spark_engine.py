"""The engine on Spark: it writes each table of a build as Parquet, and DuckDB reads them where they lie."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace
from pyspark.sql import SparkSession

from regaudit.audit.inputs import Inputs
from regaudit.audit.rule_runs import SETUP, RuleRun, note_run
from regaudit.base.duck import connect, quoted
from regaudit.base.progress import Progress
from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.eventlog.batches import EVENT_SCHEMA
from regaudit.lake.builds import Joint, Own, attached, begin, joint_rules
from regaudit.lake.joint_tables import joint_files, taken
from regaudit.lake.numbers import is_of_log
from regaudit.spark.build import SparkBuild, build_over
from regaudit.spark.build import build as build_log
from regaudit.spark.dialect import flat_name, to_spark
from regaudit.spark.session import few_rows
from regaudit.warehouse.build import Warehouse

FEW_EVENTS = 20_000
"""Up to so many a build is planned for few rows."""


class SparkEngine:
    """Computes in a session of Spark, one build after another."""

    def __init__(self, spark: SparkSession) -> None:
        """`spark` is from `spark.session.open_session`."""
        self._spark = spark

    def own(self, build: Own, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make the tables of a log from its files in the lake."""
        stored = self._spark.read.parquet(*build.log.paths())
        is_small = build.log.position() <= FEW_EVENTS
        with self._planned(is_small=is_small):
            made = build_log(
                self._spark,
                stored.where("topic IS NOT NULL").select(*EVENT_SCHEMA.names),
                build.inputs,
                as_of=as_of,
                folder=_folder(build.file),
                is_small=is_small,
                progress=progress,
            )
        _lay(build.file, made, build.inputs, as_of)
        return made.runs

    def joint(self, build: Joint, inputs: Inputs, as_of: datetime, progress: Progress) -> list[RuleRun]:
        """Make the tables of several logs from those of each."""
        files = load_sql_files()
        with connect() as db:
            catalogs = attached(db, build.members)
            selects = dict(taken(db, files, catalogs, _flat))
        for own in build.members:
            for table in selects:
                rows = self._spark.read.parquet(f"{_folder(own.file)}/{table.replace('.', '/')}")
                rows.createOrReplaceTempView(_flat(f"own_{own.number}", table))
        tables = {table: self._spark.sql(to_spark(select)) for table, select in selects.items()}
        rules = joint_rules(inputs)
        ran = {f"findings.{rule.table}" for rule in rules.values()}
        is_small = sum(own.log.position() for own in build.members) <= FEW_EVENTS
        with self._planned(is_small=is_small):
            made = build_over(
                self._spark,
                tables,
                replace(inputs, rules=rules),
                files={file.table for file in joint_files(files)} | ran,
                is_wide=is_of_log,
                as_of=as_of,
                folder=_folder(build.file),
                is_small=is_small,
                progress=progress,
            )
        _lay(build.file, made, replace(inputs, rules=rules), as_of)
        return made.runs

    def _planned(self, *, is_small: bool) -> AbstractContextManager[None]:
        return few_rows(self._spark) if is_small else nullcontext()


def _flat(catalog: str, table: str) -> str:
    return f"{catalog}__{flat_name(table)}"


def _folder(file: Path) -> str:
    """Where the tables of a build lie."""
    return str(file.with_suffix(""))


def _lay(file: Path, made: SparkBuild, inputs: Inputs, as_of: datetime) -> None:
    """Make the file of a build, in which DuckDB finds the tables that Spark has written."""
    with Warehouse(file.parent, file) as warehouse:
        db = warehouse.db
        begin(db, inputs, as_of)
        db.execute("CREATE SCHEMA results")
        db.execute(SETUP)
        for table, folder in made.tables.items():
            rows = f"FROM read_parquet('{quoted(folder)}/*.parquet')"
            if table.startswith("results."):
                db.execute(f"INSERT INTO {table} BY NAME {rows}")
            else:
                db.execute(f"CREATE VIEW {table} AS {rows}")
        for run in made.runs:
            note_run(db, inputs.rules[run.rule], run)
