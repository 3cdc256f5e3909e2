"""How a key vouches for the next one: a note that it signs, with the new key in it."""

from collections.abc import Iterable, Sequence

from regaudit.eventlog.tree.notes import Signer, VerifierKey, parse_note, sign_note

_TITLE = "regaudit next key"


def introduce(key: VerifierKey, by: Signer) -> str:
    """The note by which a key is introduced by the one before it."""
    return sign_note(_introduction(key), [by])


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
