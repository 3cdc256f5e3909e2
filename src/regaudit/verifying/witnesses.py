"""Checkpoints that left the workspace earlier: as text, or in a mail."""

from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from regaudit.errors import UsageError
from regaudit.eventlog.notes import VerifierKey, parse_checkpoint, parse_note
from regaudit.verifying.chain import Signed


def read_witnesses(path: Path) -> list[str]:
    """The notes of checkpoints in a file: the whole of it, or the attachments of a mail (`.eml`).

    Raises:
        UsageError: the file cannot be read, or holds none.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"检查点文件 {path} 无法读取:{error.strerror}") from error
    texts = _parts(content) if path.suffix.lower() == ".eml" else [content.decode(errors="replace")]
    notes = [note for text in texts if (note := text.replace("\r\n", "\n")) and _is_checkpoint(note)]
    if not notes:
        raise UsageError(f"{path} 中没有检查点:应为检查点文本,或附有检查点的邮件(.eml)")
    return notes


def signed_witness(note: str, source: str, origin: str, keys: Sequence[VerifierKey]) -> Signed:
    """A checkpoint from elsewhere, once it is this log's.

    Raises:
        UsageError: it is another log's, or none of the keys signed it.
    """
    checkpoint = parse_checkpoint(note)
    if checkpoint.origin != origin:
        raise UsageError(f"{source} 的检查点属于 {checkpoint.origin},不是本日志({origin})的")
    if not parse_note(note).signed_by(keys):
        raise UsageError(f"{source} 的检查点不是由本日志的密钥签名的:文件被改动,或日志的密钥被换")
    return Signed(checkpoint.size, checkpoint.root, source)


def _parts(content: bytes) -> Iterator[str]:
    for part in message_from_bytes(content, policy=default).walk():
        if not part.is_multipart():
            data = part.get_payload(decode=True)
            if isinstance(data, bytes):
                yield data.decode(errors="replace")


def _is_checkpoint(text: str) -> bool:
    try:
        parse_note(text)
        parse_checkpoint(text)
    except ValueError:
        return False
    return True
