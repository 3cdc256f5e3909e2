"""Who edits or removes what lies beside the log is found out: mirror, published database, archive, keys."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from attacks import edit, editable, first_damage, opened, remove_mirror
from conftest import Desk, ordinary_case
from filelock import FileLock

from regaudit.base.folders import Folders

pytestmark = pytest.mark.long

EDITS = {
    "UPDATE findings SET severity = 'info' WHERE finding_id = '{finding}'": "severity",
    "DELETE FROM findings WHERE finding_id = '{finding}'": "缺少",
    "INSERT INTO findings SELECT * REPLACE ('0' AS finding_id) FROM findings LIMIT 1": "多出",
    "UPDATE cases SET accepted_at = '2026-03-05' WHERE case_no = 'L1'": "cases",
    "UPDATE runs SET findings = findings + 1": "runs",
    "DROP TABLE findings": "findings",
}
# Each is told by a computation of all that is published. Those of every day edit each kind of table.
SLOWLY = ("DELETE", "INSERT", "DROP")


@pytest.mark.parametrize(
    "edited", [pytest.param(e, marks=[pytest.mark.slow] if e.startswith(SLOWLY) else []) for e in EDITS]
)
def test_finding_edited_in_the_published_database(victim: Desk, edited: str) -> None:
    [(finding,)] = victim.query("SELECT min(finding_id) FROM findings")
    statement = edited.format(finding=finding)
    with duckdb.connect(victim.home / "regaudit.duckdb") as db:
        db.execute(statement)
    damage = first_damage(victim)
    assert damage["kind"] == "已发布问题"
    assert EDITS[edited] in damage["problem"]
    if "cases" in statement:
        assert "office = 150602,case_no = L1 的一行,accepted_at 应为 2026-03-02" in damage["problem"]
        assert "库中是 2026-03-05" in damage["problem"]
    if finding in statement:
        assert damage["stream"] == f"finding:{finding}"


def test_what_is_no_published_database_is_told(victim: Desk) -> None:
    (victim.home / "regaudit.duckdb").write_bytes(b"no database")
    assert first_damage(victim)["kind"] == "已发布问题"


def test_published_database_removed(victim: Desk, new_desk: Callable[[str], Desk]) -> None:
    (victim.home / "regaudit.duckdb").unlink()
    damage = first_damage(victim)
    last = victim.events("run-completed")[-1].version
    assert damage["kind"] == "已发布问题"
    assert "regaudit.duckdb 缺失" in damage["problem"]
    assert f"第 {last} 次运行" in damage["problem"]
    assert "regaudit check" in damage["advice"]
    victim.ok("check", "--as-of", "2026-03-21")
    assert victim.facts("verify")["is_whole"]
    fresh = new_desk("fresh")
    fresh.ok("import", fresh.export("one.csv", ordinary_case("A")))
    assert fresh.facts("verify")["is_whole"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[:100_000],
        pytest.param(lambda _: b"junk", marks=pytest.mark.slow),
        pytest.param(lambda _: b"junk" * 100_000, marks=pytest.mark.slow),
    ],
    ids=["cut", "a word", "words"],
)
def test_mirror_that_is_none(victim: Desk, spoil: Callable[[bytes], bytes]) -> None:
    path = victim.home / ".work" / "warehouse.duckdb"
    path.write_bytes(spoil(path.read_bytes()))
    damage = first_damage(victim)
    assert damage["kind"] == "镜像"
    assert "check --rebuild" in damage["advice"]
    victim.ok("check", "--as-of", "2026-03-21", "--rebuild")
    assert victim.facts("verify")["is_whole"]
    remove_mirror(victim)
    facts = victim.facts("verify")
    assert facts["is_whole"]
    assert "没有镜像" in facts["notes"][0]


def test_mirror_in_use_is_no_damage(victim: Desk) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", "import duckdb,sys; c = duckdb.connect(sys.argv[1]); print(1); input()",
         str(victim.home / ".work" / "warehouse.duckdb")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    with held:
        assert held.stdout
        held.stdout.readline()
        facts = victim.facts("verify", "--log-only")
        held.communicate(b"\n")
    assert facts["is_whole"]
    assert "使用" in facts["notes"][0]


def test_archived_profile_of_many_runs_is_one_damage(victim: Desk) -> None:
    runs = victim.events("run-completed")
    [digest] = {run.state["profile_sha256"] for run in runs}
    (victim.home / "archive" / f"{digest}.zst").unlink()
    damages = victim.facts("verify", status=1)["damages"]
    [damage] = [damage for damage in damages if damage["kind"] == "归档"]
    assert damage["position"] == runs[0].position
    assert f"共 {len(runs)} 处引用:第 1–{len(runs)} 次运行" in damage["problem"]


def test_spoilt_mirror_is_no_damage_of_the_log_alone(victim: Desk) -> None:
    (victim.home / ".work" / "warehouse.duckdb").write_bytes(b"junk" * 4096)
    assert first_damage(victim)["kind"] == "镜像"
    facts = victim.facts("verify", "--log-only")
    assert facts["is_whole"]
    assert "镜像" in "".join(facts["notes"])


def test_nothing_is_written_into_the_workspace(victim: Desk) -> None:
    """But when it was verified; not even while a trial holds the lock of all that computes in there."""

    def files() -> dict[Path, tuple[int, int]]:
        found = (path for path in victim.home.rglob("*") if path != Folders(victim.home).verified)
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in found}

    with FileLock(victim.home / ".work" / "trials.lock"):
        before = files()
        facts = victim.facts("verify")
        assert files() == before
    assert (facts["is_whole"], facts["notes"]) == (True, [])


def test_missing_private_key_is_a_note(victim: Desk) -> None:
    (victim.home / "keys" / "log.key").unlink()
    facts = victim.facts("verify")
    assert facts["is_whole"]
    assert any("下一晚将无法写入" in note for note in facts["notes"])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def flip_a_bit(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:30] + bytes([content[30] ^ 1]) + content[31:])


def exchange(path: Path) -> None:
    other = next(p for p in path.parent.glob("*.zst") if p != path)
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize(
    "change",
    [exchange, Path.unlink, *(pytest.param(how, marks=pytest.mark.slow) for how in (cut, flip_a_bit))],
)
def test_archived_file_edited_or_removed(victim: Desk, change: Callable[[Path], None]) -> None:
    event = next(event for event in victim.events("import-recorded") if event.version == 2)
    change(victim.home / "archive" / f"{event.state['file_sha256']}.zst")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("归档", event.position)
    assert (damage["import_no"], damage["file"]) == (2, "second.csv")


def test_mirror_edited(victim: Desk) -> None:
    with duckdb.connect(victim.home / ".work" / "warehouse.duckdb") as db:
        db.execute("UPDATE log.events SET leaf = leaf + 1 WHERE position = 7")
        db.execute("UPDATE log.events SET topic = 'step-altered' WHERE position = 7")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("镜像", 7)
    victim.ok("check", "--as-of", "2026-03-21", "--rebuild")
    assert victim.facts("verify")["is_whole"]


def test_public_keys_exchanged(victim: Desk) -> None:
    path = victim.home / "keys" / "log.pub"
    for text in ("", "nonsense\n"):
        path.write_text(text)
        assert first_damage(victim, "--log-only")["kind"] == "密钥"


def test_a_checkpoint_or_key_that_is_none_is_refused(victim: Desk) -> None:
    path = victim.home / "note.txt"
    path.write_text("not a checkpoint\n")
    for words in (("--checkpoint", path), ("--checkpoint", victim.home / "nowhere"), ("--key", "x")):
        assert victim.run("verify", *words).status == 2


def test_people_are_told_what_programs_are(victim: Desk) -> None:
    (victim.home / "keys" / "log.pub").write_text("")
    with opened(victim) as db:
        edit(db, editable(victim))
    damages = victim.facts("verify", status=1)["damages"]
    run = victim.run("verify")
    assert run.status == 1
    assert {damage["kind"] for damage in damages} >= {"改动", "密钥"}
    for damage in damages:
        assert f"({damage['kind']})" in run.text
        assert "".join(damage["advice"].split()) in run.text
