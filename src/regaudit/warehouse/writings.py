"""What belongs together though it is written in several ways: case numbers, logins, and whatever looks odd.

Noted as events are staged, in their transaction. A case has one number in all tables, a login of an office
one writing: which, the log alone decides, and later events never change it (a roster's writing of a login
does, and then all tables are made anew).
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from regaudit.base.duck import quoted
from regaudit.base.folded_text import ODD, fold, folds_of
from regaudit.eventlog.batches import EVENT_SCHEMA

OddCase = tuple[str, str, str]
"""Office, number as it came, folded number."""
SETUP = """
CREATE TABLE IF NOT EXISTS log.case_writings (office VARCHAR, case_no VARCHAR, shown VARCHAR);
CREATE TABLE IF NOT EXISTS staging.folds (writing VARCHAR, folded VARCHAR);
CREATE TABLE IF NOT EXISTS staging.login_writings (office VARCHAR, account VARCHAR, shown VARCHAR);
"""
FORGET = "TRUNCATE log.case_writings; TRUNCATE staging.folds; TRUNCATE staging.login_writings;"
_ODD = f"'{quoted(ODD)}'"
# A stream bears the folded number, or the number as it came. Few states have to be taken apart for it.
ODD_CASES = """
SELECT DISTINCT state ->> '$.action.office' AS office, state ->> '$.action.case_no' AS case_no
FROM log.pending
WHERE topic IN ('step-recorded', 'step-altered', 'step-extended') AND (
    strlen(originator_id) <> length(originator_id)
    OR NOT contains(state, '"case_no":"' || substr(originator_id, strpos(originator_id, '/') + 1) || '"')
)
"""
# Shown as the first import wrote it: without oddities if it has that, too, else as its first row does.
_CASE_WRITINGS = """
INSERT INTO log.case_writings
WITH writings AS (
    SELECT office, folded, case_no FROM odd UNION SELECT office, folded, folded FROM odd
),
written AS (
    SELECT
        w.office,
        w.folded,
        e.state ->> '$.action.case_no' AS case_no,
        CAST(e.state ->> '$.import_no' AS BIGINT) AS import_no,
        e.position
    FROM writings AS w
    INNER JOIN streams AS e ON e.originator_id = 'case:' || w.office || '/' || w.case_no
    WHERE e.topic IN ('step-recorded', 'step-altered', 'step-extended')
),
chosen AS (
    SELECT office, folded, case_no AS shown FROM written
    QUALIFY row_number() OVER (
        PARTITION BY office, folded ORDER BY import_no, case_no <> folded, position
    ) = 1
)
SELECT w.office, w.case_no, coalesce(k.shown, c.shown)
FROM writings AS w
INNER JOIN chosen AS c ON w.office = c.office AND w.folded = c.folded
LEFT JOIN log.case_writings AS k ON w.office = k.office AND w.folded = k.case_no
ANTI JOIN log.case_writings AS o ON w.office = o.office AND w.case_no = o.case_no
"""
FOLDED_COLUMNS = {
    "staging.steps": ("account", "operator", "terminal", "batch_no", "unit_no", "reason"),
    "staging.roster_entries": ("account", "person_id", "person_name"),
}
# Shown as the roster writes it, else as the office's first row does; what is written in one way is left out.
LOGIN_WRITINGS = """
WITH rostered AS (
    SELECT lower(coalesce(f.folded, r.account)) AS login, arg_min(r.account, r.position) AS shown
    FROM staging.roster_entries AS r
    LEFT JOIN staging.folds AS f ON r.account = f.writing
    GROUP BY ALL
),
used AS (
    SELECT office, account, min(position) AS position
    FROM staging.steps
    WHERE account IS NOT NULL
    GROUP BY office, account
),
logins AS (
    SELECT u.*, lower(coalesce(f.folded, u.account)) AS login
    FROM used AS u
    LEFT JOIN staging.folds AS f ON u.account = f.writing
),
writings AS (
    SELECT
        l.office,
        l.account,
        coalesce(
            r.shown,
            first_value(l.account) OVER (PARTITION BY l.office, l.login ORDER BY l.position)
        ) AS shown
    FROM logins AS l
    LEFT JOIN rostered AS r ON l.login = r.login
)
SELECT * FROM writings WHERE account <> shown
"""


class Streams(Protocol):
    """Where the events of a stream are read from."""

    def read_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as `batches.EVENT_SCHEMA`."""


def note_case_numbers(db: duckdb.DuckDBPyConnection, log: Streams, upto: int) -> None:
    """Note which numbers of pending actions are one case's, before they are staged.

    All that the log has of these cases up to a position decides, whatever of it is pending now.
    """
    if odd := odd_cases(db.execute(ODD_CASES).fetchall()):
        streams = pa.concat_tables([EVENT_SCHEMA.empty_table(), *log.read_streams(streams_of(odd))])
        note_odd_cases(db, odd, streams.filter(pc.field("position") <= upto))


def odd_cases(cases: Iterable[tuple[str, str]]) -> list[OddCase]:
    """Of offices and numbers those whose number is not its folded form, with that."""
    rows = ((office, number, fold(number)) for office, number in cases)
    return [row for row in rows if row[1] != row[2]]


def streams_of(odd: Iterable[OddCase]) -> set[str]:
    """The streams that hold the actions of odd numbers' cases, under either writing."""
    return {f"case:{office}/{number}" for office, *both in odd for number in both}


def note_odd_cases(db: duckdb.DuckDBPyConnection, odd: list[OddCase], streams: pa.Table) -> None:
    """Note how the cases of odd numbers are shown; `streams` holds all events of their streams."""
    db.register("odd", pl.DataFrame(odd, schema=["office", "case_no", "folded"], orient="row").to_arrow())
    db.register("streams", streams)
    db.execute(_CASE_WRITINGS)
    db.unregister("streams")
    db.unregister("odd")


def new_writings(table: str, column: str) -> str:
    """A SELECT of a column's odd texts in rows that no earlier build has staged."""
    return (
        f"SELECT writing FROM (SELECT DISTINCT {column} AS writing FROM {table} "
        f"WHERE position > (SELECT staged FROM log.progress)) AS new WHERE regexp_matches(writing, {_ODD})"
    )


def keep_folds(db: duckdb.DuckDBPyConnection, folds: dict[str, str]) -> None:
    """Note folded forms by what they were written as."""
    if folds:
        frame = pl.DataFrame({"writing": list(folds), "folded": list(folds.values())})
        db.register("odd", frame.to_arrow())
        db.execute("INSERT INTO staging.folds FROM odd")
        db.unregister("odd")


def note_folds(db: duckdb.DuckDBPyConnection) -> None:
    """Note the folded forms of what was just staged."""
    for table, columns in FOLDED_COLUMNS.items():
        for column in columns:
            found = db.execute(
                f"SELECT writing FROM ({new_writings(table, column)}) AS new "
                f"ANTI JOIN staging.folds AS f ON new.writing = f.writing"
            ).fetchall()
            keep_folds(db, folds_of(writing for (writing,) in found))


def note_logins(db: duckdb.DuckDBPyConnection) -> None:
    """Note which logins are one."""
    db.execute("TRUNCATE staging.login_writings")
    db.execute(f"INSERT INTO staging.login_writings {LOGIN_WRITINGS}")
