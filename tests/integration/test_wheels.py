"""Which wheels are fetched for a platform; from a folder that stands for the registry."""

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundles import WHEELS

pytestmark = pytest.mark.long
LINUX, WINDOWS = (WHEELS.Platform(name, "3.12") for name in ("linux-aarch64", "windows-x86_64"))
HEAD = "Metadata-Version: 2.1\nVersion: 1.0\n"
OLD, NEW = "manylinux_2_17_aarch64", "manylinux_2_39_aarch64"
MADE = {
    # Name and tag, and what it needs.
    ("core", "py3-none-any"): ["deep[fast]>=1", 'console; sys_platform == "win32"'],
    ("deep", f"cp312-cp312-{OLD}"): ['quick; extra == "fast"', 'slow; extra == "never"'],
    ("deep", "cp312-cp312-win_amd64"): ['quick; extra == "fast"'],
    ("quick", "py3-none-any"): [],
    ("slow", "py3-none-any"): [],
    ("console", "py3-none-any"): [],
    ("page", "py3-none-any"): ["drawing", "shared"],
    ("drawing", "cp312-cp312-win_amd64"): [],
    # For a glibc that is newer than the oldest system has.
    ("drawing", f"cp312-cp312-{NEW}"): [],
    ("shared", "py3-none-any"): [],
    ("paper", "py3-none-any"): ["shared"],
}
PROJECT = """
[project]
dependencies = ["core"]
[project.optional-dependencies]
page = ["page>=1"]
paper = ["paper; python_version >= '3.11'"]
driver = ["Vendor-Driver>=2"]
dev = ["slow"]
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a registry, with a lock of all that is there."""
    folder = tmp_path / "registry"
    folder.mkdir()
    hashes: dict[str, list[str]] = {}
    for (name, tag), requirements in MADE.items():
        path = folder / f"{name}-1.0-{tag}.whl"
        stated = "".join(f"Requires-Dist: {each}\n" for each in requirements)
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"{HEAD}Name: {name}\n{stated}")
            wheel.writestr(f"{name}-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        hashes.setdefault(name, []).append(hashlib.sha256(path.read_bytes()).hexdigest())
    lock = "".join(
        f"{name}==1.0 \\\n" + " \\\n".join(f"    --hash=sha256:{each}" for each in digests) + "\n    # via\n"
        for name, digests in hashes.items()
    )
    (tmp_path / "requirements.lock").write_text(lock, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.setattr(WHEELS, "ROOT", tmp_path)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    WHEELS.project.cache_clear()
    yield folder
    WHEELS.project.cache_clear()


def fetched(platform: Any, folder: Path, *parts: str) -> tuple[set[str], dict[str, list[str]]]:
    folder.mkdir()
    left_out = WHEELS.Wheels(platform, folder).fetch(parts)
    return {path.name.split("-")[0] for path in folder.iterdir()}, left_out


@pytest.mark.usefixtures("registry")
def test_what_the_lock_lacks_is_no_part_of_an_archive() -> None:
    assert WHEELS.extras() == ["page", "paper"]


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("platform", "parts", "wheels", "left_out"),
    [
        (WINDOWS, ("page",), {"core", "deep", "quick", "console", "page", "drawing", "shared"}, {}),
        (LINUX, ("page", "paper"), {"core", "deep", "quick", "paper", "shared"}, {"page": ["drawing"]}),
    ],
)
def test_what_is_needed_on_a_platform_and_nothing_else(
    platform: Any, parts: tuple[str, ...], wheels: set[str], left_out: dict[str, list[str]], tmp_path: Path
) -> None:
    assert fetched(platform, tmp_path / "wheels", *parts) == (wheels, left_out)


def test_what_the_program_itself_needs_cannot_be_left_out(registry: Path, tmp_path: Path) -> None:
    (registry / "core-1.0-py3-none-any.whl").unlink()
    with pytest.raises(WHEELS.NoWheelError, match="no wheel for linux-aarch64: core"):
        fetched(LINUX, tmp_path / "wheels")


def test_a_wheel_that_is_not_the_locked_one(registry: Path, tmp_path: Path) -> None:
    path = registry / "core-1.0-py3-none-any.whl"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(WHEELS.NoWheelError, match="DO NOT MATCH THE HASHES"):
        fetched(LINUX, tmp_path / "wheels")


def test_what_the_lock_should_have_and_has_not(registry: Path, tmp_path: Path) -> None:
    lock = registry.parent / "requirements.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("core==", "other=="), encoding="utf-8")
    with pytest.raises(WHEELS.NoWheelError, match=r"requirements\.lock does not have core"):
        fetched(LINUX, tmp_path / "wheels")


def test_a_registry_that_is_not_reached_lacks_nothing(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(registry)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(WHEELS.NoWheelError, match=r"Retrying \("):
        fetched(LINUX, tmp_path / "wheels")
