"""Who is behind a login or a name, by the rosters in the log: as the warehouse will say it."""

from functools import cached_property

import duckdb
import polars as pl

from regaudit.base.duck import connect
from regaudit.base.folded_text import folded_logins, folded_names
from regaudit.catalogue.kinds import IMPORT_NO, export_kinds
from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.eventlog.log import EventLog

_TERMS = "core.roster_terms"
_COLUMNS = ("account", "office", "person_id", "person_name", "org_kind", "from_on", "to_on")
_SETUP = """
CREATE SCHEMA log; CREATE SCHEMA staging; CREATE SCHEMA core;
CREATE TABLE staging.folds (writing VARCHAR, folded VARCHAR);
CREATE TABLE log.pending AS
    SELECT position, originator_id, originator_version, topic, state FROM incoming ORDER BY position
"""
# As `core.account_holders` and `core.name_terms`: two persons are nobody, a robot is none.
_PERSONS = """
WITH held AS (
    SELECT
        a.n,
        t.person_id,
        t.office IS NOT DISTINCT FROM a.office AS is_own,
        max(t.office IS NOT DISTINCT FROM a.office) OVER (PARTITION BY a.n) AS has_own,
        a.login IS NULL AS is_name
    FROM asked AS a
    INNER JOIN terms AS t
        ON CASE WHEN a.login IS NOT NULL THEN a.login = t.login ELSE
            a.name = t.name AND coalesce(t.office = a.office, true)
            AND t.person_id IS NOT NULL AND t.org_kind IS DISTINCT FROM 'robot' END
        AND CAST(a.on_day AS DATE) >= t.from_on
        AND coalesce(CAST(a.on_day AS DATE) <= t.to_on, true)
)
SELECT
    n,
    CASE WHEN count(DISTINCT person_id) = 1 AND count(person_id) = count(*) THEN min(person_id) END AS person
FROM held WHERE is_name OR is_own = has_own
GROUP BY n
"""


class RosterPersons:
    """Answers by the rosters that the log has when it is first asked."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def __call__(self, rows: pl.DataFrame) -> pl.Series:
        """The persons of rows with `office`, `login`, `name` (folded), `on_day`; null is nobody certain."""
        keys = ["office", "login", "name", "on_day"]
        asked = rows.select(keys).unique().with_row_index("n")
        if not asked.height or not self._terms.height:
            return pl.repeat(None, rows.height, dtype=pl.String, eager=True)
        with connect() as db:
            db.register("asked", asked.to_arrow())
            db.register("terms", self._terms.to_arrow())
            found = pl.DataFrame(db.sql(_PERSONS).pl()).cast({"n": asked.schema["n"]})
        asked = asked.join(found, on="n", how="left")
        return rows.join(asked, on=keys, how="left", nulls_equal=True, maintain_order="left")["person"]

    @cached_property
    def _terms(self) -> pl.DataFrame:
        """Who held which login from when to when, logins and names folded."""
        with connect() as db:
            terms = self._made(db)
        return terms.with_columns(
            folded_logins(terms["account"]).alias("login"), folded_names(terms["person_name"]).alias("name")
        )

    def _made(self, db: duckdb.DuckDBPyConnection) -> pl.DataFrame:
        imports = range(1, self._log.version("imports") + 1)
        wholes = [kind for kind in export_kinds().values() if kind.is_whole]
        streams = [kind.stream.format(**{IMPORT_NO: number}) for kind in wholes for number in imports]
        tables = list(self._log.read_streams(["imports", *streams]))
        if not tables:
            return pl.DataFrame(schema=dict.fromkeys(_COLUMNS, pl.String))
        db.register(
            "incoming", pl.concat([pl.DataFrame(pl.from_arrow(table)) for table in tables]).to_arrow()
        )
        db.execute(_SETUP)
        wanted, files = {_TERMS}, []
        for file in reversed(load_sql_files()):
            if file.table in wanted:
                wanted |= file.reads
                files.append(file)
        for file in reversed(files):
            db.execute(f"CREATE TABLE {file.table} AS {file.select}")
        return pl.DataFrame(db.sql(f"SELECT {', '.join(_COLUMNS)} FROM {_TERMS}").pl())
