"""What a check of a lake hands over: one published database of all its logs, and each table as Parquet."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from regaudit.base.archive import sync_folder
from regaudit.base.duck import attach, connect, quoted, refuse_writer, remove_database
from regaudit.base.in_place import put_in_place
from regaudit.base.progress import Progress
from regaudit.catalogue.published import PublishedTable, published_tables
from regaudit.lake.builds import Joint, Own
from regaudit.lake.province_rows import CODES, Rows, catalog_of
from regaudit.lake.trust import LogRow
from regaudit.warehouse.publish import STORAGE_VERSION

DATABASE, TABLES = "province.duckdb", "tables"
_TARGET = "province"
_LOG_ID = "日志,见 lake_logs;joint:N 为合并判断、不属其中一个日志的,* 为不分日志"
_EXTRA = {
    "findings": ("evidence_logs", "各条证据所属的日志,与 evidence 一一对应;空为都属 log_id"),
    "finding_evidence": ("position_log", "日志位置所属的日志"),
}


_LOGS = {
    "log_id": "日志:其检查点中的名称;joint:N 为一组合并判断的日志",
    "state": "状态:ok 已核对,broken 损坏或与检查点不符,forged 签名不成立,shortened 比上次核对时短,"
    "replaced 与上次核对的不是同一日志,missing 不在,joint 合并判断的一组",
    "told": "问题所在;空为没有",
    "offices": "涉及的登记机构",
    "events": "湖中的事件数",
    "checkpoint": "检查点的树根(Base64)",
    "added_at": "最近一次送入的时间",
    "profile": "判断所依的规程",
    "joint": "所在的合并组,空为单独判断",
}
_KINDS: dict[str, Any] = {"offices": pl.List(pl.String), "events": pl.Int64}


def publish_province(
    out: Path, owns: Sequence[Own], joints: Sequence[Joint], logs: Sequence[LogRow], progress: Progress
) -> Path:
    """Put the database, and each of its tables as Parquet, in place of those of last time.

    Args:
        out: the folder; it is made where there is none.
        owns: the builds of all logs that stand.
        joints: the builds over several of them.
        logs: the rows of `lake_logs`.
        progress: hears of each table.

    Raises:
        DatabaseFileError: somebody has the published database open for writing.
    """
    out.mkdir(parents=True, exist_ok=True)
    target = out / DATABASE
    refuse_writer(target)
    draft, tables = out / f".publishing-{DATABASE}", out / f".publishing-{TABLES}"
    remove_database(draft)
    shutil.rmtree(tables, ignore_errors=True)
    tables.mkdir()
    with connect() as db:
        db.execute(f"SET temp_directory = '{quoted(str(draft))}.tmp'")
        attach(db, draft, _TARGET, f"STORAGE_VERSION '{STORAGE_VERSION}'")
        builds: list[Own | Joint] = [*owns, *joints]
        for build in builds:
            attach(db, build.file, catalog_of(build), "READ_ONLY")
        published, rows = published_tables(), Rows(db, owns, joints)
        for done, (name, table) in enumerate(published.items(), start=1):
            _create(db, name, table, rows)
            progress("发布", done, len(published))
        _create_logs(db, logs)
        for name in (*published, "lake_logs"):
            db.execute(f"COPY {_TARGET}.main.{name} TO '{quoted(str(tables / name))}.parquet'")
    shutil.rmtree(out / TABLES, ignore_errors=True)
    put_in_place(tables, out / TABLES)
    put_in_place(draft, target)
    sync_folder(out)
    return target


def _create(db: duckdb.DuckDBPyConnection, name: str, table: PublishedTable, rows: Rows) -> None:
    columns = {"log_id": _LOG_ID, **table.columns}
    if name in _EXTRA:
        extra, comment = _EXTRA[name]
        columns[extra] = comment
    place = f"{_TARGET}.main.{name}"
    order = ", ".join(["log_id", *table.order])
    if selects := [f"({select} ORDER BY {order})" for select in rows.selects(name, table)]:
        each_once = "SELECT DISTINCT ON (kind, code) * " if name == CODES else ""
        db.execute(f"CREATE TABLE {place} AS {each_once}FROM ({' UNION ALL '.join(selects)})")
    else:
        db.execute(f"CREATE TABLE {place} ({', '.join(f'{column} VARCHAR' for column in columns)})")
    db.execute(f"COMMENT ON TABLE {place} IS '{quoted(table.title)}'")
    for column, comment in columns.items():
        db.execute(f"COMMENT ON COLUMN {place}.{column} IS '{quoted(comment)}'")


def _create_logs(db: duckdb.DuckDBPyConnection, logs: Sequence[LogRow]) -> None:
    kinds = {name: _KINDS.get(name, pl.String) for name in _LOGS}
    rows = [[getattr(log, name) for name in _LOGS] for log in logs]
    db.register("frame", pl.DataFrame(rows, schema=kinds, orient="row").to_arrow())
    place = f"{_TARGET}.main.lake_logs"
    db.execute(f"CREATE TABLE {place} AS FROM frame")
    db.unregister("frame")
    db.execute(f"COMMENT ON TABLE {place} IS '湖中的日志:一行一个,未能通过核对的也在'")
    for column, comment in _LOGS.items():
        db.execute(f"COMMENT ON COLUMN {place}.{column} IS '{quoted(comment)}'")
