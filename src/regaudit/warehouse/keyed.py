"""Tables whose rows belong to a key wider than a case: an account's day, the cases of a batch.

The head of such a SQL file says what makes a key in its own rows, and where changes of a key show:

    per_key = ["used_on", "account", "office"]
    [key_of]
    "staging.steps" = ["cast(occurred_at as date)", "account", "office"]
    "core.terms" = "select a.used_on, a.account, a.office from changed inner join core.uses as a on …"

The part that differs most from night to night stands first: rows are looked through for it alone.

A key is touched when a touched case has or had rows with it in one of the tables of `key_of`, or when rows
of another such table have changed that lead to it. A list is the same key in the other table's rows: of
these the file sees those of touched keys alone. A SELECT finds the keys from the rows of the other table
that have changed, `changed`; the file sees that table whole, as it does what is not in `key_of`.

Rows of touched keys are made anew and held against those that are there: only what differs is written, and
leads on to the keys of others.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from regaudit.catalogue.sqlfile import SqlFile

_CATALOG = "touched_keys"
_CHANGES = f"{_CATALOG}.changed"
_CHANGED = f"""
CREATE OR REPLACE TABLE {_CHANGES} AS
SELECT * EXCLUDE (side) FROM (SELECT *, 1 AS side FROM {{old}} UNION ALL SELECT *, -1 AS side FROM {{new}})
GROUP BY ALL HAVING sum(side) <> 0
"""
# Always another than last time.
_TIME = "reference.run"


class KeyedTables:
    """The keyed tables of one build that follows on another."""

    def __init__(self, db: duckdb.DuckDBPyConnection, files: list[SqlFile], main: str) -> None:
        """Begin with the keys touched that hang on the as-of time. `main` is the catalog of the warehouse."""
        self._db, self._main = db, main
        self._files = [file for file in files if is_keyed(file)]
        self._leads = {name for file in self._files for name in file.head["key_of"]}
        self._noted: set[str] = set()
        db.execute(f"ATTACH ':memory:' AS {_CATALOG}")
        for schema in sorted(
            {name.split(".")[0] for file in self._files for name in {*file.reads, file.table}}
        ):
            db.execute(f"CREATE SCHEMA {_CATALOG}.{schema}")
        for file in self._files:
            db.execute(f"DROP TABLE IF EXISTS {self._touched(file)}")
        self.note(_TIME, _TIME)

    def close(self) -> None:
        """Let go of what is of this build alone."""
        for file in self._files:
            self._db.execute(f"DROP TABLE IF EXISTS {self._touched(file)}")
        self._db.execute(f"DETACH {_CATALOG}")

    def note(self, table: str, rows: str) -> None:
        """Touch the keys of a table's rows that are about to go or have come; `rows` is a FROM clause."""
        readers = [file for file in self._files if table in file.head["key_of"]]
        for file in readers:
            key = file.head["key_of"][table]
            keys = f"WITH changed AS (FROM {rows}) "
            keys += key if isinstance(key, str) else f"SELECT {', '.join(key)} FROM changed"
            names = ", ".join(f"key_{number}" for number in range(len(file.head["per_key"])))
            found = f"SELECT DISTINCT * FROM ({keys}) AS found({names})"
            if file.table in self._noted:
                self._db.execute(f"INSERT INTO {self._touched(file)} {found}")
            else:
                self._db.execute(f"CREATE TABLE {self._touched(file)} AS {found}")
                self._noted.add(file.table)

    def make(self, file: SqlFile) -> None:
        """Make the rows of touched keys anew, and put those that differ in place of those that are there."""
        db, key = self._db, file.head["per_key"]
        target, made = f"{self._main}.{file.table}", f"{_CATALOG}.{file.table}"
        old, new = f"{_CATALOG}.old", f"{_CATALOG}.new"
        for name in sorted(file.reads):
            rows = f"{self._main}.{name}"
            if isinstance(of := file.head["key_of"].get(name), list):
                rows = self._rows_of(file, rows, of)
            db.execute(f"CREATE OR REPLACE VIEW {_CATALOG}.{name} AS FROM {rows}")
        with self._inside():
            db.execute(f"CREATE OR REPLACE TABLE {file.table} AS {file.select}")
        db.execute(f"CREATE OR REPLACE TABLE {old} AS FROM {self._rows_of(file, target, key)}")
        db.execute(f"CREATE OR REPLACE TABLE {new} AS FROM {self._rows_of(file, made, key)}")
        # Read by a later file, it is a view there.
        db.execute(f"DROP TABLE {made}")
        db.execute(_CHANGED.format(old=old, new=new))
        db.execute(
            f"CREATE OR REPLACE TABLE {self._touched(file)} AS SELECT DISTINCT {_named(key)} FROM {_CHANGES}"
        )
        self.replace(target, "*", file, new)
        self.note(file.table, _CHANGES)

    def replace(self, target: str, columns: str, file: SqlFile, rows: str | None = None) -> None:
        """Put a file's rows, as just made, in the place of the target's, for the keys that have changed."""
        key = file.head["per_key"]
        self._db.execute(f"DELETE FROM {target} USING {self._touched(file)} AS k WHERE {_same(key)}")
        source = self._rows_of(file, rows or f"{self._main}.{file.table}", key)
        self._db.execute(f"INSERT INTO {target} SELECT {columns} FROM {source}")

    @contextmanager
    def following(self, table: str) -> Iterator[None]:
        """Touch the keys that a table leads to which is made whole while the block runs."""
        if table not in self._leads:
            yield
            return
        self._db.execute(f"CREATE OR REPLACE TABLE {_CATALOG}.old AS FROM {table}")
        yield
        self._db.execute(_CHANGED.format(old=f"{_CATALOG}.old", new=table))
        self.note(table, _CHANGES)

    @contextmanager
    def _inside(self) -> Iterator[None]:
        self._db.execute(f"USE {_CATALOG}")
        try:
            yield
        finally:
            self._db.execute(f"USE {self._main}")

    def _rows_of(self, file: SqlFile, table: str, key: list[str]) -> str:
        touched = self._touched(file)
        # By the first part alone most rows are told apart, at a fraction of what a whole key takes.
        first = f"(SELECT DISTINCT key_0 FROM {touched}) AS f ON ({key[0]}) IS NOT DISTINCT FROM f.key_0"
        found = table if len(key) == 1 else f"{table} SEMI JOIN {first}"
        return f"{found} SEMI JOIN {touched} AS k ON {_same(key)}"

    def _touched(self, file: SqlFile) -> str:
        return f"{self._main}.log.touched_{file.name}"


def is_keyed(file: SqlFile) -> bool:
    """Whether a file's head declares a key of its own."""
    return bool(file.head.get("per_key"))


def _named(key: list[str]) -> str:
    return ", ".join(f"{part} AS key_{number}" for number, part in enumerate(key))


def _same(key: list[str]) -> str:
    return " AND ".join(f"({part}) IS NOT DISTINCT FROM k.key_{n}" for n, part in enumerate(key))
