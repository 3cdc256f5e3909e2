"""Nights as on Windows: the platform refuses to replace or to remove what another program has open."""

import json
import os
import subprocess
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from conftest import COMMAND, SRC, Desk, ordinary_case, step

from regaudit.base import in_place
from regaudit.eventlog.lock import Lock, hold
from regaudit.warehouse import publish

REST = step("9", "accept", "2026-03-02 09:00:00", registration_type="200")


class InUseError(PermissionError):
    """As Windows raises it: a sharing violation."""

    winerror = 32


def hold_open(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """As long as a reader has a file of this name open, nothing takes its place."""
    rename = os.replace

    def replace(source: Path, target: Path) -> None:
        if Path(target).name == name:
            raise InUseError(13, "in use", str(source))
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(in_place, "_LOOK", 0.001)
    monkeypatch.setattr(publish, "_PATIENCE", 0.01)


def digest(desk: Desk) -> str:
    return sha256((desk.home / "regaudit.duckdb").read_bytes()).hexdigest()


@pytest.mark.long
def test_a_night_whose_database_is_being_read_is_told_and_never_green(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is in the log, the old database is whole, the night is red; a check publishes later."""
    desk.ok("nightly", desk.export("a.csv", ordinary_case("1")), "--as-of", "2026-03-10")
    before = digest(desk)
    with monkeypatch.context() as patched:
        hold_open(patched, "regaudit.duckdb")
        run = desk.run("nightly", desk.export("b.csv", [REST]), "--as-of", "2026-03-11", "--json")
    facts = json.loads(run.out)
    [failure] = facts["failures"]
    assert (run.status, facts["light"]) == (1, "red")
    assert failure.startswith("未发布:")
    assert "regaudit.duckdb" in failure
    assert len(desk.events("run-completed")) == 2
    assert desk.events("night-judged")[-1].state["light"] == "red"
    assert digest(desk) == before
    assert desk.query("SELECT count(*) FROM cases") == [(1,)]
    assert "未能发布" in desk.run("verify").text
    desk.ok("check", "--as-of", "2026-03-11")
    assert desk.query("SELECT count(*) FROM cases") == [(2,)]
    desk.ok("verify")


def test_who_holds_a_lock_may_be_read_while_it_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows keeps the note as long as it is read: the lock is free all the same."""
    (tmp_path / "regaudit.toml").write_text("", encoding="utf-8")
    now, unlink = datetime(2026, 3, 10, 22, 30), os.unlink

    def kept(path: Path, **more: int) -> None:
        if Path(path).suffix == ".json":
            raise InUseError(13, "in use", str(path))
        unlink(path, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", kept)
        with hold(tmp_path, "check", now, Lock.RUN):
            pass
    assert (tmp_path / "regaudit.lock.json").exists()
    with hold(tmp_path, "nightly", now, Lock.RUN):
        assert b'"nightly"' in (tmp_path / "regaudit.lock.json").read_bytes()
    assert not (tmp_path / "regaudit.lock.json").exists()


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_json_is_whole_in_every_code_page(desk: Desk, encoding: str) -> None:
    """A pipe on Windows has the code page of the machine, which lacks characters of names."""
    rows = [step("1", "accept", "2026-03-02 09:00:00", operator="㼆𠮷é")]
    run = subprocess.run(
        [*COMMAND, "preview", str(desk.export("a.csv", rows)), "--json", "--home", str(desk.home)],
        env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    [export] = json.loads(run.stdout.decode("utf-8"))["exports"]
    assert export["sample"][0]["operator"] == "㼆𠮷é"
    assert run.stdout.isascii() == (encoding != "utf-8")


def test_what_a_code_page_lacks_stops_no_command(desk: Desk) -> None:
    rows = [step("1", "accept", "2026-03-02 09:00:00", operator="㼆𠮷é")]
    run = subprocess.run(
        [*COMMAND, "preview", str(desk.export("a.csv", rows)), "--home", str(desk.home)],
        env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONUTF8": "0", "PYTHONIOENCODING": "gbk"},
        capture_output=True,
        check=True,
    )
    shown = run.stdout.decode("gbk")
    assert "识别为办件日志" in shown
    assert "\\U00020bb7" in shown
