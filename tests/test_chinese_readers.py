"""Who reads Chinese finds no English sentence: in manual, archive, mails, paper, on terminal and pages."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from bundles import BUNDLE

from regaudit.catalogue.rules import load_rules
from regaudit.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "regaudit"
SENTENCE = re.compile(r"[A-Za-z][A-Za-z'’-]*(?:,? +[A-Za-z][A-Za-z'’-]*){2,}")
"""Three words or more."""
CHINESE = re.compile(r"[\u3400-\u9fff]")
FENCE = re.compile(r"^ *```.*?^ *```$|^ {4}.*$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`]+`|\]\([^)]*\)|<!--.*?-->|\bregaudit(?: [a-z-]+)+(?: [A-Z]+)?", re.DOTALL)
NAMES = (
    *("Noto Serif CJK", "apt-get install fonts-noto-cjk", "dnf install google-noto-serif-cjk-sc-fonts"),
    "python -m pip install",
    "No space left on device",
)
"""Names of fonts, commands of the system, and what the system itself says."""
DEVELOPERS = ("CHANGELOG.md", "CONTRIBUTING.md", "docs/decisions/", "deploy/bundle/")
"""Pages, and folders of them, that nobody in a centre has to read."""
AUDITORS = {"architecture.md", "events.md", "log-format.md", "proof-format.md", "simulation.md"}
"""Pages for who writes programs against the log, or checks how the rules are tried: in English alone."""
SPOKEN = {
    *("say", "complain", "say_lines", "print", "refuse", "_refuse", "exit"),
    *("exception", "error", "warning", "info"),
}
"""What prints a text that people read; errors are the others."""


def english(text: str) -> list[str]:
    """The English in a text, but for code and names."""
    text = CODE.sub("␣", text)
    for name in NAMES:
        text = text.replace(name, "␣")
    return SENTENCE.findall(text)


def nodes_of(path: Path) -> list[ast.AST]:
    """A module's syntax tree, flat."""
    return [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def spoken(nodes: list[ast.AST], errors: set[str]) -> Iterator[str]:
    """The texts of a module that people read: what is Chinese at all, what it prints, what its errors say."""
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    said = {
        id(argument)
        for call in nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute)
        if (call.func.id if isinstance(call.func, ast.Name) else call.func.attr) in SPOKEN | errors
        for argument in call.args
    }
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            pieces = [part.value if isinstance(part, ast.Constant) else "␣" for part in node.values]
            text = "".join(map(str, pieces))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            text = node.value
        else:
            continue
        # Patterns, SQL and tables of codes are read by programs.
        code = re.search(r"\bSELECT\b|\.\*|\w\||CASE WHEN|COMMENT ON", text)
        if id(node) in said or (CHINESE.search(text) and not code):
            yield text


def errors_of(modules: Iterable[list[ast.AST]]) -> set[str]:
    """The names of all errors that tell people what to do."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for nodes in modules
        for node in nodes
        if isinstance(node, ast.ClassDef)
    }
    found = {"RegauditError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found


def shown_by_template(text: str) -> Iterator[str]:
    """What a template of a page or mail shows: text, attributes that are read, texts in expressions."""
    text = re.sub(r"\{#.*?#\}|<style.*?</style>", "", text, flags=re.DOTALL)
    for inside in re.findall(r"\{[{%].*?[%}]\}", text, re.DOTALL):
        yield from re.findall(r'"([^"]*)"', inside)
    text = re.sub(r"\{[{%].*?[%}]\}", "␣", text, flags=re.DOTALL)
    yield from re.findall(r'(?:title|alt|placeholder|aria-label)="([^"]*)"', text)
    yield from re.sub(r"<[^>]*>", "\n", text).split("\n")


def remarks(path: Path) -> Iterator[str]:
    """What a file that sets something up says to people: its remarks, and what a system shows of it."""
    text = path.read_text("utf-8")
    if path.suffix == ".xml":
        yield from re.findall(r"<!--(.*?)-->", text, re.DOTALL)
        yield from re.findall(r"<Description>(.*?)<", text)
    else:
        yield from re.findall(r"<#(.*?)#>", text, re.DOTALL)
        yield from re.findall(r"^[ \t]*#([^>].*)", text, re.MULTILINE)
        yield from re.findall(r"^Description=(.*)", text, re.MULTILINE)
        # What a shell says itself.
        yield from filter(CHINESE.search, re.findall(r'"([^"\n]*)"', text))


def helps(group: click.Group) -> Iterator[str]:
    """What `--help` says of a group's commands and of their options."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield command.help or ""
        yield from (option.help or "" for option in command.params if isinstance(option, click.Option))
        if isinstance(command, click.Group):
            yield from helps(command)


def handed_over() -> Iterator[tuple[str, list[str]]]:
    """What stands in the files of `deploy/` for whoever installs."""
    for path in (ROOT / "deploy").rglob("*"):
        if path.suffix == ".md":
            yield path.name, [*shown_by_template(FENCE.sub("", path.read_text("utf-8")))]
        elif path.is_file():
            # Examples that are switched off stand among the remarks.
            is_settings = path.name == "regaudit.toml"
            yield path.name, [*filter(CHINESE.search if is_settings else None, remarks(path))]


@cache
def shown() -> dict[str, list[str]]:
    """All texts, by where they stand."""
    texts: dict[str, list[str]] = {
        f"docs/zh/{path.name}": [FENCE.sub("", path.read_text("utf-8"))]
        for path in (ROOT / "docs" / "zh").glob("*.md")
    }
    texts["README.zh-CN.md"] = [FENCE.sub("", (ROOT / "README.zh-CN.md").read_text("utf-8"))]
    texts["--help"] = list(helps(cli))
    texts["rules"] = [rule.summary for rule in load_rules().values()]
    texts |= dict(handed_over())
    for path in (ROOT / "sample_logs").rglob("*.zh-CN.md"):
        texts[path.relative_to(ROOT).as_posix()] = [FENCE.sub("", path.read_text("utf-8"))]
    modules = {path.relative_to(SOURCE): nodes_of(path) for path in SOURCE.rglob("*.py")}
    errors = errors_of(modules.values())
    for name in BUNDLE.PROGRAMS:
        texts[f"tools/{name}"] = [*spoken(nodes_of(ROOT / "tools" / name), errors)]
    for path, nodes in modules.items():
        if path.parts[0] != "simulate":
            texts[path.as_posix()] = list(spoken(nodes, errors))
    for path in (*SOURCE.rglob("templates/*.html"), *SOURCE.rglob("templates/*.j2")):
        texts[path.name] = list(shown_by_template(path.read_text("utf-8")))
    for path in SOURCE.rglob("*.typ"):
        text = re.sub("^ *//.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
        texts[path.name] = [*re.findall(r'"([^"\n]*)"', text), *re.findall(r"\[([^\[\]\n]*)\]", text)]
    for path in (ROOT / "projections").rglob("*.sql"):
        literals = re.findall(r"'([^'\n]*)'", path.read_text("utf-8"))
        texts[path.name] = [*filter(CHINESE.search, literals)]
    return texts


def test_nothing_that_is_shown_is_english() -> None:
    found = [(place, words) for place, texts in shown().items() for text in texts for words in english(text)]
    assert not found


def test_a_page_of_an_archive_is_chinese_or_has_a_chinese_twin() -> None:
    pages = [ROOT / name for name in BUNDLE.FILES if name.endswith(".md")]
    pages += [path for name in BUNDLE.FOLDERS for path in (ROOT / name).rglob("*.md")]
    lacking = set()
    for page in pages:
        name = page.relative_to(ROOT).as_posix()
        twins = (page.with_suffix(".zh-CN.md"), page.parent / "zh" / page.name)
        is_chinese = not english(FENCE.sub("", page.read_text("utf-8")))
        if not is_chinese and not any(map(Path.exists, twins)) and not name.startswith(DEVELOPERS):
            lacking.add(name)
    assert lacking == {f"docs/{name}" for name in AUDITORS}


def test_readers_are_sent_to_chinese_pages() -> None:
    named = {
        (place, name)
        for place, texts in shown().items()
        for text in texts
        for name in re.findall(r"\bdocs/([\w-]+\.md)", text)
    }
    assert [each for each in named if (ROOT / "docs" / "zh" / each[1]).exists()] == []


def test_names_that_may_be_english_stand_somewhere() -> None:
    every = "\n".join(text for texts in shown().values() for text in texts)
    assert [name for name in NAMES if name not in every] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("请看 the log of today", ["the log of today"]),
        ("运行 regaudit user add 后再试", []),
        ("写 `one, two three four` 即可", []),
        ("安装 Noto Serif CJK 字体", []),
        ("每晚 Excel 和 WPS", []),
        ("三个词 and, then, more。", ["and, then, more"]),
    ],
)
def test_english_is_told_from_names(text: str, found: list[str]) -> None:
    assert english(text) == found
