"""XES event logs of process-mining kits, read once, in columns: https://www.xes-standard.org, IEEE 1849."""

import weakref
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from threading import Lock

import polars as pl
from msgspec import Struct

from regaudit.base.errors import RefusedFileError
from regaudit.base.prefetch import Ahead
from regaudit.sources.formats.lifecycles import STARTED_AT, Starts
from regaudit.sources.formats.streams import Source
from regaudit.sources.formats.xmltags import KEY, NAME, STEP, VALUE, read_tags
from regaudit.sources.tables import BATCH_ROWS, ROW_NO, Batch, OnBytes, Table, numbered

_VALUES = ("string", "date", "int", "float", "boolean", "id")
_TRACE_PREFIX = "case:"
_ENDS = frozenset(("event", "trace"))
_MOST_COLUMNS, _MOST_CELLS = 2_000, 8_000_000
_MOST_OF_TRACES = 256 << 20
_HELD = 64 << 20
_EVENT_NO, _TRACE_NO, _OF_TRACE = "\0event_no", "\0trace_no", "\0of_trace"
_DEPTH, _OUTER, _INNER = "depth", "outer", "inner"
_CHILD, _GRANDCHILD = 2, 3
"""Depths below a trace or an event of the log itself, which stand at 1."""


def open_xes(source: Source, encoding: str, on_bytes: OnBytes) -> list[Table]:
    """The events of a log, each with its trace's attributes as `case:…`, wherever they stand in the trace.

    An event that completes an activity has `start_timestamp` where another event started it.

    Raises:
        RefusedFileError: it is not well-formed, or holds no event, or more attributes than any log.
    """
    log = _Log(source.name)
    for tags in Ahead(read_tags(source, encoding, on_bytes, _ENDS)):
        log.add(tags)
    if not log.columns:
        raise RefusedFileError(f"XES 文件 {source.name} 中没有事件:请检查导出的时间范围")
    return [Table(log.columns, log.finish(), title=source.stem)]


class _Pages:
    """Frames put aside, in memory and then on the disk, read back as often as asked, by several threads."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_HELD)  # noqa: SIM115 - it lives as long as the table
        weakref.finalize(self, self._file.close)
        self._places: list[tuple[int, int]] = []
        self._lock = Lock()

    def put(self, frame: pl.DataFrame) -> None:
        begin = self._file.tell()
        frame.write_ipc_stream(self._file, compression="lz4")
        self._places.append((begin, self._file.tell() - begin))

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for begin, size in self._places:
            with self._lock:
                self._file.seek(begin)
                content = self._file.read(size)
            yield pl.read_ipc_stream(content)


class _Place(Struct):
    """Where a page ends: how deep, in what, and how many traces and events began before."""

    depth: int = 0
    outer: str = ""
    inner: str = ""
    traces: int = 0
    events: int = 0


class _Log:
    """Puts a log together from pages of tags."""

    def __init__(self, name: str) -> None:
        self._name, self._place = name, _Place()
        self._pages, self._starts = _Pages(), Starts()
        self._of_traces: list[pl.DataFrame] = []
        self._of_traces_bytes = 0
        self._trace_keys: dict[str, None] = {}
        self._event_keys: dict[str, None] = {}

    @property
    def columns(self) -> list[str]:
        """All columns found so far; none as long as there is no event."""
        if not self._place.events:
            return []
        of_traces = [_TRACE_PREFIX + key for key in self._trace_keys]
        return list(dict.fromkeys([*of_traces, *self._event_keys]))

    def add(self, tags: pl.DataFrame) -> None:
        """Take the next page."""
        opened = self._placed(tags)
        values = opened.filter(pl.col(NAME).is_in(_VALUES) & pl.col(KEY).is_not_null()).with_columns(
            pl.col(KEY).replace(ROW_NO, f"{ROW_NO}#2"), pl.col(VALUE).fill_null("")
        )
        self._keep_traces(values.filter(_is_within(trace=True)).select(_TRACE_NO, KEY, VALUE))
        self._keep_events(
            opened.filter(_is_event()).select(_EVENT_NO, _TRACE_NO),
            values.filter(_is_within(trace=False)).select(_EVENT_NO, KEY, VALUE),
        )

    def _placed(self, tags: pl.DataFrame) -> pl.DataFrame:
        """The tags that open an element, each with its depth, what it stands in, its trace and its event."""
        place = self._place
        depth = place.depth + pl.col(STEP).cum_sum()
        deep = tags.with_columns((depth - pl.col(STEP)).alias(_DEPTH))
        place.depth += int(tags[STEP].sum())
        opened = deep.filter(pl.col(STEP) >= 0).with_columns(
            _last_at(1).fill_null(place.outer).alias(_OUTER), _last_at(2).fill_null(place.inner).alias(_INNER)
        )
        # An event outside of all traces has the attributes of none: it counts as one without attributes.
        is_trace = (pl.col(_DEPTH) == 1) & pl.col(NAME).is_in(_ENDS)
        counted = opened.with_columns(
            (place.traces + is_trace.cast(pl.Int64).cum_sum()).alias(_TRACE_NO),
            (place.events + _is_event().cast(pl.Int64).cum_sum()).alias(_EVENT_NO),
        )
        if counted.height:
            last = counted.row(-1, named=True)
            place.outer, place.inner = last[_OUTER], last[_INNER]
            place.traces, place.events = last[_TRACE_NO], last[_EVENT_NO]
        return counted

    def _keep_traces(self, values: pl.DataFrame) -> None:
        self._trace_keys |= dict.fromkeys(values[KEY].unique(maintain_order=True))
        self._check_columns()
        self._of_traces.append(values)
        self._of_traces_bytes += int(values.estimated_size())
        if self._of_traces_bytes > _MOST_OF_TRACES:
            raise RefusedFileError(
                f"XES 文件 {self._name} 的案例属性超过 {_MOST_OF_TRACES >> 20} MB,过大:请按月份分开导出"
            )

    def _keep_events(self, events: pl.DataFrame, values: pl.DataFrame) -> None:
        self._event_keys |= dict.fromkeys(values[KEY].unique(maintain_order=True))
        self._check_columns()
        size = min(BATCH_ROWS, _MOST_CELLS // max(len(self._event_keys), 1))
        for first in range(0, events.height, size):
            page = events.slice(first, size)
            numbers = pl.col(_EVENT_NO).is_between(page[_EVENT_NO][0], page[_EVENT_NO][-1])
            made = _pivoted(page, values if size >= events.height else values.filter(numbers), _EVENT_NO)
            if (started := self._starts.times(made, _TRACE_NO)) is not None:
                self._event_keys[STARTED_AT] = None
                given = [STARTED_AT] if STARTED_AT in made.columns else []
                made = made.with_columns(pl.coalesce(*given, started).alias(STARTED_AT))
            self._pages.put(made)

    def _check_columns(self) -> None:
        if len(self._trace_keys) + len(self._event_keys) > _MOST_COLUMNS:
            raise RefusedFileError(f"XES 文件 {self._name} 有 {_MOST_COLUMNS} 种以上的属性,不像事件日志")

    def finish(self) -> "_Reading":
        """How to read all rows; nothing can be added after."""
        named = pl.concat(self._of_traces).with_columns(pl.concat_str(pl.lit(_TRACE_PREFIX), KEY).alias(KEY))
        return _Reading(self.columns, self._pages, named.sort(_TRACE_NO, maintain_order=True))


class _Reading:
    """The rows of a log that has been taken in, in batches: events with the attributes of their traces."""

    def __init__(self, columns: list[str], pages: _Pages, of_traces: pl.DataFrame) -> None:
        self._columns, self._pages, self._of_traces = columns, pages, of_traces
        self._size = min(BATCH_ROWS, max(_MOST_CELLS // len(columns), 1))

    def __call__(self) -> Iterator[Batch]:
        row_no = 1
        for page in self._pages:
            for first in range(0, page.height, self._size):
                rows = self._row_frame(page.slice(first, self._size))
                yield Batch(numbered(rows, row_no), [])
                row_no += rows.height

    def _row_frame(self, events: pl.DataFrame) -> pl.DataFrame:
        numbers = self._of_traces[_TRACE_NO]
        first = int(numbers.search_sorted(events[_TRACE_NO][0], "left"))
        last = int(numbers.search_sorted(events[_TRACE_NO][-1], "right"))
        traces = _pivoted(
            events.select(pl.col(_TRACE_NO).unique()), self._of_traces.slice(first, last - first), _TRACE_NO
        )
        rows = events.join(traces, on=_TRACE_NO, how="left", maintain_order="left", suffix=_OF_TRACE)
        return rows.with_columns(
            pl.coalesce(*found).alias(name)
            if (found := [c for c in (name, name + _OF_TRACE) if c in rows.columns])
            else pl.lit(None, pl.String).alias(name)
            for name in self._columns
        ).select(self._columns)


def _is_event() -> pl.Expr:
    of_trace = (pl.col(_DEPTH) == _CHILD) & (pl.col(_OUTER) == "trace")
    return (pl.col(NAME) == "event") & (of_trace | (pl.col(_DEPTH) == 1))


def _is_within(*, trace: bool) -> pl.Expr:
    """Whether a tag is a trace's child, or else one of an event, in a trace or outside of all."""
    in_trace = pl.col(_OUTER) == "trace"
    if trace:
        return in_trace & (pl.col(_DEPTH) == _CHILD)
    of_inner = in_trace & (pl.col(_INNER) == "event") & (pl.col(_DEPTH) == _GRANDCHILD)
    return of_inner | ((pl.col(_OUTER) == "event") & (pl.col(_DEPTH) == _CHILD))


def _last_at(depth: int) -> pl.Expr:
    """The name of the element at a depth that a tag stands in, or is."""
    return pl.when(pl.col(_DEPTH) == depth).then(NAME).forward_fill()


def _pivoted(rows: pl.DataFrame, values: pl.DataFrame, number: str) -> pl.DataFrame:
    """`rows` with a column for each key; of values that a row has twice, the last."""
    for (key,), of_key in values.partition_by(
        KEY, as_dict=True, include_key=False, maintain_order=True
    ).items():
        single = of_key.unique(number, keep="last", maintain_order=True).rename({VALUE: str(key)})
        rows = rows.join(single, on=number, how="left", maintain_order="left")
    return rows
