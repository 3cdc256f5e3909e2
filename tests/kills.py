"""Kills a command at a certain call: what stood on the disk by then is what is left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from conftest import SRC, Desk

_SCRIPT = """
import os, sys
from importlib import import_module
place, number, *words = sys.argv[1:]
module, _, path = place.partition(":")
*owners, name = path.split(".")
owner = import_module(module)
for part in owners:
    owner = getattr(owner, part)
real, left = getattr(owner, name), [int(number)]
def stop(*args, **kwargs):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), 9)
    return real(*args, **kwargs)
setattr(owner, name, stop)
sys.argv = ["regaudit", *words]
from regaudit.cli import main
main()
"""


def kill_at(desk: Desk, place: str, *words: str | Path, number: int = 1) -> None:
    """Run a command that is killed (SIGKILL) when it calls `module:function` the `number`th time."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, place, str(number), *map(str, words), "--home", str(desk.home)],
        env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done
