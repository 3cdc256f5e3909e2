"""What staging unpacks of events is in the catalogue, with the types that it says."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from regaudit.catalogue.event_kinds import EventKind, Field, catalogue, told_as
from regaudit.catalogue.kinds import ExportKind, export_kinds
from regaudit.catalogue.sqlfile import SqlFile, load_sql_files

STAGING = {file.name: file for file in load_sql_files() if file.layer == "staging"}
STRUCTURE = re.compile(r"from_json\(\s*state,\s*'(.*?)'\s*\)", re.DOTALL)
PATH = re.compile(r"state ->>? '\$\.(\w+)'")
WHOLE = re.compile(r"^    state$", re.MULTILINE)
TOPICS = re.compile(r"where topic (?:=|in) ('[^']+'|\([^)]+\))")
SQL_TYPES = {"text": {"VARCHAR"}, "integer": {"INTEGER", "BIGINT"}, "boolean": {"BOOLEAN"}}
Check = Callable[[Any], bool]


def unpacked(file: SqlFile) -> list[dict[str, Any]]:
    """What a file unpacks states into, as `from_json` has it; a path leaves the type open."""
    structures = [json.loads(text) for text in STRUCTURE.findall(file.select)]
    paths = dict.fromkeys(PATH.findall(file.select), "JSON")
    uses = len(re.findall(r"\bstate\b", file.select)) - len(WHOLE.findall(file.select))
    assert uses == len(structures) + len(paths), "reads states in a way that this test does not know"
    return [*structures, paths]


def kinds_of(file: SqlFile) -> list[EventKind]:
    """The kinds of event that a file takes."""
    [told] = TOPICS.findall(file.select)
    return [catalogue()[topic] for topic in re.findall(r"'([^']+)'", told)]


def fits(type_name: str, objects: dict[str, dict[str, Field]]) -> Check:
    """Whether a structure of SQL may hold what a field of a type says."""
    return told_as(
        type_name,
        plain=lambda name: (
            lambda sql: (
                sql in SQL_TYPES[name]
                if name in SQL_TYPES and isinstance(sql, str)
                else name in objects and isinstance(sql, dict) and not misfits(sql, objects[name], objects)
            )
        ),
        array=lambda inner: lambda sql: isinstance(sql, list) and all(map(inner, sql)),
        mapping=lambda inner: (
            lambda sql: sql == "JSON" or (isinstance(sql, dict) and all(map(inner, sql.values())))
        ),
        nullable=lambda inner: inner,
    )


def misfits(
    structure: dict[str, Any], fields: dict[str, Field], objects: dict[str, dict[str, Field]]
) -> list[str]:
    """Members of a structure that are no fields, or have another type."""
    return [
        name
        for name, sql in structure.items()
        if name not in fields or not fits(fields[name].type, objects)(sql)
    ]


def faults(structure: dict[str, Any], kinds: list[EventKind]) -> set[str]:
    """What is wrong with a structure: names that no kind has, types that are not those of each that does."""
    unknown = set(structure) - {name for kind in kinds for name in kind.fields}
    shared = [({n: s for n, s in structure.items() if n in kind.fields}, kind) for kind in kinds]
    return unknown.union(*(misfits(part, kind.fields, kind.objects) for part, kind in shared))


@pytest.mark.parametrize("name", STAGING)
def test_staging_unpacks_what_the_catalogue_has(name: str) -> None:
    file = STAGING[name]
    structures, kinds = unpacked(file), kinds_of(file)
    assert any(structures) or WHOLE.search(file.select)
    assert [faults(structure, kinds) for structure in structures] == [set()] * len(structures)


@pytest.mark.parametrize(
    ("topic", "structure"),
    [
        ("mail-sent", {"colour": "VARCHAR"}),
        ("mail-sent", {"subject": "BIGINT"}),
        ("mail-sent", {"subject": ["VARCHAR"]}),
        ("mail-sent", {"recipients": "VARCHAR"}),
        ("mail-sent", {"recipients": ["BIGINT"]}),
        ("import-recorded", {"parts": [{"name": "VARCHAR", "colour": "VARCHAR"}]}),
        ("import-recorded", {"parts": [{"name": "BIGINT"}]}),
        ("import-recorded", {"parts": {"name": "VARCHAR"}}),
        ("import-recorded", {"first_on": "DATE"}),
        ("step-recorded", {"action": {"step": "BIGINT"}}),
        ("step-recorded", {"action": "VARCHAR"}),
    ],
)
def test_what_is_not_in_the_catalogue_is_seen(topic: str, structure: dict[str, Any]) -> None:
    assert faults(structure, [catalogue()[topic]]) == set(structure)


@pytest.mark.parametrize("kind", export_kinds().values(), ids=lambda kind: kind.name)
def test_staging_unpacks_every_canonical_column(kind: ExportKind) -> None:
    [file] = [file for file in STAGING.values() if f"'{kind.recorded}'" in file.select]
    assert {event.topic for event in kinds_of(file)} == set(kind.topics)
    [structure, _] = unpacked(file)
    assert sorted(structure[kind.content]) == sorted(kind.columns)
