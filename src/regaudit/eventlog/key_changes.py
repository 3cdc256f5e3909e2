"""Every change of a log's key, as its events have it, and the keys as a proof carries them."""

import msgspec
from msgspec import Struct

from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.covered import KEYS_STREAM
from regaudit.eventlog.tree.notes import VerifierKey


class Change(Struct, frozen=True):
    """An event that changed the key: where it stands, the new key and the note that introduces it."""

    position: int
    key: VerifierKey
    introduction: str


def read_changes(log: EventLog) -> list[Change]:
    """Every change of keys in a log, in its order.

    Raises:
        LogError: an event of the keys' stream is damaged.
    """
    _, *later = log.key_history()
    states = {row["position"]: row["state"] for t in log.read_streams([KEYS_STREAM]) for row in t.to_pylist()}
    return [
        Change(position, key, str(msgspec.json.decode(states[position]).get("introduction", "")))
        for position, key in later
    ]


def listed_keys(log: EventLog) -> list[dict[str, str]]:
    """The log's keys from the first to the one in force, each with the note by which it was introduced."""
    return [
        {"verifier_key": log.verifier_keys()[0].text()},
        *({"verifier_key": one.key.text(), "introduction": one.introduction} for one in read_changes(log)),
    ]
