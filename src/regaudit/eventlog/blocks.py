"""Digests of blocks of events: the log can be held against a copy of it by reading the log alone.

A digest covers every column of a block's events but the position: a block is named by its first and last
position and holds every one between them, or it is not whole.
"""

from collections.abc import Iterable
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

SEPARATOR = "\x1e"
"""Between the values of a column. Canonical JSON escapes it: no other values join to the same text."""
COLUMNS = ("originator_id", "originator_version", "topic", "state")


class Block(Struct, frozen=True):
    """Events of adjoining positions: the first and last of them, and their digest (hexadecimal)."""

    first: int
    last: int
    digest: str


def block_of(events: pa.RecordBatch) -> Block:
    """The block that events in order of position make: of `batches.EVENT_SCHEMA`, at least one."""
    positions = events.column("position")
    columns = (_joined(events.column(name).cast(pa.string())) for name in COLUMNS)
    return Block(positions[0].as_py(), positions[-1].as_py(), digest(columns))


def digest(columns: Iterable[bytes | memoryview]) -> str:
    """The digest of a block from its columns in the order of `COLUMNS`, the values of each joined."""
    total = sha256()
    for column in columns:
        total.update(len(column).to_bytes(8, "big"))
        total.update(column)
    return total.hexdigest()


def _joined(values: pa.StringArray) -> memoryview:
    rows = pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
    joined: memoryview = memoryview(pc.binary_join(rows, SEPARATOR)[0].as_buffer())
    return joined
