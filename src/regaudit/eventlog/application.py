"""The log as an `eventsourcing` application: text stream ids, fixed topics, canonical JSON.

Canonical JSON has its keys sorted and no white space, in UTF-8, so that SQL can read it and equal states have
equal bytes.
"""

import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import msgspec
from eventsourcing.application import Application
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    InfrastructureFactory,
    Mapper,
    PersistenceError,
    StoredEvent,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType

from regaudit.base.errors import LogError
from regaudit.base.store_failures import store_failure
from regaudit.catalogue.events import LogEvent, read_event, state_of
from regaudit.eventlog.sqlite.recorder import AppendOnlyRecorder
from regaudit.eventlog.sqlite.store import AppendOnlyFactory

_encoder = msgspec.json.Encoder(order="sorted")


class CanonicalJson(Transcoder):
    """Event states as canonical JSON: equal states have equal bytes."""

    def encode(self, obj: Any) -> bytes:
        """The canonical JSON of a state."""
        return _encoder.encode(obj)

    def decode(self, data: bytes) -> Any:
        """The state that JSON bytes stand for."""
        return msgspec.json.decode(data)


class EventMapper(Mapper[str]):
    """Events of the catalogue as they are stored: their states neither compressed nor encrypted.

    The library's own knows no classes without a `__dict__`, and looks topics up as Python modules.
    """

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The event as it is stored.

        Raises:
            ValueError: a field has another type than the catalogue says.
        """
        event = cast("LogEvent", domain_event)
        state = self.transcoder.encode(state_of(event))
        return StoredEvent(event.originator_id, event.originator_version, event.TOPIC, state)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The event that was stored.

        Raises:
            UnreadableEventError: its state is not what the catalogue says.
        """
        stream, version, topic = (
            str(stored_event.originator_id),
            stored_event.originator_version,
            stored_event.topic,
        )
        try:
            return read_event(stream, version, topic, stored_event.state)
        except ValueError as error:
            raise UnreadableEventError(stream, version, topic, str(error)) from error


class UnreadableEventError(Exception):
    """A stored event is not what the catalogue says of its topic; `reason` is Chinese."""

    def __init__(self, stream: str, version: int, topic: str, reason: str) -> None:
        super().__init__(stream, version, topic, reason)
        self.stream, self.version, self.topic, self.reason = stream, version, topic, reason


class LogApplication(Application[str]):
    """Wires our recorder and transcoder; takes nothing from the process's environment variables."""

    name = "regaudit"

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Only what is given: no environment variables."""
        return Environment(name, dict(env or {}))

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Makes our recorder."""
        return AppendOnlyFactory(env)

    def construct_transcoder(self) -> Transcoder:
        """Canonical JSON."""
        return CanonicalJson()

    def construct_mapper(self) -> Mapper[str]:
        """Events of the catalogue."""
        return EventMapper(transcoder=self.construct_transcoder())


def open_application(path: Path, *, is_new: bool, patience: int) -> LogApplication:
    """Open the log in a file.

    Args:
        path: the file.
        is_new: make the file and its tables where there are none. A log that is there stays as it is: what
            somebody took away from it is for a verification to see.
        patience: for how many seconds a reader waits for a writer, and a writer for readers.

    Raises:
        LogError: the file is no event log, or it cannot be opened or made.
    """
    env = {
        "SQLITE_DBNAME": f"file:{path}",
        "SQLITE_LOCK_TIMEOUT": str(patience),
        "ORIGINATOR_ID_TYPE": "text",
        "CREATE_TABLE": "yes" if is_new else "no",
    }
    opened = ExitStack()
    try:
        application = LogApplication(env=env)
        opened.callback(application.close)
        store = cast("AppendOnlyRecorder", application.recorder).datastore
        with store.transaction(commit=False):  # so that what is no database is told here
            opened.pop_all()
            return application
    except (PersistenceError, sqlite3.Error, UnicodeDecodeError) as error:
        raise LogError(f"事件日志 {path} 无法打开:{error}。{store_failure(error).advice}") from error
    finally:
        opened.close()
