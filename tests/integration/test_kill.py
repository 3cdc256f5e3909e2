"""Killed at any moment, the next run finds the log whole, appends what was missing once, and publishes."""

import random
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Desk, MailServer
from stores import (
    BOTH_STORES,
    KINDS,
    ON_POSTGRESQL,
    SLOWLY_ON_POSTGRESQL,
    advisory_sessions,
    is_growing,
    master,
)

from regaudit.base.settings import Store

pytestmark = pytest.mark.long

SAMPLES = Path(__file__).parents[2] / "sample_logs"
OFFICES = ("150602", "150603")
AS_OF = "2026-04-03"
SOURCES = """
[[sources]]
path = "exports/roster.csv"
[[sources]]
path = "exports/steps.csv"
"""
RANDOM_KILLS = 2
SLOW_KILLS = 60
SLOW_CUTS = 20
SECONDS = 60
"""How long a night may take at the most before a test gives up waiting for a moment in it."""


class Outcome(NamedTuple):
    """What the workspace of a night never killed holds."""

    actions: list[dict[str, str]]
    findings: list[tuple[object, ...]]
    findings_sha256: str
    mail_ids: set[str]
    seconds: float


def outcome(desk: Desk, server: MailServer, seconds: float = 0) -> Outcome:
    """What a reader of the workspace sees; the log must be whole."""
    desk.assert_log_is_whole()
    if not desk.store.url:
        with closing(sqlite3.connect(desk.home / "events.sqlite")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ids = Counter(event.state["action_id"] for event in desk.events("step-recorded"))
    assert set(ids.values()) == {1}
    return Outcome(
        actions=desk.actions(),
        findings=desk.query("SELECT finding_id, summary, first_found_on, state FROM findings ORDER BY 1"),
        findings_sha256=desk.query("SELECT max_by(findings_sha256, run_no) FROM runs")[0][0],
        mail_ids={mail["Message-ID"] for mail in server.mails},
        seconds=seconds,
    )


def make(home: Path, store: Store, server: MailServer) -> Desk:
    """A workspace with a night's exports, one row of them bad, and a slow mail server."""
    desk = Desk(home, store).make()
    desk.configure(SOURCES + server.settings(*OFFICES))
    (home / "exports").mkdir()
    for name in ("roster.csv", "steps.csv"):
        shutil.copy(SAMPLES / name, home / "exports")
    with (home / "exports" / "steps.csv").open("a", encoding="utf-8") as steps:
        steps.write("x,150602,accept,,,,不是时间" + "," * 14 + "\n")
    server.delay = 0.1
    return desk


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """On SQLite; it is the same whatever holds the log."""
    with MailServer() as server:
        desk = make(tmp_path_factory.mktemp("never-killed") / "home", Store(), server)
        started = time.monotonic()
        process = desk.start("nightly", "--as-of", AS_OF)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 3, out
        assert len(server.mails) == len(OFFICES)
        return outcome(desk, server, time.monotonic() - started)


@pytest.fixture
def night(tmp_path: Path, store: Store, mail_server: MailServer) -> tuple[Desk, MailServer]:
    return make(tmp_path / "home", store, mail_server), mail_server


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate(timeout=30)


def assert_recovers(desk: Desk, server: MailServer, expected: Outcome) -> None:
    """The next run ends as if nothing had been."""
    server.delay = 0
    run = desk.run("nightly", "--as-of", AS_OF)
    assert run.status == 3, run
    found = outcome(desk, server)
    assert found.actions == expected.actions
    assert found.findings == expected.findings
    assert found.findings_sha256 == expected.findings_sha256
    assert found.mail_ids == expected.mail_ids
    assert desk.mails() == []
    assert desk.temporary() == []
    assert len(list((desk.home / "quarantine").iterdir())) == 1
    assert len(desk.events("import-recorded")) == 2
    delivered = Counter(event.state["message_id"] for event in desk.events("mail-sent"))
    assert set(delivered.values()) == {1}


def some(desk: Desk, pattern: str) -> bool:
    return any(desk.home.glob(pattern))


def is_written(desk: Desk, name: str) -> bool:
    """Whether a database has more in it than its head."""
    path = desk.home / name
    return path.exists() and path.stat().st_size > 100_000


MOMENTS: dict[str, Callable[[Desk, MailServer], bool]] = {
    "lock taken": lambda d, _: some(d, "regaudit.lock.json"),
    "file archived": lambda d, _: some(d, "archive/*.zst"),
    "rows on the workbench": lambda d, _: some(d, ".work/import-*"),
    "log grows": lambda d, _: is_growing(d.home),
    "rows in quarantine": lambda d, _: some(d, "quarantine/*"),
    "warehouse begun": lambda d, _: some(d, ".work/draft-warehouse.duckdb"),
    "publishing": lambda d, _: some(d, ".work/publishing-*"),
    "warehouse written": lambda d, _: is_written(d, ".work/draft-warehouse.duckdb"),
    "warehouse in place": lambda d, _: some(d, ".work/warehouse.duckdb"),
    "published": lambda d, _: some(d, "regaudit.duckdb"),
    "mail put into the outbox": lambda d, _: some(d, "outbox/*.eml"),
    "first mail taken by the server": lambda _, s: len(s.mails) == 1,
    "second mail taken by the server": lambda _, s: len(s.mails) == 2,
}

# Each moment takes long. Those that stand for the rest are tried always, all of them with the slow tests.
ALWAYS = (
    "log grows",
    "publishing",
    "first mail taken by the server",
)
CASES = [
    pytest.param(kind, moment, marks=[] if kind == "sqlite" and moment in ALWAYS else [pytest.mark.slow])
    for kind in KINDS
    for moment in MOMENTS
]


@pytest.mark.parametrize(("store_kind", "moment"), CASES)
def test_killed_at_a_moment(night: tuple[Desk, MailServer], never_killed: Outcome, moment: str) -> None:
    desk, server = night
    has_come = MOMENTS[moment]
    process = desk.start("nightly", "--as-of", AS_OF)
    until = time.monotonic() + SECONDS
    while not has_come(desk, server):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.0003)
    kill(process)
    assert_recovers(desk, server, never_killed)


@pytest.mark.slow
@pytest.mark.parametrize("share", [n / RANDOM_KILLS for n in range(RANDOM_KILLS)])
def test_killed_at_some_time(night: tuple[Desk, MailServer], never_killed: Outcome, share: float) -> None:
    """Spread over the run, each at a place of its own in its part."""
    desk, server = night
    chance = random.Random(f"{share}")  # noqa: S311 - a moment, not a secret
    process = desk.start("nightly", "--as-of", AS_OF)
    time.sleep(never_killed.seconds * (share + chance.random() / RANDOM_KILLS))
    kill(process)
    assert_recovers(desk, server, never_killed)


@pytest.mark.slow
@BOTH_STORES
def test_killed_again_and_again(night: tuple[Desk, MailServer], never_killed: Outcome) -> None:
    desk, server = night
    for share in (0.5, 0.65, 0.8, 0.95):
        process = desk.start("nightly", "--as-of", AS_OF)
        time.sleep(never_killed.seconds * share)
        kill(process)
        desk.assert_log_is_whole()
    assert_recovers(desk, server, never_killed)


@pytest.mark.slow
def test_killed_on_a_later_night_readers_keep_the_last_one(
    night: tuple[Desk, MailServer], never_killed: Outcome
) -> None:
    desk, server = night
    assert desk.run("nightly", "--as-of", AS_OF).status == 3
    before = desk.query("SELECT * FROM runs")
    process = desk.start("nightly", "--as-of", "2026-04-04")
    while not some(desk, ".work/publishing-*"):
        assert process.poll() is None
        time.sleep(0.0003)
    kill(process)
    assert desk.query("SELECT * FROM runs") == before
    assert desk.run("nightly", "--as-of", "2026-04-04").status == 3
    assert len(desk.query("SELECT * FROM runs")) == 2
    assert desk.temporary() == []
    assert never_killed.mail_ids < {mail["Message-ID"] for mail in server.mails}


@SLOWLY_ON_POSTGRESQL
@pytest.mark.parametrize(
    "has_come",
    [
        lambda d: some(d, "archive/.incoming-*"),
        lambda d: some(d, ".work/import-*"),
        lambda d: is_growing(d.home),
    ],
    ids=["archiving", "on the workbench", "log grows"],
)
def test_killed_in_an_import(desk: Desk, has_come: Callable[[Desk], bool]) -> None:
    path = desk.home / "steps.csv"
    head, *rows = (SAMPLES / "steps.csv").read_text(encoding="utf-8").splitlines()
    many = (f"{copy}-{row}" for copy in range(10) for row in rows)
    path.write_text("\n".join([head, *many]), encoding="utf-8")
    process = desk.start("import", path)
    until = time.monotonic() + SECONDS
    while not has_come(desk):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.0003)
    kill(process)
    desk.assert_log_is_whole()
    assert len(desk.events()) in (0, len(set(rows)) * 10 + 1)
    desk.ok("import", path)
    assert len(desk.events()) == len(set(rows)) * 10 + 1
    assert desk.temporary() == []


@pytest.mark.slow
@BOTH_STORES
@pytest.mark.parametrize("seed", range(SLOW_KILLS))
def test_killed_at_many_times(night: tuple[Desk, MailServer], never_killed: Outcome, seed: int) -> None:
    desk, server = night
    chance = random.Random(seed)  # noqa: S311 - a moment, not a secret
    for _ in range(1 + seed % 3):
        process = desk.start("nightly", "--as-of", AS_OF)
        time.sleep(never_killed.seconds * chance.uniform(0.25, 1))
        kill(process)
    assert_recovers(desk, server, never_killed)


@pytest.mark.slow
@ON_POSTGRESQL
@pytest.mark.parametrize("seed", range(SLOW_CUTS))
def test_the_locks_connection_is_cut_at_many_times(
    night: tuple[Desk, MailServer], never_killed: Outcome, seed: int
) -> None:
    desk, server = night
    chance = random.Random(seed)  # noqa: S311 - a moment, not a secret
    process = desk.start("nightly", "--as-of", AS_OF)
    time.sleep(never_killed.seconds * chance.uniform(0.3, 1.2))
    with master() as db:
        cut = advisory_sessions(desk.store.schema)
        for pid in cut:
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    out, _ = process.communicate(timeout=SECONDS)
    # Lost behind the last mail it changes nothing any more.
    assert process.returncode in ((1, 3) if cut else (3,)), out
    assert ("锁已失去" in "".join(out.split())) == (process.returncode == 1), out
    assert not [mail["Subject"] for mail in server.mails if "失败" in mail["Subject"]]
    assert_recovers(desk, server, never_killed)
