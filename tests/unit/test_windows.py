"""What Windows does otherwise, as far as its rules can be tried here: names, paths, open files, tasks.

Nothing here runs on Windows; docs/operations.md lists what was not run there.
"""

import ast
import os
import re
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree as ET

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regaudit.base import in_place
from regaudit.base.archive import archive, restore, safe_name
from regaudit.base.errors import RefusedFileError, RegauditError, reason_of
from regaudit.base.in_place import put_in_place
from regaudit.base.settings import Schedule, load_settings
from regaudit.cli.main import cli
from regaudit.operation.doctor.ground import network_kind, owned, path_length

ROOT = Path(__file__).parents[2]
TASKS = {"nightly": "regaudit-nightly.xml", "serve": "regaudit-desk.xml"}
NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


class InUseError(PermissionError):
    """As Windows raises it: a sharing violation."""

    winerror = 32


def held(times: int, error: type[OSError] = InUseError) -> tuple[Callable[..., None], list[int]]:
    """A rename of the platform that fails so many times, as while a reader has the target open."""
    rename, tries = os.replace, list[int]()

    def replace(source: Path, target: Path) -> None:
        tries.append(1)
        if len(tries) <= times:
            raise error(13, "in use")
        rename(source, target)

    return replace, tries


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    draft, target = tmp_path / "draft", tmp_path / "target"
    draft.write_text("new")
    target.write_text("old")
    return draft, target


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_reader_that_lets_go_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, two: tuple[Path, Path], times: int
) -> None:
    monkeypatch.setattr(in_place, "_LOOK", 0.001)
    replace, tries = held(times)
    monkeypatch.setattr(os, "replace", replace)
    assert put_in_place(*two) == two[1]
    assert (two[1].read_text(), two[0].exists(), len(tries)) == ("new", False, times + 1)


@pytest.mark.parametrize(("error", "most"), [(InUseError, 100), (PermissionError, 1), (FileNotFoundError, 1)])
def test_one_that_does_not_leaves_both_files_whole_and_nothing_else_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, two: tuple[Path, Path], error: type[OSError], most: int
) -> None:
    monkeypatch.setattr(in_place, "_LOOK", 0.001)
    replace, tries = held(1000, error)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(error) as raised:
        put_in_place(*two, patience=0.01)
    assert [path.read_text() for path in two] == ["new", "old"]
    assert 1 <= len(tries) <= most
    assert (len(tries) > 1, "别的程序打开" in reason_of(raised.value)) == (error is InUseError,) * 2


def test_all_files_are_put_in_place_by_the_one_function() -> None:
    """A path's `replace` takes one argument, a text's two; of polars it is a table, of sqlglot a node."""
    found = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.replace", "os.rename"):
                found.append(f"{path.name}:{node.lineno}")
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            is_rename = node.func.attr == "replace" and len(node.args) == 1 and not node.keywords
            if is_rename and not ast.unparse(node.func).startswith(("pl.", "texts.", "node.", "table.")):
                found.append(f"{path.name}:{node.lineno}")
    assert [place.partition(":")[0] for place in found] == ["in_place.py"]


def reserved(name: str) -> bool:
    return PureWindowsPath(name).is_reserved()


DEVICES = st.tuples(
    st.sampled_from(["con", "NUL", "aux", "Prn", "com1", "COM9", "com\u00b9", "lpt3", "com10", "x"]),
    st.sampled_from(["", ".", " ", ". ", ".csv", ".tar.gz", "_", "受理"]),
).map("".join)


@given(st.one_of(st.text(max_size=100), DEVICES))
def test_a_name_of_ours_is_one_that_windows_can_have(text: str) -> None:
    name = safe_name(text)
    assert not reserved(name)
    assert name == name.rstrip(". ")
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert 0 < len(name) <= 81
    assert safe_name(name) in (name, name.strip("_"))


@pytest.mark.parametrize(
    "name", ["steps.csv", "康.csv", "console.csv", "com10.csv", "受理_2026-03.xlsx", "nul-1"]
)
def test_other_names_stay_as_they_are(name: str) -> None:
    assert safe_name(name) == name


def test_a_folder_with_names_that_windows_lacks_is_told_not_half_restored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`A.csv` and `a.csv` are one file there: the second cannot be made."""
    export = tmp_path / "export"
    export.mkdir()
    for name in ("A.csv", "a.csv"):
        (export / name).write_text(name)
    kept = archive(export, tmp_path / "archive")
    restore(tmp_path / "archive", kept.sha256, tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == ["A.csv", "a.csv"]
    opened = Path.open

    def open_folding(path: Path, *args: str, **more: str) -> object:
        folded = {entry.name.casefold() for entry in path.parent.iterdir()} if args == ("xb",) else set()
        if path.name.casefold() in folded:
            raise FileExistsError(17, "File exists")
        return opened(path, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_folding)
    with pytest.raises(RefusedFileError, match=r"a\.csv,在本机不能还原"):
        restore(tmp_path / "archive", kept.sha256, tmp_path / "folded")


SPELT_WRONG = {
    "sources.path": '[[sources]]\npath = "D:\\new.csv"\n',
    "publish.path": '[publish]\npath = "D:\\tables.duckdb"\n',
    "calendar.file": '[calendar]\nfile = "D:\\budget.csv"\n',
    "mail.smtp.password_file": '[mail.smtp]\npassword_file = "D:\\files"\n',
}


@pytest.mark.parametrize("key", SPELT_WRONG)
def test_a_backslash_that_toml_takes_for_a_control_character_is_told(tmp_path: Path, key: str) -> None:
    settings = tmp_path / "regaudit.toml"
    settings.write_text(SPELT_WRONG[key], encoding="utf-8")
    with pytest.raises(RegauditError, match=f"{re.escape(key)} = .*单引号"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    "path", [r"'D:\new\tables\*.csv'", '"D:\\\\new.csv"', '"D:/new.csv"', r"'\\server\share\a.csv'"]
)
def test_a_path_of_windows_may_be_written_in_several_ways(tmp_path: Path, path: str) -> None:
    (tmp_path / "regaudit.toml").write_text(f"[[sources]]\npath = {path}\n", encoding="utf-8")
    [source] = load_settings(tmp_path).sources
    assert PureWindowsPath(source.path).anchor
    assert source.path.isprintable()


def test_the_ground_of_windows_is_told(tmp_path: Path) -> None:
    note = owned(tmp_path, has_modes=False)
    assert (note.status, "icacls" in note.advice) == ("note", True)
    assert owned(tmp_path, has_modes=True).check == note.check
    assert network_kind(PureWindowsPath(r"\\server\share\regaudit")) == "UNC"  # type: ignore[arg-type]


@pytest.mark.parametrize(("length", "status"), [(10, "ok"), (118, "ok"), (119, "warning"), (250, "warning")])
def test_a_path_that_leaves_no_room_is_told(length: int, status: str) -> None:
    home = PureWindowsPath("D:\\" + "d" * (length - 3))
    check = path_length(home)
    assert (check.status, bool(check.advice)) == (status, status == "warning")


def words_of(task: ET.Element) -> list[str]:
    [arguments] = task.iter(f"{NAMESPACE}Arguments")
    found = re.fullmatch(
        r'/d /c "set PYTHONUTF8=1&& C:\\regaudit\\Scripts\\regaudit\.exe (.+?) >> .+ 2>&1"',
        arguments.text or "",
    )
    assert found is not None
    return found[1].split()


@pytest.mark.parametrize("command", TASKS)
def test_a_task_runs_a_command_that_there_is(command: str) -> None:
    content = (ROOT / "deploy" / TASKS[command]).read_bytes()
    task = ET.fromstring(content)  # noqa: S314 - our own file
    assert [child.tag.removeprefix(NAMESPACE) for child in task] == [
        *("RegistrationInfo", "Triggers", "Principals", "Settings", "Actions")
    ]
    name, *words = words_of(task)
    assert name == command
    found = cli.get_command(click.Context(cli), name)
    assert isinstance(found, click.Command)
    assert found.make_context(name, words).params["home"] == Path("D:\\regaudit")


def test_the_night_has_the_hour_of_the_settings_and_is_made_up() -> None:
    task = ET.fromstring((ROOT / "deploy" / TASKS["nightly"]).read_bytes())  # noqa: S314 - our own file
    [begins] = task.iter(f"{NAMESPACE}StartBoundary")
    assert (begins.text or "").endswith(f"T{Schedule().at}:00")
    [made_up] = task.iter(f"{NAMESPACE}StartWhenAvailable")
    assert made_up.text == "true"
