"""The event catalogue: `events/*.toml` become event classes with fixed topics.

A topic is written into every stored event, so it must not depend on where a class lives. Fields are
checked when an event is made: what is not in the catalogue cannot get into the log.
"""

import tomllib
from functools import cache
from typing import Any, ClassVar

from eventsourcing.domain import HasOriginatorIDVersion
from eventsourcing.utils import register_topic
from msgspec import Struct

from regaudit.catalogue.content import events_dir


class EventKind(Struct, frozen=True, kw_only=True):
    """One kind of event as its TOML file describes it."""

    topic: str
    version: int
    title: str
    stream: str
    about: str
    fields: dict[str, str]
    optional: list[str] = []
    example: dict[str, Any]


class LogEvent(HasOriginatorIDVersion[str]):
    """An event of our log: its stream, its version there, and the catalogue's fields as attributes."""

    TOPIC: ClassVar[str]
    kind: ClassVar[EventKind]

    def __init__(self, stream: str, version: int, **state: Any) -> None:
        """Make an event of the given stream and version.

        Raises:
            ValueError: a field is missing or not in the catalogue.
        """
        lacking = set(self.kind.fields) - set(self.kind.optional) - set(state)
        if wrong := ", ".join(sorted(lacking | (set(state) - set(self.kind.fields)))):
            raise ValueError(f"{self.kind.topic}: fields missing or unknown: {wrong}")
        self.__dict__.update(state, originator_id=stream, originator_version=version)


@cache
def catalogue() -> dict[str, EventKind]:
    """Every kind of event by topic, from `events/*.toml`."""
    kinds = (
        EventKind(**tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(events_dir().glob("*.toml"))
    )
    return {kind.topic: kind for kind in kinds}


@cache
def event_class(topic: str) -> type[LogEvent]:
    """The class of a kind of event, registered under its topic.

    Raises:
        KeyError: no such topic in the catalogue.
    """
    kind = catalogue()[topic]
    name = "".join(word.capitalize() for word in topic.split("-"))
    attributes = {"TOPIC": topic, "class_version": kind.version, "kind": kind, "__doc__": kind.about}
    made = type(name, (LogEvent,), attributes | {"__orig_bases__": (HasOriginatorIDVersion[str],)})
    register_topic(topic, made)
    return made


def register_events() -> None:
    """Make every event class known, so that stored events can be read back."""
    for topic in catalogue():
        event_class(topic)
