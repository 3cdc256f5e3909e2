"""A lock is held or it is not: whoever has lost it stores and mails nothing more."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from conftest import Desk, ordinary_case, step
from stores import BOTH_STORES, ON_POSTGRESQL, SLOWLY_ON_POSTGRESQL, advisory_sessions, appender, master

from regaudit.base.errors import LockLostError, LogError
from regaudit.base.settings import Store
from regaudit.catalogue.event_types import FindingGone
from regaudit.eventlog.lock import Lock, Writer, hold
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.operation import nightly
from regaudit.operation.nightly import run_night
from regaudit.operation.open import open_night
from regaudit.operation.report import make_report
from regaudit.operation.schedule import hold_night

pytestmark = pytest.mark.long

AS_OF = datetime(2026, 3, 31, 22, 30)
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
Act = Callable[[], None]


def elsewhere(desk: Desk, home: Path) -> Desk:
    """The workspace on another machine: the same log and keys, an outbox of its own."""
    (home / "keys").mkdir(parents=True)
    for name in ("keys/log.key", "keys/log.pub", "regaudit.toml"):
        shutil.copyfile(desk.home / name, home / name)
    return Desk(home, desk.store)


def end_lock(desk: Desk) -> None:
    """End the sessions that hold locks of the log: the server's, or a firewall's, doing."""
    with master() as db:
        for pid in advisory_sessions(desk.store.schema):
            db.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def replace_lock(desk: Desk) -> None:
    """Delete a lock's file; another has its name when somebody else locks."""
    (desk.home / "regaudit.lock").unlink()
    (desk.home / "regaudit.lock").touch()


@contextmanager
def at(moment: str, act: Act) -> Iterator[Callable[[str, int, int], None]]:
    """Something happens at a moment within a night: gives the progress that the night is to have."""
    done: list[str] = []

    def once(now: str, *_: object) -> None:
        if now == moment and not done:
            done.append(now)
            act()

    real = make_report

    def reporting(*args: Any, **named: Any) -> Any:
        once("before the mail")
        return real(*args, **named)

    with patch.object(nightly, "make_report", reporting):
        yield once
    assert done == [moment]


def mailed(*desks: Desk) -> list[str]:
    return [path.name[11:17] for desk in desks for path in desk.mails()]


# Before a night imports, while it computes, before its run is stored, before its mails.
MOMENTS = ["比对", "投影", "发布", "before the mail"]


@ON_POSTGRESQL
@pytest.mark.parametrize(
    "moment", [pytest.param(m, marks=[] if m in MOMENTS[3:] else [pytest.mark.slow]) for m in MOMENTS]
)
def test_two_nights_never_follow_one_another_into_the_ledger(desk: Desk, tmp_path: Path, moment: str) -> None:
    path = desk.export("a.csv", [LATE, *ordinary_case("1")])
    other = elsewhere(desk, tmp_path / "elsewhere")
    counts: list[int] = []

    def lose() -> None:
        end_lock(desk)
        other.ok("nightly", path, "--as-of", "2026-03-31")
        counts.append(len(desk.events()))

    with (
        at(moment, lose) as progress,
        pytest.raises(LockLostError, match=r"锁已失去.*未写入任何事件,也未发出邮件.*重新运行"),
        open_night(desk.home, "nightly", progress=progress) as opened,
    ):
        run_night(opened, [path], as_of=AS_OF)
    assert counts == [len(desk.events())]
    assert (mailed(desk), mailed(other)) == ([], ["150602"])
    judged = [(event.state["light"], event.state["run_no"]) for event in desk.events("night-judged")]
    assert all(run_no for _, run_no in judged)
    assert len(desk.events("finding-opened")) == len({e.stream for e in desk.events("finding-opened")})
    assert "失败" not in "".join(event.state["subject"] for event in desk.events("mail-sent"))
    desk.ok("nightly", "--as-of", "2026-04-01")


@SLOWLY_ON_POSTGRESQL
def test_a_lock_that_is_lost_fails_the_night_and_it_is_tried_again(desk: Desk) -> None:
    desk.configure('[[sources]]\npath = "a.csv"')
    desk.export("a.csv", ordinary_case("1"))
    lose = end_lock if desk.store.url else replace_lock
    said: list[str] = []
    with at("before the mail", lambda: lose(desk)):
        assert not hold_night(desk.home, "Asia/Shanghai", say=said.append)
    assert "未发出邮件" in said[-1]
    assert said[-1].endswith("再试")
    assert desk.mails() == []
    assert hold_night(desk.home, "Asia/Shanghai", say=said.append)
    assert len(desk.mails()) == 1


def test_a_lock_file_that_was_replaced_is_no_lock(desk: Desk) -> None:
    path = desk.export("a.csv", ordinary_case("1"))
    with (
        at("发布", lambda: replace_lock(desk)) as progress,
        pytest.raises(LockLostError, match=r"regaudit\.lock 在运行中被删除或换掉"),
        open_night(desk.home, "nightly", progress=progress) as opened,
    ):
        run_night(opened, [path], as_of=AS_OF)
    assert (desk.events("run-completed"), desk.mails()) == ([], [])
    desk.ok("nightly", "--as-of", "2026-03-31")


def test_a_lock_that_is_lost_in_an_import_stops_those_that_follow(desk: Desk) -> None:
    first, second = desk.export("a.csv", ordinary_case("1")), desk.export("b.csv", ordinary_case("2"))
    with (
        at("比对", lambda: replace_lock(desk)) as progress,
        pytest.raises(LockLostError),
        open_night(desk.home, "nightly", progress=progress) as opened,
    ):
        run_night(opened, [first, second], as_of=AS_OF)
    kept = {path.name for path in (desk.home / "archive").iterdir()}
    assert f"{sha256(second.read_bytes()).hexdigest()}.zst" not in kept
    assert (desk.events(), desk.mails()) == ([], [])


@BOTH_STORES
@pytest.mark.parametrize("lock", ["import.lock", "append.lock"])
def test_every_lock_file_is_proven_before_a_checkpoint_is_signed(folder: Path, lock: str) -> None:
    make_log(folder)
    with (
        hold(folder, "import", AS_OF, Lock.IMPORT) as held,
        EventLog(folder, writer=Writer(held=held)) as log,
    ):

        def batches() -> Iterator[Any]:
            yield log.stored([FindingGone("a", 1, as_of="2026-03-31", run_no=1)])
            (folder / lock).unlink()
            (folder / lock).touch()

        with pytest.raises(LockLostError, match=lock):
            log.append_batches(batches())
        assert log.position() == 0


@ON_POSTGRESQL
def test_a_server_that_ends_idle_sessions_does_not_end_a_nights(desk: Desk) -> None:
    path = desk.export("a.csv", [LATE, *ordinary_case("1")])
    store = desk.store
    with appender(store) as few:
        with master() as db:
            for name in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
                db.execute(f"ALTER ROLE {few.schema}_appender SET {name} = '1s'")
        desk.store = few
        desk.configure("")
        with (
            at("发布", lambda: _wait_for_idle_sessions(store)) as progress,
            open_night(desk.home, "nightly", progress=progress) as opened,
        ):
            assert run_night(opened, [path], as_of=AS_OF).failures == []
    desk.store = store
    desk.configure("")
    assert len(desk.mails()) == 1


def _wait_for_idle_sessions(store: Store) -> None:
    """Longer than a session may be idle."""
    with psycopg.connect(store.url, autocommit=True) as db:
        db.execute("SELECT pg_sleep(1.6)")
    assert len(advisory_sessions(store.schema)) == 1


@pytest.mark.slow
@ON_POSTGRESQL
def test_a_server_that_is_gone_is_told_to_the_posts(desk: Desk) -> None:
    path = desk.export("a.csv", ordinary_case("1"))
    store = desk.store

    def vanish() -> None:
        end_lock(desk)
        with master() as db:
            db.execute(f"ALTER ROLE {few.schema}_appender NOLOGIN")
            db.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s",
                (f"{few.schema}_appender",),
            )

    with appender(store) as few:
        desk.store = few
        desk.configure("")
        with (
            at("before the mail", vanish) as progress,
            open_night(desk.home, "nightly", progress=progress) as opened,
        ):
            summary = run_night(opened, [path], as_of=AS_OF)
        assert summary.exit_status == 1
        assert "not permitted to log in" in summary.failures[0]
        assert len(desk.mails()) == 1
    desk.store = store
    desk.configure("")


@ON_POSTGRESQL
def test_who_takes_a_lost_lock_waits_for_what_is_being_stored(folder: Path) -> None:
    make_log(folder)
    with EventLog(folder, writer=Writer(patience=1)) as log, EventLog(folder) as storing:
        with storing._recorder.appending(), pytest.raises(LogError, match="正由另一个进程写入"):  # type: ignore[attr-defined]
            log.check_writable()
        log.check_writable()
