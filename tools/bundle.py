"""Makes one archive that installs on a closed network: `make bundle`.

For a platform and a version of Python: the wheels of the program and of what it needs, by the hashes of
`requirements.lock`; the scripts that install them; examples and documentation. What is in it is told, and
what is not. Exit status 1 where no archive could be made.
"""

import argparse
import gzip
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from rich.cells import cell_len
from wheels import GLIBC, PLATFORMS, NoWheelError, Platform, Wheels, extras

from regaudit import __version__
from regaudit.cli.lines import breaks
from regaudit.operation.doctor.pins import LOCK
from regaudit.sources.databases.dialects import DIALECTS

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "deploy" / "bundle"
GUIDE = "安装说明.md"
MANUAL = "使用手册.pdf"
SUMS = "SHA256SUMS"
PYTHONS = ("3.11", "3.12", "3.13")
FOLDERS = ("deploy", "docs", "projections", "sample_logs")
FILES = ("LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "README.zh-CN.md")
PROGRAMS = ("install.py", "demo.py", "desk.py", "verify_proof.py", "verify_draw.py")
_MADE_AT = (2026, 1, 1, 0, 0, 0)
"""What every file is dated, so that equal content makes equal archives."""
_EPOCH = 1767225600
_WIDTH = 80
_CODE = re.compile(r"`[^`]+`")
_ITEM = re.compile(r"- |\d+\. ")
_FILLER = "\ue000"
"""Stands for a cell of code."""


def here() -> Platform:
    """The platform of this machine."""
    tag = sysconfig.get_platform()
    names = [name for name in PLATFORMS if Platform(name, "").tag == tag]
    return Platform(names[0] if names else PLATFORMS[0], "{}.{}".format(*sys.version_info))


def stem(platform: Platform) -> str:
    """The name of an archive, and of the one folder in it."""
    return f"regaudit-{__version__}-{platform.name}-py{platform.python.replace('.', '')}"


def archive_name(platform: Platform) -> str:
    """The file's name."""
    return stem(platform) + (".zip" if platform.is_windows else ".tar.gz")


def constraints(lock: str) -> str:
    """What pip takes as `-c`: the lock without hashes, which would be asked of the program's wheel, too."""
    pinned = (line.removesuffix("\\").rstrip() for line in lock.splitlines() if "==" in line.split(";")[0])
    return "".join(f"{line}\n" for line in pinned if line[0].isalnum())


def lay_out(
    folder: Path,
    platform: Platform,
    parts: Sequence[str],
    left_out: Mapping[str, list[str]],
    manual: bytes = b"",
) -> None:
    """Put everything but the wheels into the folder of an archive.

    Args:
        folder: where its `wheels/` lie already.
        platform: what it is for.
        parts: what of the optional is in it.
        left_out: what is not, with the packages that have no wheel.
        manual: the printed one, where there is one.
    """
    lock = (ROOT / LOCK).read_text(encoding="utf-8")
    facts = {"VERSION": __version__, "PYTHON": platform.python, "PLATFORM": platform.tag}
    if not platform.is_windows:
        facts["GLIBC"] = ".".join(map(str, GLIBC))
    lines = [
        "{}=={} --hash=sha256:{}".format(*path.name.split("-")[:2], _digest(path))
        for path in sorted((folder / "wheels").iterdir())
    ]
    for name, text in {
        "bundle.env": "".join(f"{key}={value}\n" for key, value in facts.items()),
        "requirements.txt": "".join(f"{line}\n" for line in lines),
        "constraints.txt": constraints(lock),
    }.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("bundle", "__pycache__"))
    for name in FILES:
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "tools").mkdir()
    for name in PROGRAMS:
        shutil.copyfile(ROOT / "tools" / name, folder / ("" if name == "install.py" else "tools") / name)
    _scripts(folder, platform)
    if manual:
        (folder / MANUAL).write_bytes(manual)
    guide = _guide(platform, parts, left_out, has_manual=bool(manual))
    (folder / GUIDE).write_text(guide, encoding="utf-8", newline="\n")
    named = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{_digest(folder / path)}  {path.as_posix()}\n" for path in named)
    (folder / SUMS).write_text(sums, encoding="utf-8", newline="\n")


def _scripts(folder: Path, platform: Platform) -> None:
    if platform.is_windows:
        for task in (folder / "deploy").glob("*.xml"):
            # As the Task Scheduler itself writes them: of a file without the mark it may take the code page.
            text = task.read_text(encoding="utf-8").replace('encoding="UTF-8"', 'encoding="UTF-16"', 1)
            task.write_text(text, encoding="utf-16", newline="\r\n")
        text = (SCRIPTS / "install.ps1").read_text(encoding="utf-8")
        # Windows PowerShell takes a script without the mark for one in the code page of the system.
        (folder / "install.ps1").write_text(text, encoding="utf-8-sig", newline="\r\n")
    else:
        shutil.copyfile(SCRIPTS / "install.sh", folder / "install.sh")


def printed_manual() -> bytes:
    """The manual as PDF; empty, and told, where this machine cannot set it."""
    program = ROOT / "tools" / "manual.py"
    if program.exists():
        words = [sys.executable, str(program)]
        done = subprocess.run(words, stdout=subprocess.PIPE, encoding="utf-8", check=False)  # noqa: S603
        if not done.returncode:
            # It prints where it put it.
            return (ROOT / done.stdout.splitlines()[-1]).read_bytes()
    print("without the printed manual, which this machine cannot set")
    return b""


def _guide(
    platform: Platform, parts: Sequence[str], left_out: Mapping[str, list[str]], *, has_manual: bool
) -> str:
    jinja = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701 - Markdown
    prefix = "$env:LOCALAPPDATA\\Programs\\regaudit\\Scripts" if platform.is_windows else "/opt/regaudit/bin"
    text = jinja.from_string((SCRIPTS / "guide.md").read_text(encoding="utf-8")).render(
        version=__version__,
        system=platform.name,
        machine=platform.name.partition("-")[2],
        python=platform.python,
        glibc=".".join(map(str, GLIBC)),
        windows=platform.is_windows,
        script="install.ps1" if platform.is_windows else "install.sh",
        archive=archive_name(platform),
        folder=stem(platform),
        parts=parts,
        left_out=left_out,
        drivers=sorted({*DIALECTS} - {*extras()}),
        manual=MANUAL if has_manual else "",
        programs=prefix,
        program=f"{prefix}\\regaudit.exe" if platform.is_windows else f"{prefix}/regaudit",
        python_path=f'& "{prefix}\\python.exe"' if platform.is_windows else f"{prefix}/python",
    )
    return _filled(text)


def _filled(text: str) -> str:
    """Markdown for a terminal: prose of so many cells a line, code as it is."""
    lines: list[str] = []
    is_code = False
    for line in text.splitlines():
        is_code ^= line.startswith("```")
        lines += [line] if is_code else _broken(line)
    return "".join(f"{line}\n" for line in lines)


def _broken(line: str) -> Iterator[str]:
    """A paragraph or an item in lines; what is to be typed is not broken."""
    codes = iter(_CODE.findall(line))
    left = _CODE.sub(lambda code: _FILLER * cell_len(code[0]), line)
    item = _ITEM.match(line)
    indent = " " * (item.end() if item else 0)
    lead = ""
    while left:
        end = next(iter(breaks(left, _WIDTH - len(lead))), len(left))
        yield lead + re.sub(f"{_FILLER}+", lambda _: next(codes), left[:end]).rstrip()
        lead, left = indent, left[end:]
    if not line:
        yield line


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder; equal content makes equal bytes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as packed:
            for path in paths:
                entry = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), _MADE_AT)
                # A wheel is packed already.
                kind = zipfile.ZIP_STORED if path.suffix == ".whl" else zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes(), kind)
        return
    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=_EPOCH) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as packed,
    ):
        for path in paths:
            member = tarfile.TarInfo(path.relative_to(folder.parent).as_posix())
            member.size, member.mtime, member.mode = path.stat().st_size, _EPOCH, 0o644
            with path.open("rb") as content:
                packed.addfile(member, content)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make(platform: Platform, parts: Sequence[str], output: Path) -> Path:
    """Make an archive, and beside it a file `.sha256` that has its digest; returns the archive.

    Raises:
        NoWheelError: what the program needs is not to be had for the platform.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / stem(platform)
        (folder / "wheels").mkdir(parents=True)
        left_out = Wheels(platform, folder / "wheels").fetch(parts)
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheels")]
        subprocess.run(build, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
        there = [part for part in parts if part not in left_out]
        lay_out(folder, platform, there, left_out, printed_manual())
        count = sum(1 for _ in (folder / "wheels").iterdir())
        output.mkdir(parents=True, exist_ok=True)
        archive = output / archive_name(platform)
        pack(folder, archive)
    summed = f"{_digest(archive)}  {archive.name}\n"
    archive.with_name(f"{archive.name}.sha256").write_text(summed, encoding="utf-8", newline="\n")
    for part, packages in left_out.items():
        print(f"{archive.name}: without {part}: no wheel of {', '.join(packages)} for {platform.name}")
    size = archive.stat().st_size / 1e6
    print(f"{archive}: {size:.0f} MB, {count} wheels, parts: {', '.join(there) or 'none'}")
    return archive


def main() -> int:
    """Read the words of the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--platform", choices=PLATFORMS, default=here().name)
    parser.add_argument("--python", choices=PYTHONS, default=here().python)
    known = ",".join(extras())
    parser.add_argument("--extras", default=known, help=f"optional parts, default: {known}")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    parts = [part for part in given.extras.split(",") if part]
    if unknown := sorted({*parts} - {*extras()}):
        parser.error(f"the lock does not have what {', '.join(unknown)} needs: choose among {known}")
    try:
        make(Platform(given.platform, given.python), parts, given.output)
    except NoWheelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
