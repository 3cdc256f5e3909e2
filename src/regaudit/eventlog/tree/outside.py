"""What left the workspace earlier and comes back: checkpoints in files and mails, and public keys."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from regaudit.base.errors import UsageError, reason_of
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note, parse_verifier_key


def read_notes(path: Path) -> list[str]:
    """The notes of checkpoints in a file: the whole of it, or the attachments of a mail (`.eml`).

    Raises:
        UsageError: the file cannot be read, or holds none.
    """
    texts = [part.decode(errors="replace") for part in read_parts(path)]
    notes = [note for text in texts if (note := text.replace("\r\n", "\n")) and _is_checkpoint(note)]
    if not notes:
        raise UsageError(f"{path} 中没有检查点:应为检查点文本,或附有检查点的邮件(.eml)")
    return notes


def read_parts(path: Path) -> list[bytes]:
    """The content of a file, or of each part of a mail (`.eml`).

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} 无法读取:{reason_of(error)}") from error
    return list(_parts(content)) if path.suffix.lower() == ".eml" else [content]


def read_keys(text: str) -> list[VerifierKey]:
    """Verifier keys from one written out, or from a file with one a line.

    Raises:
        UsageError: it is neither.
    """
    path = Path(text)
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else [text]
        keys = [parse_verifier_key(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError(f"--key {text!r} 不是公钥:应为 keys/log.pub 中的一行,或这样的文件") from error
    if not keys:
        raise UsageError(f"--key {text!r} 中没有公钥")
    return keys


def _parts(content: bytes) -> Iterator[bytes]:
    for part in message_from_bytes(content, policy=default).walk():
        if not part.is_multipart():
            data = part.get_payload(decode=True)
            if isinstance(data, bytes):
                yield data


def _is_checkpoint(text: str) -> bool:
    try:
        parse_note(text)
        parse_checkpoint(text)
    except ValueError:
        return False
    return True
