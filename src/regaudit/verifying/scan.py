"""Reads every stored event once: recomputes leaves and tree, and holds both against what is stored.

SHA-256 is computed in DuckDB, 65,536 events at a time, while the next ones are read. What is kept between two
batches are the hashes of the tree's right edge.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from regaudit.catalogue import catalogue
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.merkle import leaf_data
from regaudit.eventlog.tree import FANOUT, FANOUT_BITS, Edge
from regaudit.intake.ahead import Ahead
from regaudit.verifying.mirrored import SUMS, Mirror
from regaudit.warehouse.mirror import Progress

BATCH = FANOUT * FANOUT
"""Events a batch: those of one node of level 2."""
_LEAVES = r"""
SELECT unhex(sha256(
    '\x00'::BLOB || encode(position || ' ' || originator_version || ' '
        || octet_length(originator_id) || ' ' || octet_length(topic) || ' ')
    || originator_id || topic || state)) AS leaf
FROM stored
"""
_PAIRS = r"SELECT unhex(sha256('\x01'::BLOB || pair)) AS node FROM pairs"
_BAD_FORM = """
SELECT min(position) FROM stored
WHERE NOT coalesce(json_valid(TRY(decode(state))), false)
    OR coalesce(TRY(decode(topic)), '') NOT IN (SELECT unnest($topics))
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
    with duckdb.connect() as db:
        db.execute(f"SET memory_limit = '{_MEMORY_LIMIT}'")
        db.execute("SET enable_progress_bar = false")
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

    def run(self, progress: Progress) -> Scanned:
        found = self._found
        self._take_roots([], [])
        for number, table in enumerate(Ahead(self._batches())):
            if table is not None:
                self._batch(number, table)
            progress("核对日志", min((number + 1) * BATCH, self._upto), self._upto)
            if found.malformed:
                break
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

    def _batch(self, number: int, table: pa.Table) -> None:
        found, first = self._found, number * BATCH + 1
        self._check_positions(first, table)
        leaves = self._leaves(table)
        same = pc.equal(leaves, pc.cast(table["leaf"].combine_chunks(), pa.binary()))
        if wrong := len(same) - same.true_count:
            found.wrong_leaf = found.wrong_leaf or _first_false(table, same)
            found.wrong_leaves += wrong
        self._db.register("stored", table)
        if not found.bad_form:
            [(position,)] = self._db.execute(_BAD_FORM, {"topics": self._topics}).fetchall()
            found.bad_form = position or 0
        if self._mirror is not None and not found.mirror_differs:
            sums = self._db.execute(SUMS.format(table="stored", upto=self._mirror.size)).fetchall()[0]
            if sums != self._mirror.sums(number):
                found.mirror_differs = self._mirror.first_difference(number * BATCH, table)
        self._db.unregister("stored")
        self._grow(leaves)

    def _check_positions(self, first: int, table: pa.Table) -> None:
        found = self._found
        stop = min(first + BATCH, self._upto + 1)
        if not found.missing and len(table) != stop - first:
            held = set(table["position"].to_pylist())
            found.missing = next(position for position in range(first, stop) if position not in held)

    def _leaves(self, table: pa.Table) -> pa.Array:
        if self._hashing.name == "sha256":
            self._db.register("stored", table)
            leaves = _one_array(self._db.sql(_LEAVES).to_arrow_table()["leaf"])
            self._db.unregister("stored")
            return leaves
        columns = (table[name].to_pylist() for name in table.column_names[:-1])
        hashed = [self._hashing.leaf(leaf_data(*row)) for row in zip(*columns, strict=True)]
        return pa.array(hashed, pa.binary())

    def _grow(self, leaves: pa.Array) -> None:
        """Add a batch's leaves to the tree; take the roots that fall into it."""
        found = self._found
        chunks = self._chunk_roots(leaves)
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

    def _take_roots(self, leaves: Sequence[Any], chunks: list[bytes]) -> None:
        found = self._found
        while self._sizes and self._sizes[-1] <= found.events:
            size = self._sizes.pop()
            found.roots[size] = self._root(size, leaves, chunks)
        if not leaves:
            found.root = self._hashing.root([])

    def _root(self, size: int, leaves: Sequence[Any], chunks: list[bytes]) -> bytes:
        """The root at a size that ends in this batch, whose node is not yet in the upper levels."""
        within = size - self._high.size * BATCH
        if within <= 0:
            return Edge(self._hashing, size, [[], [], *self._high.levels]).root()
        whole = within >> FANOUT_BITS
        tail = [bytes(leaf.as_py()) for leaf in leaves[whole << FANOUT_BITS : within]]
        return Edge(self._hashing, size, [tail, chunks[:whole], *self._high.levels]).root()

    def _chunk_roots(self, leaves: pa.Array) -> list[bytes]:
        """The roots of the complete subtrees of 256 leaves."""
        whole = len(leaves) >> FANOUT_BITS
        level = leaves[: whole << FANOUT_BITS]
        if self._hashing.name != "sha256":
            values = level.to_pylist()
            return [self._hashing.root(values[i : i + FANOUT]) for i in range(0, len(values), FANOUT)]
        while len(level) > whole:
            pairs = pa.Array.from_buffers(pa.binary(64), len(level) // 2, [None, _content(level)])
            self._db.register("pairs", pa.table({"pair": pairs}))
            level = _one_array(self._db.sql(_PAIRS).to_arrow_table()["node"])
            self._db.unregister("pairs")
        return [bytes(value) for value in level.to_pylist()]

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


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays([chunk.cast(pa.binary()) for chunk in column.chunks])


def _content(hashes: pa.Array) -> pa.Buffer:
    """The bytes of hashes of 32 bytes each, end to end, of an array that begins where its buffer does."""
    return hashes.buffers()[2].slice(0, len(hashes) * 32)
