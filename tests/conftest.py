"""A workspace and the commands run on it, as every end-to-end test uses them."""

import asyncio
import contextlib
import csv
import io
import json
import os
import pty
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import argon2
import duckdb
import examples
import needs
import pytest
import servers
from aiosmtpd.smtp import SMTP, Envelope, Session
from local_spark import spark  # noqa: F401 - a fixture of several files
from platforms import platform  # noqa: F401 - the same
from smtp_servers import authority, inbox, message  # noqa: F401 - the same
from stores import copied_store, new_store, opened_log

from regaudit.base.folders import SETTINGS_FILE
from regaudit.base.settings import Store
from regaudit.cli import main
from regaudit.operation.make import store_section

SRC = Path(__file__).parents[1] / "src"
COMMAND = (sys.executable, "-c", "from regaudit.cli import main; main()")
TEMPORARY = (
    ".work/import-*",
    ".work/publishing-*",
    "archive/.incoming-*",
    "quarantine/.incoming-*",
    "outbox/.*",
    "*.lock.json",
)
Row = Mapping[str, str | None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="a folder for the pictures that the manual shows")


def pytest_configure(config: pytest.Config) -> None:
    examples.configure(config)
    if not hasattr(config, "workerinput"):
        servers.prepare()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        servers.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in needs.summary(terminalreporter.getreports("skipped")):
        terminalreporter.write_line(line, yellow=True)


class Run(NamedTuple):
    """A command that ended."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """All it said, on one line: where lines break depends on the terminal."""
        return "".join((self.out + self.err).split())

    @property
    def facts(self) -> Any:
        return json.loads(self.out)


class Event(NamedTuple):
    position: int
    stream: str
    version: int
    topic: str
    state: dict[str, Any]


class Desk:
    """One workspace."""

    def __init__(self, home: Path, store: Store | None = None) -> None:
        self.home, self.store = home, store or Store()

    def make(self, *words: str) -> "Desk":
        """Make the workspace."""
        where = ("--store", self.store.url, "--schema", self.store.schema) if self.store.url else ()
        self.ok("init", self.home, "--profile", "ordos-2023", *where, *words)
        return self

    def copy_to(self, home: Path) -> "Desk":
        """The same workspace in another place, its settings as they are; its log is a file."""
        assert not self.store.url
        shutil.copytree(self.home, home)
        return Desk(home)

    @contextmanager
    def copied(self, home: Path) -> Iterator["Desk"]:
        """A copy of the workspace and its log, in place of what is there."""
        with copied_store(self.store) as store:
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(self.home, home)
            copy = Desk(home, store)
            copy.configure("")
            yield copy

    def run(self, *args: str | Path) -> Run:
        """Run a command in this process, as a shell would."""
        words = [str(arg) for arg in args]
        outside = ("init", "simulate", "verify-proof", "copy-log", "--help", "--version")
        if words[0] not in outside and words[:2] != ["lake", "check"]:
            words += ["--home", str(self.home)]
        out, err, status = io.StringIO(), io.StringIO(), 0
        with (
            patch.object(sys, "argv", ["regaudit", *words]),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as stop:
                status = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        return Run(status, out.getvalue(), err.getvalue())

    def ok(self, *args: str | Path) -> Run:
        """Run a command that must succeed."""
        run = self.run(*args)
        assert run.status == 0, run
        return run

    def facts(self, *args: str | Path, status: int = 0) -> Any:
        """What a command says with `--json`."""
        run = self.run(*args, "--json")
        assert run.status == status, run
        return run.facts

    def start(self, *args: str | Path) -> "subprocess.Popen[str]":
        """Start a command in a process of its own, which can be killed."""
        return subprocess.Popen(
            [*COMMAND, *map(str, args), "--home", str(self.home)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
        )

    def on_terminal(self, *args: str | Path, columns: int = 110) -> Run:
        """Run a command in a process of its own on a terminal; `out` is all it showed."""
        ours, its = pty.openpty()
        size = {"COLUMNS": f"{columns}", "TERM": "xterm", "PYTHONPATH": str(SRC)}
        words = [*COMMAND, *map(str, args), "--home", str(self.home)]
        with subprocess.Popen(words, stdin=its, stdout=its, stderr=its, env=os.environ | size) as process:
            os.close(its)
            shown = b""
            # Where all other ends of a terminal are closed, reading from it fails.
            with contextlib.suppress(OSError):
                while chunk := os.read(ours, 1 << 16):
                    shown += chunk
        os.close(ours)
        return Run(process.returncode, shown.decode(), "")

    def configure(self, text: str, profile: str = "ordos-2023") -> None:
        settings = f'profile = "{profile}"\n{text}\n{store_section(self.store)}'
        (self.home / SETTINGS_FILE).write_text(settings, encoding="utf-8")

    def export(self, name: str, rows: Sequence[Row]) -> Path:
        """Write rows as canonical CSV into the workspace."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_csv(rows), encoding="utf-8")
        return path

    def events(self, topic: str | None = None) -> list[Event]:
        """The stored events, read without our own code."""
        with opened_log(self.home) as db:
            rows = db.execute(
                "SELECT position, originator_id, originator_version, topic, state "
                "FROM stored_events ORDER BY position"
            ).fetchall()
        events = [
            Event(position, stream, version, topic, json.loads(state))
            for position, stream, version, topic, state in rows
        ]
        return [event for event in events if topic is None or event.topic == topic]

    def checkpoints(self) -> list[tuple[int, str]]:
        """The sizes and notes of the stored checkpoints, in order."""
        with opened_log(self.home) as db:
            return [*db.execute("SELECT size, note FROM checkpoints ORDER BY size")]

    def actions(self) -> list[dict[str, str]]:
        """The actions in the log, sorted, without where they came from."""
        actions = [event.state["action"] for event in self.events("step-recorded")]
        return sorted(actions, key=lambda action: json.dumps(action, sort_keys=True))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the published database."""
        with duckdb.connect(self.home / "regaudit.duckdb", read_only=True) as db:
            return db.execute(sql).fetchall()

    def mails(self) -> list[Path]:
        return sorted((self.home / "outbox").glob("*.eml"))

    def temporary(self) -> list[Path]:
        """What only a running or a killed command leaves."""
        return sorted(path for pattern in TEMPORARY for path in self.home.glob(pattern))

    def assert_log_is_whole(self) -> None:
        """Positions and versions without gaps, every import event true about its events, the tree whole."""
        events = self.events()
        assert [event.position for event in events] == list(range(1, len(events) + 1))
        versions: dict[str, int] = {}
        for event in events:
            assert event.version == versions.get(event.stream, 0) + 1, event
            versions[event.stream] = event.version
        for record in self.events("import-recorded"):
            brought = [e for e in events if e.state.get("import_no") == record.version]
            counts = {
                "appended": sum(e.topic in ("step-recorded", "roster-entry-recorded") for e in brought),
                "altered": sum(e.topic == "step-altered" for e in brought),
            }
            assert counts == {name: record.state[name] for name in counts}
            parts = ("appended", "known", "altered", "quarantined", "settled", "waiting", "skipped")
            accounted = sum(record.state.get(part, 0) for part in parts)
            rows = [e.state["row_ids"] for e in brought if e.topic == "rows-rejected"]
            # An older log has none.
            assert not rows or sum(map(len, rows)) == record.state["quarantined"]
            if record.state["mapping"] == "canonical":
                assert record.state["rows_read"] == accounted
            # A row of a wide export is several actions.
            assert record.state["rows_read"] <= accounted
            assert all(event.position < record.position for event in brought)
        assert self.facts("verify", "--log-only")["is_whole"]


class MailServer:
    """A mail server on the loopback that takes its time."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.delay = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        await asyncio.sleep(self.delay)
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.mails]

    def settings(self, *offices: str, port: int = 0) -> str:
        """Settings that send every office's mail here."""
        routes = "".join(f'[[mail.routes]]\noffice = "{o}"\nto = ["post@example.org"]\n' for o in offices)
        return (
            f'[mail.smtp]\nhost = "127.0.0.1"\nport = {port or self.port}\nsecurity = "none"\n'
            f"timeout_seconds = 5\n{routes}"
        )

    @property
    def port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def __enter__(self) -> "MailServer":
        self._server = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        async def stop() -> None:
            self._server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._loop.shutdown_default_executor()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def as_csv(rows: Sequence[Row], delimiter: str = ",") -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def step(case_no: str, name: str, at: str, account: str = "zhang", **more: str) -> dict[str, str]:
    """One row of a canonical step log."""
    row = {"case_no": case_no, "office": "150602", "step": name, "occurred_at": at, "account": account}
    return row | more


def ordinary_case(case_no: str, day: str = "2026-03-02") -> list[dict[str, str]]:
    """A case that breaks no rule: received, reviewed and booked the same day by three persons."""
    return [
        step(case_no, "accept", f"{day} 09:00:00", "li", registration_type="200"),
        step(case_no, "review", f"{day} 10:00:00", "wang", started_at=f"{day} 09:50:00"),
        step(case_no, "book", f"{day} 11:00:00", "zhao"),
    ]


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hundreds of tests log in: argon2id takes the least that it can; what it truly takes is shown apart."""
    quick = partial(argon2.PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    with patch.object(argon2, "PasswordHasher", quick):
        yield


@pytest.fixture
def store_kind() -> str:
    """The store of a test that does not say `stores.BOTH_STORES`."""
    return "sqlite"


@pytest.fixture
def store(store_kind: str) -> Iterator[Store]:
    """Where a new log may be made."""
    with new_store(store_kind) as where:
        yield where


@pytest.fixture
def folder(tmp_path: Path, store: Store) -> Path:
    """A folder whose settings name the store, without a log."""
    (tmp_path / SETTINGS_FILE).write_text(store_section(store), encoding="utf-8")
    return tmp_path


@pytest.fixture
def desk(tmp_path: Path, store: Store) -> Iterator[Desk]:
    """A new workspace."""
    made = Desk(tmp_path / "home", store).make()
    yield made
    if made.events():
        made.assert_log_is_whole()


class Whole(NamedTuple):
    """A workspace that nobody touched: two imports, a night, an import, a night; and its checkpoints."""

    desk: Desk
    checkpoints: list[tuple[int, str]]
    first_night: str


@pytest.fixture(scope="session")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Whole]]:
    """Such a workspace on each store, made when it is first asked for."""
    with contextlib.ExitStack() as stores:

        @cache
        def made(kind: str) -> Whole:
            store = stores.enter_context(new_store(kind))
            desk = Desk(tmp_path_factory.mktemp("whole") / "home", store).make("--origin", "centre.example")
            late = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
            first = [late, *(row for number in range(60) for row in ordinary_case(f"A{number:03}"))]
            desk.ok("nightly", desk.export("first.csv", first), "--as-of", "2026-03-20")
            [*_, (_, first_night)] = desk.checkpoints()
            second = [row for number in range(60) for row in ordinary_case(f"B{number:03}")]
            desk.ok("nightly", desk.export("second.csv", second), "--as-of", "2026-03-21")
            desk.ok("check", "--as-of", "2026-03-21")  # what the night itself appended is mirrored, too
            assert desk.facts("verify")["damages"] == []
            return Whole(desk, desk.checkpoints(), first_night)

        yield made


@pytest.fixture
def whole(store_kind: str, wholes: Callable[[str], Whole]) -> Whole:
    return wholes(store_kind)


@pytest.fixture
def victim(whole: Whole, tmp_path: Path) -> Iterator[Desk]:
    """A copy of it, which is going to be damaged."""
    with whole.desk.copied(tmp_path / "home") as desk:
        yield desk


@pytest.fixture
def new_desk(tmp_path: Path) -> Callable[[str], Desk]:
    """Makes further workspaces."""

    def make(name: str) -> Desk:
        made = Desk(tmp_path / name)
        made.ok("init", made.home, "--profile", "ordos-2023")
        return made

    return make


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server
