"""Whether the versions in every stream follow on each other, from events in the order of the log.

What is kept are runs: neighbours of one stream, each a version behind the one before. An import appends case
by case, so there are far fewer of them than events; DuckDB keeps those that memory does not hold on disk.
"""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

_TABLE = "CREATE TABLE runs (stream BLOB, position BIGINT, first BIGINT, last BIGINT)"
_FAULT = """
SELECT min(position) FROM (
    SELECT position, first, lag(last) OVER (PARTITION BY stream ORDER BY position) AS before FROM runs
) WHERE first <> coalesce(before, 0) + 1
"""


class StreamVersions:
    """Collects the runs of a scan in a table of its connection."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        db.execute(_TABLE)

    def add(self, events: pa.Table) -> None:
        """Take the next events: those of `batches.STORED_SCHEMA`, at least one."""
        names = ("originator_id", "originator_version", "position")
        streams, versions, positions = (events[name].combine_chunks() for name in names)
        follows = pc.and_(
            pc.equal(streams[1:], streams[:-1]), pc.equal(versions[1:], pc.add(versions[:-1], 1))
        )
        breaks = pc.indices_nonzero(pc.invert(follows)).cast(pa.int64())
        starts = pa.concat_arrays([pa.array([0], pa.int64()), pc.add(breaks, 1)])
        ends = pa.concat_arrays([breaks, pa.array([len(events) - 1], pa.int64())])
        columns = (streams.take(starts), positions.take(starts), versions.take(starts), versions.take(ends))
        self._db.register("found", pa.table(dict(zip("abcd", columns, strict=True))))
        self._db.execute("INSERT INTO runs FROM found")
        self._db.unregister("found")

    def first_fault(self) -> int:
        """The position of the first event whose version does not follow on that before it; 0 for none."""
        [(position,)] = self._db.execute(_FAULT).fetchall()
        return position or 0
