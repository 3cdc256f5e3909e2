"""Makes tables whole, or only for the cases that something happened to since they were made last.

A SQL file whose head says `per_case = true` makes rows of a case from rows of that case alone (and from
reference tables). Its SELECT then runs unchanged in a scratch catalog that holds just the touched cases, and
the result replaces their rows. Tables with keys of their own follow in the same way (`keyed`). Everything
else is made whole every night. What nobody reads before it is made again is not kept from night to night.
"""

import re
from datetime import datetime
from hashlib import sha256

import duckdb
from msgspec import Struct

from regaudit.catalogue.published import published_tables
from regaudit.catalogue.sqlfile import SqlFile, result_texts
from regaudit.warehouse.keyed import KeyedTables, is_keyed

MAIN = "warehouse"
_SCRATCH = "touched_only"
_STEPS = "staging.steps"
# Above this share of all cases, making the tables whole is faster.
_MOST_TOUCHED = 0.3
_NAMED = re.compile(r"\b(?:core|findings)\.\w+")
_SAME_CASE = "a.office = b.office AND a.case_no = b.case_no"
_BUILT = "CREATE TABLE IF NOT EXISTS log.built (position BIGINT, as_of TIMESTAMP, fingerprint VARCHAR)"
# New or altered actions, and those that the as-of time has now reached.
_FRESH = "position > {position} OR (occurred_at > '{before}' AND occurred_at <= '{as_of}')"
# Their cases, and all whose clock still runs.
_TOUCHED = """
CREATE OR REPLACE TABLE log.touched AS
SELECT DISTINCT office, case_no FROM staging.steps WHERE {fresh}
UNION
SELECT office, case_no FROM core.cases WHERE closed_at IS NULL
"""


class Built(Struct, frozen=True):
    """What the tables in the warehouse were made from."""

    position: int
    as_of: datetime
    fingerprint: str


def begin_anew(db: duckdb.DuckDBPyConnection) -> None:
    """See to it that the next build follows on nothing."""
    db.execute(_BUILT)
    db.execute("DELETE FROM log.built")


class Increment:
    """One build of the warehouse's tables on top of the last one, where that is possible.

    Attributes:
        is_whole: whether it starts from nothing.
        actions: how many actions its `per_case` tables are made from.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, files: list[SqlFile], now: Built) -> None:
        """Find out what was touched. The reference tables are those of `now` already."""
        self._db, self._files, self.now = db, files, now
        db.execute(_BUILT)
        rows = db.execute("FROM log.built").fetchall()
        # Until `finish`, a night that is cut off leaves tables that nothing may be built upon.
        db.execute("DELETE FROM log.built")
        self.last = Built(*rows[0]) if rows else None
        self._is_sound = True
        self._passing = passing_tables(files)
        self._seen_by_cases = {name for file in files if is_per_case(file) for name in file.reads}
        self.is_whole = not self._can_follow()
        if self.is_whole:
            db.execute("DROP TABLE IF EXISTS log.touched")
            for schema in ("core", "findings"):
                db.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
                db.execute(f"CREATE SCHEMA {schema}")
            self.actions = self._count(_STEPS)
        else:
            self._open_scratch()
            self.actions = self._count(f"{_SCRATCH}.{_STEPS}")
            self._keyed = KeyedTables(db, files, MAIN)
            self._keyed.note(_STEPS, f"{_SCRATCH}.{_STEPS} WHERE {self._fresh}")

    def _can_follow(self) -> bool:
        last, now = self.last, self.now
        if last is None or last.fingerprint != now.fingerprint or last.as_of > now.as_of:
            return False
        self._fresh = _FRESH.format(position=last.position, before=last.as_of, as_of=now.as_of)
        self._db.execute(_TOUCHED.format(fresh=self._fresh))
        touched, known = self._db.execute(
            "SELECT (SELECT count(*) FROM log.touched), (SELECT count(*) FROM core.cases)"
        ).fetchall()[0]
        return bool(touched <= _MOST_TOUCHED * known)

    def _count(self, table: str) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])

    def _open_scratch(self) -> None:
        self._db.execute(f"ATTACH ':memory:' AS {_SCRATCH}")
        per_case = {file.table for file in self._files if is_per_case(file)}
        reads = self._seen_by_cases
        for schema in sorted({name.split(".")[0] for name in per_case | reads}):
            self._db.execute(f"CREATE SCHEMA {_SCRATCH}.{schema}")
        # Which rows first, then the rows: else every column of every step is taken apart.
        self._db.execute(
            f"CREATE TABLE {_SCRATCH}.found AS "
            f"SELECT a.rowid AS found FROM {_STEPS} AS a SEMI JOIN log.touched AS b ON {_SAME_CASE}"
        )
        self._db.execute(
            f"CREATE TABLE {_SCRATCH}.{_STEPS} AS "
            f"FROM {_STEPS} AS a SEMI JOIN {_SCRATCH}.found AS b ON a.rowid = b.found"
        )
        present = {
            f"{schema}.{name}"
            for schema, name in self._db.execute(
                f"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{MAIN}'"
            ).fetchall()
        }
        for name in sorted((reads & present) - per_case - {_STEPS}):
            self._show(name)

    def _show(self, table: str) -> None:
        """Show a table of the warehouse to the files that make rows of touched cases."""
        self._db.execute(f"CREATE OR REPLACE VIEW {_SCRATCH}.{table} AS FROM {MAIN}.{table}")

    def make(self, file: SqlFile) -> None:
        """Make a file's table: whole, or the rows of the touched cases or keys."""
        if self.is_whole:
            self._create(file)
        elif is_keyed(file):
            self._keyed.make(file)
        elif not is_per_case(file):
            with self._keyed.following(file.table):
                self._db.execute(f"DROP TABLE IF EXISTS {file.table}")
                self._create(file)
            if file.table in self._seen_by_cases:
                self._show(file.table)
        else:
            self._db.execute(f"USE {_SCRATCH}")
            try:
                self._create(file)
            finally:
                self._db.execute(f"USE {MAIN}")
            if not file.head.get("view") and file.table not in self._passing:
                touched = f"SEMI JOIN {MAIN}.log.touched AS b ON {_SAME_CASE}"
                self._keyed.note(file.table, f"{file.table} AS a {touched}")
                self.replace(file.table, "*", file)
                self._keyed.note(file.table, f"{_SCRATCH}.{file.table}")

    def _create(self, file: SqlFile) -> None:
        kind = "VIEW" if file.head.get("view") else "TABLE"
        self._db.execute(f"CREATE {kind} {file.table} AS {file.select}")

    def replace(self, target: str, columns: str, file: SqlFile) -> None:
        """Put a file's rows of touched cases or changed keys, as just made, in the place of the target's."""
        if is_keyed(file):
            self._keyed.replace(target, columns, file)
            return
        self._db.execute(f"DELETE FROM {target} AS a USING {MAIN}.log.touched AS b WHERE {_SAME_CASE}")
        self._db.execute(f"INSERT INTO {target} SELECT {columns} FROM {_SCRATCH}.{file.table}")

    def spoil(self) -> None:
        """A table could not be made: the next build must not follow on this one."""
        self._is_sound = False

    def finish(self) -> None:
        """Declare the tables complete: the next build may follow on them."""
        for table in sorted(self._passing):
            self._db.execute(f"DROP TABLE IF EXISTS {table}")
        if self._is_sound:
            values = [self.now.position, self.now.as_of, self.now.fingerprint]
            self._db.execute("INSERT INTO log.built VALUES (?, ?, ?)", values)
        if not self.is_whole:
            self._keyed.close()
            self._db.execute(f"DETACH {_SCRATCH}")


def is_per_case(file: SqlFile) -> bool:
    """Whether a case's rows are made from that case's rows alone."""
    return bool(file.head.get("per_case"))


def passing_tables(files: list[SqlFile]) -> set[str]:
    """The tables that nobody reads before they are made again.

    They are `per_case` core tables that only such tables read, and tables made whole: but for those whose
    changes lead to keys, and those that are asked when all is made. Of those that are published the published
    copy has the rows.
    """
    tables = [file for file in files if not file.head.get("view")]
    of_cases = {file.table for file in tables if is_per_case(file) and file.layer == "core"}
    whole = {file.table for file in tables if not is_per_case(file) and not is_keyed(file)}
    keys = [file.head["key_of"] for file in files if is_keyed(file)]
    selects = [*result_texts().values(), *(str(key) for of in keys for key in of.values())]
    asked = {name for select in selects for name in _NAMED.findall(select)}
    leading = {name for of in keys for name in of}
    lasting = {file.table for file in files if file.layer == "staging"}
    seen = {name for file in files if not is_per_case(file) for name in file.reads}
    return (of_cases - seen - asked - leading) | (whole - asked - leading - lasting)


def fingerprint(db: duckdb.DuckDBPyConnection, files: list[SqlFile], rules: list[str]) -> str:
    """A hash of all that decides what a table says about a case, but for its actions and the as-of time."""
    parts = [duckdb.__version__, *rules, *(f"{file.table}\0{file.select}" for file in files)]
    parts += [repr(table) for table in published_tables().items()]
    tables = db.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() "
        "WHERE schema_name IN ('reference', 'params') AND table_name <> 'run' ORDER BY 1"
    ).fetchall()
    for (table,) in tables:
        content = db.execute(f"SELECT count(*), sum(hash(t)) FROM {table} AS t").fetchall()[0]
        parts.append(f"{table}\0{content}")
    parts.append(str(db.execute("SELECT count(*), max(import_no) FROM staging.roster_entries").fetchall()[0]))
    return sha256("\0".join(parts).encode()).hexdigest()
