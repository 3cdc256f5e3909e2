"""Reads every stored event once: recomputes leaves and tree, and holds both against what is stored.

Three threads share the work, 65,536 events at a time: one reads the next ones from the store, one hashes, one
looks at forms and versions in DuckDB. What is kept between two batches are the hashes of the
tree's right edge and the runs of versions.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from regaudit.base.duck import connect
from regaudit.base.prefetch import Ahead
from regaudit.base.progress import Progress
from regaudit.catalogue.events import catalogue
from regaudit.eventlog.batches import EVENT_SCHEMA, leaf_contents
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.stored import FANOUT, FANOUT_BITS, Edge, above
from regaudit.proof.verify.mirrored import Mirror
from regaudit.proof.verify.streams import StreamVersions

BATCH = FANOUT * FANOUT
"""Events a batch: those of one node of level 2."""
_DECODED = """
SELECT position, TRY(decode(originator_id)) AS originator_id, originator_version,
    TRY(decode(topic)) AS topic, TRY(decode(state)) AS state
FROM stored
"""
_BAD_FORM = """
SELECT min(position) FROM texts
WHERE NOT coalesce(json_valid(state), false) OR coalesce(topic, '') NOT IN (SELECT unnest($topics))
"""
_MEMORY_LIMIT = "400MB"


class Scanned(Struct, kw_only=True):
    """What reading the log showed; positions are 0 and sizes absent where nothing is wrong.

    `roots` are recomputed, by size. `nodes` is how many there should be; `wrong_node` is level and number.
    """

    events: int = 0
    missing: int = 0
    malformed: int = 0
    bad_form: int = 0
    version_fault: int = 0
    wrong_leaf: int = 0
    wrong_leaves: int = 0
    wrong_node: tuple[int, int] | None = None
    nodes: int = 0
    mirror_differs: int = 0
    roots: dict[int, bytes]
    root: bytes = b""


def scan(
    log: EventLog, upto: int, sizes: Sequence[int], mirror: Mirror | None, progress: Progress
) -> Scanned:
    """Read the events up to a position.

    Args:
        log: the log.
        upto: the last position that is to be there.
        sizes: the sizes at which the root is wanted; none is above `upto`.
        mirror: the copy that the events are held against.
        progress: hears how many were read.
    """
    with TemporaryDirectory() as folder, connect() as db:
        db.execute("SET temp_directory = $folder", {"folder": folder})
        db.execute(f"SET memory_limit = '{_MEMORY_LIMIT}'")
        # The other core reads and hashes.
        db.execute("SET threads = 1")
        return _Scan(db, log, upto, sizes, mirror).run(progress)


class _Scan:
    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        log: EventLog,
        upto: int,
        sizes: Sequence[int],
        mirror: Mirror | None,
    ) -> None:
        self._db, self._log, self._upto, self._mirror = db, log, upto, mirror
        self._hashing = log.hashing
        self._sizes = sorted(set(sizes), reverse=True)
        self._high = Edge(self._hashing, 0, [])
        self._found = Scanned(roots={})
        self._topics = list(catalogue())
        self._versions = StreamVersions(db)

    def run(self, progress: Progress) -> Scanned:
        found = self._found
        self._take_roots([], [])
        with ThreadPoolExecutor(1) as pool:
            for number, table in enumerate(Ahead(self._batches())):
                if table is not None:
                    looked = pool.submit(self._look, number, table)
                    leaves = self._hash(table)
                    looked.result()
                    self._remember(number, table, leaves)
                progress("核对日志", min((number + 1) * BATCH, self._upto), self._upto)
                if found.malformed:
                    return found
        found.version_fault = self._versions.first_fault()
        return found

    def _batches(self) -> Iterator[pa.Table | None]:
        for first in range(0, self._upto, BATCH):
            stop = min(first + BATCH, self._upto)
            try:
                tables = list(self._log.read_stored(after=first, upto=stop))
            except (pa.ArrowInvalid, ValueError):
                self._found.malformed = self._log.inspection.first_malformed(first, stop) or first + 1
                yield None
                return
            yield pa.concat_tables(tables) if tables else None

    def _look(self, number: int, table: pa.Table) -> None:
        """Look at all but the hashes of a batch."""
        found = self._found
        self._check_positions(number * BATCH + 1, table)
        self._versions.add(table)
        self._db.register("texts", self._texts(table))
        if not found.bad_form:
            [(position,)] = self._db.execute(_BAD_FORM, {"topics": self._topics}).fetchall()
            found.bad_form = position or 0
        self._db.unregister("texts")

    def _remember(self, number: int, table: pa.Table, leaves: list[bytes]) -> None:
        """Hold a batch against what the mirror remembers of it."""
        if self._mirror is not None and not self._found.mirror_differs:
            first, stop = number * BATCH, min((number + 1) * BATCH, self._upto)
            self._found.mirror_differs = self._mirror.first_difference(first, stop, table, leaves)

    def _texts(self, table: pa.Table) -> pa.Table:
        """The events as texts; null where there is no text."""
        events = table.select(EVENT_SCHEMA.names)
        try:
            return events.cast(EVENT_SCHEMA)
        except pa.ArrowInvalid:
            self._db.register("stored", events)
            texts = self._db.sql(_DECODED).to_arrow_table()
            self._db.unregister("stored")
            return texts

    def _hash(self, table: pa.Table) -> list[bytes]:
        """Recompute the leaves of a batch and the tree over them; returns the leaves."""
        found = self._found
        leaves = [leaf for piece in leaf_contents(table) for leaf in self._hashing.digests(piece)]
        same = pc.equal(pa.array(leaves, pa.binary()), table["leaf"].combine_chunks())
        if wrong := len(same) - same.true_count:
            found.wrong_leaf = found.wrong_leaf or _first_false(table, same)
            found.wrong_leaves += wrong
        self._grow(leaves)
        return leaves

    def _check_positions(self, first: int, table: pa.Table) -> None:
        found = self._found
        stop = min(first + BATCH, self._upto + 1)
        if not found.missing and len(table) != stop - first:
            held = set(table["position"].to_pylist())
            found.missing = next(position for position in range(first, stop) if position not in held)

    def _grow(self, leaves: list[bytes]) -> None:
        """Add a batch's leaves to the tree; take the roots that fall into it."""
        found = self._found
        chunks = above(self._hashing, leaves[: len(leaves) >> FANOUT_BITS << FANOUT_BITS])
        before = found.events
        found.events += len(leaves)
        self._check_nodes(1, before >> FANOUT_BITS, chunks)
        self._take_roots(leaves, chunks)
        if len(leaves) == BATCH:
            level_2 = self._hashing.root(chunks)
            self._check_nodes(2, before // BATCH, [level_2])
            for node in self._high.add([level_2]):
                self._check_nodes(node.level + 2, node.number, [node.hash])
        found.root = self._root(found.events, leaves, chunks)

    def _take_roots(self, leaves: list[bytes], chunks: list[bytes]) -> None:
        found = self._found
        while self._sizes and self._sizes[-1] <= found.events:
            size = self._sizes.pop()
            found.roots[size] = self._root(size, leaves, chunks)
        if not leaves:
            found.root = self._hashing.root([])

    def _root(self, size: int, leaves: list[bytes], chunks: list[bytes]) -> bytes:
        """The root at a size that ends in this batch, whose node is not yet in the upper levels."""
        within = size - self._high.size * BATCH
        if within <= 0:
            return Edge(self._hashing, size, [[], [], *self._high.levels]).root()
        whole = within >> FANOUT_BITS
        return Edge(
            self._hashing, size, [leaves[whole << FANOUT_BITS : within], chunks[:whole], *self._high.levels]
        ).root()

    def _check_nodes(self, level: int, first: int, nodes: Sequence[bytes]) -> None:
        self._found.nodes += len(nodes)
        if self._found.wrong_node is not None or not nodes:
            return
        stored = self._log.stored_nodes(level, first, first + len(nodes))
        if list(stored) != list(nodes):
            pairs = zip(nodes, [*stored, *[b""] * len(nodes)], strict=False)
            self._found.wrong_node = (level, first + [a == b for a, b in pairs].index(False))


def _first_false(table: pa.Table, same: pa.Array) -> int:
    positions: list[int] = table["position"].to_pylist()
    is_same: list[bool] = same.to_pylist()
    return positions[is_same.index(False)]
