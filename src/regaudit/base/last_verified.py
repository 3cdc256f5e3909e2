"""What the last verification said, noted beside the log: for people who look at the workspace later.

A file that whoever can write the workspace can write, too: it proves nothing, and is no event, since whoever
verifies must not change what he verifies.
"""

import os
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.folders import VERIFIED_FILE, Folders
from regaudit.base.in_place import put_in_place


class LastVerified(Struct, frozen=True, kw_only=True):
    """A verification as it is noted.

    Attributes:
        at: local time.
        system_user, machine: who ran it, and where.
        is_log_only: archive and published findings were not looked at.
        damages, unchecked: how many.
        first: the kind of the first damage (Chinese); empty without any.
    """

    at: datetime
    system_user: str
    machine: str
    is_log_only: bool
    is_whole: bool
    events: int
    hash: str
    root: str
    checkpoints: int
    archived_files: int
    damages: int
    unchecked: int
    first: str


def note_verified(home: Path, noted: LastVerified) -> None:
    """Note what a verification said.

    Raises:
        RegauditError: it cannot be written.
    """
    path = Folders(home).verified
    draft = path.with_name(f"{VERIFIED_FILE}.incoming")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(noted))
        put_in_place(draft, path)
    except OSError as error:
        raise RegauditError(f"核对的结果未能记入 {path}({reason_of(error)})") from error


def last_verified(home: Path) -> LastVerified | None:
    """What was noted last; None where nothing is, or nothing that can be read."""
    try:
        return msgspec.json.decode(Folders(home).verified.read_bytes(), type=LastVerified)
    except (OSError, msgspec.DecodeError):
        return None
