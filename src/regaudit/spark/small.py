"""The small warehouse beside Spark: it holds no event, and says what every table is made of.

Its reference and parameter tables are handed to Spark as they are; what Spark makes has the columns' types
that the tables have here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from regaudit.audit.inputs import Inputs
from regaudit.audit.rule_runs import SETUP
from regaudit.base.progress import no_progress
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.mirror import begin, unstage

GIVEN = ("reference", "params")
"""The layers whose tables are the same on every engine, since nothing of the log is in them."""


class SmallWarehouse:
    """A warehouse of no events under given inputs.

    Attributes:
        db: its DuckDB.
        files: the files that make a run's tables, in their order.
        kinds: the columns of each table `layer.name` with their types, as DuckDB writes them.
    """

    def __init__(self, warehouse: Warehouse, inputs: Inputs, as_of: datetime) -> None:
        """Make its tables; see `small_warehouse`."""
        self.db = warehouse.db
        unstage(self.db, begin(self.db, warehouse.files))
        increment = warehouse.build_core(
            as_of=as_of,
            position=0,
            settings=inputs.settings,
            national=inputs.national,
            profile=inputs.profile,
            rules=inputs.rules,
            progress=no_progress,
        )
        ran = {rule.table for rule in inputs.rules.values()}
        self.files = [file for file in warehouse.files if file.layer != "findings" or file.name in ran]
        for file in self.files:
            if file.layer == "findings":
                increment.make(file)
        self.db.execute("CREATE SCHEMA results")
        self.db.execute(SETUP)
        self.kinds: dict[str, dict[str, str]] = {}
        for table, column, kind in self.db.execute(
            "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = current_database() ORDER BY 1, column_index"
        ).fetchall():
            self.kinds.setdefault(table, {})[column] = kind

    def given(self) -> dict[str, pa.Table]:
        """The tables of `GIVEN`, by their names."""
        return {name: self.rows(name) for name in self.kinds if name.split(".")[0] in GIVEN}

    def rows(self, table: str) -> pa.Table:
        """A table's rows."""
        return in_pieces(self.db.sql(f"FROM {table}").to_arrow_table())


def in_pieces(rows: pa.Table) -> pa.Table:
    """The rows as Spark takes them: without any there is no piece either, and Spark asks the first."""
    return rows if len(rows) else rows.schema.empty_table()


@contextmanager
def small_warehouse(inputs: Inputs, as_of: datetime) -> Iterator[SmallWarehouse]:
    """A small warehouse in a folder of its own, which goes with it."""
    with TemporaryDirectory(prefix="regaudit-") as folder, Warehouse(Path(folder)) as warehouse:
        yield SmallWarehouse(warehouse, inputs, as_of)
