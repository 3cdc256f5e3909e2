"""The locks that somebody holds, and the proof that they are held still."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Proof = Callable[[], None]
"""Raises unless a lock is still held."""
NOTHING_MORE = (
    "锁已不在本进程手中,另一次运行可能已经开始:本次到此为止,此后未写入任何事件,也未发出邮件;"
    "此前已写入的仍在,重新运行不会重复写入"
)


class Held:
    """The locks that somebody holds at the moment, with the proofs that they are held."""

    def __init__(self) -> None:
        self._proofs: list[Proof] = []

    @contextmanager
    def also(self, proof: Proof) -> Iterator[None]:
        """While one more lock is held."""
        self._proofs.append(proof)
        try:
            yield
        finally:
            self._proofs.remove(proof)

    def prove(self) -> None:
        """Raise unless all of them are still held.

        Raises:
            LockLostError: one is not: another process may have taken it.
            LockUnprovenError: the server that has one does not answer.
        """
        for proof in self._proofs:
            proof()
