"""Who overtook whom, among millions: the projections of the queue against a plain self-join.

The units of work are made as columns, so that what is measured is the SQL of the queue and nothing before it.
The self-join has two inequalities; of a backlog it makes so many pairs that only some lanes of it are run and
its time is scaled by their number, which favours it.
"""

import os
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import duckdb

from regaudit.catalogue.rules import rule_of
from regaudit.catalogue.sqlfile import load_sql_files

# The least that a warehouse has: figures of machines of any size compare.
MEMORY_LIMIT = "1200MB"
UNITS = int(os.environ.get("REGAUDIT_BENCH_UNITS", "2000000"))
LANE = 20_000
SAMPLE_LANES = int(os.environ.get("REGAUDIT_BENCH_SAMPLE_LANES", "2"))
WAITS = {"in turn, some late, some favoured": 0, "heavily backlogged": LANE}
"""By how many arrivals the taking of a unit strays, at most."""

Figures = tuple[float, float, int]

TABLES = (
    *("core.reasons", "core.notes", "core.queue_turns", "core.queue_waiters", "core.queue_waits"),
    *("core.queue_passes", "core.queue_passed", "core.queue_spans", "core.queue_blocks"),
    *("core.queue_counts", "core.queue_breaks", "core.overtaken", "core.overtakes"),
    *("core.queue_jumps", "core.queue_overtakes"),
    *("findings.queue_jump", "findings.passed_over"),
)
# A unit every four minutes; one in fifty is taken out of turn, and of a backlog every one is.
_MAKE = """
CREATE TABLE core.queue_units AS
WITH
arrivals AS (
    SELECT n AS unit_id, n // {lane} AS lane_no, n % {lane} AS place,
        CAST(hash(n) % 1000003 AS BIGINT) AS chance
    FROM range({units}) AS r(n)
),
turns AS (
    SELECT *, CASE
        WHEN {stray} > 0 THEN place + 100 + (chance % {stray})
        WHEN chance % 50 = 0 THEN place + 10 + (chance // 50 % 200)
        ELSE place + 100 + (chance // 50 % 5)
    END AS turn FROM arrivals
),
units AS (
    SELECT *, make_timestamp(place * 240000000) AS arrived_at, make_timestamp(turn * 240000000) AS started_at
    FROM turns
)
SELECT
    unit_id, '150602/' || lane_no AS lane, '150602' AS office, 'general' AS limit_class,
    'C' || unit_id AS case_no,
    ['C' || unit_id] AS case_nos, unit_id * 2 AS accept_position, unit_id * 2 AS arrival_position,
    unit_id * 2 + 1 AS review_position, arrived_at, started_at, started_at AS waited_until,
    12 * year(arrived_at) + month(arrived_at) AS arrived_month,
    12 * year(started_at) + month(started_at) AS started_month,
    12 * year(started_at) + month(started_at) AS until_month,
    place * 240000000 AS arrived_micros
FROM units
"""
_SELF_JOIN = """
CREATE TABLE plain_jumps AS
WITH
pairs AS (
    SELECT b.unit_id AS overtaker_id, a.unit_id AS overtaken_id, b.started_at
    FROM core.queue_units AS a
    INNER JOIN core.queue_units AS b
        ON
            a.lane = b.lane
            AND b.arrived_micros - a.arrived_micros >= 3600000000
            AND b.started_at < a.started_at
),
passed AS (
    SELECT overtaken_id, count(*) AS overtakers, min(started_at) AS first_at
    FROM pairs GROUP BY overtaken_id HAVING count(*) >= 10
),
stalled AS (
    SELECT p.overtaken_id
    FROM passed AS p
    INNER JOIN core.queue_units AS a ON p.overtaken_id = a.unit_id
    INNER JOIN core.queue_units AS b
        ON a.lane = b.lane AND b.started_at >= p.first_at AND b.started_at < a.started_at
    GROUP BY p.overtaken_id, p.overtakers HAVING 100 * p.overtakers >= 80 * count(*)
)
SELECT overtaker_id AS unit_id, count(*) AS overtaken
FROM pairs ANTI JOIN stalled ON pairs.overtaken_id = stalled.overtaken_id
GROUP BY overtaker_id HAVING count(*) >= 3
"""


def queue_figures() -> list[tuple[str, str]]:
    """Lines for the report: seconds, peak memory and ratio, for each state of the lanes."""
    lines = []
    for name, stray in WAITS.items():
        lanes = UNITS // LANE
        seconds, peak, jumps = _apart(projected, UNITS, stray)
        sampled, _, of_sample = _apart(projected, SAMPLE_LANES * LANE, stray)
        plain, plain_peak, plain_jumps = _apart(self_joined, SAMPLE_LANES * LANE, stray)
        if of_sample != plain_jumps:
            raise SystemExit(f"queues {name}: {of_sample} jumps, but {plain_jumps} by the self-join")
        scaled = plain * lanes / SAMPLE_LANES
        lines += [
            (f"queue of {UNITS:,} units, {name}", f"{seconds:.1f} s, {peak:.0f} MiB, {jumps:,} jumps"),
            (
                f"  self-join, {SAMPLE_LANES} of {lanes} lanes",
                f"{plain:.1f} s, {plain_peak:.0f} MiB; ours {sampled:.1f} s: {plain / sampled:.0f}× faster",
            ),
            ("  self-join scaled to all lanes", f"{scaled:.0f} s: {scaled / seconds:.0f}× faster"),
        ]
    return lines


def projected(units: int, stray: int) -> Figures:
    """Seconds and peak MiB of our tables and both rules, and the number of units that jumped."""
    files = {file.table: file for file in load_sql_files()}
    with _lanes(units, stray) as db:
        started = time.perf_counter()
        for table in TABLES:
            db.execute(f"CREATE TABLE {table} AS {files[table].select}")
        seconds = time.perf_counter() - started
        return seconds, _peak(), _count(db, "core.queue_jumps")


def self_joined(units: int, stray: int) -> Figures:
    """The same of a plain self-join that finds the units that jumped, and nothing more."""
    with _lanes(units, stray) as db:
        started = time.perf_counter()
        db.execute(_SELF_JOIN)
        return time.perf_counter() - started, _peak(), _count(db, "plain_jumps")


def _apart(work: Callable[[int, int], Figures], units: int, stray: int) -> Figures:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, units, stray).result()


def _lanes(units: int, stray: int) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(
        config={"memory_limit": MEMORY_LIMIT, "threads": 2, "preserve_insertion_order": False}
    )
    db.execute("SET enable_progress_bar = false")
    for schema in ("core", "findings", "params"):
        db.execute(f"CREATE SCHEMA {schema}")
    db.execute(_MAKE.format(units=units, lane=LANE, stray=stray))
    db.execute(
        "CREATE TABLE core.queue_absences "
        "(office VARCHAR, case_no VARCHAR, away_from TIMESTAMP, away_until TIMESTAMP)"
    )
    db.execute(
        "CREATE TABLE core.queue_unknowns (unit_id BIGINT, office VARCHAR, case_no VARCHAR, "
        "arrived_at TIMESTAMP, started_at TIMESTAMP, occurred_at TIMESTAMP, evidence BIGINT[])"
    )
    made = {
        "staging": "folds (writing VARCHAR, folded VARCHAR)",
        "reference": "reason_words (kind VARCHAR, word VARCHAR)",
    }
    for schema, table in made.items():
        db.execute(f"CREATE SCHEMA {schema}")
        db.execute(f"CREATE TABLE {schema}.{table}")
    db.execute(
        "CREATE TABLE core.steps (office VARCHAR, case_no VARCHAR, step VARCHAR, reason VARCHAR, "
        "precision VARCHAR, occurred_at TIMESTAMP, position BIGINT)"
    )
    rule = next(rule_of(file) for file in load_sql_files() if file.name == "queue_jump")
    values = ", ".join(f"CAST({param.value} AS BIGINT) AS {name}" for name, param in rule.params.items())
    db.execute(f"CREATE TABLE params.queue_jump AS SELECT {values}")
    return db


def _count(db: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for label, figure in queue_figures():
        print(f"{label:<60}  {figure}")
