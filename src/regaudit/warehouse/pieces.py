"""When the pieces in which tables lie are joined: not every night.

Rows that are made anew are deleted and added, which leaves pieces of a table (row groups) with gaps and small
ones at its end. Where such pieces can be joined DuckDB writes them anew when the file is written back: at a
million steps two seconds a night, for nothing that anybody asks. So they are let be until they are many.
"""

import duckdb

_ROWS = 122_880
"""Of a full piece."""
_TASKS = 100
"""As many joins of one table as DuckDB makes by itself."""
_PIECES = """
SELECT count(*), (SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('core.steps'))
FROM core.steps
"""


def join_where_many(db: duckdb.DuckDBPyConnection) -> None:
    """Have pieces joined when the file is written back, where the largest table has a quarter too many."""
    rows, pieces = db.execute(_PIECES).fetchall()[0]
    is_torn = pieces > 2 + 1.25 * rows / _ROWS
    db.execute(f"SET max_vacuum_tasks = {_TASKS if is_torn else 0}")
