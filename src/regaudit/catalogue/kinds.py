"""The kinds of exports: `events/kinds/*.toml` say what a row of each is, and how it gets into the log.

The file's name is the kind's. Nothing in Python knows a kind by its name: one more is one more file, with its
events beside it.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from regaudit.catalogue.columns import Column
from regaudit.catalogue.content import events_dir
from regaudit.catalogue.event_kinds import catalogue
from regaudit.catalogue.kind_parts import Guess, Same, Vanished

OFFICE = "office"
"""The column that tells the registration centre, in every kind that has one."""
IMPORT_NO = "import_no"
_ROW_FIELDS = {IMPORT_NO, "row_no"}
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


class ExportKind(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of exported rows.

    Attributes:
        name: the file's.
        title: of such an export (Chinese).
        noun: what one row is (Chinese).
        about: the same, for the documentation.
        order: a table that could be of several kinds is of the one with the lowest.
        stream: the stream of a row's event: text, columns in braces, or `import_no`.
        recorded: topic of a row that is new.
        altered: topic of a row whose identity is known with other content; without one, all of a row is its
            identity.
        extended: topic of a known row that fills `added` columns which the log has blank of it.
        content: the field of the event that has the row's columns.
        id: the field that has the row's identity.
        identity: the columns that it is made of, in order; of a list in it the first that is not blank.
        replaces: `whole`: a new export is compared as a whole with the last, and replaces it where it
            differs; else rows accumulate.
        day: the column that tells the day of a row.
        action: the column that names the action, where a mapping may make several of one row.
        takes: which means of a mapping apply, beside columns, constants and values.
        same: in which columns one action may be written in two ways; without it only equal rows are one.
        preceded_by: actions and those that come before them: an export of several tables that gives the one
            and not the other was not read whole.
        vanished: how a row is noted that is missing from an export which claims to be complete.
        columns: in order.
        guess: for drafts of a mapping.
    """

    name: str
    title: str
    noun: str
    about: str
    order: int
    stream: str
    recorded: str
    altered: str = ""
    extended: str = ""
    content: str
    id: str = ""
    identity: list[str | list[str]] = []
    replaces: Literal["nothing", "whole"] = "nothing"
    day: str = ""
    action: str = ""
    takes: list[Literal["rules", "fill"]] = []
    same: Same | None = None
    preceded_by: dict[str, list[str]] = {}
    vanished: Vanished | None = None
    columns: Annotated[dict[str, Column], Meta(min_length=1)]
    guess: Guess = Guess()

    @property
    def is_whole(self) -> bool:
        """Whether a new export replaces the last."""
        return self.replaces == "whole"

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of events that hold a row."""
        return tuple(filter(None, (self.recorded, self.altered, self.extended)))

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a table must have."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def added(self) -> tuple[str, ...]:
        """The columns that came when there were logs already."""
        return tuple(name for name, column in self.columns.items() if column.added)

    @property
    def codes(self) -> tuple[str, ...]:
        """The columns whose values the vocabulary lists."""
        return tuple(name for name, column in self.columns.items() if column.form == "code")

    @property
    def deciding(self) -> tuple[str, ...]:
        """The columns on whose meaning rules hang."""
        return tuple(name for name, column in self.columns.items() if column.decides)

    @property
    def moments(self) -> tuple[str, ...]:
        """The times, then the dates; those that are required first."""
        found = [(c.form == "date", not c.required, name) for name, c in self.columns.items() if c.is_moment]
        return tuple(name for *_, name in sorted(found, key=lambda item: item[:2]))

    @property
    def identity_parts(self) -> list[list[str]]:
        """The parts of a row's identity in order: of each the first column that is not blank."""
        parts = self.identity or list(self.columns)
        return [[part] if isinstance(part, str) else part for part in parts]

    @property
    def stream_parts(self) -> list[tuple[str, str]]:
        """The stream's pieces: text, and the column (or `import_no`) behind it; empty behind the last."""
        return [(text, name or "") for text, name, _, _ in Formatter().parse(self.stream)]

    @property
    def subject(self) -> tuple[str, ...]:
        """The columns that make the stream: what a row is about."""
        return tuple(name for _, name in self.stream_parts if name in self.columns)

    @property
    def deed(self) -> tuple[str, ...]:
        """The columns that say what was done to what, by whom and when."""
        same = (self.same.login, self.same.name) if self.same else ()
        return tuple(dict.fromkeys((*self.subject, *filter(None, (self.action, *same, self.day)))))

    def title_of(self, column: str) -> str:
        """The Chinese name of a column."""
        return self.columns[column].title

    def titled(self, column: str) -> str:
        """A column's name and its Chinese name."""
        return f"{column} {self.title_of(column)}"

    def named(self, columns: Iterable[str]) -> str:
        """Columns as they are told to people, with their Chinese names."""
        return "、".join(f"{name}({self.title_of(name)})" for name in columns)


@cache
def export_kinds() -> dict[str, ExportKind]:
    """All kinds by name, in order.

    Raises:
        ValueError: a file is no kind; tells the file and what is wrong.
    """
    kinds = [load_kind(path) for path in sorted((events_dir() / "kinds").glob("*.toml"))]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: (kind.order, kind.name))}


def kind_title(name: str) -> str:
    """What people call exports of a kind; the name itself where the kind is not known here."""
    kind = export_kinds().get(name)
    return kind.title if kind else name


def all_columns() -> dict[str, Column]:
    """The columns of all kinds by name; one that several have is the first kind's."""
    found: dict[str, Column] = {}
    for kind in export_kinds().values():
        for name, column in kind.columns.items():
            found.setdefault(name, column)
    return found


def load_kind(path: Path) -> ExportKind:
    """The kind that a file describes.

    Raises:
        ValueError: it is none; tells the file and what is wrong.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        kind = msgspec.convert({"name": path.stem} | content, ExportKind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"{path}: {error}") from error
    if mistake := next(_mistakes(kind), ""):
        raise ValueError(f"{path}: {mistake}")
    return kind


def _mistakes(kind: ExportKind) -> Iterator[str]:
    """What the types cannot see."""
    yield from (f"no such column: {name}" for name in _named_columns(kind) if name not in kind.columns)
    yield from (f"not a name: {name}" for name in kind.columns if not _IDENTIFIER.fullmatch(name))
    aliases = [alias for column in kind.columns.values() for alias in column.names]
    twice = sorted({alias for alias in aliases if aliases.count(alias) > 1})
    yield from (f"two columns are called {alias}" for alias in twice)
    if kind.day and not kind.columns[kind.day].is_moment:
        yield f"day = {kind.day} is neither time nor date"
    if kind.action and not kind.day:
        yield "action without day: an action has happened where its day is given"
    if kind.preceded_by and not kind.action:
        yield "preceded_by without action"
    yield from _stream_mistakes(kind)
    yield from _event_mistakes(kind)
    if kind.same and not kind.altered:
        yield "same without altered: what is written in two ways may be altered"
    yield from _added_mistakes(kind)


def _named_columns(kind: ExportKind) -> Iterator[str]:
    """Every column that is named anywhere but in `columns`."""
    yield from (name for part in kind.identity_parts for name in part)
    yield from filter(None, (kind.day, kind.action))
    if kind.same:
        yield from (kind.same.time, kind.same.login, kind.same.name)
    for column in kind.columns.values():
        yield from (*column.unless, *filter(None, [column.not_before]))
    guess = kind.guess
    yield from (*guess.usual, *guess.looks, *guess.needed, *guess.repeating, *guess.varying)
    yield from (*guess.never, *guess.changing)


def _stream_mistakes(kind: ExportKind) -> Iterator[str]:
    """A stream must be told from every other, whatever stands in its columns."""
    names = [name for _, name in kind.stream_parts if name]
    if kind.is_whole and names != [IMPORT_NO]:
        yield "the stream of a kind that replaces the whole has {import_no}, and nothing else"
    for (_, name), (text, _) in zip(kind.stream_parts, [*kind.stream_parts[1:], ("", "")], strict=True):
        if kind.is_whole or not name:
            continue
        column = kind.columns.get(name)
        if column is None or not column.required or column.unless:
            yield f"stream: {name} is no column that every row has"
        elif text and column.without != text:
            yield f"stream: {text!r} follows {name}, which must say without = {text!r}"
        elif [name] not in kind.identity_parts:
            yield f"stream: {name} must be part of the identity"


def _added_mistakes(kind: ExportKind) -> Iterator[str]:
    """A row is the same with and without its added columns."""
    if bool(kind.added) != bool(kind.extended) or (kind.extended and not kind.altered):
        yield "added columns without extended, or extended without added columns, or without altered"
    told = {name for part in kind.identity_parts for name in part} | set(kind.deed)
    yield from (f"{name} tells rows apart: it cannot be added" for name in kind.added if name in told)
    # They are taken out of canonical JSON together with the comma before them.
    yield from (
        f"{name} cannot be added: a column that every row has must stand before it in order of names"
        for name in kind.added
        if not kind.subject or name < min(kind.subject)
    )


def _event_mistakes(kind: ExportKind) -> Iterator[str]:
    """The events must have the fields that a row makes, in the order of canonical JSON."""
    if bool(kind.id) == kind.is_whole or (kind.is_whole and (kind.altered or kind.identity or kind.vanished)):
        yield "id, and identity, altered and vanished with it, are for rows that accumulate"
    if bool(kind.identity) != bool(kind.altered):
        yield "identity without altered, or altered without identity: all of a row is its identity then"
    members = [kind.content, *filter(None, [kind.id]), IMPORT_NO]
    if members != sorted(members):
        yield f"fields must stand in the order of their names: {', '.join(members)}"
    wanted = {topic: {kind.content, *filter(None, [kind.id]), *_ROW_FIELDS} for topic in kind.topics}
    if kind.vanished:
        if not kind.day:
            yield "vanished without day: a period has no rows"
        position = kind.vanished.position
        wanted[kind.vanished.topic] = {*kind.subject, kind.id, position, IMPORT_NO}
    for topic, fields in wanted.items():
        event = catalogue().get(topic)
        if event is None:
            yield f"no such event: {topic}"
            continue
        if {name for name, field in event.fields.items() if not field.optional} != fields:
            yield f"event {topic} must have the fields {', '.join(sorted(fields))}"
        if topic in kind.topics and not kind.is_whole and "part_no" not in event.fields:
            yield f"event {topic} must have the optional field part_no"
