"""The walk through three counties in docs/scale.md, as it is written; its Chinese twin says the same."""

import re
import subprocess
from pathlib import Path

import duckdb
import pytest
from conftest import Desk

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PAGES = [(DOCS / "scale.md").read_text("utf-8"), (DOCS / "zh" / "scale.md").read_text("utf-8")]


def blocks(page: str, kind: str) -> list[str]:
    return [content for found, content in FENCE.findall(page) if found == kind]


def sessions(page: str) -> list[tuple[str, str]]:
    """The commands of a page, each with what it shows of their output."""
    lines = "".join(blocks(page, "console")).split("$ ")[1:]
    return [(command, shown) for command, _, shown in (text.partition("\n") for text in lines)]


def bare(text: str) -> str:
    """A text without what depends on the width of the terminal."""
    return re.sub(r"[\s─-╿]", "", text)


@pytest.mark.long
def test_the_walk_goes_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command, shown in sessions(PAGES[0]):
        words = command.split()
        if words[0] == "regaudit":
            home = words.index("--home") if "--home" in words else len(words)
            run = Desk(Path(*words[home + 1 :])).run(*words[1:home])
            status, said = run.status, run.out + run.err
        else:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            status, said = done.returncode, done.stdout + done.stderr
        ends = f"(exit status {status})" if status else ""
        if shown:
            assert bare(said + ends) == bare(shown), command
        else:
            assert status == 0, (command, said)
    [sql] = blocks(PAGES[0], "sql")
    with duckdb.connect("province/province.duckdb", read_only=True) as db:
        assert db.execute(sql).fetchall()


def test_both_pages_tell_the_same_figures() -> None:
    rows = [re.findall(r"^\| [\d,]+ \|.*$", page, re.MULTILINE) for page in PAGES]
    assert rows[0] == rows[1]
