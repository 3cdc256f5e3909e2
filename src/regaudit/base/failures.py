"""What failed, told to people in Chinese, with what to do about it."""

import errno
import sqlite3
import traceback
from pathlib import Path

import duckdb
from eventsourcing.persistence import PersistenceError

from regaudit.base.errors import RegauditError, is_in_use
from regaudit.base.store_failures import store_failure

STORAGE_ERRORS = (sqlite3.Error, duckdb.Error, OSError, PersistenceError)
"""What a full or failing disk, or a damaged file, shows itself as."""


def was_interrupted(error: Exception) -> bool:
    """Whether somebody pressed Ctrl-C: within a query DuckDB tells of it in ways of its own."""
    told = str(error)
    return (isinstance(error, RuntimeError) and told == "Query interrupted") or (
        isinstance(error, duckdb.Error) and "KeyboardInterrupt" in told
    )


def explain(error: Exception) -> str:
    """An error for people (Chinese), as far as it is known what to do.

    Raises:
        KeyboardInterrupt: it is none, but somebody wants the command to stop.
    """
    if was_interrupted(error):
        raise KeyboardInterrupt from error
    if isinstance(error, RegauditError):
        return str(error)
    if isinstance(error, STORAGE_ERRORS):
        return f"存储出错({type(error).__name__}):{error}。{_advice(error)}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"内部错误 {type(error).__name__}:{error}({Path(place.filename).name} 第 {place.lineno} 行)"


def _advice(error: Exception) -> str:
    """What to do about an error of the storage (Chinese)."""
    code = error.errno if isinstance(error, OSError) else None
    if isinstance(error, OSError) and is_in_use(error):
        return "请关闭打开它的程序(资源管理器的预览、杀毒、备份也算),再重新运行"
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "当前用户没有权限:请以运行 regaudit 的账号执行,或让当前用户有权读写这个位置后重新运行"
    if code in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return "这里已有同名的文件或文件夹,未作改动:请另选一个位置,或移走它后重新运行"
    if code in (errno.ENOSPC, errno.EDQUOT):
        return "磁盘空间或配额不足:请腾出空间后重新运行"
    if isinstance(error, PersistenceError | sqlite3.Error):
        return store_failure(error).advice
    return "请检查磁盘空间与文件权限后重新运行;事件日志不能读取的,运行 regaudit verify 查明"
