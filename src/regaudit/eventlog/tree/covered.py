"""Which events may be read as such: those that the last checkpoint covers, where its signature stands.

Whoever may append, and nothing more, can put a record at a position below 1, or behind the last checkpoint,
or lay a checkpoint of their own over it. None of it is an event: nothing that reads the log sees it.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from regaudit.base.errors import LogError
from regaudit.eventlog.tree.introductions import is_introduced
from regaudit.eventlog.tree.notes import VerifierKey, parse_checkpoint, parse_note, parse_verifier_key

KEYS_STREAM = "keys"
FIRST = 1
"""The first position."""


class CoveredStore(Protocol):
    """What is asked of a store, within the transaction that reads."""

    def last_checkpoint(self) -> tuple[int, str] | None:
        """Size and note of the last checkpoint."""

    def states(self, stream: str, upto: int) -> Sequence[bytes]:
        """The states of a stream's events up to a position, in order."""


class Cover:
    """Says how far a log may be read; a signature is verified once."""

    def __init__(self, first: VerifierKey, place: str) -> None:
        """`first` is the log's first key, `place` says in messages which log."""
        self._first, self._place = first, place
        self._accepted: tuple[int, str] | None = None

    def size(self, store: CoveredStore) -> int:
        """The last position that may be read; else as `last`."""
        return self.last(store)[0]

    def last(self, store: CoveredStore) -> tuple[int, str]:
        """Size and note of the last checkpoint.

        Raises:
            LogError: there is no checkpoint, or the last is not signed by the key in force at its size.
        """
        last = store.last_checkpoint()
        if last is None:
            raise LogError(
                f"事件日志 {self._place} 没有检查点:检查点被删除。请保留现场,运行 regaudit verify 查明"
            )
        if last != self._accepted:
            self._check(store, *last)
            self._accepted = last
        return last

    def _check(self, store: CoveredStore, size: int, text: str) -> None:
        try:
            checkpoint, note = parse_checkpoint(text), parse_note(text)
            keys = self._keys(store.states(KEYS_STREAM, size))
        except (ValueError, KeyError, TypeError):
            checkpoint = None
        if checkpoint is None or checkpoint.size != size or not note.signed_by(keys[-1:]):
            raise LogError(
                f"事件日志 {self._place} 最后的检查点(第 {size} 条处)已损坏,或不是由本日志的密钥签名的:"
                "有人写入过检查点,它所涵盖的记录不可信。请保留现场,运行 regaudit verify 查明,从备份恢复"
            )

    def _keys(self, states: Sequence[bytes]) -> list[VerifierKey]:
        """The keys, each introduced by the one before it: who may append alone introduces none.

        Raises:
            ValueError: one is not; also KeyError, TypeError where an event is damaged.
        """
        keys = [self._first]
        for state in states:
            fields = msgspec.json.decode(state)
            key = parse_verifier_key(fields["verifier_key"])
            if not is_introduced(fields["introduction"], keys[-1], key):
                raise ValueError("not introduced")
            keys.append(key)
        return keys
