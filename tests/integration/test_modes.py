"""All of a workspace is its owner's alone, also under umask 022; analysts get the published database."""

import grp
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Desk, ordinary_case, step

pytestmark = pytest.mark.long

PUBLIC = "keys/log.pub"
BAD = step("x", "accept", "不是时间", "li")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def wide(home: Path) -> dict[str, str]:
    """What others may do anything with, by name."""
    found = {str(path.relative_to(home)): mode(path) for path in (home, *home.rglob("*"))}
    return {name: oct(bits) for name, bits in found.items() if bits & 0o077 and name != PUBLIC}


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def group() -> str:
    """A group that this user may hand files to."""
    return grp.getgrgid(os.getgid()).gr_name


def exported(tmp_path: Path, *rows: dict[str, str]) -> Path:
    """Rows in a file outside of the workspace."""
    return Desk(tmp_path).export("export.csv", [*ordinary_case("1"), *rows])


def test_all_that_a_workspace_holds_is_the_owners(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    desk = Desk(home).make()
    assert wide(home) == {}
    assert mode(home / PUBLIC) == 0o644
    desk.facts("nightly", exported(tmp_path, BAD), "--as-of", "2026-03-30", status=3)
    desk.ok("keys", "rotate")
    desk.run("nightly", "--as-of", "2026-03-31")
    held = {path.relative_to(home).parts[0] for path in home.rglob("*")}
    assert {".work", "archive", "keys", "outbox", "quarantine", "events.sqlite", "regaudit.duckdb"} <= held
    assert wide(home) == {}
    assert mode(home) == 0o700
    assert mode(home / PUBLIC) == 0o644


@pytest.mark.slow
def test_what_was_wider_is_narrowed_and_told_once(desk: Desk, tmp_path: Path) -> None:
    desk.ok("nightly", exported(tmp_path), "--as-of", "2026-03-30")
    (desk.home / "events.sqlite").chmod(0o644)
    (desk.home / "archive").chmod(0o755)
    # Editors write settings anew, with any mode.
    (desk.home / "regaudit.toml").chmod(0o664)
    notices = desk.facts("nightly", "--as-of", "2026-03-31")["notices"]
    [told] = [text for text in notices if "收紧" in text]
    assert told == "工作区中的 archive、events.sqlite 别的用户曾可读写,已收紧为仅所有者"
    assert wide(desk.home) == {}
    again = "".join(desk.facts("nightly", "--as-of", "2026-04-01")["notices"])
    assert "收紧" not in again


def test_a_link_and_what_is_not_ours_keep_their_modes(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("x")
    (desk.home / "archive").mkdir(exist_ok=True)
    (desk.home / "archive" / "link").symlink_to(outside)
    (desk.home / "exports").mkdir()
    desk.ok("nightly", exported(tmp_path), "--as-of", "2026-03-30")
    assert mode(outside) == 0o644
    assert mode(desk.home / "exports") == 0o755


def test_analysts_of_a_group_read_the_published_database_alone(
    desk: Desk, tmp_path: Path, group: str
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    desk.configure(f'[publish]\ngroup = "{group}"\npath = "../shared/audit.duckdb"\n')
    for night in ("2026-03-30", "2026-03-31"):
        desk.ok("nightly", exported(tmp_path), "--as-of", night)
        assert wide(desk.home) == {".": "0o710", "regaudit.duckdb": "0o640"}
        published = desk.home / "regaudit.duckdb"
        assert published.stat().st_gid == os.getgid()
        assert [path.name for path in shared.iterdir()] == ["audit.duckdb"]
        assert mode(shared / "audit.duckdb") == 0o640
        assert (shared / "audit.duckdb").read_bytes() == published.read_bytes()
    # The door is shut again.
    desk.configure("")
    desk.ok("nightly", "--as-of", "2026-04-01")
    assert wide(desk.home) == {}


@pytest.mark.parametrize(
    ("settings", "said"),
    [('group = "no-such-group-here"', "没有这个组"), ('path = "nowhere/audit.duckdb"', "publish.path")],
)
def test_what_cannot_be_handed_over_fails_the_night_before_it_is_recorded(
    desk: Desk, tmp_path: Path, settings: str, said: str
) -> None:
    desk.configure(f"[publish]\n{settings}\n")
    facts = desk.facts("nightly", exported(tmp_path), "--as-of", "2026-03-30", status=1)
    assert said in "".join(facts["failures"])
    assert desk.events("run-completed") == []


def test_what_leaves_the_workspace_is_as_the_user_has_it(desk: Desk, tmp_path: Path) -> None:
    desk.ok("nightly", exported(tmp_path), "--as-of", "2026-03-30")
    desk.ok("simulate", "--cases", "3", "--seed", "1", "--out", tmp_path / "made")
    assert mode(tmp_path / "made") == 0o755
    assert mode(tmp_path / "made" / "steps.csv") == 0o644
