"""A log as it lies in its store: what it says of itself, its events, and the tree that proves them."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self, cast

import pyarrow as pa
from eventsourcing.persistence import PersistenceError

from regaudit.base.errors import LogError
from regaudit.base.settings import Store
from regaudit.eventlog.batches import LEAFED_SCHEMA, STORED_SCHEMA
from regaudit.eventlog.blocks import Block
from regaudit.eventlog.sqlite.recorder import AppendOnlyRecorder
from regaudit.eventlog.stores import advice, open_store
from regaudit.eventlog.tree.covered import Cover
from regaudit.eventlog.tree.merkle import Hasher, hasher
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_verifier_key
from regaudit.eventlog.tree.reread import held
from regaudit.eventlog.tree.stored import StoredTree, load_edge

FORMAT = "1"


class ProvenLog:
    """The log of one workspace, opened: its size, checkpoints, roots and proofs."""

    def __init__(self, home: Path, store: Store | None, *, patience: int) -> None:
        """Open the log of the workspace in `home`, in the store that its settings say or the one given.

        `patience` is for how many seconds it waits for what others do in it.

        Raises:
            LogError: there is none, it is no event log, or it cannot be opened.
        """
        self.home = home
        self._application, self.place = open_store(home, store, patience=patience)
        self._recorder = cast("AppendOnlyRecorder", self._application.recorder)
        try:
            facts = self._recorder.facts()
            self.origin, self._first_key, self.hashing = _read_facts(facts)
            self._recorder.cover = Cover(self._first_key, self.place)
        except PersistenceError as error:
            self.close()
            raise LogError(f"事件日志 {self.place} 无法读取:{error}。{advice(error)}") from error
        except (KeyError, ValueError) as error:
            self.close()
            raise LogError(
                f"事件日志 {self.place} 的 log_facts 表不完整或已损坏:建立时中断的,请重新运行 regaudit init;"
                "已有记录的,请从备份恢复"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._application.close()
        self._recorder.close_file()

    def facts(self) -> dict[str, str]:
        """What the log says of itself: format, origin, hash and first key."""
        return self._recorder.facts()

    def position(self) -> int:
        """The position of the last event that a checkpoint covers; 0 when the log is empty.

        Raises:
            LogError: the last checkpoint is missing, or nobody who may has signed it.
        """
        with self._recorder.tree() as store:
            return min(store.last_position(), self._recorder.cover.size(store))

    def stored_position(self) -> int:
        """The position of the last record, which may be none of the log's: for a verification."""
        return self._recorder.max_notification_id() or 0

    def checkpoints(self) -> list[tuple[int, str]]:
        """Sizes and notes of all checkpoints, the smallest first: one a transaction."""
        return self._recorder.checkpoints()

    def last_checkpoint(self) -> tuple[int, str]:
        """Size and note of the last checkpoint.

        Raises:
            LogError: there is none.
        """
        with self._recorder.tree() as store:
            last = store.last_checkpoint()
        if last is None:
            raise LogError(f"事件日志 {self.place} 没有检查点:检查点被删除。请运行 regaudit verify 查明")
        return last

    def checkpoint_covering(self, position: int) -> tuple[int, str] | None:
        """Size and note of the first checkpoint that covers a position: that of its transaction."""
        return self._recorder.checkpoint_covering(position)

    def root(self, size: int) -> bytes:
        """The root of the tree over the first `size` events.

        Raises:
            LogError: leaves or nodes are missing.
        """
        with self._recorder.tree() as store:
            return StoredTree(self.hashing, store).root(size)

    def inclusion_proof(self, position: int, size: int) -> list[bytes]:
        """The proof that the event at `position` is in the tree over the first `size` events.

        Raises:
            ValueError: it is not.
            LogError: leaves or nodes are missing.
        """
        with self._recorder.tree() as store:
            return StoredTree(self.hashing, store).inclusion(position - 1, size)

    def consistency_proof(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree over the first `new` events begins with that over the first `old`.

        Raises:
            ValueError: `old` is not between 0 and `new`.
            LogError: leaves or nodes are missing.
        """
        with self._recorder.tree() as store:
            return StoredTree(self.hashing, store).consistency(old, new)

    def stored_nodes(self, level: int, first: int, stop: int) -> Sequence[bytes]:
        """The stored hashes of a level with `first` ≤ number < `stop`; fewer where some are missing."""
        with self._recorder.tree() as store:
            return store.hashes(level, first, stop)

    def read(self, *, after: int = 0, upto: int | None = None) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` in order, as Arrow tables of `batches.EVENT_SCHEMA`."""
        return self._recorder.read(after=after, upto=self.position() if upto is None else upto)

    def read_held(self, *, after: int, upto: int) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` in order, as Arrow tables of `batches.LEAFED_SCHEMA`.

        All of them are hashed anew: who has taken the last has read what the tree was made of, and what the
        last checkpoint signed where `upto` is its size.

        Raises:
            pa.ArrowInvalid: a stored value is not of its column's type.
            LogError: an event is not the one that the tree was made of, or one is missing.
        """
        if after >= upto:
            return iter(())
        with self._recorder.tree() as store:
            size, note = self._recorder.cover.last(store)
            root = parse_checkpoint(note).root if size == upto else StoredTree(self.hashing, store).root(upto)
            edge = load_edge(self.hashing, store, after)
        pages = self._recorder.read(after=after, upto=upto, schema=LEAFED_SCHEMA)
        return held(self.hashing, edge, pages, upto, root)

    def read_stored(self, *, after: int, upto: int) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` in order with their leaves, as `batches.STORED_SCHEMA`.

        Raises:
            pa.ArrowInvalid: a stored value is not of its column's type.
        """
        return self._recorder.read(after=after, upto=upto, schema=STORED_SCHEMA)

    def digests(self, blocks: Sequence[Block]) -> Iterator[str | None]:
        """The digests of blocks as the log has them now; None where a block's events are not all there."""
        return self._recorder.digests(blocks)

    def stretches(self, known: Container[Block], after: int = 0) -> Iterator[Block]:
        """Stretches of events, each with a digest of the bytes in which the log keeps them.

        Where they are the same they hold the same events. Not all events are in one, perhaps none. Of those
        `known` nothing but the bytes is looked at; those that end `after` no later position are left out.
        """
        return self._recorder.stretches(known, after)

    def read_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as Arrow tables of `batches.EVENT_SCHEMA`."""
        return self._recorder.select_streams(ids)

    def read_prefix(self, prefix: str, *, after: int = 0, upto: int | None = None) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` of all streams that begin so, as `batches.EVENT_SCHEMA`."""
        return self._recorder.select_prefix(prefix, after, upto)

    def stored_prefix(self, prefix: str) -> Iterator[pa.Table]:
        """As `read_prefix`, with what no checkpoint covers: for a verification."""
        return self._recorder.select_prefix(prefix, 0, is_covered=False)

    def stored_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """As `read_streams`, with what no checkpoint covers: for a verification."""
        return self._recorder.select_streams(ids, is_covered=False)


def _read_facts(facts: Mapping[str, str]) -> tuple[str, VerifierKey, Hasher]:
    if facts["format"] != FORMAT:
        raise ValueError(f"unknown format {facts['format']!r}")
    return facts["origin"], parse_verifier_key(facts["key"]), hasher(facts["hash"])
