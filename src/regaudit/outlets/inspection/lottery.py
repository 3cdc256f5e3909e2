"""The draw itself, so that anybody can compute it again: a list, a seed, and a ticket for each unit.

What is hashed is written here as bytes; `tools/verify_draw.py` does the same with nothing of ours.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from msgspec import Struct

FORMAT = "regaudit draw 1"
Listed = tuple[str, str]
"""A unit, `OFFICE/CASE_NO` or `OFFICE/batch:NO`, and its stratum."""


class Pick(Struct, frozen=True):
    """A unit that was drawn, with the ticket that won."""

    unit: str
    stratum: str
    ticket: str


def line_of(listed: Listed) -> bytes:
    """The line of a unit in the population's text."""
    unit, stratum = listed
    return f"{unit}\t{stratum}\n".encode()


def sorted_units(population: Iterable[Listed]) -> list[Listed]:
    """A population in the order of its text."""
    return sorted(population, key=line_of)


def text_of(population: Iterable[Listed]) -> bytes:
    """The text of a population, sorted by bytes."""
    return b"".join(sorted(map(line_of, population)))


def read_text(text: bytes) -> list[Listed]:
    """The population that a text is.

    Raises:
        ValueError: it is no such text.
    """
    lines = text.decode().split("\n")
    if lines.pop():
        raise ValueError("does not end with a line feed")
    found = [tuple(line.split("\t")) for line in lines]
    if any(len(parts) != 2 for parts in found):  # noqa: PLR2004
        raise ValueError("not unit and stratum")
    return found  # type: ignore[return-value]


def seed_of(population_sha256: str, randomness: str) -> str:
    """What everything follows from, in lower-case hex."""
    return sha256(f"{FORMAT}\n{population_sha256}\n{randomness}\n".encode()).hexdigest()


def ticket_of(seed: str, unit: str) -> str:
    """The ticket of a unit: it depends on no other unit."""
    return sha256(f"{seed}\n{unit}".encode()).hexdigest()


def picks_of(population: Iterable[Listed], seed: str, sizes: Mapping[str, int]) -> list[Pick]:
    """The smallest tickets of each stratum, stratum by stratum in the order of their bytes."""
    tickets: dict[str, list[tuple[str, bytes]]] = {}
    for unit, stratum in population:
        tickets.setdefault(stratum, []).append((ticket_of(seed, unit), unit.encode()))
    return [
        Pick(unit.decode(), stratum, ticket)
        for stratum in sorted(tickets, key=str.encode)
        for ticket, unit in sorted(tickets[stratum])[: sizes.get(stratum, 0)]
    ]
