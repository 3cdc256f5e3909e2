"""Stored events as Arrow tables, with no work in Python for each of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from eventsourcing.persistence import StoredEvent

NEW_SCHEMA = pa.schema(
    [
        ("originator_id", pa.string()),
        ("originator_version", pa.int64()),
        ("topic", pa.string()),
        ("state", pa.binary()),
    ]
)
"""Events that are to be appended: their positions are not known yet."""
GROWN_SCHEMA = pa.schema([("position", pa.int64()), *NEW_SCHEMA, ("leaf", pa.binary())])
"""Events with their positions and leaves, ready to be stored."""
EVENT_SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("originator_id", pa.string()),
        ("originator_version", pa.int64()),
        ("topic", pa.string()),
        ("state", pa.string()),
    ]
)
STORED_SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("originator_id", pa.binary()),
        ("originator_version", pa.int64()),
        ("topic", pa.binary()),
        ("state", pa.binary()),
        ("leaf", pa.binary()),
    ]
)
"""Events as they lie there, with their leaves: what was tampered with need not be text."""
LEAFED_SCHEMA = pa.schema([*EVENT_SCHEMA, ("leaf", pa.binary())])
"""Events with the leaves that are stored beside them."""
_SHORT = 8
_HASHED = STORED_SCHEMA.names[:-1]
_HASHED_SCHEMA = pa.schema(list(STORED_SCHEMA)[:-1])


def plain_table(rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as a table of `EVENT_SCHEMA`."""
    *columns, states = zip(*rows, strict=True)
    arrays = [pa.array(c, kind) for c, kind in zip(columns, EVENT_SCHEMA.types, strict=False)]
    return pa.table([*arrays, pa.array(states, pa.binary()).cast(pa.string())], schema=EVENT_SCHEMA)


def joined_table(row: Sequence[bytes | None], schema: pa.Schema) -> pa.Table:
    """The table whose columns a store has joined.

    Args:
        row: for each column its values as one, numbers with commas and texts end to end; and behind them the
            texts' lengths with commas, None for numbers.
        schema: of the table.

    Raises:
        pa.ArrowInvalid: a stored value is not of its column's type.
    """
    arrays = []
    for field, values, lengths in zip(schema, row[::2], row[1::2], strict=True):
        if lengths is None:
            arrays.append(_numbers(values, field.type))
        else:
            ends = pc.cumulative_sum(_numbers(lengths, pa.int32()))
            offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
            texts = pa.Array.from_buffers(
                pa.binary(), len(ends), [None, offsets.buffers()[1], pa.py_buffer(values)]
            )
            arrays.append(texts.cast(field.type))
    return pa.table(arrays, schema=schema)


def new_table(events: Iterable[StoredEvent]) -> pa.Table:
    """Events as the library's mapper gives them, as a table of `NEW_SCHEMA`."""
    rows = [(str(e.originator_id), e.originator_version, e.topic, e.state) for e in events]
    columns = zip(*rows, strict=True) if rows else [()] * len(NEW_SCHEMA)
    arrays = [pa.array(column, kind) for column, kind in zip(columns, NEW_SCHEMA.types, strict=True)]
    return pa.table(arrays, NEW_SCHEMA)


def placed(events: pa.Table, first: int) -> pa.Table:
    """Events of `NEW_SCHEMA` at positions from `first` on, as `GROWN_SCHEMA` has them but for the leaf."""
    positions = pa.array(range(first, first + len(events)), pa.int64())
    return pa.table([positions, *events.columns], names=_HASHED).combine_chunks()


def with_leaves(events: pa.Table, leaves: Sequence[bytes]) -> pa.Table:
    """Events of `placed` with their leaves, as `GROWN_SCHEMA`."""
    return pa.table([*events.columns, pa.array(leaves, pa.binary())], GROWN_SCHEMA)


def leaf_contents(events: pa.Table) -> Iterator[list[bytes]]:
    """What the leaves of events hash, in pieces: the prefix and `merkle.leaf_data`.

    Args:
        events: the columns of `STORED_SCHEMA` or `GROWN_SCHEMA`; the leaf is not looked at.
    """
    for batch in events.select(_HASHED).cast(_HASHED_SCHEMA).to_batches():
        position, stream, version, topic, state = batch.columns
        numbers = (position, version, pc.binary_length(stream), pc.binary_length(topic))
        heads = pc.binary_join_element_wise(*(number.cast(pa.string()) for number in numbers), " ")
        yield pc.binary_join_element_wise(
            b"\x00", heads.cast(pa.binary()), b" ", stream, topic, state, b""
        ).to_pylist()


def short_leaves(leaves: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The first eight bytes of each leaf as a number: enough to say which of some events is another one."""
    whole = leaves.combine_chunks() if isinstance(leaves, pa.ChunkedArray) else leaves
    # One that somebody has cut short is filled up: it is another one, too.
    filled = pc.binary_join_element_wise(whole.fill_null(b""), bytes(_SHORT), b"")
    first = pc.binary_slice(filled, 0, _SHORT)
    _, offsets, values = first.buffers()
    start = memoryview(offsets).cast("i")[first.offset]
    return pa.Array.from_buffers(pa.int64(), len(first), [None, values.slice(start, _SHORT * len(first))])


def _numbers(joined: bytes | None, kind: pa.DataType) -> pa.Array:
    return pc.split_pattern(pa.array([(joined or b"").decode()]), ",").flatten().cast(kind)
