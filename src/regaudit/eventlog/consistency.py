"""The proof that one checkpoint extends another, as a document that can be enclosed with the later one.

Whoever has both mails, this document and a public key needs no log to see that nothing between them was
changed. The format stands in `docs/proof-format.md`.
"""

from base64 import b64encode
from typing import Any

from regaudit.eventlog.key_changes import listed_keys
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.notes import parse_checkpoint

CONSISTENCY_FORMAT = "regaudit-consistency/1"


def prove_consistency(log: EventLog, old: str, new: str = "") -> dict[str, Any]:
    """That the log of a checkpoint begins with the log of an earlier one.

    Args:
        log: the log that both are of.
        old: the note of the earlier.
        new: the note of the later; without one the log's last.

    Raises:
        ValueError: `old` is not the earlier of the two, or one of them is no checkpoint of this log's events.
        LogError: the log is damaged.
    """
    note = new or log.last_checkpoint()[1]
    earlier, later = parse_checkpoint(old), parse_checkpoint(note)
    for point in (earlier, later):
        if point.size > log.position() or log.root(point.size) != point.root:
            raise ValueError(f"not a checkpoint over the first {point.size} events of this log")
    return {
        "format": CONSISTENCY_FORMAT,
        "old": old,
        "new": note,
        "keys": listed_keys(log),
        "hashes": [b64encode(part).decode() for part in log.consistency_proof(earlier.size, later.size)],
    }
