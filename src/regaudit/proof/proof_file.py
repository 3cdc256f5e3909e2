"""The files that proofs travel in: what they may hold, read so that nobody can show what is not checked.

The format stands in `docs/proof-format.md`.
"""

import json
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any, Never, TypeVar

import msgspec
from msgspec import Struct

from regaudit.base.errors import RefusedFileError, reason_of
from regaudit.base.tomltext import in_chinese

FORMAT = "regaudit-proof/2"
OLD_FORMAT = "regaudit-proof/1"
"""What earlier versions wrote, and a log without its private key still gives: nobody signed the whole."""
_TITLE = "regaudit proof"
T = TypeVar("T", bound=Struct)


class ProvenEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """An event as a proof carries it; `index` is its place in the tree, from 0."""

    position: int
    originator_id: str
    originator_version: int
    topic: str
    state: str
    index: int
    hashes: list[str]


class ProofKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A verifier key of the log, and the note by which the key before it introduced it."""

    verifier_key: str
    introduction: str = ""


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """A proof as its file has it; `statement`, lacking in the old format, signs all the rest."""

    format: str
    subject: str
    origin: str
    hash: str
    checkpoint: str
    keys: list[ProofKey]
    events: list[ProvenEvent]
    rows: list[dict[str, Any]] = []
    rows_problem: str = ""
    statement: str = ""


class ReadProof(Struct, frozen=True):
    """A proof that was read, and the statement of its content that a key of the log has to have signed."""

    proof: Proof
    stated: str

    @property
    def is_old(self) -> bool:
        """Whether it is of the old format, which binds less."""
        return self.proof.format == OLD_FORMAT


def read_proof(path: Path) -> ReadProof:
    """The proof in a file.

    Raises:
        RefusedFileError: it cannot be read or is no proof.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RefusedFileError(f"{path} 无法读取:{reason_of(error)}") from error
    try:
        document = read_document(content)
        proof = msgspec.convert(document, Proof)
    except (ValueError, msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise RefusedFileError(f"{path} 不是 regaudit prove 写出的证明:{in_chinese(str(error))}") from error
    if proof.format not in (FORMAT, OLD_FORMAT):
        raise RefusedFileError(f"{path} 的格式是 {proof.format!r},本程序只认 {FORMAT} 和 {OLD_FORMAT}")
    return ReadProof(proof, statement_of(document))


def read_document(content: bytes) -> dict[str, Any]:
    """One JSON object without a fraction and without a name twice, which two readers could read two ways.

    Raises:
        ValueError: it is none.
    """
    document = json.loads(
        content.decode("utf-8"), object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse
    )
    if not isinstance(document, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - what the file holds, not what the caller gave
    return document


def statement_of(document: dict[str, Any]) -> str:
    """The text of the statement of a proof: two lines, the second the SHA-256 over all but the statement."""
    rest = {name: value for name, value in document.items() if name != "statement"}
    canonical = msgspec.json.encode(rest, order="sorted")
    return f"{_TITLE}\n{sha256(canonical).hexdigest()}\n"


def hashes_of(texts: list[str]) -> list[bytes] | None:
    """The hashes of a proof; None where one of them is none."""
    try:
        return [b64decode(text, validate=True) for text in texts]
    except ValueError:
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(text: str) -> Never:
    raise ValueError(f"not an integer: {text}")
