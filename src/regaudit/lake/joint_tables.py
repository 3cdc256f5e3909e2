"""What a build over several logs computes itself, and what it takes from the builds of each of them.

Nights, imports, rosters in force and what came late are of one log: whether a row came behind a night is
asked of that log's nights alone. Such tables are taken from each log's own build, row beside row. What
people and accounts did is computed over all of them, so that who acts at offices of two logs is seen.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import duckdb

from regaudit.catalogue.rules import load_rules
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.lake.numbers import shifted

OWN_CORE = frozenset(
    f"core.{name}"
    for name in (
        *("runs", "counting_nights", "import_nights", "judged_moments", "delivered_moments"),
        *("imports", "delivered_exports", "expected_exports", "missed_exports", "unread_tables"),
        *("rejected_cases", "returned_rows", "returned_acts", "outages", "source_data", "office_data"),
        *("late_acts", "late_rows", "late_cases", "late_outages", "late_rosters", "finding_spans"),
        *("roster_entries", "roster_changes", "roster_readings", "roster_spans", "reading_terms"),
        *("roster_terms", "roster_rewrites"),
        *("altered_steps", "altered_values", "vanished_steps", "reports"),
    )
)
"""Core tables of which each log has its own."""
_READ_LAST = frozenset(("staging.imports", "staging.roster_entries", "staging.steps"))
"""Asked when the findings are listed."""


@cache
def own_rules() -> frozenset[str]:
    """The rules of which what is found is what is found in each log's own build."""
    return frozenset(name for name, rule in load_rules().items() if rule.of_log)


def joint_files(files: Sequence[SqlFile]) -> list[SqlFile]:
    """The core tables that are computed over all logs, in their order."""
    return [file for file in files if file.layer == "core" and file.table not in OWN_CORE]


def taken_tables(files: Sequence[SqlFile]) -> list[str]:
    """The tables that are taken from each log's own build: those that joint ones, or findings, read."""
    own = {name.replace("-", "_") for name in own_rules()}
    readers = [*joint_files(files), *(f for f in files if f.layer == "findings" and f.name not in own)]
    read = {name for file in readers for name in file.reads}
    return sorted(_READ_LAST | {name for name in read if name in OWN_CORE or name.startswith("staging.")})


def taken(
    db: duckdb.DuckDBPyConnection,
    files: Sequence[SqlFile],
    builds: Sequence[tuple[int, str]],
    source: Callable[[str, str], str] = "{}.{}".format,
) -> Iterator[tuple[str, str]]:
    """Each such table with the SELECT that makes it.

    Args:
        db: where the builds are attached.
        files: of the warehouse.
        builds: a log's number, and the catalog of its own build.
        source: what the engine calls a table of a catalog.
    """
    for table in taken_tables(files):
        parts = []
        for number, catalog in builds:
            columns = {name: kind for name, kind, *_ in db.execute(f"DESCRIBE {catalog}.{table}").fetchall()}
            parts.append(f"SELECT {shifted(columns, number)} FROM {source(catalog, table)}")
        # A folded text is one text in every log.
        yield table, (" UNION " if table == "staging.folds" else " UNION ALL ").join(parts)
