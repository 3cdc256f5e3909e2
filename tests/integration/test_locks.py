"""Runs, imports and steps beside one another: who excludes whom, and what each builds upon."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from conftest import Desk, Run, ordinary_case, step
from filelock import FileLock
from stores import BOTH_STORES, SLOWLY_ON_POSTGRESQL

from regaudit.audit.check import check
from regaudit.base.errors import WorkspaceBusyError
from regaudit.catalogue.event_types import ExportDelivered
from regaudit.eventlog.lock import Lock, hold
from regaudit.eventlog.log import EventLog
from regaudit.operation.books import closing_without_night
from regaudit.operation.nightly import NightSummary, run_night
from regaudit.operation.open import open_night, open_workspace
from regaudit.warehouse.sealed import SealedWarehouse

pytestmark = pytest.mark.long

NOW = datetime(2026, 3, 31, 23, 0)
AS_OF = datetime(2026, 3, 31, 22, 30)
LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
WHY = ("--reason", "文件弄错了", "--by", "张质监")


def in_process(desk: Desk, *words: str | Path) -> Run:
    """A command in a process of its own, ended."""
    process = desk.start(*words)
    out, _ = process.communicate(timeout=300)
    return Run(process.returncode, out, "")


def when(stage: str, act: Callable[[], None]) -> Callable[[str, int, int], None]:
    """Progress that does something when a stage is first told of."""
    told: list[str] = []

    def progress(now: str, _done: int, _total: int) -> None:
        if now == stage and not told:
            told.append(now)
            act()

    return progress


def night(desk: Desk, progress: Callable[[str, int, int], None], *files: Path) -> NightSummary:
    """A night in this process."""
    with open_night(desk.home, "nightly", progress=progress) as opened:
        return run_night(opened, files, as_of=AS_OF)


def bad(desk: Desk, name: str = "bad.csv") -> Path:
    return desk.export(name, [step("B1", "accept", "不是时间"), *ordinary_case("B2")])


@SLOWLY_ON_POSTGRESQL
def test_two_runs_exclude_one_another_and_so_does_a_withdrawal(desk: Desk) -> None:
    desk.ok("nightly", desk.export("a.csv", ordinary_case("1")), "--as-of", "2026-03-30")
    ran: list[Run] = []

    def others() -> None:
        ran.extend(
            in_process(desk, *words)
            for words in (["nightly"], ["check"], ["withdraw-night", "2026-03-30", "--reason", "错"])
        )

    assert night(desk, when("投影", others)).exit_status == 0
    assert [run.status for run in ran] == [1, 1, 1]
    for run in ran:
        assert "正被另一个进程写入(夜间作业或检查)" in run.text
        assert f"进程号{os.getpid()}(regauditnightly)" in run.text
    assert [event.state["kind"] for event in desk.events("run-completed")] == ["nightly", "nightly"]


@BOTH_STORES
def test_two_imports_exclude_one_another_and_the_start_of_a_night(desk: Desk) -> None:
    path = desk.export("a.csv", ordinary_case("1"))
    with hold(desk.home, "import", NOW, Lock.IMPORT):
        for words in (("import", path), ("nightly", path)):
            run = in_process(desk, *words)
            assert run.status == 1
            assert "正被另一个进程写入(导入)" in run.text
            assert f"进程号{os.getpid()}(regauditimport)" in run.text
    # Nothing was begun, and the posts hear of that.
    [told] = desk.events()
    assert told.topic == "mail-sent"
    assert "夜间作业缺失 1 晚" in told.state["subject"]
    desk.ok("import", path)


@pytest.mark.slow
def test_an_import_runs_while_a_check_computes_and_is_the_next_nights(desk: Desk) -> None:
    desk.ok("nightly", desk.export("a.csv", ordinary_case("1")), "--as-of", "2026-03-30")
    later, ran = desk.export("b.csv", [LATE, *ordinary_case("2")]), []
    progress = when("投影", lambda: ran.append(in_process(desk, "import", later)))
    with (
        open_workspace(desk.home, "check", progress=progress) as workspace,
        SealedWarehouse(desk.home, workspace.log) as warehouse,
    ):
        closing = closing_without_night(workspace)
        checked = check(workspace, warehouse, as_of=AS_OF, kind="check", closing=closing)
    assert [run.status for run in ran] == [0], ran
    assert desk.query("SELECT count(*) FROM steps") == [(3,)]
    [imported] = [e for e in desk.events("import-recorded") if e.state["file_name"] == "b.csv"]
    assert checked.log_position < imported.position < desk.events("run-completed")[-1].position
    assert desk.facts("verify")["is_whole"]
    desk.ok("nightly", "--as-of", "2026-03-31")
    assert desk.query("SELECT count(*) FROM steps") == [(7,)]
    assert desk.query("SELECT count(*) FROM findings WHERE rule = 'overdue'") == [(1,)]


def test_what_is_imported_while_a_night_computes_is_told_by_the_next(desk: Desk) -> None:
    path, later = desk.export("a.csv", ordinary_case("1")), bad(desk)
    summary = night(desk, when("投影", lambda: run_is(in_process(desk, "import", later), 3)), path)
    assert (summary.exit_status, summary.quarantined, summary.quarantined_open) == (0, 0, 0)
    assert "待改正" not in desk.mails()[-1].read_text(encoding="utf-8")
    facts = desk.facts("nightly", "--as-of", "2026-04-01", status=3)
    assert facts["quarantined"] == 1
    assert desk.query("SELECT count(*) FROM steps") == [(6,)]


def run_is(run: Run, status: int) -> None:
    assert run.status == status, run


@pytest.mark.slow
@BOTH_STORES
def test_a_dismissal_is_stored_while_a_night_computes(desk: Desk) -> None:
    assert desk.run("import", bad(desk)).status == 3
    summary = night(
        desk, when("投影", lambda: run_is(in_process(desk, "quarantine", "--dismiss", "1", *WHY), 0))
    )
    assert summary.failures == []
    [dismissed], [run] = desk.events("quarantine-dismissed"), desk.events("run-completed")
    assert run.state["log_position"] < dismissed.position < run.position
    assert desk.facts("quarantine")[0]["open"] == 0
    desk.ok("nightly", "--as-of", "2026-04-01")


@pytest.mark.slow
@SLOWLY_ON_POSTGRESQL
def test_the_key_is_changed_while_a_night_computes(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", ordinary_case("1")))
    summary = night(desk, when("投影", lambda: run_is(in_process(desk, "keys", "rotate"), 0)))
    assert summary.failures == []
    assert desk.facts("verify")["is_whole"]
    desk.ok("nightly", "--as-of", "2026-04-01")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["before", "投影"])
@SLOWLY_ON_POSTGRESQL
def test_a_night_follows_on_whatever_stands_on_a_findings_stream(desk: Desk, stage: str) -> None:
    desk.ok("nightly", desk.export("a.csv", [LATE]), "--as-of", "2026-03-30")
    [opened] = [e for e in desk.events("finding-opened") if e.state["rule"] == "overdue"]

    def append() -> None:
        # An event of a kind that the ledger's tables know nothing of.
        with EventLog(desk.home) as log:
            log.append(ExportDelivered, opened.stream, source="另一种记录", night="2026-03-30")

    if stage == "before":
        append()
    closed = desk.export("b.csv", [step("L1", "book", "2026-03-03 09:00:00", "zhao")])
    desk.ok("import", closed)
    summary = night(desk, when(stage, append))
    assert summary.failures == []
    found = [(e.topic, e.version) for e in desk.events() if e.stream == opened.stream]
    assert found == [("finding-opened", 1), ("export-delivered", 2), ("finding-gone", 3)]
    assert desk.facts("verify")["is_whole"]


LEFT = {
    Lock.RUN: (".work/publishing-regaudit.duckdb", "archive/.incoming-run-77"),
    Lock.IMPORT: (".work/import-x/rows.arrow", "archive/.incoming-77", "quarantine/.incoming-77-1.csv"),
}


def leave(desk: Desk) -> None:
    """What processes of every kind leave when they are killed."""
    for name in (*LEFT[Lock.RUN], *LEFT[Lock.IMPORT]):
        path = desk.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left")


def lies_there(desk: Desk) -> set[Lock]:
    """The kinds of which everything lies there; of the others nothing does."""
    there = {lock: [(desk.home / name).exists() for name in names] for lock, names in LEFT.items()}
    assert all(all(found) or not any(found) for found in there.values()), there
    return {lock for lock, found in there.items() if all(found)}


@pytest.mark.slow
def test_what_was_left_is_cleared_under_its_own_lock_alone(desk: Desk) -> None:
    path = desk.export("a.csv", ordinary_case("1"))
    leave(desk)
    with hold(desk.home, "import", NOW, Lock.IMPORT):
        desk.ok("check")
        assert lies_there(desk) == {Lock.IMPORT}
    leave(desk)
    with hold(desk.home, "nightly", NOW, Lock.RUN):
        desk.ok("import", path)
        assert lies_there(desk) == {Lock.RUN}
    leave(desk)
    assert desk.run("quarantine", "--dismiss", "1", *WHY).status == 1
    assert lies_there(desk) == {Lock.RUN, Lock.IMPORT}
    desk.ok("nightly")
    assert lies_there(desk) == set()


def test_the_folder_of_a_reader_at_work_is_left_alone(desk: Desk) -> None:
    desk.ok("import", desk.export("a.csv", ordinary_case("1")))
    used, left = desk.home / ".work/trace-used", desk.home / ".work/trace-left"
    for folder in (used, left):
        folder.mkdir()
        (folder / "a.csv").touch()
    with FileLock(used / "trace.lock").acquire(timeout=0):
        desk.ok("check")
        assert (used / "a.csv").exists()
        assert not left.exists()
    desk.ok("check")
    assert not used.exists()
    desk.ok("trace", "150602/1")
    assert list((desk.home / ".work").glob("trace-*")) == []


def test_a_copy_excludes_everything(desk: Desk) -> None:
    path = desk.export("a.csv", ordinary_case("1"))
    for lock in (Lock.RUN, Lock.IMPORT):
        with hold(desk.home, "held", NOW, lock):
            run = desk.run("copy-log", desk.home, "postgresql://root@127.0.0.1:5432/test", "--schema", "none")
            assert run.status == 1
            assert "regauditheld" in run.text
    desk.ok("import", path)


def test_a_killed_holder_holds_nothing(desk: Desk) -> None:
    process = desk.start("schedule")
    assert process.stdout
    process.stdout.readline()
    process.kill()
    process.communicate(timeout=30)
    with hold(desk.home, "schedule", NOW, Lock.RESIDENT):
        run = in_process(desk, "schedule")
        assert run.status == 1
        assert f"进程号{os.getpid()}" in run.text


def test_who_holds_a_lock_is_named_only_as_far_as_it_is_known(tmp_path: Path) -> None:
    with hold(tmp_path, "import", NOW, Lock.IMPORT):
        (tmp_path / "import.lock.json").write_bytes(b"{")
        with pytest.raises(WorkspaceBusyError, match="另一个"), hold(tmp_path, "import", NOW, Lock.IMPORT):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["import.lock"]


def test_a_published_database_that_somebody_has_open_is_no_damage(desk: Desk) -> None:
    desk.ok("nightly", desk.export("a.csv", ordinary_case("1")), "--as-of", "2026-03-30")
    code = "import duckdb, sys; db = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(desk.home / "regaudit.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as held:
        assert held.stdout
        held.stdout.readline()
        facts = desk.facts("verify")
        held.communicate(b"\n", timeout=60)
    assert facts["is_whole"]
    assert any(f"进程号 {held.pid}" in note for note in facts["notes"])
