"""Who may read and write the files of a workspace: its owner alone, whatever the umask says.

While a command runs, all that the process makes is its owner's: files 0600, folders 0700; this holds for what
SQLite and DuckDB lay beside their files, too. What was wider already is narrowed when a workspace is opened.
"""

import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.folders import DATABASE, Folders

_OTHERS = 0o077
_TO_PASS, _TO_ANALYSTS, _TO_ALL = 0o710, 0o640, 0o644
_NAMED = 5


class _Umask:
    """The umask of the process, which all its threads share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self.of_user = os.umask(_OTHERS)
        os.umask(self.of_user)

    def narrow(self) -> None:
        with self._lock:
            if not self._depth:
                self.of_user = os.umask(_OTHERS)
            self._depth += 1

    def restore(self) -> None:
        with self._lock:
            self._depth -= 1
            if not self._depth:
                os.umask(self.of_user)


_umask = _Umask()


@contextmanager
def owner_only() -> Iterator[None]:
    """While the block runs, what this process makes is its owner's alone."""
    _umask.narrow()
    try:
        yield
    finally:
        _umask.restore()


@contextmanager
def for_others() -> Iterator[None]:
    """While the block runs, what is made is for somebody outside the workspace: as the user's umask says."""
    before = os.umask(_umask.of_user)
    try:
        yield
    finally:
        os.umask(before)


def narrow(home: Path, group: str) -> list[str]:
    """Take from others what they could do to the files of the workspace.

    `group` may read the published database, and pass through `home` to it; empty is nobody. Files that people
    edit are made anew by their programs with any mode: they are narrowed, not told of.

    Returns:
        What is worth telling (Chinese).
    """
    if os.name != "posix":
        return []
    folders, narrowed, refused = Folders(home), list[str](), list[str]()
    for path, allowed in _modes(folders, group):
        try:
            mode = stat.S_IMODE(path.lstat().st_mode)
            if not mode & _OTHERS & ~allowed:
                continue
            path.chmod(mode & ~(_OTHERS & ~allowed))
        except FileNotFoundError:  # it was somebody's scratch
            continue
        except OSError as error:
            refused.append(f"{_name(home, path)}({reason_of(error)})")
            continue
        if not folders.is_edited(path):
            narrowed.append(_name(home, path))
    return [
        *([f"工作区中的 {_listed(narrowed)} 别的用户曾可读写,已收紧为仅所有者"] if narrowed else []),
        *([f"工作区中的 {_listed(refused)} 别的用户可读写,未能收紧:请由所有者执行 chmod"] if refused else []),
    ]


def hand_over(path: Path, group: str) -> None:
    """Let a group read a file that is published: 0640; without one it keeps its group.

    Raises:
        RegauditError: there is no such group, or this user is not in it.
    """
    try:
        if group:
            shutil.chown(path, group=group)
        path.chmod(_TO_ANALYSTS)
    except (LookupError, OSError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "没有这个组"
        raise RegauditError(
            f"publish.group = {group!r}:不能把 {path.name} 交给这个组({reason})。"
            "请由管理员建立该组并把运行 regaudit 的账号加入其中,或改正 regaudit.toml"
        ) from error


def let_pass(home: Path, group: str) -> None:
    """Let a group pass through the workspace to the published database, seeing nothing else of it.

    Raises:
        RegauditError: as with `hand_over`.
    """
    hand_over(home, group)
    home.chmod(_TO_PASS)


def _modes(folders: Folders, group: str) -> Iterator[tuple[Path, int]]:
    """Every path of the workspace's own, with the mode that others may have there."""
    public = folders.public_key
    yield folders.home, _TO_PASS if group else 0
    for entry in folders.own_entries():
        if entry.is_symlink():
            continue
        yield entry, _TO_ANALYSTS if group and entry.name == DATABASE else 0
        if entry.is_dir():
            for above, names, files in os.walk(entry):
                for path in (Path(above, name) for name in (*names, *files)):
                    if not path.is_symlink():
                        yield path, _TO_ALL if path == public else 0


def _name(home: Path, path: Path) -> str:
    return "工作区文件夹本身" if path == home else str(path.relative_to(home))


def _listed(names: list[str]) -> str:
    more = f" 等 {len(names)} 处" if len(names) > _NAMED else ""
    return f"{'、'.join(names[:_NAMED])}{more}"
