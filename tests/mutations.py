"""Every change of one leaf of a JSON document, as somebody makes who tries what passes."""

import copy
from collections.abc import Iterator
from typing import Any

Facts = dict[str, Any]
Place = tuple[str | int, ...]


def mutations(facts: Facts) -> Iterator[tuple[Place, Facts]]:
    """Every change of one leaf, item or name, each with where it was made."""
    for place, value in [*walk(facts, ())]:
        for how, other in changes(value):
            changed = copy.deepcopy(facts)
            if not place:
                yield (how,), other
                continue
            held: Any = changed
            for name in place[:-1]:
                held = held[name]
            held[place[-1]] = other
            yield (*place, how), changed
        if place:
            changed = copy.deepcopy(facts)
            held = changed
            for name in place[:-1]:
                held = held[name]
            del held[place[-1]]
            yield (*place, "removed"), changed


def walk(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    yield place, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from walk(part, (*place, name))


def changes(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield "negated", not value
    elif isinstance(value, int):
        yield "more", value + 1
        yield "less", value - 1
    elif isinstance(value, str):
        middle = len(value) // 2
        yield "longer", value + "1"
        yield "shorter", value[:-1]
        yield (
            "altered",
            value[:middle] + ("0" if value[middle : middle + 1] != "0" else "1") + value[middle + 1 :],
        )
        yield "turned", value[::-1]
    elif isinstance(value, list):
        for i in range(len(value)):
            yield f"{i} twice", [*value[: i + 1], *value[i:]]
        for i in range(len(value) - 1):
            yield f"{i} swapped", [*value[:i], value[i + 1], value[i], *value[i + 2 :]]
    elif isinstance(value, dict):
        yield "with more", value | {"more": 1}
