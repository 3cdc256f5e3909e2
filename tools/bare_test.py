"""Runs `make test` as on a fresh machine: nothing listens, and the PATH has Python, make and a shell only.

Needs root on Linux: the tests run in a network namespace of their own. What pip installs is installed before.
Arguments are put behind pytest's: `tools/bare_test.py tests/unit`.
"""

import ctypes
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHELL = ("sh", "bash", "env", "touch", "rm", "mkdir", "cp", "mv", "ls", "cat", "head", "sed", "uname")
PROGRAMS = (*SHELL, "make", "python3")
NEW_NETWORK = 0x40000000
SET_FLAGS, UP, RUNNING = 0x8914, 0x1, 0x40


def enter_an_own_network() -> None:
    """Leave the machine's network for one that has a loopback and nothing else."""
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK):
        sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")
    raise_loopback()


def raise_loopback() -> None:
    """Let the loopback of an own network answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP | RUNNING))


def main() -> int:
    """Run it; returns make's status."""
    subprocess.run(["make", ".venv/.ready"], cwd=ROOT, check=True)  # noqa: S607 - make of this machine
    enter_an_own_network()
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # servers run as another user than root
        for program in PROGRAMS:
            if found := shutil.which(program):
                (Path(name) / program).symlink_to(found)
        environment = {"PATH": name, "HOME": name, "LANG": "C.UTF-8"}
        words = ["make", "test", f"PYTEST_ARGUMENTS={' '.join(sys.argv[1:])}"]
        return subprocess.run(words, cwd=ROOT, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
