"""The Chinese manual says what the English pages say: one structure, the same commands; all is in the PDF."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from needs import PDF, program
from report_desk import need_press
from tooling import tool

from regaudit.catalogue.rules import Rule, load_rules

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
OWN = {"README.md", "desk.md", "inspection.md", "ledger.md", "reports.md"}
"""Chapters for other readers than the English page of their name; or there is none."""
CHAPTERS = sorted(path.name for path in (DOCS / "zh").glob("*.md"))
TWINS = [name for name in CHAPTERS if name not in OWN]
FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


def pair(name: str) -> tuple[str, str]:
    """A page in both languages."""
    return (DOCS / name).read_text("utf-8"), (DOCS / "zh" / name).read_text("utf-8")


def commands(text: str) -> list[str]:
    """The blocks of code, without the remarks that people read in them; those of no language are drawings."""
    blocks = [block for block in FENCE.findall(text) if not re.match(r" *```$", block, re.MULTILINE)]
    return [re.sub(r"(^|\s+)(?:#|--) .*$", "", block, flags=re.MULTILINE) for block in blocks]


def structure(text: str) -> dict[str, list[object]]:
    """What twins share: levels of headings, generated blocks, places and sizes of tables."""
    prose = FENCE.sub("", text)
    tables = re.findall(r"(?:^\|.*\|$\n?)+", prose, re.MULTILINE)
    return {
        "headings": re.findall(r"^(#+) ", prose, re.MULTILINE),
        "generated": re.findall(r"^<!-- .* -->$", prose, re.MULTILINE),
        "tables": [
            (table.count("\n"), re.split(r"(?<!\\)\|", table.split("\n")[0]).__len__()) for table in tables
        ],
        "items": re.findall(r"^(?:-|\d+\.) ", prose, re.MULTILINE),
    }


@pytest.mark.parametrize("name", TWINS)
def test_twins_have_one_structure(name: str) -> None:
    english, chinese = map(structure, pair(name))
    assert english == chinese


@pytest.mark.parametrize("name", TWINS)
def test_twins_have_the_same_commands(name: str) -> None:
    """So those of the English page, which are run, are those of the Chinese one."""
    english, chinese = map(commands, pair(name))
    assert english == chinese


@pytest.mark.parametrize("name", TWINS)
def test_the_first_column_of_codes_is_the_same(name: str) -> None:
    column = re.compile(r"^\| ((?:`[^`]+`(?:, |、)?)+) +\|", re.MULTILINE)
    english, chinese = ([*map(str, column.findall(FENCE.sub("", text)))] for text in pair(name))
    assert english == [codes.replace("、", ", ") for codes in chinese]


def test_both_glossaries_have_the_same_words() -> None:
    english, chinese = pair("glossary.md")
    words = re.findall(r"^\| (.+?) \| ([^|]+?) \| .*\|$", english, re.MULTILINE)[2:]
    told = [
        (word.replace("`", "").replace("、", ", "), title)
        for title, word in re.findall(r"^\| ([^|]+?) \| (.+?) \| .*\|$", chinese, re.MULTILINE)[2:]
    ]
    assert sorted((word.replace("`", ""), title) for word, title in words) == sorted(told)


@pytest.mark.parametrize("path", [*map("docs/zh/{}".format, CHAPTERS), "README.zh-CN.md"])
def test_punctuation_is_that_of_chinese(path: str) -> None:
    """`make docs` makes it."""
    text = (ROOT / path).read_text("utf-8")
    if path.endswith("questions.md"):
        # Answers are shown as the database gives them.
        text = re.sub(r"^\|.*$", "", text, flags=re.MULTILINE)
    assert tool("docs_base").wide(text) == text


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("时间:见 `a,b`,或 (甲).", "时间：见 `a,b`，或（甲）."),
        ("`a`,`b`:[甲](b.md#c),**乙**:丙", "`a`，`b`：[甲](b.md#c)，**乙**：丙"),
        ("| 甲(乙) | a, b |", "| 甲（乙） | a, b |"),
        ("```text\n甲,乙\n```\n丙,丁", "```text\n甲,乙\n```\n丙，丁"),
        ("9:05 至 1,000 (a, b)", "9:05 至 1,000 (a, b)"),
        ("真正的 XLS(Excel 97):是", "真正的 XLS（Excel 97）：是"),
    ],
)
def test_marks_are_wide_beside_chinese_alone(text: str, wide: str) -> None:
    assert tool("docs_base").wide(text) == wide
    assert tool("docs_base").wide(wide) == wide


@pytest.mark.parametrize("rule", load_rules().values(), ids=list(load_rules()))
def test_a_rule_is_told_in_chinese(rule: Rule) -> None:
    assert re.search("[一-龥]", rule.zh_why)
    assert re.search("[一-龥]", rule.zh_not_this)
    assert bool(rule.zh_nobody) == bool(rule.without_act or rule.nobody)
    # What it names in code it names in both.
    named = [set(re.findall(r"[a-z]+(?:[._][a-z]+)+", text)) for text in (rule.not_this, rule.zh_not_this)]
    assert named[0] == named[1]


def test_every_chapter_is_listed_once() -> None:
    assert sorted(["README.md", *tool("manual").chapters()]) == CHAPTERS


def test_links_between_chapters_stay_in_the_book() -> None:
    manual = tool("manual")
    names = manual.chapters()
    blocks = manual.Chapter("operations.md", names).blocks()
    links = [part for block in blocks for part in block.get("parts", []) if part["kind"] == "link"]
    assert {"operations.md#恢复了备份", "security.md"} <= {link["to"] for link in links}
    # What no chapter is, such as a decision, is printed without a link.
    assert all(link["to"].partition("#")[0] in names for link in links)


def texts(block: Any) -> Iterator[str]:
    """The plain texts in blocks."""
    if isinstance(block, list):
        for part in block:
            yield from texts(part)
    elif isinstance(block, dict):
        if block.get("kind") == "text":
            yield block["text"]
        yield from texts(list(block.values()))


@pytest.mark.parametrize("name", sorted(set(CHAPTERS) - {"README.md"}))
def test_no_markup_is_left_in_the_text(name: str) -> None:
    """As where two stars stand between a mark and an ideograph, which makes nothing strong."""
    manual = tool("manual")
    left = [
        text
        for text in texts(manual.Chapter(name, manual.chapters()).blocks())
        if re.search(r"\*\*|`|\]\(", text)
    ]
    assert left == []


@pytest.mark.long
def test_the_manual_is_set_with_all_chapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_press()
    reader = program("pdftotext", PDF)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1775000000")
    path = tmp_path / "manual.pdf"
    path.write_bytes(tool("manual").manual())
    text = subprocess.run([reader, path, "-"], capture_output=True, encoding="utf-8", check=True).stdout
    assert "第 1 页 共" in text
    for name in tool("manual").chapters():
        heading = re.search(r"^# (.+)$", (DOCS / "zh" / name).read_text("utf-8"), re.MULTILINE)
        # In the table of contents, at its head, and above its pages.
        assert heading is not None
        assert text.count(heading[1]) >= 3, name
    assert "regaudit nightly --as-of 2026-03-13" in text
    assert tool("manual").manual() == path.read_bytes()
