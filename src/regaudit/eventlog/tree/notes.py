"""Signed notes, verifier keys and checkpoints, as C2SP signed-note and tlog-checkpoint describe them.

All are text that people can read and mail. Only Ed25519 signatures are made and verified.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_LARGEST = 1 << 63
_SIGNATURE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


class VerifierKey(Struct, frozen=True):
    """A public key with the name of whoever signs with it; `public` is 32 bytes."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def text(self) -> str:
        """The key as one line: NAME+KEYID+BASE64."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public).decode()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether a signature of this key stands for a text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class Signer(Struct, frozen=True):
    """A private key with the name that it signs for."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public key that verifies what this one signs."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw())


class Note(Struct, frozen=True):
    """A text, ending in a newline, and the signatures below it: name, key id and bytes of each."""

    text: str
    signatures: Sequence[tuple[str, bytes, bytes]]

    def signed_by(self, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
        """Those of the keys that signed the text."""
        return [
            key
            for key in keys
            for name, key_id, signature in self.signatures
            if (name, key_id) == (key.name, key.key_id) and key.verifies(self.text, signature)
        ]


class Checkpoint(Struct, frozen=True):
    """What a log says about itself at a size: `root` is the tree's over its first `size` events."""

    origin: str
    size: int
    root: bytes
    hash: str = "sha256"

    def text(self) -> str:
        """The text of the note: origin, size, root, and the hash function where it is not SHA-256."""
        extension = "" if self.hash == "sha256" else f"hash {self.hash}\n"
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n{extension}"

    def fingerprint(self) -> str:
        """A short form of the root for people: the first 16 hex digits in groups of four."""
        digits = self.root.hex()[:16]
        return " ".join(digits[i : i + 4] for i in range(0, 16, 4))


def is_key_name(name: str) -> bool:
    """Whether a text can be the name of a key and of a log: no white space and no plus sign in it."""
    return _NAME.fullmatch(name) is not None


def parse_verifier_key(line: str) -> VerifierKey:
    """The key that a line NAME+KEYID+BASE64 stands for.

    Raises:
        ValueError: it is no such line, its key is of another kind, or its id is not that of its key.
    """
    name, _, rest = line.strip().partition("+")
    key_id, _, data = rest.partition("+")
    decoded = _decoded(data)
    if not is_key_name(name) or decoded[:1] != _ED25519 or len(decoded) != 33:  # noqa: PLR2004
        raise ValueError("not an Ed25519 verifier key")
    key = VerifierKey(name, decoded[1:])
    if key.key_id.hex() != key_id:
        raise ValueError("the key id is not that of the key")
    return key


def sign_note(text: str, signers: Sequence[Signer]) -> str:
    """A note of a text that ends in a newline, with a signature of each signer."""
    lines = []
    for signer in signers:
        signature = signer.verifier.key_id + signer.private.sign(text.encode())
        lines.append(f"\u2014 {signer.name} {b64encode(signature).decode()}\n")
    return f"{text}\n{''.join(lines)}"


def parse_note(note: str) -> Note:
    """The text and the signatures of a note; none of them is verified.

    Raises:
        ValueError: it is no signed note.
    """
    text, blank, below = note.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise ValueError("not a signed note")
    signatures = []
    for line in below.splitlines():
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise ValueError("not a signature line")
        data = _decoded(match[2])
        if len(data) <= 4:  # noqa: PLR2004
            raise ValueError("signature too short")
        signatures.append((match[1], data[:4], data[4:]))
    return Note(text + "\n", signatures)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text, or a whole note, states; no signature is verified.

    Raises:
        ValueError: it is no checkpoint.
    """
    lines = text.partition("\n\n")[0].splitlines()
    if len(lines) < 3 or not lines[0] or not re.fullmatch(r"0|[1-9]\d{0,18}", lines[1]):  # noqa: PLR2004
        raise ValueError("not a checkpoint")
    names = [line.removeprefix("hash ") for line in lines[3:] if line.startswith("hash ")]
    size, root = int(lines[1]), _decoded(lines[2])
    if size >= _LARGEST or len(root) != 32:  # noqa: PLR2004
        raise ValueError("not a checkpoint")
    return Checkpoint(lines[0], size, root, names[0] if names else "sha256")


def _decoded(text: str) -> bytes:
    data = b64decode(text, validate=True)
    if b64encode(data).decode() != text:
        raise ValueError("not canonical Base64")
    return data
