"""Lets one stage of long work go on while the next one does: reading beside judging beside writing."""

from collections.abc import Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.1


class _End:
    """The iterable's end, or the error that ended it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Ahead(Generic[T]):
    """Iterates over `items` in a thread of its own, at most `depth` items ahead.

    An error in `items` is raised here, after the items before it. Leaving early stops the thread.
    """

    def __init__(self, items: Iterable[T], depth: int = 1) -> None:
        self._queue: Queue[T | _End] = Queue(depth)
        self._stopped = Event()
        self._thread = Thread(target=self._work, args=(items,), daemon=True)

    def __iter__(self) -> Iterator[T]:
        self._thread.start()
        try:
            while not isinstance(item := self._queue.get(), _End):
                yield item
            if item.error is not None:
                raise item.error
        finally:
            self._stopped.set()
            self._thread.join()

    def _work(self, items: Iterable[T]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised again on the other side
            self._put(_End(error))
        else:
            self._put(_End())

    def _put(self, item: "T | _End") -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=_POLL_SECONDS)
            except Full:
                continue
            return True
        return False
