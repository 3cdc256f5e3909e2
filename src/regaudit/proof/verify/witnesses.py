"""Checkpoints that left the workspace earlier: as text, or in a mail."""

from collections.abc import Sequence

from regaudit.base.errors import UsageError
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note
from regaudit.proof.verify.chain import Signed


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
