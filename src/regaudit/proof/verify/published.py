"""The published database, held against what its run recorded and against a computation from the log."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from regaudit.audit.inputs import compute, load_inputs
from regaudit.audit.judged_nights import said_of
from regaudit.audit.kept_inputs import restore_inputs
from regaudit.audit.replay import input_changes
from regaudit.audit.results import list_night, settle
from regaudit.audit.rule_runs import findings_hash
from regaudit.audit.scratch import LogUntil, scratch_warehouse
from regaudit.base.duck import DatabaseFileError, attach, connect, hindrance_of
from regaudit.base.folders import DATABASE, Folders
from regaudit.base.progress import Progress
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.published import PublishedTable, published_tables
from regaudit.ledger.again import list_again, run_events
from regaudit.proof.verify.archived import Elsewhere
from regaudit.proof.verify.report import CUT_ADVICE, Damage

_MISSING_ADVICE = "日志不受影响;请用 regaudit check 重新发布,并查明何人删除(刚从备份恢复的除外)"
_ADVICE = "日志不受影响;请用 regaudit check --rebuild 重新计算并发布,并查明何人改动"
# How long a rule took is different every time; what an office is called is kept with no run.
_NOT_COMPUTED = {("rule_runs", "seconds"), ("offices", "title")}
_RUN = ("kind", "log_position", "findings", "findings_sha256", "as_of", "profile_sha256", "calendar")


def check_published(home: Path, notes: list[str], progress: Progress, *, is_log_whole: bool) -> list[Damage]:
    """Compare the published database with its run in the log, and every table with a new computation.

    `notes` (Chinese) gains what could not be compared. Of a log that is not whole nothing is computed.

    Raises:
        RegauditError: the settings or the profile of the run cannot be read.
    """
    path = Folders(home).database
    with LogUntil(home) as log:
        runs = {event.originator_version: event for event in log.events("runs", RunCompleted)}
        size = log.position()
    elsewhere = Elsewhere(home)
    own = max((number for number, run in runs.items() if not elsewhere.has(run)), default=0)
    try:
        last = _last_listed(path, runs, own, notes)
    except _DamagedError as error:
        return [error.damage]
    if last is None:
        return []
    if cut := _beyond(runs, last, size):
        return [cut]
    if not is_log_whole:
        notes.append("日志有损坏:未重算已发布的问题")
        return []
    if problem := _about_run(runs, last, own):
        return [_damage(problem)]
    return _compare(home, path, runs[last[0]], notes, progress)


class _DamagedError(Exception):
    """The database is missing or cannot be read."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(damage.problem)
        self.damage = damage


def _last_listed(
    path: Path, runs: Mapping[int, RunCompleted], own: int, notes: list[str]
) -> tuple[Any, ...] | None:
    """The run that the database says it is of; None where it cannot be read and that is no damage.

    `own` is the last run of this workspace: others that append to the same log have databases of their own.
    """
    if not path.is_file() and own:
        problem = f"分析数据库 {path} 缺失:第 {own} 次运行发布过它"
        raise _DamagedError(_damage(problem, advice=_MISSING_ADVICE))
    if not os.access(path, os.R_OK):
        absent = "分析数据库由另一工作区发布" if runs else "尚未发布分析数据库"
        why = f"没有权限读取 {path}" if path.is_file() else absent
        notes.append(f"{why}:没有已发布的问题可核对")
        return None
    try:
        with connect(path, read_only=True) as db:
            listed = db.execute(f"SELECT run_no, {', '.join(_RUN)} FROM runs ORDER BY run_no").fetchall()
    except (DatabaseFileError, duckdb.Error) as error:
        if hindrance_of(error).lies_outside:
            notes.append(f"未核对已发布的问题:{error}")
            return None
        raise _DamagedError(_damage(f"{DATABASE} 不能读取:{str(error).splitlines()[0]}")) from error
    if not listed:
        raise _DamagedError(_damage(f"{DATABASE} 没有列出任何运行:数据库被改动"))
    return listed[-1]


def _beyond(runs: Mapping[int, RunCompleted], last_listed: tuple[Any, ...], size: int) -> Damage | None:
    """Whether the database has seen more of the log than there is: then the log's end was cut off."""
    (number, read), last = (last_listed[0], last_listed[1 + _RUN.index("log_position")]), max(runs, default=0)
    if read <= size and number <= last + 1:
        return None
    return Damage(
        kind="截短",
        position=size + 1,
        problem=f"{DATABASE} 是第 {number} 次运行的,其时日志已有 {read} 条;日志现在只到第 {size} 条、"
        f"第 {last} 次运行:末尾的记录被删除,或整个日志被旧件替换",
        advice=CUT_ADVICE,
    )


def _about_run(runs: Mapping[int, RunCompleted], last_listed: tuple[Any, ...], own: int) -> str:
    """What is wrong with the run that the database says it is of (Chinese), or nothing."""
    if last_listed[0] not in runs:
        return f"{DATABASE} 所示的最近一次运行不在日志中:发布后中断,数据库被改动,或日志末尾的这次运行被删除"
    number, *listed = last_listed
    run, last = runs[number], max(runs)
    if number not in (last, own):
        return f"{DATABASE} 是第 {number} 次运行的,日志已到第 {last} 次:数据库被旧件替换,或以后的未能发布"
    recorded = tuple(getattr(run, name) for name in _RUN)
    shown = tuple(value.isoformat() if isinstance(value, datetime) else value for value in listed)
    if tuple(_moment(value) for value in shown) != tuple(_moment(value) for value in recorded):
        return f"{DATABASE} 的 runs 表与日志中第 {number} 次运行的记录不同"
    return ""


def _compare(home: Path, path: Path, run: RunCompleted, notes: list[str], progress: Progress) -> list[Damage]:
    with LogUntil(home) as whole:
        judged, told = said_of(whole, run.originator_version)
        whole_events = run_events(whole, run)
    restored = restore_inputs(home, run, load_inputs(home))
    changes = [f"存档中没有当时的{title}" for title in restored.lacking]
    changes += input_changes(run, restored.facts)
    with (
        LogUntil(home, run.log_position) as log,
        scratch_warehouse() as warehouse,
        _attached(warehouse.db, path),
    ):
        warehouse.catch_up(log, progress)
        as_of = datetime.fromisoformat(run.as_of)
        compute(warehouse, restored.inputs, as_of=as_of, position=run.log_position, progress=progress)
        if findings_hash(warehouse.db) != run.findings_sha256:
            if changes:
                notes.append(f"未能以重算核对已发布的问题,因为运行之后:{';'.join(changes)}")
                return []
            return [_damage(f"第 {run.originator_version} 次运行重算所得的问题与当时记录的散列不同")]
        settle(warehouse.db, run)
        list_night(warehouse.db, judged, told)
        list_again(warehouse.db, whole_events, restored.inputs, run)
        tables = published_tables()
        unknown = sorted(tables.keys() - _shown_tables(warehouse.db))
        if unknown and run.sql_sha256 != restored.facts.sql_sha256:
            # Other SQL published it, which may not have had them yet; else somebody has removed them.
            notes.append(
                f"未核对分析数据库中还没有的表 {'、'.join(unknown)}:程序更新后须由 regaudit check 重新发布"
            )
            tables = {name: table for name, table in tables.items() if name not in unknown}
        return list(_differences(warehouse.db, tables))


@contextmanager
def _attached(db: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    attach(db, path, "shown", "READ_ONLY")
    try:
        yield
    finally:
        db.execute("DETACH shown")


def _shown_tables(db: duckdb.DuckDBPyConnection) -> set[str]:
    rows = db.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'shown'").fetchall()
    return {name for (name,) in rows}


def _differences(db: duckdb.DuckDBPyConnection, tables: dict[str, PublishedTable]) -> Iterator[Damage]:
    for name in sorted(tables, key=lambda name: (name != "findings", name)):
        table = tables[name]
        key = [column for column in table.order if column in table.columns] or list(table.columns)[:1]
        others = [column for column in table.columns if column not in key]
        kept = [*key, *(column for column in others if (name, column) not in _NOT_COMPUTED)]
        columns = ", ".join(f'"{column}"' for column in kept)
        sides = (f"SELECT {columns} FROM {table.source}", f"SELECT {columns} FROM shown.main.{name}")
        first = ", ".join(f'"{column}"' for column in [*key, "is_added"])
        try:
            rows = db.execute(
                f"FROM (SELECT false AS is_added, * FROM ({sides[0]} EXCEPT ALL {sides[1]}) UNION ALL "
                f"SELECT true, * FROM ({sides[1]} EXCEPT ALL {sides[0]})) ORDER BY {first} LIMIT 2"
            ).fetchall()
        except duckdb.Error as error:
            yield _damage(f"{name} 表不能读取:{str(error).splitlines()[0]}")
            continue
        if rows:
            stream = f"finding:{rows[0][1]}" if name == "findings" else ""
            yield _damage(f"{name} 表与重算结果不同:{_row(kept, len(key), rows)}", stream)


def _row(columns: Sequence[str], keys: int, rows: Sequence[tuple[Any, ...]]) -> str:
    """The first row that differs, and how (Chinese).

    Args:
        columns: their names, those of the key first.
        keys: how many make the key.
        rows: one or two: whether it is added, and its values.
    """
    first, last = rows[0], rows[-1]
    where = ",".join(f"{c} = {_shown(v)}" for c, v in zip(columns[:keys], first[1:], strict=False))
    if not first[0] and last[0] and first[1 : keys + 1] == last[1 : keys + 1]:
        pairs = zip(columns, first[1:], last[1:], strict=True)
        differing = [f"{c} 应为 {_shown(is_)},库中是 {_shown(was)}" for c, is_, was in pairs if was != is_]
        return f"{where} 的一行,{';'.join(differing)}"
    return f"{'多出' if first[0] else '缺少'} {where} 的一行"


def _shown(value: object) -> str:
    """A value as people write it (Chinese)."""
    match value:
        case None | "":
            return "空"
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case list():
            return "、".join(map(_shown, value)) or "空"
        case _:
            return str(value)


def _damage(problem: str, stream: str = "", advice: str = _ADVICE) -> Damage:
    return Damage(kind="已发布问题", stream=stream, problem=problem, advice=advice)


def _moment(value: Any) -> Any:
    """Times as text of one form: with or without a fraction they are the same."""
    if isinstance(value, str) and "T" in value:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
