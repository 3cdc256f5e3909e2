"""The published database, held against what its run recorded and against a computation from the log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from regaudit.catalogue import LogEvent
from regaudit.checking import list_run, settle_findings
from regaudit.computing import compute, load_inputs
from regaudit.findings import findings_hash
from regaudit.keeping import restore_inputs
from regaudit.replaying import input_changes
from regaudit.trials import LogUntil, trial_warehouse
from regaudit.verifying.report import Damage
from regaudit.warehouse.mirror import Progress
from regaudit.warehouse.publish import DATABASE, published_tables

_ADVICE = "日志不受影响;请用 regaudit check 重新发布,并查明何人改动"
# How long a rule took is different every time.
_NOT_COMPUTED = {("rule_runs", "seconds")}
_RUN = ("kind", "log_position", "findings", "findings_sha256", "as_of", "profile_sha256", "calendar")


def check_published(home: Path, notes: list[str], progress: Progress) -> list[Damage]:
    """Compare the published database with its run in the log, and every table with a new computation.

    `notes` (Chinese) gains what could not be compared.

    Raises:
        RegauditError: the settings or the profile of the run cannot be read.
    """
    path = home / DATABASE
    if not path.is_file():
        notes.append("尚未发布分析数据库:没有已发布的问题可核对")
        return []
    with LogUntil(home) as log:
        runs = {event.originator_version: event for event in log.events("runs")}
    try:
        with duckdb.connect(path, read_only=True) as db:
            db.execute("SET enable_progress_bar = false")
            listed = db.execute(f"SELECT run_no, {', '.join(_RUN)} FROM runs ORDER BY run_no").fetchall()
    except duckdb.Error as error:
        return [_damage(f"{DATABASE} 不能读取:{str(error).splitlines()[0]}")]
    if not listed or (run := runs.get(listed[-1][0])) is None:
        return [_damage(f"{DATABASE} 所示的最近一次运行不在日志中:发布后中断,或数据库被改动")]
    if listed[-1][0] != max(runs):
        return [
            _damage(f"{DATABASE} 是第 {listed[-1][0]} 次运行的,日志已到第 {max(runs)} 次:数据库被旧件替换")
        ]
    recorded = tuple(vars(run)[name] for name in _RUN)
    shown = tuple(value.isoformat() if isinstance(value, datetime) else value for value in listed[-1][1:])
    if tuple(_moment(value) for value in shown) != tuple(_moment(value) for value in recorded):
        return [_damage(f"{DATABASE} 的 runs 表与日志中第 {run.originator_version} 次运行的记录不同")]
    return _compare(home, path, run, notes, progress)


def _compare(home: Path, path: Path, run: LogEvent, notes: list[str], progress: Progress) -> list[Damage]:
    state: dict[str, Any] = vars(run)
    restored = restore_inputs(home, state, load_inputs(home))
    changes = [f"存档中没有当时的{title}" for title in restored.lacking]
    changes += input_changes(state, restored.facts)
    with (
        LogUntil(home, state["log_position"]) as log,
        trial_warehouse(home) as warehouse,
        _attached(warehouse.db, path),
    ):
        warehouse.catch_up(log, progress)
        as_of = datetime.fromisoformat(state["as_of"])
        compute(warehouse, restored.inputs, as_of=as_of, position=state["log_position"], progress=progress)
        if findings_hash(warehouse.db) != state["findings_sha256"]:
            if changes:
                notes.append(f"未能以重算核对已发布的问题,因为运行之后:{';'.join(changes)}")
                return []
            return [_damage(f"第 {run.originator_version} 次运行重算所得的问题与当时记录的散列不同")]
        settle_findings(warehouse.db)
        list_run(warehouse.db, run)
        return list(_differences(warehouse.db))


@contextmanager
def _attached(db: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    quoted = str(path).replace("'", "''")
    db.execute(f"ATTACH '{quoted}' AS shown (READ_ONLY)")
    try:
        yield
    finally:
        db.execute("DETACH shown")


def _differences(db: duckdb.DuckDBPyConnection) -> Iterator[Damage]:
    tables = published_tables()
    for name in sorted(tables, key=lambda name: (name != "findings", name)):
        table = tables[name]
        kept = [column for column in table.columns if (name, column) not in _NOT_COMPUTED]
        columns = ", ".join(f'"{column}"' for column in kept)
        sides = (f"SELECT {columns} FROM {table.source}", f"SELECT {columns} FROM shown.main.{name}")
        try:
            query = f"FROM ({sides[0]} EXCEPT ALL {sides[1]}) ORDER BY ALL LIMIT 1"
            lacking = db.execute(query).fetchall()
            query = f"FROM ({sides[1]} EXCEPT ALL {sides[0]}) ORDER BY ALL LIMIT 1"
            added = db.execute(query).fetchall()
        except duckdb.Error as error:
            yield _damage(f"{name} 表不能读取:{str(error).splitlines()[0]}")
            continue
        if lacking or added:
            yield _damage(
                f"{name} 表与重算结果不同:{_row(kept, added, lacking)}", name, lacking or added, kept
            )


def _row(columns: list[str], added: list[Any], lacking: list[Any]) -> str:
    """The first row that differs, and how (Chinese)."""
    key = columns[0]
    if added and lacking and added[0][0] == lacking[0][0]:
        pairs = zip(columns, added[0], lacking[0], strict=True)
        differing = [f"{column} 应为 {is_!r},库中是 {was!r}" for column, was, is_ in pairs if was != is_]
        return f"{key} = {added[0][0]},{';'.join(differing)}"
    if lacking:
        return f"缺少 {key} = {lacking[0][0]} 的一行"
    return f"多出 {key} = {added[0][0]} 的一行"


def _damage(
    problem: str, table: str = "", rows: list[Any] | None = None, columns: list[str] | None = None
) -> Damage:
    stream = ""
    if table == "findings" and rows and columns:
        stream = f"finding:{rows[0][columns.index('finding_id')]}"
    return Damage(kind="已发布问题", stream=stream, problem=problem, advice=_ADVICE)


def _moment(value: Any) -> Any:
    """Times as text of one form: with or without a fraction they are the same."""
    if isinstance(value, str) and "T" in value:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
