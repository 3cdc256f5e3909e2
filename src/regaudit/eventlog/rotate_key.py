"""Changes the key that signs a log's checkpoints: the old key introduces the new one, then is destroyed.

The order of the steps keeps a key that the log accepts on the disk at every moment: the new key is stored
beside the old one, then the log takes it, then it takes the old one's place. See `keys.signer_in_force`.
"""

from regaudit.catalogue.event_types import KeyIntroduced
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree import keys
from regaudit.eventlog.tree.covered import KEYS_STREAM
from regaudit.eventlog.tree.introductions import introduce
from regaudit.eventlog.tree.notes import Signer, VerifierKey


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
                introduction=introduce(new.verifier, by=old),
                introduced_at=introduced_at,
            )
        keys.put_in_force(log.home, log.verifier_keys())
    return new.verifier
