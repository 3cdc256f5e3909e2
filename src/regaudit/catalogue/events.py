"""The event catalogue's door: the class of every kind of event, and stored states read as events.

The kinds we ship have classes in `event_types`, made from `events/*.toml` by `make docs`; one that has a TOML
file alone gets its class when it is asked for. Names of fields are checked when an event is made, their types
when it is stored and when it is read: what is not in the catalogue cannot get into the log.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import defstruct

from regaudit.base.tomltext import in_chinese
from regaudit.catalogue import event_types
from regaudit.catalogue.event_kinds import EventKind, Field, LogEvent, catalogue, empty, told_as

__all__ = ["EventKind", "EventReader", "LogEvent", "catalogue", "event_class", "read_event", "state_of"]

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_PLAIN: dict[str, Any] = {"text": str, "integer": int, "boolean": bool}


@cache
def event_class(topic: str) -> Any:
    """The class of a kind of event that is known by its topic alone; else import it from `event_types`.

    Raises:
        KeyError: no such topic in the catalogue.
    """
    kind = catalogue()[topic]
    shipped: type[Any] | None = getattr(event_types, kind.class_name, None)
    return shipped if getattr(shipped, "TOPIC", None) == topic and shipped else made_class(kind)


def made_class(kind: EventKind) -> type[LogEvent]:
    """A class like those of `event_types`, from the catalogue alone."""
    types = dict(_PLAIN)
    for name, members in kind.objects.items():
        types[name] = defstruct(
            name, _fields(members, types), frozen=True, kw_only=True, omit_defaults=True, module=__name__
        )
    made: type[Any] = defstruct(
        kind.class_name,
        _fields(kind.fields, types),
        bases=(LogEvent,),
        namespace={"TOPIC": kind.topic, "__doc__": kind.about},
        frozen=True,
        kw_only=True,
        module=__name__,
    )
    return made


def _fields(fields: Mapping[str, Field], types: Mapping[str, Any]) -> list[Any]:
    """Names and types as `defstruct` takes them, with what an optional field is when it is left out."""
    made = {
        name: told_as(
            field.type,
            plain=types.__getitem__,
            array=lambda inner: list[inner],  # type: ignore[valid-type]
            mapping=lambda inner: dict[str, inner],  # type: ignore[valid-type]
            nullable=lambda inner: inner | None,
        )
        for name, field in fields.items()
    }
    return [
        (name, made[name], empty(field.type)) if field.optional else (name, made[name])
        for name, field in fields.items()
    ]


def state_of(event: LogEvent) -> dict[str, Any]:
    """The fields of an event by name, as they are stored: what is optional and empty is left out.

    Raises:
        ValueError: a field has another type than the catalogue says, and could not be read back (Chinese).
    """
    state: dict[str, Any] = msgspec.to_builtins(event)
    try:
        msgspec.convert(state, type(event))
    except msgspec.ValidationError as error:
        raise ValueError(f"{event.TOPIC}:{in_chinese(str(error))}") from error
    del state["originator_id"], state["originator_version"]
    return state


def read_event(stream: str, version: int, topic: str, state: bytes | str) -> LogEvent:
    """The event that a stored state is: what its kind has no field for is passed over.

    Raises:
        ValueError: no such kind, or the state lacks a field or has one of another type (Chinese).
    """
    try:
        of_kind = event_class(topic)
    except KeyError as error:
        raise ValueError(f"事件目录中没有 {topic}") from error
    try:
        fields = _decode(state)
        fields["originator_id"], fields["originator_version"] = stream, version
        read: LogEvent = msgspec.convert(fields, of_kind)
    except msgspec.ValidationError as error:
        raise ValueError(in_chinese(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"内容不是 JSON({error})") from error
    return read


class EventReader:
    """Reads many stored states, several times as fast as `read_event`."""

    def __init__(self) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[LogEvent]] = {}

    def __call__(self, stream: str, version: int, topic: str, state: bytes | str) -> LogEvent:
        """The event that a stored state is.

        Raises:
            ValueError: as with `read_event`.
        """
        body = state.encode() if isinstance(state, str) else state
        head = b'{"originator_id":%b,"originator_version":%d' % (msgspec.json.encode(stream), version)
        try:
            decoder = self._decoders.get(topic)
            if decoder is None:
                decoder = self._decoders[topic] = msgspec.json.Decoder(event_class(topic))
            return decoder.decode(head + (b"," if len(body) > len(b"{}") else b"") + body[1:])
        except (KeyError, msgspec.MsgspecError, UnicodeDecodeError):
            return read_event(stream, version, topic, state)
