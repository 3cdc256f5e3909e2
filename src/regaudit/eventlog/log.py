"""The event log as an `eventsourcing` application: streams of events in one SQLite file.

Text stream ids, a fixed topic for each kind of event, canonical JSON (keys sorted, no white space, UTF-8)
that SQL can read.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import pyarrow as pa
from eventsourcing.application import Application
from eventsourcing.persistence import (
    InfrastructureFactory,
    Mapper,
    PersistenceError,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType

from regaudit.catalogue import LogEvent, event_class, register_events
from regaudit.errors import LogError
from regaudit.eventlog.blocks import Block
from regaudit.eventlog.recorder import AppendOnlyFactory, AppendOnlyRecorder, Row

LOG_FILE = "events.sqlite"
_encoder = msgspec.json.Encoder(order="sorted")


class CanonicalJson(Transcoder):
    """Event states as canonical JSON: equal states have equal bytes."""

    def encode(self, obj: Any) -> bytes:
        """The canonical JSON of a state."""
        return _encoder.encode(obj)

    def decode(self, data: bytes) -> Any:
        """The state that JSON bytes stand for."""
        return msgspec.json.decode(data)


class _Application(Application[str]):
    """Wires our recorder and transcoder; takes nothing from the process's environment variables."""

    name = "regaudit"

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        return Environment(name, dict(env or {}))

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return AppendOnlyFactory(env)

    def construct_transcoder(self) -> Transcoder:
        return CanonicalJson()

    def construct_mapper(self) -> Mapper[str]:
        return Mapper(transcoder=self.construct_transcoder())


class EventLog:
    """Appends to and reads from the log of one workspace."""

    def __init__(self, home: Path) -> None:
        """Open the log in `home`, making its file when there is none.

        Raises:
            LogError: the file is no event log or cannot be opened.
        """
        register_events()
        self.path = home / LOG_FILE
        try:
            self._application = _Application(
                env={"SQLITE_DBNAME": f"file:{self.path}", "ORIGINATOR_ID_TYPE": "text"}
            )
        except (PersistenceError, sqlite3.Error) as error:
            raise LogError(
                f"事件日志 {self.path} 无法打开:{error}。请检查文件权限与磁盘,勿删除该文件"
            ) from error
        self._recorder = cast("AppendOnlyRecorder", self._application.recorder)

    def __enter__(self) -> "EventLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._application.close()

    def position(self) -> int:
        """The position of the last event; 0 when the log is empty."""
        return self._recorder.max_notification_id() or 0

    def version(self, stream: str) -> int:
        """The version of a stream's last event; 0 when it has none."""
        last = self._recorder.select_events(stream, desc=True, limit=1)
        return last[0].originator_version if last else 0

    def events(self, stream: str) -> Iterator[LogEvent]:
        """The events of one stream, in order."""
        return cast("Iterator[LogEvent]", self._application.events.get(stream))

    def events_after(self, stream: str, position: int) -> list[LogEvent]:
        """The events of one stream that stand behind a position of the log, in order."""
        first = self._recorder.first_version_after(stream, position)
        return [] if first is None else list(cast("Any", self._application.events.get(stream, gt=first - 1)))

    def append(self, topic: str, stream: str, **state: Any) -> LogEvent:
        """Append one event as the next of its stream.

        Raises:
            LogError: the store refused it; nothing was stored.
        """
        event = event_class(topic)(stream, self.version(stream) + 1, **state)
        self.append_all([event])
        return event

    def append_all(self, events: Sequence[LogEvent]) -> None:
        """Append events, whose versions are set, in one transaction: all of them or none.

        Raises:
            LogError: the store refused them; nothing was stored.
        """
        try:
            self._application.save(*cast("Any", events))
        except PersistenceError as error:
            raise LogError(f"事件日志 {self.path} 写入失败,未写入任何事件:{error}") from error

    def append_batches(self, batches: Iterable[Sequence[Row]]) -> tuple[int, int]:
        """Append stored rows in one transaction; the path for imports.

        Returns:
            The last position before and after.

        Raises:
            LogError: the store refused them; nothing was stored.
        """
        try:
            return self._recorder.append_batches(batches)
        except PersistenceError as error:
            raise LogError(f"事件日志 {self.path} 写入失败,未写入任何事件:{error}") from error

    def stored_row(self, event: LogEvent) -> Row:
        """An event as the recorder stores it, for `append_batches`."""
        stored = self._application.mapper.to_stored_event(cast("Any", event))
        return str(stored.originator_id), stored.originator_version, stored.topic, stored.state

    def read(self, *, after: int = 0, upto: int | None = None) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` in order, as Arrow tables of `recorder.EVENT_SCHEMA`."""
        return self._recorder.read(after=after, upto=self.position() if upto is None else upto)

    def digests(self, blocks: Sequence[Block]) -> Iterator[str | None]:
        """The digests of blocks as the log has them now; None where a block's events are not all there."""
        return self._recorder.digests(blocks)

    def read_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as Arrow tables of `recorder.EVENT_SCHEMA`."""
        return self._recorder.select_streams(ids)
