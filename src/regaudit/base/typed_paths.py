"""Paths that people type into a settings file."""

from typing import Any

from regaudit.base.errors import RegauditError

_KEYS = frozenset(("path", "file", "mapping", "password_file", "client_secret_file", "ca_file"))


def check_paths(settings: Any, place: str = "") -> None:
    r"""Raise where a path has a control character: `"D:\new"` in double quotes is no path of Windows.

    Args:
        settings: as plain values.
        place: the key that they stand under.
    """
    if isinstance(settings, dict):
        for key, value in settings.items():
            where = f"{place}.{key}" if place else key
            if key in _KEYS and isinstance(value, str) and any(char < " " for char in value):
                raise RegauditError(
                    f"{where} = {value!r} 中有控制字符:Windows 的路径请写在单引号里"
                    r"(如 'D:\exports\new.csv'),或用斜杠(D:/exports/new.csv);双引号里的 \n、\t 等不是路径"
                )
            check_paths(value, where)
    elif isinstance(settings, list):
        for value in settings:
            check_paths(value, place)
