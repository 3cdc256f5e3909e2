"""What `make bundle` puts into an archive, and what its installer refuses; without a network."""

import hashlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from bundles import BUNDLE, EVERY, WHEELS
from needs import UNSHARE, program
from rich.cells import cell_len

LEFT_OUT = {"desk": ["no-such-wheel"]}
HERE = BUNDLE.here()
QUOTED = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
"""Code in a page, where brackets are no link."""


def laid_out(folder: Path, platform: Any) -> Path:
    """An archive's folder, without wheels."""
    unpacked: Path = folder / BUNDLE.stem(platform)
    (unpacked / "wheels").mkdir(parents=True)
    BUNDLE.lay_out(unpacked, platform, ["mysql"], LEFT_OUT, b"%PDF" if platform.is_windows else b"")
    return unpacked


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid_out(tmp_path_factory.mktemp("bundle"), HERE)


@pytest.fixture
def unpacked(folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(folder, tmp_path / "unpacked")


@pytest.mark.parametrize("platform", EVERY, ids=str)
def test_what_an_archive_holds(platform: Any, tmp_path: Path) -> None:
    unpacked = laid_out(tmp_path, platform)
    archive = tmp_path / BUNDLE.archive_name(platform)
    BUNDLE.pack(unpacked, archive)
    packed = contents(archive)
    files = {name.removeprefix(f"{unpacked.name}/"): content for name, content in packed.items()}
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert {"docs/zh/ledger.md", "sample_logs/steps.csv", "tools/demo.py", "LICENSE"} <= files.keys()
    assert {"deploy/regaudit.service", "deploy/nginx-desk.conf", "constraints.txt"} <= files.keys()
    guide = files["安装说明.md"].decode()
    assert "**未包含 desk**:no-such-wheel" in guide
    assert "可选部分:mysql。" in guide
    assert "dm、kingbase、oracle、sqlserver 的数据库驱动不随本包提供" in guide
    assert ("使用手册.pdf" in files, "使用手册.pdf" in guide) == (platform.is_windows,) * 2
    # Whatever stands in it between back-quotes with a folder is there.
    named = re.findall(r"`((?:docs|tools|deploy|sample_logs)/[\w./-]*)`", guide)
    assert [name for name in named if not (unpacked / name).exists()] == []
    assert dead_links(unpacked) == []
    script, other = ("install.ps1", "install.sh")[:: 1 if platform.is_windows else -1]
    assert (script in files, other in files, script in guide, other in guide) == (True, False, True, False)


def dead_links(folder: Path) -> list[tuple[str, str]]:
    """The links of its pages that lead out of it, or to what is not there, each with its page."""
    there = {path.resolve() for path in folder.rglob("*")}
    return [
        (page.relative_to(folder).as_posix(), link)
        for page in folder.rglob("*.md")
        for link in re.findall(r"\]\(([^)\s]+)\)", QUOTED.sub("", page.read_text(encoding="utf-8")))
        if not re.match(r"#|[a-z]+:", link)
        if (page.parent / unquote(link).partition("#")[0]).resolve() not in there
    ]


def test_a_link_that_leads_out_is_dead(unpacked: Path) -> None:
    (unpacked / "docs" / "lost.md").write_text(
        "[a](../README.md#x) [b](../../c.md) `[d](e)` [f](g.md)", "utf-8"
    )
    assert dead_links(unpacked) == [("docs/lost.md", "../../c.md"), ("docs/lost.md", "g.md")]


def contents(archive: Path) -> dict[str, bytes]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    with tarfile.open(archive) as packed:
        return {member.name: packed.extractfile(member).read() for member in packed}  # type: ignore[union-attr]


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_equal_content_makes_equal_archives(suffix: str, unpacked: Path, tmp_path: Path) -> None:
    made = [tmp_path / f"{number}{suffix}" for number in range(3)]
    BUNDLE.pack(unpacked, made[0])
    (unpacked / "LICENSE").touch()
    BUNDLE.pack(unpacked, made[1])
    (unpacked / "LICENSE").write_text("other", encoding="utf-8")
    BUNDLE.pack(unpacked, made[2])
    same, again, other = (path.read_bytes() for path in made)
    assert same == again
    assert same != other


def test_windows_reads_chinese_in_its_script(tmp_path: Path) -> None:
    script = (laid_out(tmp_path, WHEELS.Platform("windows-x86_64", "3.12")) / "install.ps1").read_bytes()
    assert script.startswith(b"\xef\xbb\xbf<#")
    assert script.count(b"\n") == script.count(b"\r\n") > 20
    assert "不能安装".encode() in script


def test_windows_reads_chinese_in_its_tasks(tmp_path: Path) -> None:
    """With the mark that its own tasks have: without one it may read them in the code page of the system."""
    tasks = [*(laid_out(tmp_path, WHEELS.Platform("windows-x86_64", "3.12")) / "deploy").glob("*.xml")]
    assert len(tasks) == 2
    for task in tasks:
        content, origin = task.read_bytes(), (BUNDLE.ROOT / "deploy" / task.name).read_bytes()
        assert content.startswith(b"\xff\xfe<\0?\0")
        assert ET.canonicalize(content) == ET.canonicalize(origin)


def test_the_script_of_windows_has_its_own_help(tmp_path: Path) -> None:
    unpacked = laid_out(tmp_path, WHEELS.Platform("windows-x86_64", "3.12"))
    words = [sys.executable, "-I", str(unpacked / "install.py"), "--help"]
    helped = subprocess.run(words, capture_output=True, encoding="utf-8", check=True).stdout
    script = (unpacked / "install.ps1").read_text(encoding="utf-8-sig")
    [parameters] = re.findall(r"^param\((.+)\)$", script, re.MULTILINE)
    known = {f"-{name}" for name in re.findall(r"\$(\w+)", parameters)}
    assert (
        {*re.findall(r"(?<![\w-])-[A-Z]\w+", helped.split("\n\n", 2)[2])}
        == known
        == {*("-Python", "-Prefix", "-Clear", "-Help")}
    )
    assert "Python 3.12" in helped
    assert re.search(r'if \(\$Help\) \{\s+\$words \+= "--help"\s+\}', script)


@pytest.mark.parametrize("platform", EVERY, ids=str)
def test_the_guide_fits_a_terminal_and_breaks_nothing_that_is_typed(platform: Any, tmp_path: Path) -> None:
    lines = (laid_out(tmp_path, platform) / BUNDLE.GUIDE).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if cell_len(line) > 80] == []
    assert [line for line in lines if line.count("`") % 2 and not line.startswith("```")] == []
    assert any(line.startswith("  ") for line in lines)


def install(
    unpacked: Path, *words: str | Path, before: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    command = [*before, "sh", str(unpacked / "install.sh"), "--python", sys.executable, *words]
    return subprocess.run(command, cwd="/", capture_output=True, encoding="utf-8", check=False)


def state(facts: Path, **changed: str) -> None:
    """Say something else of what an archive is for, as if another one had been brought."""
    lines = dict(line.split("=") for line in facts.read_text(encoding="utf-8").splitlines())
    facts.write_text(
        "".join(f"{key}={value}\n" for key, value in (lines | changed).items()), encoding="utf-8"
    )


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize(
    ("facts", "found", "advice"),
    [
        ({"PYTHON": "3.99"}, "本包用于 Python 3.99", "请安装 Python 3.99"),
        ({"PLATFORM": "linux-sparc"}, "本包用于 linux-sparc", f"请换用 {sysconfig.get_platform()} 的安装包"),
        ({"GLIBC": "99.0"}, "需要 glibc 99.0 以上", "请换用较新的操作系统"),
    ],
)
def test_a_machine_that_an_archive_is_not_for(
    unpacked: Path, tmp_path: Path, facts: dict[str, str], found: str, advice: str
) -> None:
    state(unpacked / "bundle.env", **facts)
    refused = install(unpacked, "--prefix", tmp_path / "opt")
    assert (refused.returncode, (tmp_path / "opt").exists()) == (2, False)
    assert found in refused.stderr
    assert f"→ {advice}" in refused.stderr


@pytest.mark.parametrize(
    ("change", "name"),
    [
        *((damage, name) for name in ("install.py", "bundle.env", "docs/zh/ledger.md", "requirements.txt")),
        *((Path.unlink, name) for name in ("docs/zh/ledger.md", "requirements.txt")),
    ],
)
def test_an_archive_that_was_damaged(unpacked: Path, tmp_path: Path, name: str, change: Any) -> None:
    change(unpacked / name)
    refused = install(unpacked, "--prefix", tmp_path / "opt")
    assert (refused.returncode, (tmp_path / "opt").exists()) == (2, False)
    assert f"安装包不完整或被改动:{name}" in refused.stderr


def test_a_folder_of_somebody_else_is_left_alone(unpacked: Path, tmp_path: Path) -> None:
    prefix = tmp_path / "opt"
    prefix.mkdir()
    (prefix / "report.docx").write_text("mine", encoding="utf-8")
    # A relative path is one of the caller's folder.
    refused = install(unpacked, "--prefix", prefix.relative_to("/"), "--clear")
    assert (refused.returncode, "请用 --prefix 另指一处" in refused.stderr) == (2, True)
    assert [path.name for path in prefix.iterdir()] == ["report.docx"]


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/regaudit"])
def test_a_place_where_nothing_can_be_installed(unpacked: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    refused = install(unpacked, "--prefix", tmp_path / place)
    assert (refused.returncode, (tmp_path / "file").read_text(encoding="utf-8")) == (2, "mine")
    assert re.fullmatch("不能安装:.+\n  → 请用 --prefix 另指一处.*\n", refused.stderr)


def test_a_place_where_somebody_may_not_write(unpacked: Path, tmp_path: Path) -> None:
    (closed := tmp_path / "closed").mkdir(mode=0o555)
    apart = []
    if os.access(closed, os.W_OK):  # root, who has to do without its rights
        apart = [program("setpriv", UNSHARE), "--bounding-set=-all", "--inh-caps=-all"]
    refused = install(unpacked, "--prefix", closed / "opt", before=apart)
    assert (refused.returncode, f"没有权限写入 {closed / 'opt'}" in refused.stderr) == (2, True)


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_names_every_option_and_installs_nothing(unpacked: Path, tmp_path: Path, word: str) -> None:
    state(unpacked / "bundle.env", PYTHON="3.99")
    helped = install(unpacked, "--prefix", tmp_path / "opt", word)
    assert (helped.returncode, helped.stderr, (tmp_path / "opt").exists()) == (0, "", False)
    assert "PATH 中的 python3.99 或 python3" in helped.stdout
    assert {*re.findall(r"--[a-z]+", helped.stdout)} == {"--python", "--prefix", "--clear", "--help"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--foo"], "选项 --foo "),
        (["-x"], "选项 -x "),
        (["--prefix"], "选项 --prefix "),
        (["--clear=all"], "选项 --clear "),
        (["--clear", "all"], "多出了 all"),
        (["--clear", "--python", "/usr/bin/python3"], "--python 不在最前"),
        (["--python=/usr/bin/python3"], "--python 不在最前"),
    ],
)
def test_words_that_the_installer_does_not_know(unpacked: Path, words: list[str], found: str) -> None:
    refused = install(unpacked, *words)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert re.fullmatch(f"不能安装:{found}.*\n  → 请.+\n", refused.stderr)


def test_a_link_by_which_the_bare_name_is_found(unpacked: Path, tmp_path: Path) -> None:
    installed, other = tmp_path / "opt/bin/regaudit", tmp_path / "other"
    script(installed, "echo here")
    script(other / "regaudit", "echo other")
    (links := tmp_path / "links").mkdir()
    is_linked = runpy.run_path(str(unpacked / "install.py"))["is_linked"]
    # Made, and there the second time.
    assert [is_linked(installed, links) for _ in range(2)] == [True, True]
    assert subprocess.check_output([links / "regaudit"], encoding="utf-8") == "here\n"
    assert [is_linked(other / "regaudit", folder) for folder in (links, tmp_path / "nowhere")] == [
        False,
        False,
    ]
    assert (links / "regaudit").readlink() == installed


@pytest.mark.parametrize("place", ["nowhere/python", "/no such folder/python"])
def test_a_python_that_is_not_there(unpacked: Path, place: str) -> None:
    command = ["sh", str(unpacked / "install.sh"), "--python", place]
    refused = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (refused.returncode, place in refused.stderr) == (2, True)
    assert f"请安装 Python {HERE.python}" in refused.stderr


@pytest.mark.parametrize(("state_of", "is_refused"), [("active", True), ("inactive", False)])
def test_a_running_service_is_not_upgraded_under_its_feet(
    unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state_of: str, is_refused: bool
) -> None:
    # What is installed there has a Python that runs and a pip that does not.
    prefix, programs = tmp_path / "opt", tmp_path / "bin"
    script(prefix / "bin/regaudit", "exit 1")
    script(prefix / "bin/python", f'case "$2" in -c) echo {HERE.python} ;; *) exit 3 ;; esac')
    script(programs / "systemctl", f"printf 'inactive\\n{state_of}\\ninactive\\n'")
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    done = install(unpacked, "--prefix", prefix)
    assert done.returncode == 2
    assert ("请先 systemctl stop regaudit-nightly," in done.stderr) == is_refused
    assert ("退出码 3\n  → 请按上面的报错处理" in done.stderr) != is_refused


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
