"""The streams of a log, read as events of the catalogue."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, TypeVar

from regaudit.base.errors import LogError
from regaudit.catalogue.events import EventReader, LogEvent
from regaudit.eventlog.application import LogApplication, UnreadableEventError

E = TypeVar("E", bound=LogEvent)
_PLACE = ("position", "originator_version")


class StreamReader:
    """Reads the streams of one log; `place` says in messages which log."""

    place: str
    _application: LogApplication

    def events(self, stream: str, kind: type[E], *, after: int = 0) -> Iterator[E]:
        """The events of one stream with a version above `after`, in order.

        Args:
            stream: the stream.
            kind: the kind of event that it holds; `LogEvent` where it may hold several.
            after: a version.

        Raises:
            LogError: an event is of another kind, or is not what the catalogue says of its kind.
        """
        try:
            for event in self._application.events.get(stream, gt=after):
                yield _checked(event, kind)
        except UnreadableEventError as error:
            position = self._positions(stream).get(error.version, "?")
            record = f"第 {position} 条记录({stream} 流的第 {error.version} 个,{error.topic})"
            raise LogError(
                f"事件日志 {self.place} 的{record}不能读取:{error.reason}。请运行 regaudit verify 查明"
            ) from error

    def events_at(self, stream: str, kind: type[E]) -> list[tuple[int, E]]:
        """The events of one stream in order, each behind its log position; else as `events`."""
        positions = self._positions(stream)
        return [(positions[event.originator_version], event) for event in self.events(stream, kind)]

    def events_after(self, stream: str, position: int, kind: type[E], upto: int | None = None) -> list[E]:
        """The events of one stream behind a position, up to another, in order; else as `events`."""
        recorder: Any = self._application.recorder
        first: int | None = recorder.first_version_after(stream, position)
        if first is None:
            return []
        behind: int | None = None if upto is None else recorder.first_version_after(stream, upto)
        found = self.events(stream, kind, after=first - 1)
        return [event for event in found if behind is None or event.originator_version < behind]

    def last_event(self, stream: str, kind: type[E]) -> E | None:
        """The last event of a stream; None without any; else as `events`."""
        recorder: Any = self._application.recorder
        last = recorder.select_events(stream, desc=True, limit=1)
        after = last[0].originator_version - 1 if last else 0
        return next(iter([*self.events(stream, kind, after=after)]), None)

    def events_of(
        self, prefix: str, *, after: int = 0, upto: int | None = None
    ) -> list[tuple[int, LogEvent]]:
        """The events between two positions of all streams that begin with a prefix, in their order.

        Each stands behind its log position.

        Raises:
            LogError: an event is not what the catalogue says of its kind.
        """
        recorder: Any = self._application.recorder
        read = EventReader()
        found = []
        for table in recorder.select_prefix(prefix, after, upto):
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                position, stream, version, topic, state = row
                try:
                    found.append((position, read(stream, version, topic, state)))
                except ValueError as error:
                    raise LogError(
                        f"事件日志 {self.place} 的第 {position} 条记录({stream} 流的第 {version} 个,{topic})"
                        f"不能读取:{error}。请运行 regaudit verify 查明"
                    ) from error
        return sorted(found, key=itemgetter(0))

    def _positions(self, stream: str) -> dict[int, int]:
        """The log positions of a stream's events, by version."""
        recorder: Any = self._application.recorder
        return {
            version: position
            for table in recorder.select_streams([stream])
            for position, version in zip(*(table[name].to_pylist() for name in _PLACE), strict=True)
        }


def _checked(event: Any, kind: type[E]) -> E:
    if isinstance(event, kind):
        return event
    place = (event.originator_id, event.originator_version, event.TOPIC)
    raise UnreadableEventError(*place, f"这个流中应只有 {kind.TOPIC}")
