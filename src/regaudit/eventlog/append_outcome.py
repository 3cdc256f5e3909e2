"""What became of an append that failed: events whose commit gave no answer may be in the log all the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from eventsourcing.persistence import PersistenceError

from regaudit.base.errors import LogBusyError, LogError, VersionConflictError
from regaudit.eventlog.stores import advice, is_busy
from regaudit.eventlog.version_conflict import VersionTakenError

_NOTHING = "未写入任何事件"
_STORED = "事件已写入,但未能确认已存到磁盘(请重新运行,已有的不会重复写入)"
_UNKNOWN = "事件是否已写入不能确定(请重新运行,已有的不会重复写入)"


class _Inspection(Protocol):
    def before_first(self) -> int | None: ...


class _Recorder(Protocol):
    def max_notification_id(self) -> int | None: ...

    def settled_position(self) -> int: ...

    def inspection(self) -> _Inspection: ...


@contextmanager
def appending(recorder: _Recorder, place: str) -> Iterator[None]:
    """While events are appended: say of a failure whether they are in the log (Chinese).

    Raises:
        VersionConflictError: a version of an event is taken.
        LogBusyError: others had the store for longer than it waits.
        LogError: the store failed.
    """
    before: int | None = None
    try:
        before = recorder.max_notification_id() or 0
        yield
    except VersionTakenError as error:
        if (position := recorder.inspection().before_first()) is not None:
            raise LogError(
                f"事件日志 {place} 中有第 {position} 条记录,在第 1 条之前:不是由本程序写入的,"
                f"它占去了要写入的记录的版本号,{_NOTHING}。请保留现场,运行 regaudit verify 查明,从备份恢复"
            ) from error
        raise VersionConflictError(
            f"另一个进程刚刚在事件日志 {place} 中就同一事项写入了记录,{_NOTHING}:"
            "日志完好,请重新运行,将以最新的记录为准"
        ) from error
    except PersistenceError as error:
        if is_busy(error):
            raise LogBusyError(f"事件日志 {place} 正由另一个进程写入或占用,{_NOTHING}:请稍后再试") from error
        said = " ".join(str(error).split())
        became = _NOTHING if before is None else _outcome(recorder, before)
        raise LogError(f"事件日志 {place} 写入失败,{became}:{said}。{advice(error)}") from error


def _outcome(recorder: _Recorder, before: int) -> str:
    try:
        return _NOTHING if recorder.settled_position() == before else _STORED
    except PersistenceError:
        return _UNKNOWN
