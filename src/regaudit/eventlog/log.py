"""The event log of a workspace: what is appended, what can be read, and the tree that proves both."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, cast

import msgspec
import pyarrow as pa
from eventsourcing.persistence import PersistenceError

from regaudit.base.errors import LogError
from regaudit.base.settings import Store
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.append_outcome import appending
from regaudit.eventlog.batches import STORED_SCHEMA, new_table
from regaudit.eventlog.blocks import Block
from regaudit.eventlog.sqlite.recorder import AppendOnlyRecorder
from regaudit.eventlog.stores import advice, open_store
from regaudit.eventlog.streams import E, StreamReader
from regaudit.eventlog.tree import keys
from regaudit.eventlog.tree.growth import Growth, checked_edge
from regaudit.eventlog.tree.merkle import Hasher, hasher
from regaudit.eventlog.tree.notes import (
    Checkpoint,
    Signer,
    VerifierKey,
    parse_note,
    parse_verifier_key,
    sign_note,
)
from regaudit.eventlog.tree.stored import StoredTree

KEYS_STREAM = "keys"
FORMAT = "1"
P = ParamSpec("P")


class EventLog(StreamReader):
    """Appends to and reads from the log of one workspace.

    Every append is one transaction that ends with a checkpoint over all events so far, signed with the
    workspace's private key.
    """

    def __init__(self, home: Path, store: Store | None = None) -> None:
        """Open the log of the workspace in `home`, in the store that its settings say or the one given.

        Raises:
            LogError: there is none, it is no event log, or it cannot be opened.
        """
        self.home = home
        self._application, self.place = open_store(home, store)
        self._recorder = cast("AppendOnlyRecorder", self._application.recorder)
        try:
            facts = self._recorder.facts()
            self.origin, self._first_key, self.hashing = _read_facts(facts)
        except PersistenceError as error:
            self.close()
            raise LogError(f"事件日志 {self.place} 无法读取:{error}。{advice(error)}") from error
        except (KeyError, ValueError) as error:
            self.close()
            raise LogError(
                f"事件日志 {self.place} 的 log_facts 表不完整或已损坏:建立时中断的,请重新运行 regaudit init;"
                "已有记录的,请从备份恢复"
            ) from error
        self._signers: list[Signer] = []
        self.inspection = self._recorder.inspection()
        self._recorder.growth = Growth(self.hashing, self._seal)

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._application.close()

    def facts(self) -> dict[str, str]:
        """What the log says of itself: format, origin, hash and first key."""
        return self._recorder.facts()

    def position(self) -> int:
        """The position of the last event; 0 when the log is empty."""
        return self._recorder.max_notification_id() or 0

    def version(self, stream: str) -> int:
        """The version of a stream's last event; 0 when it has none."""
        last = self._recorder.select_events(stream, desc=True, limit=1)
        return last[0].originator_version if last else 0

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

    def key_history(self) -> list[tuple[int, VerifierKey]]:
        """Every verifier key of the log with the position of the event that introduced it; the first has 0.

        A key is in force from that position on, until the next one is.

        Raises:
            LogError: an event of the keys' stream is damaged.
        """
        rows = [row for table in self.read_streams([KEYS_STREAM]) for row in table.to_pylist()]
        rows.sort(key=lambda row: row["position"])
        try:
            later = [
                (row["position"], parse_verifier_key(msgspec.json.decode(row["state"])["verifier_key"]))
                for row in rows
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise LogError(
                f"事件日志 {self.place} 中更换密钥的记录已损坏,请运行 regaudit verify 查明"
            ) from error
        return [(0, self._first_key), *later]

    def verifier_keys(self) -> list[VerifierKey]:
        """Every verifier key that the log ever had; the last is in force."""
        return [key for _, key in self.key_history()]

    def signer(self) -> Signer:
        """The private key in force.

        Raises:
            KeyFileError: it is missing, damaged, or another log's.
        """
        if not self._signers:
            self._signers = [keys.signer_in_force(self.home, self.verifier_keys())]
        return self._signers[-1]

    @contextmanager
    def signed_by(self, signers: Sequence[Signer]) -> Iterator[None]:
        """While the key is changed: checkpoints carry these keys' signatures, then the last one's alone."""
        before, self._signers = self._signers, list(signers)
        try:
            yield
        except BaseException:
            self._signers = before
            raise
        self._signers = self._signers[-1:]

    def check_writable(self) -> None:
        """Raise unless the key in force is there and the log ends as its last checkpoint says.

        Raises:
            KeyFileError: the private key is missing, damaged, or another log's.
            LogError: events, leaves, nodes or checkpoints were added, removed or changed at the end.
        """
        signer = self.signer()
        with self._recorder.tree() as store:
            checked_edge(self.hashing, store)
        size, note = self.last_checkpoint()
        if not parse_note(note).signed_by([signer.verifier]):
            raise LogError(
                f"事件日志最后的检查点(第 {size} 条处)不是由现用密钥签名的,未写入任何事件:"
                "请保留现场,运行 regaudit verify 查明"
            )

    def _seal(self, size: int, root: bytes) -> str:
        checkpoint = Checkpoint(self.origin, size, root, self.hashing.name)
        return sign_note(checkpoint.text(), self._signers)

    def append(
        self, kind: Callable[Concatenate[str, int, P], E], stream: str, /, *none: P.args, **state: P.kwargs
    ) -> E:
        """Append one event of a kind, with its fields, as the next of its stream.

        Raises:
            LogError: the store failed or refused it, or the log is damaged at its end; nothing was stored,
                unless the message says otherwise: only the answer to the commit failed.
            KeyFileError: there is no private key to sign with.
        """
        event = kind(stream, self.version(stream) + 1, *none, **state)
        self.append_all([event])
        return event

    def append_all(self, events: Sequence[LogEvent]) -> None:
        """Append events, whose versions are set, in one transaction: all of them or none.

        Raises:
            LogError: as with `append`.
            KeyFileError: there is no private key to sign with.
        """
        self.signer()
        with appending(self._recorder, self.place):
            self._application.save(*cast("Any", events))

    def append_batches(self, batches: Iterable[pa.Table]) -> tuple[int, int]:
        """Append tables of `batches.NEW_SCHEMA` in one transaction; the path for imports.

        The batches are made in another thread, while those before them are written.

        Returns:
            The last position before and after.

        Raises:
            LogError: as with `append`.
            KeyFileError: there is no private key to sign with.
        """
        self.signer()
        with appending(self._recorder, self.place):
            return self._recorder.append_batches(batches)

    def stored(self, events: Iterable[LogEvent]) -> pa.Table:
        """Events as the recorder stores them, for `append_batches`."""
        return new_table(map(self._application.mapper.to_stored_event, cast("Any", events)))

    def read(self, *, after: int = 0, upto: int | None = None) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` in order, as Arrow tables of `batches.EVENT_SCHEMA`."""
        return self._recorder.read(after=after, upto=self.position() if upto is None else upto)

    def read_stored(self, *, after: int, upto: int) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` in order with their leaves, as `batches.STORED_SCHEMA`.

        Raises:
            pa.ArrowInvalid: a stored value is not of its column's type.
        """
        return self._recorder.read(after=after, upto=upto, schema=STORED_SCHEMA)

    def digests(self, blocks: Sequence[Block]) -> Iterator[str | None]:
        """The digests of blocks as the log has them now; None where a block's events are not all there."""
        return self._recorder.digests(blocks)

    def read_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as Arrow tables of `batches.EVENT_SCHEMA`."""
        return self._recorder.select_streams(ids)


def _read_facts(facts: Mapping[str, str]) -> tuple[str, VerifierKey, Hasher]:
    if facts["format"] != FORMAT:
        raise ValueError(f"unknown format {facts['format']!r}")
    return facts["origin"], parse_verifier_key(facts["key"]), hasher(facts["hash"])
