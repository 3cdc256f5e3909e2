"""The one way to open DuckDB, and what it means when a file does not open."""

import re
from enum import Enum
from pathlib import Path

import duckdb

from regaudit.base.errors import RegauditError


class Hindrance(Enum):
    """Why a database file does not open."""

    HELD = "held"
    """Another process has it open; the file is whole."""
    RIGHT = "right"
    """This user may not."""
    ROOM = "room"
    """The disk, the quota or the memory is full, or a limit on the size of files is reached."""
    DISK = "disk"
    """The disk does not give or take what it should."""
    NEWER = "newer"
    """It was written by a DuckDB newer than this one."""
    DAMAGED = "damaged"
    """It is no database, or part of it is missing or changed."""
    OTHER = "other"

    @property
    def lies_outside(self) -> bool:
        """Whether it says nothing about the file: it may well be whole."""
        return self in (Hindrance.HELD, Hindrance.RIGHT, Hindrance.ROOM, Hindrance.DISK)


# By what DuckDB, or the system through it, says.
_SAID = (
    (Hindrance.HELD, r"Could not set lock on file"),
    (Hindrance.RIGHT, r"Permission denied|Operation not permitted|Read-only file system"),
    (
        Hindrance.ROOM,
        r"No space left on device|[Qq]uota exceeded|File too large|Out of Memory|[Cc]annot allocate",
    ),
    (Hindrance.DISK, r"Input/output error|Stale file handle"),
    (Hindrance.NEWER, r"file with (storage )?version number"),
    (
        Hindrance.DAMAGED,
        "not a valid DuckDB database|Corrupt database|Could not read enough bytes|replaying WAL|deserialize",
    ),
)
_DAMAGE = (duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
_HOLDER = re.compile(r"held in (\S+) \(PID (\d+)\)")


class DatabaseFileError(RegauditError):
    """A DuckDB file does not open, and `hindrance` says why; the file is as it was."""

    def __init__(self, path: Path, error: duckdb.Error) -> None:
        self.said = str(error).splitlines()[0] if str(error) else type(error).__name__
        self.hindrance = hindrance_of(error)
        super().__init__(f"数据库文件 {path} 无法打开:{_told(self.hindrance, self.said)}")


def connect(
    path: Path | None = None,
    *,
    read_only: bool = False,
    memory_limit: str = "",
    temp_directory: Path | None = None,
    threads: int = 0,
) -> duckdb.DuckDBPyConnection:
    """Open a database file or, without a path, one in memory.

    Args:
        path: the file; it is made where there is none, unless it is only read.
        read_only: several processes may read a file that nobody writes.
        memory_limit: as DuckDB writes it (`1200MB`); empty is DuckDB's own.
        temp_directory: where what does not fit into memory goes.
        threads: how many work on one query; 0 is DuckDB's own.

    Raises:
        DatabaseFileError: the file cannot be opened, or is no database.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        # Nothing is fetched from anywhere: a closed network has nothing to fetch from.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if memory_limit:
        settings["memory_limit"] = memory_limit
    if temp_directory is not None:
        settings["temp_directory"] = str(temp_directory)
    if threads:
        settings["threads"] = threads
    try:
        db = duckdb.connect(path or ":memory:", read_only=read_only, config=settings)
    except duckdb.Error as error:
        if path is None:
            raise
        raise DatabaseFileError(path, error) from error
    db.execute("SET enable_progress_bar = false")  # it would print into our output
    return db


def attach(db: duckdb.DuckDBPyConnection, path: Path, name: str, *options: str) -> None:
    """Open a database file as the schema `name` of a connection, with options of ATTACH.

    Raises:
        DatabaseFileError: the file cannot be opened, or is no database.
    """
    words = f" ({', '.join(options)})" if options else ""
    try:
        db.execute(f"ATTACH '{quoted(str(path))}' AS {name}{words}")
    except duckdb.Error as error:
        raise DatabaseFileError(path, error) from error


def refuse_writer(path: Path) -> None:
    """Raise where another process has a database file open for writing; readers may stay.

    Raises:
        DatabaseFileError: it has; the message names it.
    """
    if not path.is_file():
        return
    try:
        connect(path, read_only=True).close()
    except DatabaseFileError as error:
        if error.hindrance is Hindrance.HELD:
            raise


def wal_of(path: Path) -> Path:
    """Where whoever opens a database file for writing lays what is not in the file yet."""
    return path.with_name(path.name + ".wal")


def remove_database(path: Path) -> None:
    """Delete a database file with its write-ahead log."""
    path.unlink(missing_ok=True)
    wal_of(path).unlink(missing_ok=True)


def quoted(text: str) -> str:
    """A text as it stands between quotation marks in SQL."""
    return text.replace("'", "''")


def hindrance_of(error: "duckdb.Error | DatabaseFileError") -> Hindrance:
    """Why DuckDB could not do what it was to do with a file."""
    if isinstance(error, DatabaseFileError):
        return error.hindrance
    said = str(error)
    for hindrance, pattern in _SAID:
        if re.search(pattern, said):
            return hindrance
    return Hindrance.DAMAGED if isinstance(error, _DAMAGE) else Hindrance.OTHER


def _told(hindrance: Hindrance, said: str) -> str:
    """Why, and what to do (Chinese)."""
    match hindrance:
        case Hindrance.HELD:
            held = _HOLDER.search(said)
            who = f"进程号 {held[2]}({held[1]})" if held else said
            return f"正被另一个进程打开:{who}。文件完好,未作改动:请关闭那个程序,或等它结束后再试"
        case Hindrance.RIGHT:
            return f"当前用户没有权限({said})。未作改动:请以运行 regaudit 的账号执行,或授予权限后再试"
        case Hindrance.ROOM | Hindrance.DISK:
            is_full = hindrance is Hindrance.ROOM
            why = "磁盘空间、配额或内存不足" if is_full else "磁盘读写出错"
            return f"{why}({said})。未作改动:请{'腾出空间' if is_full else '检查磁盘'}后再试"
        case Hindrance.NEWER:
            return f"由较新的 DuckDB 写成({said})。未作改动:请改用写它的那个版本的程序"
        case Hindrance.DAMAGED:
            return f"不是 DuckDB 数据库,或已损坏({said})"
        case Hindrance.OTHER:
            return f"{said}。未作改动:请检查这个路径与磁盘后再试"
