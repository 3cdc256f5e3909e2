"""Where a workspace lies: whose it is, what can be written there, on which kind of disk, how much is free."""

import ctypes
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePath

from regaudit.base.errors import reason_of
from regaudit.base.folders import Folders
from regaudit.operation.doctor.checks import Check, judged

_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs")
)
"""File systems on other machines, by their Linux names."""
_REMOTE_DRIVE = 4
_LONGEST_PATH, _LONGEST_NAME = 259, 140
"""Characters that Windows takes of a path, and that the longest one below a workspace has."""
_GIB = 1 << 30
_LEAST = _GIB
_COPIES = 3
"""What a night may lay beside its tables: a draft, a copy for readers, what is sorted meanwhile."""


def check_ground(home: Path, *, is_log_here: bool) -> Iterator[Check]:
    """What the folder of a workspace is like; `is_log_here`: its log is a file in it."""
    yield _writable(home)
    yield owned(home, has_modes=os.name == "posix")
    if home.resolve().drive:
        yield path_length(home.resolve())
    yield _disk(home)
    if is_log_here:
        yield _near(home)


def _writable(home: Path) -> Check:
    folders = Folders(home)
    refused = []
    for place in (home, folders.archive, folders.outbox, folders.quarantine, folders.reports, folders.work):
        if not place.exists():
            continue
        try:
            with tempfile.NamedTemporaryFile(dir=place, prefix=".doctor-"):
                pass
        except OSError as error:
            refused.append(f"{place.name or place}({reason_of(error)})")
    return judged(
        "rights",
        "写入权限",
        wrong="failed" if refused else None,
        found=f"不能写入 {'、'.join(refused)}" if refused else "工作区各文件夹可以写入",
        advice="请用运行夜间作业的系统用户执行,或由其所有者授予权限",
    )


def owned(home: Path, *, has_modes: bool) -> Check:
    """Whether the workspace is this user's alone; without modes, as on Windows, what to do about it."""
    title = "所有者与权限位"
    if not has_modes:
        return Check(
            check="owner",
            title=title,
            status="note",
            found="Windows 没有权限位,regaudit 不能收紧:谁能读写由文件夹的访问控制决定,未核对",
            advice="请由管理员执行一次,只留运行夜间作业的账号(换成它的名称)和管理员:"
            f'icacls "{home}" /inheritance:r /grant:r "运行账号:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F"',
        )
    entries = [home, *Folders(home).own_entries()]
    foreign = [entry.name for entry in entries if entry.lstat().st_uid != os.geteuid()]
    wide = stat.S_IMODE(home.stat().st_mode) & 0o007
    if foreign:
        return Check(
            check="owner",
            title=title,
            status="warning",
            found=f"属于其他系统用户:{'、'.join(foreign)}",
            advice="夜间作业、命令和监管台请用同一个系统用户运行,或用 chown 把工作区交给它",
        )
    return judged(
        "owner",
        title,
        wrong="warning" if wide else None,
        found="工作区文件夹别的用户也能进入" if wide else "仅所有者可以进入",
        advice="下一次夜间作业会收紧;也可现在执行 chmod o-rwx",
    )


def path_length(home: PurePath) -> Check:
    """Whether the longest name below a folder of Windows is one that all programs there can open."""
    room = _LONGEST_PATH - len(str(home)) - 1
    return judged(
        "path",
        "路径长度",
        wrong=None if room >= _LONGEST_NAME else "warning",
        found=f"工作区的路径有 {len(str(home))} 个字符",
        advice=f"请把工作区移到不超过 {_LONGEST_PATH - _LONGEST_NAME - 1} 个字符的路径,如 D:\\regaudit:"
        "更长时其中文件的全名超出 Windows 的限度,不能写入",
    )


def _disk(home: Path) -> Check:
    folders = Folders(home)
    tables = sum(path.stat().st_size for path in (folders.warehouse, folders.published) if path.exists())
    free, needed = shutil.disk_usage(home).free, max(_LEAST, _COPIES * tables)
    is_short = free < needed
    return judged(
        "disk",
        "磁盘空间",
        wrong="warning" if is_short else None,
        found=f"可用 {free / _GIB:.1f} GB" + (f",建议不少于 {needed / _GIB:.1f} GB" if is_short else ""),
        advice="请腾出空间:夜间作业要另存一份数据,空间不足时失败(不会损坏日志)",
    )


def _near(home: Path) -> Check:
    kind = network_kind(home.resolve())
    return judged(
        "share",
        "日志所在的磁盘",
        wrong="failed" if kind else None,
        found=f"在网络共享上({kind})" if kind else "在本机磁盘上",
        advice="SQLite 在网络共享上可能损坏:请把工作区移到本机磁盘,或用 store.url 把日志放在 PostgreSQL",
    )


def network_kind(path: Path, mounts: str | None = None) -> str:
    """What kind of network share an absolute path lies on; empty for a disk of this machine.

    Args:
        path: of Windows, or of Linux; elsewhere nothing is known.
        mounts: the lines of `/proc/mounts`; None reads those of this machine.
    """
    if path.drive.startswith("\\\\"):
        return "UNC"
    if sys.platform == "win32":
        return "网络驱动器" if ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == _REMOTE_DRIVE else ""
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    found = ("", "")
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split(" ")
        # Spaces are written as \040 there.
        place = place.encode().decode("unicode_escape")
        if path.is_relative_to(place) and len(place) >= len(found[0]):
            found = (place, kind)
    return found[1] if found[1] in _NETWORK else ""
