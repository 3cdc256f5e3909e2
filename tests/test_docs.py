"""What the documentation says is true: pages are current, commands run, links lead somewhere."""

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from needs import GIT, program
from rich.cells import cell_len
from tooling import tool

from regaudit.base.settings import Settings
from regaudit.catalogue.events import catalogue
from regaudit.catalogue.kinds import export_kinds
from regaudit.catalogue.profiles import profile_names
from regaudit.catalogue.published import published_tables
from regaudit.catalogue.rules import load_rules
from regaudit.catalogue.vocabulary import canonical_values
from regaudit.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
MOST_LINES = 200
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_pages_made_from_source_are_current() -> None:
    """The tutorial's and the README's commands are run for this, and their output compared.

    In a process of its own, as `make docs` does it: help texts depend on what else has used click.
    `.ci/run` asks the same of `make docs-check`.
    """
    command = [sys.executable, str(ROOT / "tools" / "generate_docs.py"), "--check"]
    checked = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert checked.returncode == 0, f"run `make docs`: {checked.stdout}"


def test_tutorial_goes_the_whole_way() -> None:
    commands = re.findall(r"^\$ regaudit (\w+)", text_of(DOCS / "tutorial.md"), re.MULTILINE)
    assert {"init", "import", "nightly", "findings", "trace"} <= set(commands)
    assert "(exit status 1)" in text_of(DOCS / "tutorial.md")
    assert "(exit status 3)" in text_of(DOCS / "tutorial.md")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "sample_logs", tmp_path / "sample_logs")
    demo = tool("demo")
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    monkeypatch.setattr(demo, "SAMPLE", tmp_path / "sample_logs")
    return tmp_path


def test_demo_finds_all_that_was_planted(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (checkout / "demo-home").mkdir()
    left = [checkout / "demo-home" / name for name in ("regaudit.toml", "left")]
    for path in left:
        path.touch()
    assert tool("demo").main(again=True) == 0
    assert [path.exists() for path in left] == [True, False]
    printed = capfd.readouterr().out
    assert "漏报 0 项,多报 0 项" in printed
    # What it prints itself fits the narrowest terminal: headings, commands, queries and their answers.
    own = [line for line in printed.splitlines() if line.startswith(("── ", "$ ", "| "))]
    own += [line for query in tool("demo").QUERIES for line in query.sql.splitlines()]
    assert [line for line in own if cell_len(line) > 80] == []
    assert all(any(line.startswith(mark) for line in own) for mark in ("── ", "$ ", "| ", "SELECT "))
    assert len(list((checkout / "demo-home" / "outbox").glob("*.eml"))) == printed.count(".eml\n")


@pytest.mark.slow
def test_demo_fails_when_a_planted_violation_is_missed(
    checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (checkout / "sample_logs" / "truth.csv").open("a", encoding="utf-8") as truth:
        truth.write("overdue,nosuchcase,150602\n")
    assert tool("demo").main() == 1
    assert "漏报 overdue 150602 nosuchcase" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("there", "again", "told"),
    [
        ("precious", False, "不是试运行的工作区\n  → 请先把它移走"),
        ("precious", True, "不是试运行的工作区\n  → 请先把它移走"),
        ("regaudit.toml", False, "已有试运行的工作区,其中有它的用户和台账\n  → 保留的,请先把它移走"),
    ],
)
def test_demo_removes_nothing_unasked(
    checkout: Path, capsys: pytest.CaptureFixture[str], there: str, again: bool, told: str
) -> None:
    kept = checkout / "demo-home" / there
    kept.parent.mkdir()
    kept.touch()
    with pytest.raises(SystemExit) as refused:
        tool("demo").main(again=again)
    assert (refused.value.code, kept.exists()) == (2, True)
    assert f"{kept.parent} {told}" in capsys.readouterr().err


def setting_keys(struct: Any, above: str = "") -> Iterator[str]:
    for field in msgspec.structs.fields(struct):
        for inner in [field.type, *getattr(field.type, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield from setting_keys(inner, f"{above}{field.encode_name}.")
                break
        else:
            yield f"{above}{field.encode_name}"


def names() -> Iterator[tuple[str, str]]:
    yield from ((f"## {name}", "cli.md") for name in cli.list_commands(click.Context(cli)))
    yield from ((f"## {name}", "rules.md") for name in load_rules())
    yield from ((f"## {name}", "database.md") for name in published_tables())
    yield from ((f"## {name}", "events.md") for name in catalogue())
    yield from ((f"## {name}", "profiles.md") for name in profile_names())
    yield from ((f"`{kind.stream.split('{')[0]}", "log-format.md") for kind in catalogue().values())
    yield from ((f"`{name}`", "log-format.md") for name in catalogue())
    yield from ((f"`{step}`", "formats.md") for step in canonical_values("step").values())
    yield from ((f"`{kind}`", "formats.md") for kind in canonical_values("org_kind").values())
    yield from ((f"`{key}`", "operations.md") for key in setting_keys(Settings))
    yield from (
        (f"`{path.name}`", "architecture.md") for path in (ROOT / "src" / "regaudit").glob("[a-z]*.py")
    )


@pytest.mark.parametrize(("name", "page"), sorted(set(names())))
def test_everything_public_is_documented(name: str, page: str) -> None:
    pages = [path for path in (DOCS / page, DOCS / "zh" / page) if path.exists()]
    assert [path for path in pages if name not in text_of(path)] == []


@pytest.mark.parametrize(
    ("folder", "column", "required"), [(".", "column", "required"), ("zh", "列", "必填")]
)
def test_columns_of_exports_are_documented_in_order(folder: str, column: str, required: str) -> None:
    page = text_of(DOCS / folder / "formats.md")
    tables = re.findall(rf"^\| {column} \| 中文 \|.*?(?=\n\n)", page, re.DOTALL | re.MULTILINE)
    told = [re.findall(rf"^\| `(\w+)` \| (.*?) \| ({required})?", table, re.MULTILINE) for table in tables]
    assert told == [
        [(n, "、".join(c.names), required if c.required else "") for n, c in kind.columns.items()]
        for kind in export_kinds().values()
    ]


def test_readmes_have_one_structure() -> None:
    english, chinese = text_of(ROOT / "README.md"), text_of(ROOT / "README.zh-CN.md")
    assert max(len(text.splitlines()) for text in (english, chinese)) < MOST_LINES
    assert FENCE.findall(english) == FENCE.findall(chinese)
    levels = [re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE) for text in (english, chinese)]
    assert levels[0] == levels[1]
    assert re.findall(r"^<!-- .* -->$", english, re.M) == re.findall(r"^<!-- .* -->$", chinese, re.M)
    # Each leads to the pages of its language, where a page is there in both.
    links = [
        [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)] for text in (english, chinese)
    ]
    twins = [
        {link.replace("docs/zh/", "docs/").replace(".zh-CN.md", ".md") for link in each} for each in links
    ]
    assert twins[0] == twins[1]
    for link in links[1][1:]:
        page = ROOT / link
        assert not (page.parent / "zh" / page.name).exists(), link
        assert not page.with_suffix(".zh-CN.md").exists(), link


def anchor(heading: str) -> str:
    """A heading's anchor as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text_of(page))):
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if fragment:
            headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text_of(target)), re.MULTILINE)
            assert fragment in map(anchor, headings), link


def test_decisions_are_listed_and_shaped() -> None:
    listed = re.findall(r"\((\d{4}-.*?\.md)\)", text_of(DOCS / "decisions" / "README.md"))
    assert listed == sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    for name in listed:
        headings = re.findall(r"^## (\w+)$", text_of(DOCS / "decisions" / name), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequence"]


def test_tracked_files_name_no_machine_and_no_registry() -> None:
    git = program("git", GIT)
    if not (ROOT / ".git").exists():
        GIT.lack()
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    hosts = ("pypi" + ".org", "python" + "hosted", "npmjs" + ".", "crates" + ".io")
    places = re.compile(
        r"(?<![\w.])/(?:work|root|home)/\w|[A-Z]:\\Users\\" + "|" + "|".join(map(re.escape, hosts))
    )
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "ignore")
            assert not places.search(text), f"{name}: {places.search(text)}"


# The log format, checked against the program by what the page says.


def canonical(state: Any) -> bytes:
    return json.dumps(state, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def identity(action: dict[str, str]) -> str:
    actor = action.get("account") or action.get("operator", "")
    parts = [action.get(name, "") for name in ("office", "case_no", "step", "node")]
    parts += [actor, *(action.get(name, "") for name in ("occurred_at", "unit_no", "serial_no", "batch_no"))]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def run(folder: Path, *words: str) -> None:
    tool("demo").regaudit(words, folder, width=100)


def test_worked_example_of_the_log_format(tmp_path: Path) -> None:
    page = text_of(DOCS / "log-format.md")
    (example,) = re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code, {})  # noqa: S102 - the page's own example
    state = json.loads(example)
    assert example.encode() == canonical(state)
    assert state["action_id"] == identity(state["action"])

    columns = list(state["action"])
    row = ",".join(state["action"][name] for name in columns)
    (tmp_path / "one.csv").write_text(f"{','.join(columns)}\n{row}\n", encoding="utf-8")
    run(tmp_path, "init")
    run(tmp_path, "import", "one.csv")
    with closing(sqlite3.connect(tmp_path / "events.sqlite")) as log:
        assert (
            log.execute("SELECT state FROM stored_events WHERE position = 1").fetchone()[0]
            == example.encode()
        )
        (schema,) = re.findall(r"```sql\n(.*?)\n```", page, re.DOTALL)
        (made,) = log.execute("SELECT sql FROM sqlite_master WHERE name = 'stored_events'").fetchone()
    assert "".join(made.split()) == "".join(schema.split())


def test_a_log_is_as_the_page_says(tmp_path: Path) -> None:
    sample = ROOT / "sample_logs"
    run(tmp_path, "init", "--profile", "ordos-2023")
    run(tmp_path, "import", str(sample / "roster.csv"), str(sample / "steps.csv"))
    run(tmp_path, "nightly", "--as-of", "2026-04-03")
    with closing(sqlite3.connect(tmp_path / "events.sqlite")) as log:
        events = log.execute("SELECT * FROM stored_events ORDER BY position").fetchall()
    versions: dict[str, int] = {}
    of_import: dict[int, int] = {}
    kinds = catalogue()
    for place, (position, stream, version, topic, stored, leaf) in enumerate(events, start=1):
        assert position == place
        versions[stream] = versions.get(stream, 0) + 1
        assert version == versions[stream]
        header = f"{position} {version} {len(stream.encode())} {len(topic.encode())} {stream}{topic}"
        assert leaf == hashlib.sha256(b"\0" + header.encode() + stored).digest()
        state = json.loads(stored)
        assert stored == canonical(state)
        kind = kinds[topic]
        needed = {name for name, field in kind.fields.items() if not field.optional}
        assert needed <= set(state) <= set(kind.fields)
        if topic in ("step-recorded", "step-altered"):
            action = state["action"]
            assert topic == "step-altered" or state["action_id"] == identity(action)
            assert stream == f"case:{action['office']}/{action['case_no']}"
        if topic in ("step-recorded", "step-altered", "roster-entry-recorded"):
            of_import[state["import_no"]] = of_import.get(state["import_no"], 0) + 1
        if topic == "import-recorded":
            assert of_import[version] == state["appended"] + state["altered"]
            counts = ("appended", "known", "altered", "quarantined", "settled", "waiting", "skipped")
            assert state["rows_read"] == sum(state.get(name, 0) for name in counts)
    assert {topic for _, _, _, topic, *_ in events} >= {"run-completed", "finding-opened", "mail-sent"}
