"""Makes the package `src/regaudit/catalogue/event_types` from `events/*.toml`; `make docs` writes it.

A type checker sees each kind of event as a class with the fields that its TOML file names. One module for
each first word of a topic, and a package that shows them all.
"""

import textwrap
from collections.abc import Iterator, Mapping
from itertools import chain, groupby

from regaudit.catalogue.event_kinds import EventKind, Field, catalogue, empty, told_as

PACKAGE = "regaudit.catalogue.event_types"
FOLDER = f"src/{PACKAGE.replace('.', '/')}"
_WIDTH = 110
_PLAIN = {"text": "str", "integer": "int", "boolean": "bool"}
_HEAD = '''"""{about}: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""
'''


def modules() -> dict[str, str]:
    """The text of each module of the package, by its path in the repository."""
    kinds = sorted(catalogue().values(), key=_word)
    groups = {f"{word}_events": list(group) for word, group in groupby(kinds, key=_word)}
    texts = {name: _module(name.replace("_", " "), group) for name, group in groups.items()}
    return {f"{FOLDER}/{name}.py": text for name, text in {**texts, "__init__": _package(groups)}.items()}


def _word(kind: EventKind) -> str:
    """The first word of its topic."""
    return kind.topic.partition("-")[0]


def _package(groups: Mapping[str, list[EventKind]]) -> str:
    """The text of the package itself: every class under one name."""
    head = _HEAD.format(about="The events of our log as classes")
    names = {
        name: sorted({kind.class_name for kind in kinds} | {made for kind in kinds for made in kind.objects})
        for name, kinds in groups.items()
    }
    lines = [_import(f"{PACKAGE}.{name}", of_one) for name, of_one in names.items()]
    every = "".join(f'    "{name}",\n' for name in sorted(chain.from_iterable(names.values())))
    return f"{head}\n{''.join(lines)}\n__all__ = [\n{every}]\n"


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}\n"
    if len(line) <= _WIDTH + 1:
        return line
    return f"from {module} import (\n{''.join(f'    {name},' + chr(10) for name in names)})\n"


def _module(about: str, kinds: list[EventKind]) -> str:
    made: dict[str, Mapping[str, Field]] = {}
    texts = [text for kind in kinds for text in _classes(kind, made)]
    body = "\n\n".join(texts)
    used = [name for name, sign in (("Struct", "(Struct"), ("field", "field(")) if sign in body]
    imports = ["from typing import ClassVar\n"]
    if used:
        imports.append(f"from msgspec import {', '.join(used)}\n")
    imports.append("from regaudit.catalogue.event_kinds import LogEvent\n")
    head = _HEAD.format(about=f"The {about} of our log as classes")
    return head + "\n" + "\n".join(imports) + "\n\n" + body


def _classes(kind: EventKind, made: dict[str, Mapping[str, Field]]) -> Iterator[str]:
    """The objects in a kind's fields that were not made already, then the kind itself."""
    for name, members in kind.objects.items():
        if made.setdefault(name, members) is not members:
            if made[name] != members:
                raise ValueError(f"{kind.topic}: another kind has {name} with other fields")
            continue
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
