"""Versions that do not follow on are found whatever the order of the streams and the cuts between tables."""

from collections import Counter

import duckdb
import pyarrow as pa
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from regaudit.eventlog.batches import STORED_SCHEMA, leaf_contents
from regaudit.eventlog.tree.merkle import leaf_data
from regaudit.proof.verify.streams import StreamVersions

Event = tuple[bytes, int]
EVENTS = st.lists(
    st.tuples(st.sampled_from([b"a", b"b", b"\xff"]), st.integers(1, 4)), min_size=1, unique=True
)


def table(events: list[Event], first: int = 1) -> pa.Table:
    """Stored events from position `first` on."""
    rows = [
        {
            "position": position,
            "originator_id": stream,
            "originator_version": version,
            "topic": b"t" * version,
            "state": stream * position,
            "leaf": bytes(32),
        }
        for position, (stream, version) in enumerate(events, start=first)
    ]
    return pa.Table.from_pylist(rows, schema=STORED_SCHEMA)


def first_fault(events: list[Event]) -> int:
    """By the definition: each version is one more than those of its stream so far."""
    seen: Counter[bytes] = Counter()
    for position, (stream, version) in enumerate(events, start=1):
        seen[stream] += 1
        if version != seen[stream]:
            return position
    return 0


def found(events: list[Event], cut: int) -> int:
    """The fault that is found when the events come in tables of `cut`."""
    with duckdb.connect() as db:
        versions = StreamVersions(db)
        for start in range(0, len(events), cut):
            versions.add(table(events[start : start + cut], start + 1))
        return versions.first_fault()


@settings(max_examples=examples(60), deadline=None)
@given(EVENTS, st.integers(1, 5))
def test_the_first_version_that_does_not_follow_on_is_found(events: list[Event], cut: int) -> None:
    assert found(events, cut) == first_fault(events)


@settings(max_examples=examples(60), deadline=None)
@given(EVENTS, st.integers(1, 5))
def test_versions_that_follow_on_are_no_fault(events: list[Event], cut: int) -> None:
    seen: Counter[bytes] = Counter()
    numbered = []
    for stream, _ in events:
        seen[stream] += 1
        numbered.append((stream, seen[stream]))
    assert found(numbered, cut) == 0


@settings(max_examples=examples(60), deadline=None)
@given(EVENTS, st.integers(0, 3))
def test_columns_give_the_leaf_data_that_rows_give(events: list[Event], skipped: int) -> None:
    stored = pa.concat_tables([table(events), table(events, 98)]).slice(skipped)
    rows = [[row[name] for name in STORED_SCHEMA.names[:-1]] for row in stored.to_pylist()]
    contents = [bytes(content) for piece in leaf_contents(stored) for content in piece]
    assert contents == [b"\x00" + leaf_data(*row) for row in rows]
