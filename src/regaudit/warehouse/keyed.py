"""Tables whose rows belong to a key wider than a case: an account's day, the cases of a batch.

The head of such a SQL file says what makes a key in its own rows, and where changes of a key show:

    per_key = ["office", "account", "used_on"]
    [key_of]
    "staging.steps" = ["office", "account", "cast(occurred_at as date)"]

A key is touched when a touched case has or had rows with it in one of the tables of `key_of`, or when a
table there has touched keys of its own that lead to it. Rows of touched keys are made anew from the rows of
these keys alone, where `key_of` says which those are, and from whole tables elsewhere.
"""

import duckdb

from regaudit.warehouse.sqlfile import SqlFile

_CATALOG = "touched_keys"


class KeyedTables:
    """The keyed tables of one build that follows on another."""

    def __init__(self, db: duckdb.DuckDBPyConnection, files: list[SqlFile], main: str) -> None:
        """Begin with no key touched. `main` is the catalog of the warehouse."""
        self._db, self._main = db, main
        self._files = [file for file in files if is_keyed(file)]
        self._noted: set[str] = set()
        for file in self._files:
            db.execute(f"DROP TABLE IF EXISTS {self._touched(file)}")

    def note(self, table: str, rows: str) -> None:
        """Touch the keys of a table's rows that are about to go or have come; `rows` is a FROM clause."""
        for file in self._files:
            if table in file.head["key_of"]:
                keys = f"SELECT DISTINCT {_named(file.head['key_of'][table])} FROM {rows}"
                if file.table in self._noted:
                    self._db.execute(f"INSERT INTO {self._touched(file)} {keys}")
                else:
                    self._db.execute(f"CREATE TABLE {self._touched(file)} AS {keys}")
                    self._noted.add(file.table)

    def make(self, file: SqlFile) -> None:
        """Make the rows of touched keys anew, and put them in the place of those that are there."""
        db, target = self._db, f"{self._main}.{file.table}"
        db.execute(f"ATTACH ':memory:' AS {_CATALOG}")
        for schema in sorted({name.split(".")[0] for name in file.reads | {file.table}}):
            db.execute(f"CREATE SCHEMA {_CATALOG}.{schema}")
        for name in sorted(file.reads):
            rows = f"{self._main}.{name}"
            if name in file.head["key_of"]:
                rows = self._rows_of(file, rows, file.head["key_of"][name])
            db.execute(f"CREATE VIEW {_CATALOG}.{name} AS FROM {rows}")
        db.execute(f"USE {_CATALOG}")
        try:
            db.execute(f"CREATE TABLE {file.table} AS {file.select}")
        finally:
            db.execute(f"USE {self._main}")
        own = file.head["per_key"]
        self.note(file.table, self._rows_of(file, target, own))
        touched = f"(SELECT DISTINCT * FROM {self._touched(file)}) AS k"
        db.execute(f"DELETE FROM {target} USING {touched} WHERE {_same(own)}")
        db.execute(f"INSERT INTO {target} FROM {self._rows_of(file, f'{_CATALOG}.{file.table}', own)}")
        self.note(file.table, self._rows_of(file, target, own))
        db.execute(f"DETACH {_CATALOG}")

    def _rows_of(self, file: SqlFile, table: str, key: list[str]) -> str:
        return f"{table} SEMI JOIN {self._touched(file)} AS k ON {_same(key)}"

    def _touched(self, file: SqlFile) -> str:
        return f"{self._main}.log.touched_{file.name}"


def is_keyed(file: SqlFile) -> bool:
    """Whether a file's head declares a key of its own."""
    return bool(file.head.get("per_key"))


def _named(key: list[str]) -> str:
    return ", ".join(f"{part} AS key_{number}" for number, part in enumerate(key))


def _same(key: list[str]) -> str:
    return " AND ".join(f"({part}) IS NOT DISTINCT FROM k.key_{n}" for n, part in enumerate(key))
