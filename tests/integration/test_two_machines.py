"""Two machines on one log: each has what it imported, and a verification knows which is whose."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Desk, ordinary_case, step
from stores import ON_POSTGRESQL

pytestmark = pytest.mark.long

LATE = step("L1", "accept", "2026-03-02 09:00:00", "li", registration_type="200")
# What docs/operations.md says to take over.
TAKEN_OVER = ("regaudit.toml", "keys/log.key", "keys/log.pub")


@pytest.fixture
def machines(desk: Desk, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two workspaces, each with an import of its own, and a night on the first."""
    other = Desk(tmp_path / "other", desk.store)
    for name in TAKEN_OVER:
        (other.home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(desk.home / name, other.home / name)
    desk.ok("import", desk.export("here.csv", [LATE, *ordinary_case("H1")]))
    other.ok("import", other.export("there.csv", ordinary_case("T1")))
    desk.ok("nightly", "--as-of", "2026-03-30")
    yield desk, other
    desk.assert_log_is_whole()


def copy_of(desk: Desk, file_name: str) -> Path:
    """The copy of an import's file, by its name, in a workspace's archive."""
    [event] = [e for e in desk.events("import-recorded") if e.state["file_name"] == file_name]
    return desk.home / "archive" / f"{event.state['file_sha256']}.zst"


def kinds(desk: Desk) -> list[str]:
    return [damage["kind"] for damage in desk.facts("verify", status=1)["damages"]]


@ON_POSTGRESQL
def test_what_another_machine_has_is_no_damage_here(machines: tuple[Desk, Desk]) -> None:
    here, there = machines
    ids = [(desk.home / "archive" / "id").read_text(encoding="ascii").strip() for desk in machines]
    assert [event.state["archive"] for event in here.events("import-recorded")] == ids
    for desk, elsewhere in ((here, ids[1]), (there, ids[0])):
        facts = desk.facts("verify")
        assert (facts["is_whole"], facts["unchecked"]) == (True, [])
        assert any(f"另一工作区(存档 {elsewhere})" in note for note in facts["notes"])
    proof = there.home / "proof.json"
    there.ok("prove", "150602/H1", "-o", proof)
    there.ok("verify-proof", proof, "--key", there.home / "keys" / "log.pub")

    for desk, name in ((here, "here.csv"), (there, "there.csv")):
        path = copy_of(desk, name)
        path.rename(path.with_suffix(".kept"))
        assert kinds(desk) == ["归档"]
        path.write_bytes(b"other")
        assert kinds(desk) == ["归档"]
        path.unlink()
        path.with_suffix(".kept").rename(path)
    # A copy that is here counts, whosever import it was.
    foreign = copy_of(here, "there.csv")
    foreign.write_bytes(b"other")
    assert kinds(here) == ["归档"]
    foreign.unlink()


@ON_POSTGRESQL
def test_who_takes_the_archives_id_away_hides_nothing(machines: tuple[Desk, Desk]) -> None:
    _, there = machines
    (there.home / "archive" / "id").unlink()
    copy_of(there, "there.csv").unlink()
    facts = there.facts("verify", status=1)
    assert (facts["damages"], "没有标识" in facts["unchecked"][0]) == ([], True)


@pytest.mark.slow
@ON_POSTGRESQL
def test_a_run_of_the_other_machine_is_in_its_database(machines: tuple[Desk, Desk]) -> None:
    here, there = machines
    there.ok("check", "--as-of", "2026-03-30")
    for desk in machines:
        assert desk.facts("verify")["is_whole"]
    (there.home / "regaudit.duckdb").unlink()
    assert kinds(there) == ["已发布问题"]
    shutil.copyfile(here.home / "regaudit.duckdb", there.home / "regaudit.duckdb")
    assert kinds(there) == ["已发布问题"]
    there.ok("nightly", "--as-of", "2026-03-31")
    here.ok("nightly", "--as-of", "2026-04-01")
    assert [desk.facts("verify")["is_whole"] for desk in machines] == [True, True]


@pytest.mark.slow
@ON_POSTGRESQL
def test_machines_that_share_the_archive_check_all_of_it(desk: Desk, tmp_path: Path) -> None:
    other = Desk(tmp_path / "other", desk.store)
    for name in TAKEN_OVER:
        (other.home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(desk.home / name, other.home / name)
    (desk.home / "archive").mkdir(exist_ok=True)
    (other.home / "archive").symlink_to(desk.home / "archive")
    desk.ok("import", desk.export("here.csv", ordinary_case("H1")))
    other.ok("import", other.export("there.csv", ordinary_case("T1")))
    assert len({event.state["archive"] for event in desk.events("import-recorded")}) == 1
    copy_of(desk, "there.csv").unlink()
    assert [kinds(one) for one in (desk, other)] == [["归档"], ["归档"]]


def test_a_log_in_a_file_has_one_archive_and_no_id(desk: Desk) -> None:
    desk.ok("import", desk.export("here.csv", ordinary_case("H1")))
    assert not (desk.home / "archive" / "id").exists()
    assert not desk.events("import-recorded")[0].state.get("archive")
