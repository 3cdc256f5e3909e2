"""Installs an archive as root where there is no network, up to the first mail; in namespaces of its own.

Words: the archive, the Python to install with, an empty folder. It prints as JSON what happened. What is
installed for all of the machine goes into folders that only this process sees, and that end with it.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from pathlib import Path

from smtp_servers import Inbox, smtp_server

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
from bare_test import raise_loopback  # noqa: E402 - of the tools
from demo import night_command  # noqa: E402

SETTINGS = """
[mail.smtp]
host = "127.0.0.1"
port = {port}
security = "none"

[[mail.routes]]
office = "*"
to = ["office@example.cn"]
"""


OWN = (Path("/opt"), Path("/usr/local/bin"))
"""Where the installer of root writes."""
PREFIX = OWN[0] / "regaudit"


def cover(layers: Path) -> None:
    """Lay a layer over each folder that is written to: what was there is seen, and nothing reaches it."""
    layers.mkdir(parents=True)
    mount("tmpfs", layers)
    for number, folder in enumerate(OWN):
        upper, work = layers / f"{number}", layers / f"{number}-work"
        upper.mkdir()
        work.mkdir()
        mount("overlay", folder, "-o", f"lowerdir={folder},upperdir={upper},workdir={work},userxattr")


def mount(kind: str, folder: Path, *options: str) -> None:
    subprocess.run([shutil.which("mount") or "mount", "-t", kind, kind, *options, folder], check=True)


def unit_programs(deploy: Path) -> list[str]:
    """What the units of systemd start."""
    units = sorted(deploy.glob("*.service"))
    starts = [re.findall(r"^ExecStart=(\S+)", unit.read_text("utf-8"), re.MULTILINE) for unit in units]
    return [program for programs in starts for program in programs]


def main(archive: Path, python: str, folder: Path) -> dict[str, object]:
    """Of each command its status and output; the network's interfaces; mails, and after how many seconds."""
    raise_loopback()
    cover(folder / "layers")
    home = folder / "home"
    home.mkdir(parents=True)
    said: dict[str, tuple[int, str]] = {}

    def run(name: str, words: list[str | Path], where: Path) -> None:
        # Nothing of the machine's own set-up of Python and pip.
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}
        done = subprocess.run(
            words, cwd=where, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        said[name] = (done.returncode, done.stdout + done.stderr)

    started = time.monotonic()
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    [unpacked] = folder.glob("regaudit-*")
    # As an installation leaves it that was broken off at the worst moment.
    PREFIX.mkdir(exist_ok=True)
    (PREFIX / "regaudit-bundle.env").touch()
    install: list[str | Path] = ["sh", "install.sh", "--python", python]
    run("install", install, unpacked)
    # By its bare name, as the installer says.
    program, site = "regaudit", home / "demo-home"
    run("init", [program, "init", site, "--profile", "ordos-2023"], home)
    inbox = Inbox()
    with smtp_server(inbox) as port:
        settings = site / "regaudit.toml"
        settings.write_text(
            settings.read_text(encoding="utf-8") + SETTINGS.format(port=port), encoding="utf-8"
        )
        run("night", [program, *night_command()[:-1], site], unpacked)
        seconds = time.monotonic() - started
        run("doctor", [program, "doctor", "--mail", "--json", "--home", site], home)
    units = {path: os.access(path, os.X_OK) for path in unit_programs(unpacked / "deploy")}
    [broken] = PREFIX.glob("lib/python*/site-packages/msgspec")
    shutil.rmtree(broken)
    run("again", install, unpacked)
    interfaces = [name for _, name in socket.if_nameindex()]
    return {
        "said": said,
        "mails": len(inbox.mails),
        "seconds": seconds,
        "interfaces": interfaces,
        "units": units,
    }


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])), sys.stdout)
