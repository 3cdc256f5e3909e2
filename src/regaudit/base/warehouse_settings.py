"""How much memory the warehouse's tables may take: what the settings say, else a share of the machine's."""

import os
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

_SHARE = 4
_LEAST = 1200
_MB = 1_000_000
# What a container may take, less than what the machine has.
_CONTAINER = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class WarehouseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What the warehouse may take.

    Attributes:
        memory: as `"4GB"` or `"800MB"`; empty is a quarter of what the machine has, at least 1.2 GB.
    """

    memory: Annotated[str, Meta(pattern=r"^([1-9][0-9]*(\.[0-9]+)?(MB|GB))?$")] = ""

    @property
    def memory_limit(self) -> str:
        """The limit as DuckDB writes it."""
        return self.memory or f"{max(_LEAST, machine_memory() // _SHARE // _MB)}MB"


def machine_memory() -> int:
    """The bytes of memory that the machine has, or the container we run in may take; 0 where nobody says."""
    known = [value for path in _CONTAINER if (value := _number_in(Path(path)))]
    try:
        known.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # as on Windows
        return 0
    return max(0, min(known))


def _number_in(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return 0
    return int(text) if text.isdecimal() else 0
