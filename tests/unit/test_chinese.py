"""What click says is Chinese, by a catalogue that says what click says."""

import ast
import re
from pathlib import Path

import click
import polib
import pytest

from regaudit.cli import chinese

CATALOGUE = Path(chinese.__file__).with_name("locale") / "zh_CN" / "LC_MESSAGES" / "click.po"
ENTRIES = list(polib.pofile(str(CATALOGUE)))
IDS = [entry.msgid for entry in ENTRIES]


@pytest.fixture(scope="module")
def said() -> set[str]:
    """The strings in the sources of click."""
    return {
        node.value
        for path in Path(str(click.__file__)).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_what_is_read_is_made_of_what_is_written() -> None:
    made = polib.pofile(str(CATALOGUE)).to_binary()
    assert CATALOGUE.with_suffix(".mo").read_bytes() == made, "run `make messages`"


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_click_says_what_is_translated(entry: polib.POEntry, said: set[str]) -> None:
    assert {entry.msgid, entry.msgid_plural or entry.msgid} <= said


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_a_translation_keeps_what_is_filled_in(entry: polib.POEntry) -> None:
    pairs = (
        [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]
        if entry.msgid_plural
        else [(entry.msgid, entry.msgstr)]
    )
    for said, chinese_text in pairs:
        assert re.search("[一-龥]", chinese_text)
        # That a number is whole is said in words.
        fields = set(re.findall(r"\{.*?\}", said)) - {"{number_type}"}
        assert set(re.findall(r"\{.*?\}", chinese_text)) == fields
