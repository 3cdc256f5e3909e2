"""The event log of a workspace: what is appended, what can be read, and the tree that proves both."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, cast

import msgspec
import pyarrow as pa

from regaudit.base.errors import LogError, VersionConflictError
from regaudit.base.folders import Folders
from regaudit.base.settings import Store
from regaudit.catalogue.events import LogEvent
from regaudit.eventlog.append_outcome import appending
from regaudit.eventlog.batches import new_table
from regaudit.eventlog.high_water import HighWater
from regaudit.eventlog.lock import Writer, append_lock
from regaudit.eventlog.proven_log import ProvenLog
from regaudit.eventlog.streams import E, StreamReader
from regaudit.eventlog.tree import keys
from regaudit.eventlog.tree.covered import KEYS_STREAM
from regaudit.eventlog.tree.growth import GrowingStore, Growth, checked_edge
from regaudit.eventlog.tree.notes import (
    Checkpoint,
    Signer,
    VerifierKey,
    parse_note,
    parse_verifier_key,
    sign_note,
)
from regaudit.eventlog.tree.stored import StoredTree

ACKNOWLEDGEMENTS = "acknowledgements"
"""The stream of what somebody has given the reason of that contradicts the log."""
_TRIES = 5
# Of more events than these it pays to leave out what asks before each one.
_FEW = 100
P = ParamSpec("P")


class EventLog(ProvenLog, StreamReader):
    """Appends to and reads from the log of one workspace.

    Every append is one transaction that ends with a checkpoint over all events so far, signed with the
    workspace's private key.
    """

    def __init__(self, home: Path, store: Store | None = None, writer: Writer | None = None) -> None:
        """Open the log of the workspace in `home`.

        Args:
            home: the workspace.
            store: where its log is; without it, where the settings say.
            writer: who appends, and how long it waits for others who do.

        Raises:
            LogError: there is none, it is no event log, or it cannot be opened.
        """
        self.writer, self._held = writer or Writer(), threading.local()
        self.mark, self._sealed = HighWater(home), ""
        super().__init__(home, store, patience=self.writer.patience)
        self._signers: list[Signer] = []
        self.inspection = self._recorder.inspection()
        self._recorder.growth = Growth(self.hashing, self._seal, self._check)

    def version(self, stream: str) -> int:
        """The version of a stream's last event; 0 when it has none."""
        last = self._recorder.select_events(stream, desc=True, limit=1)
        return last[0].originator_version if last else 0

    def versions(self, streams: Iterable[str]) -> dict[str, int]:
        """The versions of the last events of many streams, at once; those without any event are left out."""
        return self._recorder.versions(streams)

    def key_history(self, *, is_covered: bool = True) -> list[tuple[int, VerifierKey]]:
        """Every verifier key of the log with the position of the event that introduced it; the first has 0.

        A key is in force from that position on, until the next one is. Only a verification takes what no
        checkpoint covers.

        Raises:
            LogError: an event of the keys' stream is damaged.
        """
        tables = self._recorder.select_streams([KEYS_STREAM], is_covered=is_covered)
        rows = [row for table in tables for row in table.to_pylist()]
        rows.sort(key=lambda row: row["position"])
        later = self._introduced(row["state"] for row in rows)
        return [(0, self._first_key), *zip((row["position"] for row in rows), later, strict=True)]

    def _introduced(self, states: Iterable[str | bytes]) -> list[VerifierKey]:
        try:
            return [parse_verifier_key(msgspec.json.decode(state)["verifier_key"]) for state in states]
        except (ValueError, KeyError, TypeError) as error:
            raise LogError(
                f"事件日志 {self.place} 中更换密钥的记录已损坏,请运行 regaudit verify 查明"
            ) from error

    def verifier_keys(self) -> list[VerifierKey]:
        """Every verifier key that the log ever had; the last is in force."""
        return [key for _, key in self.key_history()]

    def signer(self) -> Signer:
        """The private key in force.

        Raises:
            KeyFileError: it is missing, damaged, or another log's.
        """
        if not self._signers:
            # A change of keys that is under way is nothing that was cut off.
            is_changing = (Folders(self.home).keys / keys.NEXT).exists()
            with self.alone() if is_changing else nullcontext():
                self._signers = [keys.signer_in_force(self.home, self.verifier_keys())]
        return self._signers[-1]

    def _check(self, store: GrowingStore) -> None:
        """Refuse a log other than was written to, and a key out of force: others may have changed it."""
        verifiers = self._check_mark(store)
        if self._signers[0].verifier != verifiers[-1]:
            self._signers = [keys.signer_in_force(self.home, verifiers)]

    def _check_mark(self, store: GrowingStore) -> list[VerifierKey]:
        """Refuse a log that does not extend what this workspace has noted of it; returns the log's keys."""
        size, last = self._recorder.cover.last(store)
        verifiers = [self._first_key, *self._introduced(store.states(KEYS_STREAM, size))]
        note = self.mark.read()
        if note is not None and note != last:
            root = StoredTree(self.hashing, store).root
            fault = self.mark.fault(note, self.origin, verifiers, size, root)
            if fault and not self.mark.is_excused(note, store.states(ACKNOWLEDGEMENTS, size)):
                raise LogError(f"{fault}。未写入任何事件")
        return verifiers

    @contextmanager
    def signed_by(self, signers: Sequence[Signer]) -> Iterator[None]:
        """While the key is changed: checkpoints carry these keys' signatures, then the last one's alone.

        The caller is alone, so that the first of them is in force.
        """
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
            LockLostError: another process may have taken a lock from us.
        """
        with self.alone():
            self.settle()
            signer = self.signer()
            with self._recorder.tree() as store:
                checked_edge(self.hashing, store)
                self._check_mark(store)
            size, note = self.last_checkpoint()
        if not parse_note(note).signed_by([signer.verifier]):
            raise LogError(
                f"事件日志最后的检查点(第 {size} 条处)不是由现用密钥签名的,未写入任何事件:"
                "请保留现场,运行 regaudit verify 查明"
            )

    def settle(self) -> None:
        """Wait until no append is under way, on another machine either: what is read then is all there is.

        Whoever takes a lock that another has lost knows by this that nothing of that one is still to come.

        Raises:
            LogBusyError: it lasts for longer than the writer waits.
            LogError: the store failed, or lets us append nothing.
        """
        with appending(self._recorder, self.place):
            self._recorder.settled_position()

    def prove_locks(self) -> None:
        """Raise unless the writer still holds the locks that it began with; see `held.Held`."""
        self.writer.held.prove()

    def _seal(self, size: int, root: bytes) -> str:
        # Others who append wait for this transaction: who takes a lost lock from now on sees what it stores.
        self.prove_locks()
        checkpoint = Checkpoint(self.origin, size, root, self.hashing.name)
        self._sealed = sign_note(checkpoint.text(), self._signers)
        return self._sealed

    @contextmanager
    def _appending(self) -> Iterator[None]:
        """While a transaction appends; its checkpoint is noted once it is in the log."""
        with self.alone():
            self._sealed = ""
            with appending(self._recorder, self.place):
                self.signer()
                yield
            if self._sealed:
                self.mark.put(self._sealed)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While nobody else in this workspace appends: what is read stays true until it is appended to.

        Raises:
            LogBusyError: others are storing events for longer than the writer waits.
            LockLostError: another process may have taken a lock from us.
        """
        if getattr(self._held, "is_alone", False):
            yield
            return
        with append_lock(self.home, self.writer):
            self._held.is_alone = True
            self._signers = []  # it may have been changed meanwhile
            try:
                self.prove_locks()
                yield
            finally:
                self._held.is_alone = False

    def append(
        self, kind: Callable[Concatenate[str, int, P], E], stream: str, /, *none: P.args, **state: P.kwargs
    ) -> E:
        """Append one event of a kind, with its fields, as the next of its stream.

        Raises:
            LogBusyError: others are storing events for longer than the writer waits.
            LogError: the store failed or refused it, or the log is damaged at its end; nothing was stored,
                unless the message says otherwise: only the answer to the commit failed.
            KeyFileError: there is no private key to sign with.
        """

        def next_event() -> list[E]:
            return [kind(stream, self.version(stream) + 1, *none, **state)]

        [event] = self.append_next(next_event)
        return event

    def append_next(self, make: Callable[[], Sequence[E]]) -> Sequence[E]:
        """Append the events that `make` gives for the versions as they are, in one transaction.

        Where somebody on another machine was faster they are made again.

        Raises:
            LogError: as with `append`; `VersionConflictError` where others were faster each time.
            KeyFileError: there is no private key to sign with.
        """
        with self.alone():
            for tries_left in reversed(range(_TRIES)):
                events = make()
                try:
                    if len(events) <= _FEW:
                        self.append_all(events)
                    else:
                        self.append_batches([self.stored(events)])
                except VersionConflictError:
                    if not tries_left:
                        raise
                else:
                    break
        return events

    def append_all(self, events: Sequence[LogEvent]) -> None:
        """Append events, whose versions are set, in one transaction: all of them or none.

        Raises:
            LogError: as with `append`; `VersionConflictError` where a version is taken.
            KeyFileError: there is no private key to sign with.
        """
        with self._appending():
            self._application.save(*cast("Any", events))

    def append_batches(self, batches: Iterable[pa.Table]) -> tuple[int, int]:
        """Append tables of `batches.NEW_SCHEMA` in one transaction; the path for imports.

        The batches are made in another thread, while those before them are written.

        Returns:
            The last position before and after.

        Raises:
            LogError: as with `append_all`.
            KeyFileError: there is no private key to sign with.
        """
        with self._appending():
            return self._recorder.append_batches(batches)

    def stored(self, events: Iterable[LogEvent]) -> pa.Table:
        """Events as the recorder stores them, for `append_batches`."""
        return new_table(map(self._application.mapper.to_stored_event, cast("Any", events)))
