"""Publishes the analyst database: a finished copy, moved into place in one step.

Readers of the old file keep it until they open the new one; the working file is never shared. The copy is
written in a storage format that DuckDB 1.4 reads too.
"""

from contextlib import suppress
from pathlib import Path

import duckdb
from msgspec import Struct

from regaudit.base.archive import sync_folder
from regaudit.base.digests import copy_file
from regaudit.base.duck import attach, quoted, refuse_writer, remove_database, wal_of
from regaudit.base.errors import NotPublishedError, RegauditError, is_in_use, reason_of
from regaudit.base.folders import DATABASE, Folders
from regaudit.base.in_place import put_in_place
from regaudit.base.modes import hand_over, let_pass
from regaudit.base.publish_settings import Publish
from regaudit.catalogue.published import PublishedTable, published_tables
from regaudit.catalogue.sqlfile import SqlFile
from regaudit.warehouse.increments import Increment, is_per_case
from regaudit.warehouse.keyed import is_keyed
from regaudit.warehouse.sealed import SealedWarehouse
from regaudit.warehouse.transaction import transaction

# How many seconds readers that keep Windows from replacing a database are waited for.
_PATIENCE = 60.0
STORAGE_VERSION = "v1.4.0"


class Draft(Struct, frozen=True):
    """Copies for analysts that are not published yet, each with its place, and their SHA-256."""

    copies: list[tuple[Path, Path]]
    sha256: str


def draft(warehouse: SealedWarehouse, home: Path, settings: Publish, increment: Increment) -> Draft:
    """Bring the private copy of the published tables up to date, and make the copies that `publish` shows.

    Where the private copy shows the very build that the warehouse has followed on, only the rows of
    touched cases and changed keys are written anew.

    Raises:
        DatabaseFileError: somebody has the published database open for writing: it could not be replaced
            without leaving a file that does not open.
        RegauditError: it cannot be handed to whom the settings name.
    """
    db, private = warehouse.db, warehouse.published_draft
    for target in _targets(home, settings):
        refuse_writer(target)
    in_part: dict[str, SqlFile] = {}
    if increment.is_whole:
        remove_database(private)
    else:
        in_part = {file.table: file for file in warehouse.files if is_per_case(file) or is_keyed(file)}
    attach(db, private, "published", f"STORAGE_VERSION '{STORAGE_VERSION}'", "RECOVERY_MODE NO_WAL_WRITES")
    # In order, threads leave no small pieces between full ones: to join those, a later night writes all anew.
    db.execute("SET preserve_insertion_order = true")
    try:
        with transaction(db):
            for name, table in published_tables().items():
                if table.source in in_part:
                    columns = ", ".join(table.columns)
                    increment.replace(f"published.main.{name}", columns, in_part[table.source])
                else:
                    _create(db, name, table)
    except BaseException:
        with suppress(duckdb.Error):
            db.execute("DETACH published")
        raise
    finally:
        db.execute("SET preserve_insertion_order = false")
    db.execute("DETACH published")
    own = Folders(home).work / f"publishing-{DATABASE}"
    drafted = Draft([(own, Folders(home).database)], copy_file(private, own))
    if settings.group:
        hand_over(own, settings.group)
        let_pass(home, settings.group)
    if settings.path:
        drafted.copies.append(_drafted_outside(own, home / settings.path, settings))
    return drafted


def _targets(home: Path, settings: Publish) -> list[Path]:
    """Where the published database is put."""
    return [Folders(home).database, *([home / settings.path] if settings.path else [])]


def _drafted_outside(copy: Path, target: Path, settings: Publish) -> tuple[Path, Path]:
    """The copy for a folder of the analysts, beside its place."""
    beside = target.with_name(f".{target.name}.publishing")
    try:
        copy_file(copy, beside)
    except OSError as error:
        raise RegauditError(
            f"publish.path:{target} 不能写入({reason_of(error)})。请检查该文件夹及其权限,或改正 regaudit.toml"
        ) from error
    hand_over(beside, settings.group)
    return beside, target


def publish(drafted: Draft, told: list[str]) -> None:
    """Put drafted copies in place of the analyst databases of last time, each in one step.

    `told` (Chinese) gains what was found beside them and removed.

    Raises:
        NotPublishedError: Windows does not let us, since somebody reads one of them; it is as it was.
    """
    for copy, target in drafted.copies:
        if wal_of(target).exists():
            told.append(
                f"{target.name} 旁有别的程序留下的 {wal_of(target).name},已删除:请只以只读方式打开分析数据库"
            )
            wal_of(target).unlink()
        try:
            put_in_place(copy, target, patience=_PATIENCE)
        except OSError as error:
            if not is_in_use(error):
                raise
            raise NotPublishedError(
                f"未发布:{target} 正被别的程序打开,Windows 不让替换(等了 {_PATIENCE:.0f} 秒)。运行已记入日志,"
                "原有的分析数据库仍完整,但已过时:请关闭打开它的程序,再运行 regaudit check 发布"
            ) from error
        sync_folder(target.parent)


def _create(db: duckdb.DuckDBPyConnection, name: str, table: PublishedTable) -> None:
    order = f"ORDER BY {', '.join(table.order)}" if table.order else ""
    columns = ", ".join(table.columns)
    db.execute(
        f"CREATE OR REPLACE TABLE published.main.{name} AS SELECT {columns} FROM {table.source} {order}"
    )
    db.execute(f"COMMENT ON TABLE published.main.{name} IS '{quoted(table.title)}'")
    for column, comment in table.columns.items():
        db.execute(f"COMMENT ON COLUMN published.main.{name}.{column} IS '{quoted(comment)}'")
