"""What a failure of the store that holds the log says: that the log is damaged, or that it could not be read.

Told by the codes of the databases alone, so that no driver is needed. What is not known to be damage accuses
nobody: a time-out, a right that was taken away, a restart say nothing about what is stored.
"""

import re
import sqlite3
from typing import Any

from eventsourcing.persistence import PersistenceError
from msgspec import Struct


class StoreFailure(Struct, frozen=True):
    """What a failure means: `title` what happened, `advice` what to do (Chinese)."""

    is_damage: bool
    title: str
    advice: str


_RIGHTS = StoreFailure(
    is_damage=False, title="没有权限", advice="请让数据库的属主授予权限,见 docs/zh/operations.md"
)
_SLOW = StoreFailure(
    is_damage=False,
    title="服务器中途取消了查询(超时,或被管理员取消)",
    advice="请让数据库管理员放宽该用户的 statement_timeout,或在服务器空闲时重新运行",
)
_LOST = StoreFailure(
    is_damage=False, title="连接中断", advice="连接中断:请检查网络与数据库服务器,然后重新运行"
)
_LOGIN = StoreFailure(
    is_damage=False,
    title="服务器不让登录",
    advice="请核对 store.url 中的用户、数据库和密码(password_env 或 password_file)",
)
_READ_ONLY = StoreFailure(
    is_damage=False,
    title="服务器只读",
    advice=(
        "服务器只读(备库,或设置了 default_transaction_read_only):请让 store.url 指向可以写入的主库;"
        "日志本身没有问题"
    ),
)
_STANDBY = StoreFailure(
    is_damage=False,
    title="备库为跟上主库而取消了查询",
    advice="请重新运行,或在主库上运行",
)
_ROOM = StoreFailure(
    is_damage=False,
    title="服务器资源不足",
    advice="数据库服务器的磁盘、内存或连接数不足,请处理后重新运行",
)
_DISK = StoreFailure(
    is_damage=False,
    title="服务器的磁盘读写出错",
    advice="请先检查数据库服务器的磁盘,处理后重新运行;日志是否完好,要等读得出来才知道",
)
_LOCKED = StoreFailure(
    is_damage=False, title="被另一个会话锁住", advice="另一个会话锁住了事件日志:请等它结束后再试"
)
_ABSENT = StoreFailure(
    is_damage=True,
    title="表或列不在",
    advice=(
        "那里没有事件日志:请核对 store.url 与 schema,用 regaudit init --store 或 copy-log 建立;"
        "表被删除的,运行 regaudit verify 查明"
    ),
)
_KEEP = "请保留现场,运行 regaudit verify 查明,勿自行修补"
_CORRUPT = StoreFailure(is_damage=True, title="存放的数据损坏", advice=_KEEP)
_UNKNOWN = StoreFailure(
    is_damage=False,
    title="服务器报错",
    advice="请按服务器所说的处理后重新运行;查不明白的,运行 regaudit verify,勿自行修补",
)
# By the server's code for an error; a connection that is gone has none.
_OF_SERVERS = (
    (r"42501", _RIGHTS),
    (r"57014", _SLOW),
    (r"25006", _READ_ONLY),
    (r"40...", _STANDBY),
    (r"28...|3D000", _LOGIN),
    (r"58030", _DISK),
    (r"58P01|XX...|2[12]...", _CORRUPT),
    (r"53...|54...|58...", _ROOM),
    (r"55...", _LOCKED),
    (r"|57...|08...|25P0.", _LOST),
    (r"42P01|3F000|42703|42704|42883", _ABSENT),
)
_PERMITTED = StoreFailure(
    is_damage=False,
    title="文件不能打开",
    advice="请以运行 regaudit 的账号执行,或让当前用户有权读写该文件和它所在的文件夹,再重新运行",
)
_BUSY = StoreFailure(
    is_damage=False,
    title="文件正被另一个进程占用",
    advice="请等占用它的进程(写入、备份或别的数据库程序)结束后再试",
)
_FILE_DISK = StoreFailure(
    is_damage=False,
    title="磁盘读写出错",
    advice="请检查磁盘与所在的文件系统,处理后重新运行;日志是否完好,要等读得出来才知道",
)
_FILE_ROOM = StoreFailure(is_damage=False, title="磁盘空间或内存不足", advice="请腾出空间后重新运行")
_FILE_CORRUPT = StoreFailure(is_damage=True, title="文件损坏", advice="记录损坏的,从备份恢复,勿删除该文件")
_FILE_OTHER = StoreFailure(
    is_damage=True, title="文件不能读取", advice="请检查磁盘与文件权限;记录损坏的,从备份恢复,勿删除该文件"
)
_OF_FILES = {
    sqlite3.SQLITE_PERM: _PERMITTED,
    sqlite3.SQLITE_CANTOPEN: _PERMITTED,
    sqlite3.SQLITE_READONLY: _PERMITTED,
    sqlite3.SQLITE_AUTH: _PERMITTED,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_INTERRUPT: _BUSY,
    sqlite3.SQLITE_IOERR: _FILE_DISK,
    sqlite3.SQLITE_FULL: _FILE_ROOM,
    sqlite3.SQLITE_NOMEM: _FILE_ROOM,
    sqlite3.SQLITE_CORRUPT: _FILE_CORRUPT,
    sqlite3.SQLITE_NOTADB: _FILE_CORRUPT,
}
_PRIMARY = 0xFF


def store_failure(error: BaseException) -> StoreFailure:
    """What an error of the store, or of reading what it gave, means."""
    if isinstance(error, MemoryError):
        return _FILE_ROOM
    for one in (error, error.__cause__):
        if (code := getattr(one, "sqlite_errorcode", None)) is not None:
            return _OF_FILES.get(code & _PRIMARY, _FILE_OTHER)
        if hasattr(one, "sqlstate"):
            return _of_server(one)
    # Without a cause it is the library that waited in vain for a connection.
    return _BUSY if isinstance(error, PersistenceError) and error.__cause__ is None else _FILE_OTHER


def _of_server(error: Any) -> StoreFailure:
    state = str(error.sqlstate or "")
    return next((failure for pattern, failure in _OF_SERVERS if re.fullmatch(pattern, state)), _UNKNOWN)
