"""The machine: Python and packages, fonts, clock, zone, terminal."""

import platform
import sqlite3
import sys
from collections.abc import Collection, Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from regaudit import __version__
from regaudit.base.parts import PARTS, how_to_get
from regaudit.base.press import NoPressError, press
from regaudit.operation.doctor.checks import Check, judged
from regaudit.operation.doctor.pins import closure, tested_pins

_LEAST_PYTHON = (3, 11)
_RELEASED = datetime(2026, 1, 1)
_EMPTY = b"#sys.inputs.facts"
_CHINESE = frozenset(("utf-8", "utf8", "gb18030", "gbk", "cp936", "gb2312"))
"""Encodings in which Chinese can be written."""


def check_machine(now: datetime, here: datetime) -> Iterator[Check]:
    """What holds for every workspace.

    Args:
        now: the time, in the workspace's zone.
        here: the same moment in the zone of the machine.
    """
    yield _python()
    yield _packages()
    yield _versions()
    yield from (_extra(name) for name in PARTS)
    yield _font()
    yield _clock(now)
    yield _zone(now, here)
    yield _terminal()


def is_installed(extra: str) -> bool:
    """Whether all that an optional part needs is there, in versions that it works with."""
    return not _lacking(extra)


def _python() -> Check:
    found = (
        f"regaudit {__version__},Python {platform.python_version()},SQLite {sqlite3.sqlite_version},"
        f"{platform.system()} {platform.machine()}"
    )
    is_old = sys.version_info < _LEAST_PYTHON
    advice = "请安装 Python 3.11 或更新的版本,再重新安装 regaudit"
    return judged("python", "程序", wrong="failed" if is_old else None, found=found, advice=advice)


def _packages() -> Check:
    lacking = _lacking("")
    return judged(
        "packages",
        "所需的程序包",
        wrong="failed" if lacking else None,
        found=f"缺少或版本不符:{'、'.join(lacking)}" if lacking else "齐全",
        advice="请按安装说明重新安装 regaudit",
    )


def _extra(name: str) -> Check:
    lacking, title = _lacking(name), PARTS[name].title
    return judged(
        f"extra-{name}",
        f"可选部分 {name}",
        wrong="note" if lacking else None,
        found=f"未安装({title}):缺 {'、'.join(lacking)}" if lacking else f"已安装({title})",
        advice=f"需要时{how_to_get(name)}",
    )


def _versions() -> Check:
    """Whether what is needed is there in the very versions that were tested."""
    title, pins = "程序包的版本", tested_pins()
    whole = f"regaudit[{','.join(name for name in PARTS if is_installed(name))}]"
    needed = sorted(closure([whole], _requirements) & pins.keys())
    there = {name: _version(name) for name in needed}
    others = [
        f"{name} {found or '未安装'}(测试所用 {pins[name].version})"
        for name, found in there.items()
        if found != pins[name].version
    ]
    if not pins:
        return Check(
            check="versions",
            title=title,
            status="note",
            found="程序没有附带测试所用的版本,不能比对",
            advice="需要比对时,请用安装包或 wheel 重新安装 regaudit",
        )
    return judged(
        "versions",
        title,
        wrong="warning" if others else None,
        found="、".join(others) or f"{len(there)} 个程序包与测试所用的一致",
        advice="请用安装包重新安装,或 pip install 时加上其中的 -c constraints.txt",
    )


def _requirements(names: Collection[str]) -> dict[str, list[str]]:
    """What installed packages need, by what they say themselves."""
    return {name: requires(name) or [] for name in names if _version(name)}


def _version(name: str) -> str:
    """Empty where the package is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _stated(extra: str) -> list[str]:
    """The requirements of the program, or of an optional part of it alone, that hold for this machine."""
    found = []
    for text in requires("regaudit") or []:
        marker = Requirement(text).marker
        applies = marker is None or marker.evaluate({"extra": extra})
        if applies and ("extra" in str(marker or "")) == bool(extra):
            found.append(text)
    return found


def _lacking(extra: str) -> list[str]:
    """The packages that the program, or an optional part of it, needs and that are not there as needed."""
    found = []
    for text in _stated(extra):
        needed = Requirement(text)
        there = _version(needed.name)
        if not there:
            found.append(f"{needed.name}{needed.specifier}")
            continue
        if not needed.specifier.contains(there, prereleases=True):
            found.append(f"{needed.name}{needed.specifier}(现为 {there})")
    return found


def _font() -> Check:
    title = "中文字体"
    try:
        name = press(_EMPTY).font
    except NoPressError as error:
        why, _, advice = str(error).partition(":")
        return Check(check="font", title=title, status="warning", found=why, advice=advice)
    return Check(check="font", title=title, status="ok", found=f"{name}(用于 PDF)")


def _clock(now: datetime) -> Check:
    is_wrong = now < _RELEASED
    return judged(
        "clock",
        "系统时钟",
        wrong="failed" if is_wrong else None,
        found=f"现在是 {now:%Y-%m-%d %H:%M}" + (",早于本程序发布之日" if is_wrong else ""),
        advice="请校准本机时间:期限按它计算",
    )


def _zone(now: datetime, here: datetime) -> Check:
    is_other = now != here
    return judged(
        "zone",
        "本机时区",
        wrong="note" if is_other else None,
        found=f"与工作区的不同:本机现在 {here:%H:%M},工作区 {now:%H:%M}" if is_other else "与工作区的一致",
        advice="期限和 regaudit schedule 都按工作区的时区;系统的计划任务按本机时区,请核对它的钟点",
    )


def _terminal() -> Check:
    encoding = (sys.stdout.encoding if sys.stdout else "") or ""
    is_fit = not encoding or encoding.lower().replace("_", "-") in _CHINESE
    return judged(
        "terminal",
        "终端编码",
        wrong=None if is_fit else "warning",
        found=encoding or "没有终端",
        advice="请设置 LANG=zh_CN.UTF-8 或 PYTHONUTF8=1,否则汉字显示为转义",
    )
