"""What `events/*.toml` say: the kinds of event, and the types of their fields.

A type is `text`, `integer`, `boolean` or the name of one of the kind's `[objects]`; `array of` or `map of` a
type, a map's keys being text; and any of these `or null`. An optional field is left out where it is empty: 0,
false, an empty text, array or map, null.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, TypeVar

from msgspec import Struct, convert

from regaudit.catalogue.content import events_dir

T = TypeVar("T")
_NULL, _ARRAY, _MAP = " or null", "array of ", "map of "
_EMPTY = {"text": "", "integer": 0, "boolean": False}


class Field(Struct, frozen=True, forbid_unknown_fields=True):
    """A field of an event, or a member of an object in one: its type, and what it says."""

    type: str
    optional: bool = False
    about: str = ""


class EventKind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of event as its TOML file describes it; `objects` are those that its fields hold."""

    topic: str
    version: int
    title: str
    stream: str
    about: str
    objects: dict[str, dict[str, Field]] = {}
    fields: dict[str, Field]
    example: dict[str, Any]

    @property
    def class_name(self) -> str:
        """The name of its class: `StepRecorded` for `step-recorded`."""
        return "".join(word.capitalize() for word in self.topic.split("-"))


class LogEvent(Struct, frozen=True, omit_defaults=True):
    """An event of our log: its stream, its version there, and behind them the fields of its kind.

    `TOPIC` is written into every stored event, so it must not depend on where a class lives.
    """

    TOPIC: ClassVar[str]

    originator_id: str
    originator_version: int


@cache
def catalogue() -> dict[str, EventKind]:
    """Every kind of event by topic, from `events/*.toml`.

    Raises:
        msgspec.ValidationError: a file lacks something, or says what no kind of event has.
    """
    kinds = (
        convert(tomllib.loads(path.read_text(encoding="utf-8")), EventKind)
        for path in sorted(events_dir().glob("*.toml"))
    )
    return {kind.topic: kind for kind in kinds}


def told_as(
    type_name: str,
    *,
    plain: Callable[[str], T],
    array: Callable[[T], T],
    mapping: Callable[[T], T],
    nullable: Callable[[T], T],
) -> T:
    """A field's type told as something else, from the inside outwards.

    Args:
        type_name: as a TOML file has it.
        plain: of `text`, `integer`, `boolean` or the name of an object.
        array: of an array, from that of its elements.
        mapping: of a map, from that of its values.
        nullable: of what may be null.
    """

    def inner(name: str) -> T:
        return told_as(name, plain=plain, array=array, mapping=mapping, nullable=nullable)

    if type_name.endswith(_NULL):
        return nullable(inner(type_name.removesuffix(_NULL)))
    if type_name.startswith(_ARRAY):
        return array(inner(type_name.removeprefix(_ARRAY)))
    if type_name.startswith(_MAP):
        return mapping(inner(type_name.removeprefix(_MAP)))
    return plain(type_name)


def empty(type_name: str) -> Any:
    """What a left-out field of a type is read as.

    Raises:
        KeyError: an object has no empty form; it may be `or null`.
    """
    if type_name.endswith(_NULL):
        return None
    if type_name.startswith(_ARRAY):
        return []
    return {} if type_name.startswith(_MAP) else _EMPTY[type_name]
