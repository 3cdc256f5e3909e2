"""Installs an archive where there is no network, up to the first mail; started in a namespace of its own.

Words: the archive, the Python to install with, an empty folder. It prints as JSON what happened.
"""

import json
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


def main(archive: Path, python: str, folder: Path) -> dict[str, object]:
    """Of each command its status and output; the network's interfaces; mails, and after how many seconds."""
    raise_loopback()
    home, prefix = folder / "home", folder / "opt"
    home.mkdir(parents=True)
    said: dict[str, tuple[int, str]] = {}

    def run(name: str, words: list[str | Path], where: Path) -> None:
        # Nothing of the machine's own set-up of Python and pip.
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}
        done = subprocess.run(
            words, cwd=where, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        said[name] = (done.returncode, done.stdout + done.stderr)

    started = time.monotonic()
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    [unpacked] = folder.glob("regaudit-*")
    # As an installation leaves it that was broken off at the worst moment.
    prefix.mkdir()
    (prefix / "regaudit-bundle.env").touch()
    install: list[str | Path] = ["sh", "install.sh", "--python", python, "--prefix", prefix]
    run("install", install, unpacked)
    program, site = prefix / "bin/regaudit", home / "demo-home"
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
    [broken] = prefix.glob("lib/python*/site-packages/msgspec")
    shutil.rmtree(broken)
    run("again", install, unpacked)
    interfaces = [name for _, name in socket.if_nameindex()]
    return {"said": said, "mails": len(inbox.mails), "seconds": seconds, "interfaces": interfaces}


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])), sys.stdout)
