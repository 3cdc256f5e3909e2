"""When what is complete was started: a process-mining log has an event for either."""

from collections import deque

import polars as pl

TRANSITION, STARTED_AT = "lifecycle:transition", "start_timestamp"
_NAME, _INSTANCE, _RESOURCE, _AT = "concept:name", "concept:instance", "org:resource", "time:timestamp"
_MOST_WAITING = 100_000
Activity = tuple[str | None, ...]


class Starts:
    """The starts of one trace that no completion has followed yet; traces come one after the other.

    An activity is known by its instance where it has one, else by name and resource. Of several starts the
    first is taken: nobody is told to have been faster than he was. A start that nothing completes stays an
    event of its own, as all starts do.
    """

    def __init__(self) -> None:
        self._trace_no = -1
        self._waiting: dict[Activity, deque[str]] = {}
        self._count = 0

    def times(self, events: pl.DataFrame, trace_no: str) -> pl.Series | None:
        """When the events of a page were started, null where that is not known; `None` where none was.

        Args:
            events: the page, in order.
            trace_no: the column that numbers the traces.
        """
        if not {TRANSITION, _NAME, _AT} <= set(events.columns):
            return None
        transition = pl.col(TRANSITION).str.to_lowercase()
        if not self._count and not events.select((transition == "start").any()).item():
            return None
        blank = [pl.lit(None, pl.String).alias(c) for c in (_INSTANCE, _RESOURCE) if c not in events.columns]
        rows = events.with_columns(*blank, transition.alias(TRANSITION))
        columns = rows.select(trace_no, TRANSITION, _AT, _NAME, _INSTANCE, _RESOURCE)
        times = [self._time(no, transition, at, of) for no, transition, at, *of in columns.iter_rows()]
        return pl.Series(STARTED_AT, times, dtype=pl.String) if any(times) else None

    def _time(self, trace_no: int, transition: str, at: str, of: list[str | None]) -> str | None:
        if trace_no != self._trace_no:
            self._trace_no, self._count = trace_no, 0
            self._waiting.clear()
        name, instance, resource = of
        activity = (name, instance) if instance else (name, None, resource)
        if transition == "start" and at and self._count < _MOST_WAITING:
            self._waiting.setdefault(activity, deque()).append(at)
            self._count += 1
        elif transition == "complete" and (starts := self._waiting.get(activity)):
            self._count -= 1
            return starts.popleft()
        return None
