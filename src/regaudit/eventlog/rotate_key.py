"""Changes the key that signs a log's checkpoints: the old key introduces the new one, then is destroyed.

The order of the steps keeps a key that the log accepts on the disk at every moment: the new key is stored
beside the old one, then the log takes it, then it takes the old one's place. See `keys.signer_in_force`.
"""

from collections.abc import Iterable, Sequence

from regaudit.catalogue.event_types import KeyIntroduced
from regaudit.eventlog.log import KEYS_STREAM, EventLog
from regaudit.eventlog.tree import keys
from regaudit.eventlog.tree.notes import Signer, VerifierKey, parse_note, sign_note

_TITLE = "regaudit next key"


def rotate(log: EventLog, introduced_at: str) -> VerifierKey:
    """Make a new key, have the old one introduce it, and destroy the old one; returns the new verifier key.

    The checkpoint of the change is signed by both.

    Raises:
        KeyFileError: the private key is missing, damaged, or another log's; nothing is changed.
        LogError: the log could not be written; the old key stays in force, unless the message says that the
            event was stored: then the next command puts the new one in force.
    """
    with log.alone():
        old = log.signer()
        new = Signer(log.origin, keys.make_key(log.home, keys.NEXT))
        with log.signed_by([old, new]):
            log.append(
                KeyIntroduced,
                KEYS_STREAM,
                verifier_key=new.verifier.text(),
                introduction=sign_note(_introduction(new.verifier), [old]),
                introduced_at=introduced_at,
            )
        keys.put_in_force(log.home, log.verifier_keys())
    return new.verifier


def is_introduced(note: str, by: VerifierKey, key: VerifierKey) -> bool:
    """Whether a note is the introduction of a key by the one before it."""
    try:
        parsed = parse_note(note)
    except ValueError:
        return False
    return parsed.text == _introduction(key) and bool(parsed.signed_by([by]))


def introduced(trusted: Sequence[VerifierKey], keys: Iterable[tuple[VerifierKey, str]]) -> list[VerifierKey]:
    """The trusted keys, and of some keys with their introductions all that these lead to, in order."""
    accepted = list(trusted)
    for key, note in keys:
        if key not in accepted and any(is_introduced(note, by, key) for by in accepted):
            accepted.append(key)
    return accepted


def _introduction(key: VerifierKey) -> str:
    return f"{_TITLE}\n{key.text()}\n"
