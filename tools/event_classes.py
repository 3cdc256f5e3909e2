"""Makes `src/regaudit/catalogue/event_types.py` from `events/*.toml`; `make docs` writes it.

A type checker sees each kind of event as a class with the fields that its TOML file names.
"""

import textwrap
from collections.abc import Iterator, Mapping

from regaudit.catalogue.event_kinds import EventKind, Field, catalogue, empty, told_as

PATH = "src/regaudit/catalogue/event_types.py"
_WIDTH = 110
_PLAIN = {"text": "str", "integer": "int", "boolean": "bool"}
_HEAD = '''"""The events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from typing import ClassVar

from msgspec import Struct, field

from regaudit.catalogue.event_kinds import LogEvent
'''


def module() -> str:
    """The module's text."""
    kinds = catalogue().values()
    classes = [text for kind in kinds for text in _classes(kind)]
    return "\n\n".join([_HEAD, *classes])


def _classes(kind: EventKind) -> Iterator[str]:
    """The objects in a kind's fields, then the kind itself."""
    for name, members in kind.objects.items():
        about = f"In `{kind.class_name}`."
        yield _class(f"{name}(Struct, frozen=True, kw_only=True, omit_defaults=True)", about, "", members)
    topic = f'    TOPIC: ClassVar[str] = "{kind.topic}"\n\n'
    first_sentence = kind.about.split(". ")[0]
    yield _class(
        f"{kind.class_name}(LogEvent, frozen=True, kw_only=True)", first_sentence, topic, kind.fields
    )


def _class(head: str, about: str, first: str, fields: Mapping[str, Field]) -> str:
    lines = "".join(f"    {name}: {_annotation(field)}\n" for name, field in fields.items())
    summary = textwrap.shorten(about, _WIDTH - len('    """."""'), placeholder=" ...").removesuffix(".")
    return f'class {head}:\n    """{summary}."""\n\n{first}{lines}'


def _annotation(field: Field) -> str:
    type_name = told_as(
        field.type,
        plain=lambda name: _PLAIN.get(name, name),
        array=lambda inner: f"list[{inner}]",
        mapping=lambda inner: f"dict[str, {inner}]",
        nullable=lambda inner: f"{inner} | None",
    )
    return f"{type_name} = {_default(empty(field.type))}" if field.optional else type_name


def _default(value: object) -> str:
    if value == "":
        return '""'
    return f"field(default_factory={type(value).__name__})" if isinstance(value, list | dict) else repr(value)
