"""What cannot be read is not damaged: a verification tells one from the other and passes over neither."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from conftest import Desk, ordinary_case
from eventsourcing.persistence import OperationalError, PersistenceError
from servers import OwnServer
from stores import ON_POSTGRESQL, appender, master

from regaudit.base.errors import LockLostError
from regaudit.base.settings import Store
from regaudit.base.store_failures import store_failure
from regaudit.eventlog.lock import Writer
from regaudit.eventlog.log import EventLog
from regaudit.operation import nightly
from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_night
from regaudit.operation.report import make_report
from regaudit.proof.verify import scan, verify

STATES = {
    "57014": (False, "statement_timeout"),
    "42501": (False, "授予权限"),
    "25006": (False, "只读"),
    "40001": (False, "主库"),
    "57P01": (False, "连接中断"),
    "57P05": (False, "连接中断"),
    "53300": (False, "连接数"),
    "58030": (False, "磁盘"),
    "28P01": (False, "密码"),
    None: (False, "连接中断"),
    "F0000": (False, "服务器所说"),
    "XX001": (True, "保留现场"),
    "XX002": (True, "保留现场"),
    "58P01": (True, "保留现场"),
    "22021": (True, "保留现场"),
    "42P01": (True, "verify"),
}
CODES = {
    sqlite3.SQLITE_IOERR_READ: (False, "检查磁盘"),
    sqlite3.SQLITE_CANTOPEN: (False, "有权读写"),
    sqlite3.SQLITE_READONLY_ROLLBACK: (False, "有权读写"),
    sqlite3.SQLITE_BUSY_SNAPSHOT: (False, "结束后再试"),
    sqlite3.SQLITE_FULL: (False, "腾出空间"),
    sqlite3.SQLITE_CORRUPT_VTAB: (True, "从备份恢复"),
    sqlite3.SQLITE_NOTADB: (True, "从备份恢复"),
    sqlite3.SQLITE_ERROR: (True, "从备份恢复"),
}


def of_server(state: str | None) -> PersistenceError:
    cause = psycopg.OperationalError("said")
    cause.sqlstate = state
    error = OperationalError("said")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("state", STATES)
def test_what_a_server_says_is_damage_or_is_not(state: str | None) -> None:
    failure = store_failure(of_server(state))
    is_damage, said = STATES[state]
    assert (failure.is_damage, said in failure.advice) == (is_damage, True)


@pytest.mark.parametrize("code", CODES)
def test_what_a_file_says_is_damage_or_is_not(code: int) -> None:
    error = sqlite3.OperationalError("said")
    error.sqlite_errorcode = code
    failure = store_failure(error)
    is_damage, said = CODES[code]
    assert (failure.is_damage, said in failure.advice) == (is_damage, True)
    assert store_failure(UnicodeDecodeError("utf-8", b"", 0, 1, "")).is_damage
    assert not store_failure(MemoryError()).is_damage
    assert not store_failure(PersistenceError("no connection")).is_damage


@contextmanager
def when_scanning(act: Callable[[], object]) -> Iterator[None]:
    """Something happens when the events are about to be read."""
    real = scan.scan

    def scanning(*args: Any) -> Any:
        act()
        return real(*args)

    with patch.object(verify, "scan", scanning):
        yield


def unchecked(desk: Desk, *words: str, said: str) -> None:
    """A verification that could not read all says so, accuses nobody, and does not pass."""
    facts = desk.facts("verify", *words, status=1)
    assert (facts["is_whole"], facts["damages"]) == (False, [])
    assert said in facts["unchecked"][0]
    run = desk.run("verify", *words)
    assert run.status == 1
    assert "损坏(" not in run.text
    assert "Traceback" not in run.text


@contextmanager
def as_appender(desk: Desk) -> Iterator[str]:
    """The workspace under a role that has few rights; gives its name."""
    store = desk.store
    with appender(store) as few:
        desk.store = few
        desk.configure("")
        try:
            yield f"{store.schema}_appender"
        finally:
            desk.store = store
            desk.configure("")


@ON_POSTGRESQL
def test_what_a_server_withholds_is_no_damage(victim: Desk) -> None:
    schema = victim.store.schema
    with as_appender(victim) as role, master() as db:

        def end_sessions() -> None:
            statement = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s"
            db.execute(statement, (role,))

        assert victim.facts("verify")["is_whole"]
        for table in ("stored_events", "tree_nodes", "checkpoints"):
            db.execute(f"REVOKE SELECT ON {schema}.{table} FROM {role}")
            unchecked(victim, "--log-only", said="授予权限")
            db.execute(f"GRANT SELECT ON {schema}.{table} TO {role}")

        def no_login() -> None:
            db.execute(f"ALTER ROLE {role} NOLOGIN")
            end_sessions()

        with when_scanning(no_login):
            facts = victim.facts("verify", "--log-only", status=1)
        assert (facts["damages"], "连接中断" in facts["unchecked"][0]) == ([], True)
        run = victim.run("verify")
        assert (run.status, "核对user和密码" in run.text) == (1, True)
        db.execute(f"ALTER ROLE {role} LOGIN")
        db.execute(f"ALTER ROLE {role} SET statement_timeout = '1ms'")
        run = victim.run("verify")  # which statement takes longer than that is the machine's to say
        assert "损坏" not in run.text
        assert "Traceback" not in run.text
        db.execute(f"ALTER ROLE {role} RESET statement_timeout")
        with patch.object(EventLog, "read_stored", cancelled):
            unchecked(victim, said="statement_timeout")


def cancelled(log: EventLog, **_: int) -> Any:
    """In place of reading: a query that takes longer than the server lets it."""
    with log._recorder.datastore.reading() as c:  # type: ignore[attr-defined]
        c.execute("SET LOCAL statement_timeout = '5ms'")
        c.execute("SELECT pg_sleep(5)")


@ON_POSTGRESQL
def test_a_night_on_a_server_that_takes_nothing_says_so(victim: Desk) -> None:
    before = len(victim.events())
    with as_appender(victim) as role, master() as db:
        db.execute(f"ALTER ROLE {role} SET default_transaction_read_only = on")
        path = victim.export("more.csv", ordinary_case("M1"))
        run = victim.run("nightly", path)
        assert (run.status, "服务器只读(备库" in run.text) == (1, True)
        assert "integrity" not in run.text
        assert "损坏" not in run.text
        assert "服务器只读(备库" in victim.run("import", path).text
        assert "服务器只读(备库" in victim.run("keys", "rotate").text
        assert victim.facts("verify")["is_whole"]
    assert len(victim.events()) == before


def test_a_log_that_another_program_locks_is_no_damage(victim: Desk) -> None:
    def short(home: Path) -> EventLog:
        return EventLog(home, writer=Writer(patience=1))

    with (
        closing(sqlite3.connect(victim.home / "events.sqlite")) as other,
        patch.object(verify, "EventLog", short),
    ):
        with when_scanning(lambda: other.execute("BEGIN EXCLUSIVE")):
            facts = victim.facts("verify", "--log-only", status=1)
        assert (facts["damages"], "占用它的进程" in facts["unchecked"][0]) == ([], True)
        run = victim.run("verify")
        assert (run.status, "占用它的进程" in run.text, "损坏" in run.text) == (1, True, False)


def test_a_file_that_this_user_may_not_open_is_no_damage(victim: Desk) -> None:
    """As root everything may be opened: a folder in the file's place does not open for anybody."""
    path = victim.home / "events.sqlite"
    path.rename(victim.home / "kept.sqlite")
    with patch.object(Path, "is_file", lambda _: True):
        path.mkdir()
        run = victim.run("verify")
    assert (run.status, "有权读写" in run.text, "损坏" in run.text) == (1, True, False)


def test_a_disk_that_does_not_read_is_no_damage_and_a_malformed_file_is(victim: Desk) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    with patch.object(EventLog, "checkpoints", side_effect=error):
        unchecked(victim, said="检查磁盘")
    path = victim.home / "events.sqlite"
    size = path.stat().st_size
    with path.open("rb+") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 64 * 1024)
    facts = victim.facts("verify", status=1)
    assert (facts["unchecked"], facts["damages"] != []) == ([], True)


def test_files_beside_the_log_that_cannot_be_read_are_told(victim: Desk) -> None:
    kept = next((victim.home / "archive").glob("*.zst"))
    real = Path.open
    refused: list[Path] = []

    def opened(self: Path, *args: Any, **named: Any) -> Any:
        if self in refused:
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, *args, **named)

    with patch.object(Path, "open", opened):
        for path in (victim.home / "keys" / "log.pub", victim.mails()[0], kept):
            refused[:] = [path]
            facts = victim.facts("verify", *(["--log-only"] if path != kept else []), status=1)
            assert (facts["is_whole"], facts["damages"]) == (False, [])
            assert [path.name in text for text in facts["unchecked"]] == [True]


@pytest.mark.slow
def test_a_server_that_is_restarted_stopped_or_made_a_standby(tmp_path: Path) -> None:
    server = OwnServer("restarted")
    try:
        desk = Desk(tmp_path / "home", Store(url=server.url, schema="regaudit")).make()
        desk.configure("")
        desk.ok("nightly", desk.export("a.csv", ordinary_case("1")), "--as-of", "2026-03-30")
        real = EventLog.read_stored

        def restarting(log: EventLog, **positions: int) -> Any:
            server.restart()
            return real(log, **positions)

        with patch.object(EventLog, "read_stored", restarting):
            facts = desk.run("verify", "--json").facts
        # What had not begun is read from the server as it is now.
        assert facts["is_whole"] == (not facts["unchecked"])
        assert facts["damages"] == []
        with patch.object(EventLog, "read_stored", lambda log, **_: stopped_in_a_query(log, server)):
            facts = desk.facts("verify", status=1)
        assert (facts["damages"], "连接中断" in facts["unchecked"][0]) == ([], True)
        mails = len(desk.mails())
        server.start()

        def report(*args: Any, **named: Any) -> Any:
            server.restart()
            return make_report(*args, **named)

        with (
            patch.object(nightly, "make_report", report),
            pytest.raises(LockLostError),
            open_night(desk.home, "nightly") as opened,
        ):
            run_night(opened, [desk.export("b.csv", ordinary_case("2"))])
        assert len(desk.mails()) == mails
        server.become_standby()
        run = desk.run("nightly", desk.home / "a.csv")
        assert (run.status, "服务器只读(备库" in run.text, "损坏" in run.text) == (1, True, False)
        assert desk.facts("verify")["is_whole"]
        server.stop()
        run = desk.run("verify")
        assert (run.status, "连接失败" in run.text, "损坏" in run.text) == (1, True, False)
    finally:
        with suppress(ProcessLookupError):
            server.stop()


def stopped_in_a_query(log: EventLog, server: OwnServer) -> Any:
    """In place of reading: a query under which the server is stopped."""
    with log._recorder.datastore.reading() as c:  # type: ignore[attr-defined]
        server.stop()
        return c.execute("SELECT 1").fetchall()
