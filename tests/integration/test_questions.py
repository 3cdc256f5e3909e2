"""The questions of the documentation are asked, and get the answers that stand there."""

import importlib
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest

from regaudit.outlets.selection import selected_by

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools"
pytestmark = pytest.mark.long


def tool(name: str) -> ModuleType:
    sys.path.insert(0, str(TOOLS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(TOOLS))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tool("question_site").make_site(tmp_path_factory.mktemp("questions"))
    return made


def test_the_pages_have_the_answers_of_today(database: Path) -> None:
    for path, text in tool("question_pages").pages_from(database).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date: make docs"


def test_there_are_twenty_each_with_an_answer_and_a_caution(database: Path) -> None:
    found = tool("question_pages").questions()
    assert len({question["title"] for question in found}) == len(found) == 20
    for question in found:
        assert all(question[key] for key in ("title", "zh_title", "reads", "zh_reads"))
        # As `regaudit export --sql` asks: nothing but the published tables can be read.
        with selected_by(database, question["sql"], question["title"]) as selected:
            rows = sum(batch.num_rows for batch in selected.batches)
        assert 0 < rows <= 12, question["title"]


def test_the_notebook_runs_and_leaves_nothing(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REGAUDIT_DATABASE", str(database))
    monkeypatch.chdir(tmp_path)
    before = database.read_bytes()
    made = runpy.run_path(str(ROOT / "docs" / "examples" / "late_cases.py"))
    made["db"].close()
    assert made["late"]["decided"].sum() > 300
    assert made["medians"].filter("is_late").height > 3
    drawn = made["chart"].to_dict()
    assert drawn["encoding"]["y"]["field"] == "其后的环节"
    assert "等候" in capfd.readouterr().out
    assert (list(tmp_path.iterdir()), database.read_bytes()) == ([], before)
