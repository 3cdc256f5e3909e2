"""The wheels of a platform, by the hashes of `requirements.lock`: what the program and its parts need."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Collection, Sequence
from email import message_from_bytes
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name, parse_wheel_filename

from regaudit.operation.doctor.pins import LOCK, are_pinned, closure, read_pins

ROOT = Path(__file__).resolve().parents[1]
GLIBC = (2, 28)
"""Of the oldest Linux that is served; with it came wheels of the packages that take most room."""
_OLDEST = {"x86_64": 5, "aarch64": 17}
"""The minor version of glibc with which wheels of a machine begin."""
_NO_WHEEL = re.compile(r"No matching distribution found for ([\w.-]+)")
_UNREACHED = "Retrying ("
CORE = ""
"""The part without which there is no program."""


class Platform(NamedTuple):
    """What an archive is for.

    Attributes:
        name: `linux-x86_64`, `linux-aarch64` or `windows-x86_64`.
        python: `3.11`.
    """

    name: str
    python: str

    @property
    def is_windows(self) -> bool:
        """Whether scripts and archive are those of Windows."""
        return self.name.startswith("windows")

    @property
    def tag(self) -> str:
        """What Python calls it: `sysconfig.get_platform()`."""
        return "win-amd64" if self.is_windows else self.name

    @property
    def wheel_tags(self) -> list[str]:
        """The platforms in the names of its wheels."""
        if self.is_windows:
            return ["win_amd64"]
        machine = self.name.removeprefix("linux-")
        minors = range(GLIBC[1], _OLDEST[machine] - 1, -1)
        old = ("manylinux2014", "manylinux2010", "manylinux1")
        return [*(f"manylinux_2_{minor}_{machine}" for minor in minors), *(f"{tag}_{machine}" for tag in old)]

    @property
    def environment(self) -> dict[str, str]:
        """What the markers of requirements ask."""
        return {
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "os_name": "nt" if self.is_windows else "posix",
            "sys_platform": "win32" if self.is_windows else "linux",
            "platform_system": "Windows" if self.is_windows else "Linux",
            "platform_machine": "AMD64" if self.is_windows else self.name.removeprefix("linux-"),
            "platform_release": "",
            "platform_version": "",
        }


PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows-x86_64")


class NoWheelError(Exception):
    """An archive for the platform cannot be made."""


@cache
def project() -> dict[str, Any]:
    """The table `project` of `pyproject.toml`."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        table: dict[str, Any] = tomllib.load(file)["project"]
    return table


def extras() -> list[str]:
    """The parts that can be installed beside the program, all whose packages the lock has."""
    pins = read_pins((ROOT / LOCK).read_text(encoding="utf-8"))
    return [
        name
        for name, wanted in project()["optional-dependencies"].items()
        if name != "dev" and are_pinned(wanted, pins)
    ]


class Wheels:
    """Fetches wheels of a platform into a folder."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform, self._folder = platform, folder
        self._pins = read_pins((ROOT / LOCK).read_text(encoding="utf-8"), platform.environment)
        self._found: dict[str, Path] = {}
        self._lacking: set[str] = set()

    def fetch(self, parts: Sequence[str]) -> dict[str, list[str]]:
        """Fetch what the program and some extras of it need; no other wheel stays in the folder.

        Returns:
            The extras that are left out, each with the packages that have no wheel for the platform.

        Raises:
            NoWheelError: the program itself needs a package without one, or the registry was not reached.
        """
        wanted = {CORE: project()["dependencies"]}
        wanted |= {part: project()["optional-dependencies"][part] for part in parts}
        self._closure([text for texts in wanted.values() for text in texts])
        needed = {part: self._closure(texts) for part, texts in wanted.items()}
        left_out = {
            part: sorted(names & self._lacking) for part, names in needed.items() if names & self._lacking
        }
        if CORE in left_out:
            raise NoWheelError(f"no wheel for {self._platform.name}: {', '.join(left_out[CORE])}")
        kept = set().union(*(names for part, names in needed.items() if part not in left_out))
        for name in self._found.keys() - kept:
            self._found[name].unlink()
        return left_out

    def _closure(self, wanted: Collection[str]) -> set[str]:
        return closure(wanted, self._requirements, self._platform.environment)

    def _requirements(self, names: Collection[str]) -> dict[str, list[str]]:
        """What packages need, by their wheels, which are fetched for it."""
        self._download({*names} - self._found.keys() - self._lacking)
        return {name: _stated(self._found[name]) for name in names if name in self._found}

    def _download(self, names: set[str]) -> None:
        if unknown := sorted(names - self._pins.keys()):
            raise NoWheelError(f"{LOCK} does not have {', '.join(unknown)}: `make lock`")
        while names:
            without = self._pip(names)
            self._lacking |= without
            names = names - without if without else set()
        for path in self._folder.glob("*.whl"):
            self._found[parse_wheel_filename(path.name)[0]] = path

    def _pip(self, names: set[str]) -> set[str]:
        """Fetch all of them, or none and say for which there is no wheel; pip tells of one at a time."""
        lines = [
            f"{name}=={self._pins[name].version} "
            + " ".join(f"--hash={each}" for each in self._pins[name].hashes)
            for name in sorted(names)
        ]
        listed = self._folder / "wanted.txt"
        listed.write_text("\n".join(lines), encoding="utf-8")
        tags = [word for tag in self._platform.wheel_tags for word in ("--platform", tag)]
        asked = ["--no-deps", "--require-hashes", "--only-binary", ":all:", *tags, "--implementation", "cp"]
        asked += ["--python-version", self._platform.python, "--dest", str(self._folder), "-r", str(listed)]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*pip, *asked], stderr=subprocess.PIPE, encoding="utf-8", check=False)  # noqa: S603
        listed.unlink()
        without = {str(canonicalize_name(name)) for name in _NO_WHEEL.findall(done.stderr)} & names
        if done.returncode and (not without or _UNREACHED in done.stderr):
            raise NoWheelError(done.stderr.strip())
        return without if done.returncode else set()


def _stated(wheel: Path) -> list[str]:
    """The requirements in the metadata of a wheel."""
    with zipfile.ZipFile(wheel) as file:
        [name] = [each for each in file.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", each)]
        return message_from_bytes(file.read(name)).get_all("Requires-Dist", [])
