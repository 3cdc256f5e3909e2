"""What commands print on a page: they are run for it; needs a POSIX shell."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import demo
from docs_base import ROOT, WIDTH

_CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
_VARYING = re.compile(r"\d+\.\d\d *(?=│$)|(?<=指纹 )[0-9a-f]{4}(?: [0-9a-f]{4}){3}", re.MULTILINE)
"""Seconds, and the short form of a root over events that hold times."""


def night(folder: Path) -> str:
    """What the night on the sample logs prints; the seconds differ from run to run and are left out."""
    words = demo.night_command()
    printed = _VARYING.sub(_left_out, demo.regaudit(words, folder, width=WIDTH))
    command = f"$ regaudit {' '.join(words)}"
    return f"```console\n{command}\n{printed}\n```"


def tutorials(texts: Mapping[Path, str]) -> dict[Path, str]:
    """The tutorials with the output of their commands, run once: all have those of the first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "work"
        shutil.copytree(ROOT / "docs" / "tutorial", folder)
        first, *_ = texts.values()
        printed = [f"```console\n{_session(block, folder)}```" for block in _CONSOLE.findall(first)]
    made = {}
    for path, text in texts.items():
        blocks = iter(printed)
        made[path] = _CONSOLE.sub(lambda _, blocks=blocks: next(blocks), text)  # type: ignore[misc]
    return made


def _session(block: str, folder: Path) -> str:
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{_output(command, folder)}" for command in commands)


def _left_out(varying: re.Match[str]) -> str:
    return "…" if " " in varying[0].strip() else "…".ljust(len(varying[0]))


def _output(command: str, folder: Path) -> str:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"COLUMNS": str(WIDTH), "PYTHONIOENCODING": "utf-8", "PATH": programs}
    done = subprocess.run(  # noqa: S602 - the commands of our own page
        command,
        shell=True,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "REGAUDIT_HOME"} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    printed = _VARYING.sub(_left_out, done.stdout).replace(str(folder), "…")
    lines = [line.rstrip().removeprefix("\ufeff") for line in printed.splitlines()]
    if done.returncode:
        lines.append(f"(exit status {done.returncode})")
    return "".join(f"{line}\n" for line in lines)
