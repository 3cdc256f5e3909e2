"""Which keys of a log a key that somebody kept stands for: those after it, and those before it.

A key vouches for the next one by its introduction. It vouches for the one before it by a checkpoint of its
own: where that covers the event of the change, whoever signed it signed the introduction, too.
"""

from collections.abc import Sequence

from msgspec import Struct

from regaudit.base.errors import LogError
from regaudit.eventlog.key_changes import Change, read_changes
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.introductions import introduced, is_introduced
from regaudit.eventlog.tree.merkle import is_included, leaf_data
from regaudit.eventlog.tree.notes import Note, VerifierKey, parse_checkpoint, parse_note


class Trusted(Struct, frozen=True):
    """A key whose signature counts; `upto` is the size at which another took its place, None where none did.

    `why` (Chinese) says by what.
    """

    key: VerifierKey
    why: str
    upto: int | None = None


def trusted_keys(log: EventLog, given: Sequence[VerifierKey]) -> list[Trusted]:
    """The keys that count where somebody gives some; the log's own where nobody does.

    Raises:
        LogError: an event of the keys' stream is damaged.
    """
    changes = read_changes(log)
    known = [log.verifier_keys()[0], *(change.key for change in changes)]
    last = {key: change.position for key, change in zip(known, changes, strict=False)}
    if not given:
        return [Trusted(key, "本日志的公钥", last.get(key)) for key in known]
    trusted = [Trusted(key, "所给的公钥", last.get(key)) for key in given]
    after = introduced(given, [(change.key, change.introduction) for change in changes])
    trusted += [Trusted(key, "由所给的公钥引入的后任", last.get(key)) for key in after if key not in given]
    for before, change in reversed(list(zip(known, changes, strict=False))):
        held = {one.key for one in trusted}
        if change.key in held and before not in held and _is_vouched(log, change, before, held):
            why = f"所给公钥的前任,第 {change.position} 条起由后任接替,后任签名的检查点可证"
            trusted.append(Trusted(before, why, change.position))
    return trusted


def signer_of(note: Note, size: int, trusted: Sequence[Trusted]) -> Trusted | None:
    """The first of the keys that signed a checkpoint of a size, or None."""
    able = [one for one in trusted if one.upto is None or size <= one.upto]
    return next((one for one in able if note.signed_by([one.key])), None)


def _is_vouched(log: EventLog, change: Change, before: VerifierKey, held: set[VerifierKey]) -> bool:
    """Whether the key that a change brought in signed a tree that holds this change by `before`."""
    covering = log.checkpoint_covering(change.position)
    if covering is None or not is_introduced(change.introduction, before, change.key):
        return False
    try:
        note, checkpoint = parse_note(covering[1]), parse_checkpoint(covering[1])
        proof = log.inclusion_proof(change.position, checkpoint.size)
    except (ValueError, LogError):
        return False
    [row] = [row for t in log.read(after=change.position - 1, upto=change.position) for row in t.to_pylist()]
    data = leaf_data(
        change.position,
        row["originator_id"].encode(),
        row["originator_version"],
        row["topic"].encode(),
        row["state"].encode(),
    )
    leaf = log.hashing.leaf(data)
    return (
        checkpoint.origin == log.origin
        and bool(note.signed_by(held))
        and is_included(log.hashing, leaf, change.position - 1, checkpoint.size, proof, root=checkpoint.root)
    )
