"""What the program was tested with: the versions of `requirements.lock`, and which a part of it needs."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from msgspec import Struct
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from regaudit.catalogue.content import content_root

LOCK = "requirements.lock"
_PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: *; *(?P<marker>.+?))?(?= --hash|$)")
_HASH = re.compile(r"--hash=(\S+)")


class Pin(Struct, frozen=True):
    """A package in the version that was tested.

    Attributes:
        name: in the one form in which packages are compared (small letters, `-`).
        version: the one that was tested.
        hashes: of its files, as pip reads them (`sha256:…`).
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()


def read_pins(text: str, environment: Mapping[str, str] | None = None) -> dict[str, Pin]:
    """The pins of a lock, by name.

    Args:
        text: of the lock, as `uv pip compile` writes it.
        environment: what its markers ask, where it is not this machine.
    """
    found: dict[str, Pin] = {}
    for line in re.sub(r" *\\\n *", " ", text).splitlines():
        pinned = _PINNED.match(line)
        if pinned and (not pinned["marker"] or Marker(pinned["marker"]).evaluate(dict(environment or {}))):
            name = canonicalize_name(pinned["name"])
            found[name] = Pin(name, pinned["version"], tuple(_HASH.findall(line)))
    return found


def tested_pins() -> dict[str, Pin]:
    """The pins that hold for this machine; none where the program came without its lock."""
    path = content_root() / LOCK
    return read_pins(path.read_text(encoding="utf-8")) if path.is_file() else {}


def are_pinned(wanted: Iterable[str], pins: Collection[str]) -> bool:
    """Whether the lock has all packages of some requirements, so that archives can hold them.

    Args:
        wanted: requirements, as packages state them.
        pins: the names of the packages that the lock has.
    """
    return {canonicalize_name(Requirement(text).name) for text in wanted} <= {*pins}


def closure(
    wanted: Iterable[str],
    requires: Callable[[Collection[str]], Mapping[str, Collection[str]]],
    environment: Mapping[str, str] | None = None,
) -> set[str]:
    """The names of all packages that are needed, with what those need.

    Args:
        wanted: requirements, as packages state them (`psycopg[binary]>=3.2; python_version > "3"`).
        requires: the requirements of packages, of many at once; a package that it leaves out needs nothing.
        environment: what markers ask, where it is not this machine.
    """
    parts: dict[str, set[str]] = {}
    stated: dict[str, Collection[str]] = {}
    asked = [(Requirement(text), {""}) for text in wanted]
    while asked:
        grown = {}
        for requirement, extras in asked:
            if _applies(requirement, extras, environment):
                name = canonicalize_name(requirement.name)
                before = parts.get(name)
                parts[name] = {"", *requirement.extras} | (before or set())
                if parts[name] != before:
                    grown[name] = parts[name]
        stated |= requires([name for name in grown if name not in stated])
        asked = [
            (Requirement(text), extras) for name, extras in grown.items() for text in stated.get(name, ())
        ]
    return set(parts)


def _applies(requirement: Requirement, extras: set[str], environment: Mapping[str, str] | None) -> bool:
    """Whether a package that is wanted with `extras` (of which one is empty) asks for it."""
    marker, known = requirement.marker, environment or {}
    return marker is None or any(marker.evaluate({**known, "extra": extra}) for extra in extras)
