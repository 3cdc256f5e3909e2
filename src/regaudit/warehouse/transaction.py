"""One transaction in DuckDB."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb


@contextmanager
def transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or, on any error, nothing.

    What failed is what is raised: after a full disk DuckDB has ended the transaction itself, and says so.
    """
    db.begin()
    try:
        yield
        db.commit()
    except BaseException:
        with suppress(duckdb.Error):
            db.rollback()
        raise
