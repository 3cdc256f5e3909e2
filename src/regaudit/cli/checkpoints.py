"""A checkpoint, for programs and for people."""

from base64 import b64encode
from typing import Any

from rich.markup import escape

from regaudit.eventlog.tree.notes import Checkpoint


def checkpoint_facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint for programs."""
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": b64encode(checkpoint.root).decode(),
        "hash": checkpoint.hash,
        "fingerprint": checkpoint.fingerprint(),
    }


def checkpoint_line(checkpoint: Checkpoint) -> str:
    """A checkpoint on one line, with markup."""
    return f"{escape(checkpoint.origin)} 前 {checkpoint.size} 条,指纹 {checkpoint.fingerprint()}"
