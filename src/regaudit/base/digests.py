"""The SHA-256 of files: alone, or while they are copied."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

# Small enough for the processor's own memory: what is hashed is written out from there.
_CHUNK = 256 * 1024


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def copy_file(source: Path, target: Path, *, is_draft: bool = False) -> str:
    """Copy a file; returns its SHA-256.

    The copy is brought to disk, unless it `is_draft`: then whoever has written the rest of it does that.
    """
    digest = sha256()
    with target.open("wb", buffering=0) as out:
        for chunk in _chunks(source):
            digest.update(chunk)
            out.write(chunk)
        if not is_draft:
            os.fsync(out.fileno())
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            yield buffer[:size]
