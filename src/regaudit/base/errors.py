"""The errors that a user can act on.

Every message is Chinese, names the file, row or column concerned and says what to do; the command line
prints it and exits with `exit_status`. Anything else that escapes is a defect of ours.
"""

import errno

_REASONS = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "当前用户没有权限",
    errno.EPERM: "当前用户没有权限",
    errno.EROFS: "这里只能读取",
    errno.EISDIR: "这是文件夹,不是文件",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "已有同名的文件或文件夹",
    errno.ENOSPC: "磁盘空间不足",
    errno.EDQUOT: "磁盘配额不足",
    errno.EIO: "磁盘读写出错",
    errno.ENAMETOOLONG: "名称太长",
    errno.ECONNREFUSED: "连接被拒绝",
    errno.ECONNRESET: "连接被对方断开",
    errno.ETIMEDOUT: "连接超时",
    errno.EHOSTUNREACH: "主机不可达",
    errno.ENETUNREACH: "网络不可达",
}


# What Windows says of a file that another program has open: access denied, sharing violation, lock violation.
_IN_USE = frozenset((5, 32, 33))


def is_in_use(error: OSError) -> bool:
    """Whether Windows refused, perhaps because another program has the file open."""
    return isinstance(error, PermissionError) and getattr(error, "winerror", None) in _IN_USE


def reason_of(error: OSError) -> str:
    """What the operating system says of an error (Chinese), as far as it is known."""
    if is_in_use(error):
        return "正被别的程序打开,或当前用户没有权限"
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


class RegauditError(Exception):
    """A failure with a message for the user. The command exits with 1."""

    exit_status = 1


class UsageError(RegauditError):
    """The command's words are wrong: an unknown rule, profile or time. The command exits with 2."""

    exit_status = 2


class RefusedFileError(RegauditError):
    """A file as a whole cannot be imported: not a step log, unreadable, empty."""


class MissingCopyError(RefusedFileError):
    """The archive has no copy of a file; another machine's may."""


class UnreadableFileError(RefusedFileError):
    """A file is there and cannot be read at the moment: that says nothing of what is in it."""


class WorkspaceBusyError(RegauditError):
    """Another process does in this workspace what only one may do at a time."""


class LockLostError(RegauditError):
    """A lock is no longer held that had been taken: another process may do the same by now.

    Nothing is stored or mailed after that.
    """


class LogError(RegauditError):
    """The event log refused or failed a write; nothing of it was stored."""


class LockUnprovenError(LogError):
    """Whether a lock is still held cannot be found out: the server that has it does not answer."""


class LogBusyError(LogError):
    """Others are storing events, and went on for longer than was waited; nothing was stored."""


class VersionConflictError(LogError):
    """Somebody appended to the same stream meanwhile; nothing was stored.

    Whoever computed on what was there before can compute anew.
    """


class KeyFileError(RegauditError):
    """The private key that signs the log's checkpoints is missing, damaged or another log's."""


class NotPublishedError(RegauditError):
    """A run is in the log, and the analyst database that it made could not be put in place of the old one."""


class MirrorMismatchError(RegauditError):
    """The warehouse's mirror differs from the event log it was copied from."""
