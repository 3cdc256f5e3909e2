"""Checks a proof of regaudit with nothing of regaudit: `python verify_proof.py PROOF.json PUBLIC_KEY`.

Written from docs/proof-format.md alone. PUBLIC_KEY is a verifier key or a file with one a line. Needs only
the package `cryptography`. Exit status: 0 everything holds, 1 something does not, 2 wrong usage.
"""

import json
import re
import sys
import unicodedata
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Digest = Callable[[bytes], bytes]
DASH = "\u2014"
KEY_BYTES = 32


class Bad(Exception):  # noqa: N818 - it says what does not hold
    """Something in the proof does not hold."""


INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def digest_named(name: str) -> Digest:
    """SHA-256 or SM3."""

    def sm3(data: bytes) -> bytes:
        state = hashes.Hash(hashes.SM3())
        state.update(data)
        return state.finalize()

    known: dict[str, Digest] = {"sha256": lambda data: sha256(data).digest(), "sm3": sm3}
    if name not in known:
        raise Bad(f"unknown hash {name}")
    return known[name]


class Key:
    """An Ed25519 verifier key, NAME+KEYID+BASE64."""

    def __init__(self, line: str) -> None:
        self.line = line.strip()
        try:
            self.name, identity, text = self.line.split("+", 2)
            data = b64decode(text, validate=True)
            self.identity = bytes.fromhex(identity)
        except ValueError as error:
            raise Bad(f"not a verifier key: {line!r}") from error
        if data[:1] != b"\x01" or len(data) != KEY_BYTES + 1:
            raise Bad(f"not an Ed25519 key: {line!r}")
        if sha256(self.name.encode() + b"\n" + data).digest()[:4] != self.identity:
            raise Bad(f"the key's id is not its own: {line!r}")
        self.public = Ed25519PublicKey.from_public_bytes(data[1:])

    def signed(self, note: str) -> bool:
        """Whether one of the signatures below a note is this key's."""
        text, _, below = note.rpartition("\n\n")
        for line in below.splitlines():
            dash, _, rest = line.partition(" ")
            name, _, signature = rest.partition(" ")
            if (dash, name) != (DASH, self.name):
                continue
            try:
                data = b64decode(signature, validate=True)
                if data[:4] == self.identity:
                    self.public.verify(data[4:], (text + "\n").encode())
                    return True
            except (ValueError, InvalidSignature):
                continue
        return False


def accepted_keys(proof: dict[str, Any], trusted: list[Key]) -> list[Key]:
    """The trusted keys, and those that one of them, or one accepted so, introduced."""
    accepted = {key.line: key for key in trusted}
    for entry in proof["keys"]:
        key, note = Key(entry["verifier_key"]), entry.get("introduction", "")
        says_so = note.rpartition("\n\n")[0] == f"regaudit next key\n{key.line}"
        if says_so and any(by.signed(note) for by in list(accepted.values())):
            accepted[key.line] = key
    return list(accepted.values())


def leaf(digest: Digest, event: dict[str, Any]) -> bytes:
    """The hash of a stored event."""
    name, topic = event["originator_id"].encode(), event["topic"].encode()
    head = f"{event['position']} {event['originator_version']} {len(name)} {len(topic)} ".encode()
    return digest(b"\x00" + head + name + topic + event["state"].encode())


def root_of(digest: Digest, leaf_hash: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to: RFC 9162, 2.1.3.2."""
    if not 0 <= index < size:
        raise Bad(f"no leaf {index} in a tree of {size}")
    fn, sn, result = index, size - 1, leaf_hash
    for sibling in path:
        if sn == 0:
            raise Bad("the proof is too long")
        if fn & 1 or fn == sn:
            result = digest(b"\x01" + sibling + result)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = digest(b"\x01" + result + sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Bad("the proof is too short")
    return result


def folded(text: str) -> str:
    """A case's number as it is compared: NFKC, nothing invisible, no white space at the ends."""
    while (plain := unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).strip()) != text:
        text = plain
    return text


def verify(proof: dict[str, Any], trusted: list[Key]) -> str:
    """Check all of a proof; returns what was shown.

    Raises:
        Bad: something does not hold.
    """
    if proof["format"] != "regaudit-proof/1":
        raise Bad(f"unknown format {proof['format']!r}")
    note = proof["checkpoint"]
    signer = next((key for key in accepted_keys(proof, trusted) if key.signed(note)), None)
    if signer is None:
        raise Bad("the checkpoint is not signed by the key given, nor by one that it introduced")
    origin, size_text, root_text, *extensions = note.rpartition("\n\n")[0].split("\n")
    size, root = int(size_text), b64decode(root_text, validate=True)
    hash_name = next((line[5:] for line in extensions if line.startswith("hash ")), "sha256")
    digest = digest_named(hash_name)
    cases = {e["originator_id"] for e in proof["events"] if e["originator_id"].startswith("case:")}
    wanted = {folded(f"case:{proof['subject']}")}
    if not proof["events"] or ("/" in proof["subject"] and {folded(case) for case in cases} != wanted):
        raise Bad(f"these are not events of {proof['subject']}")
    for event in proof["events"]:
        where = f"event at position {event['position']}"
        if event["index"] != event["position"] - 1:
            raise Bad(f"{where}: its index is not its position less one")
        path = [b64decode(text, validate=True) for text in event["hashes"]]
        if root_of(digest, leaf(digest, event), event["index"], size, path) != root:
            raise Bad(f"{where}: not in the log of this checkpoint")
    return f"{len(proof['events'])} events are in the log {origin} of {size} events, signed by {signer.line}"


def main(words: list[str]) -> int:
    """Run the check that the command line asks for."""
    try:
        file, key = words
    except ValueError:
        print(__doc__)
        return 2
    try:
        lines = Path(key).read_text(encoding="utf-8").splitlines() if Path(key).is_file() else [key]
        keys = [Key(line) for line in lines if line.strip()]
        print("OK:", verify(json.loads(Path(file).read_bytes()), keys))
    except (Bad, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"BAD: {error}" if isinstance(error, Bad) else f"BAD: not a readable proof: {error!r}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
