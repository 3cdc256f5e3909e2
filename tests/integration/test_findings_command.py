"""`findings`: in pages, as text, JSON or CSV, and no more than asked."""

import csv
import io
import json
from typing import Any

import pytest
from conftest import Desk, as_csv, step

from regaudit.cli.screen import print_csv_pages, print_json_pages


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A workspace that is only read."""
    folder = tmp_path_factory.mktemp("found")
    desk = Desk(folder / "home").make()
    rows = [
        step(f"C{n}", name, f"2026-03-02 {hour}:00:00", "li")
        for n in range(5)
        for name, hour in (("accept", "09"), ("review", "10"), ("book", "11"))
    ]
    (folder / "a.csv").write_text(as_csv(rows), encoding="utf-8")
    desk.run("import", folder / "a.csv")
    desk.run("check", "--as-of", "2026-03-03")
    return desk


def test_the_formats_say_the_same(found: Desk) -> None:
    facts = found.facts("findings")
    assert len(facts) > 5
    read = list(csv.DictReader(io.StringIO(found.ok("findings", "--csv").out.removeprefix("\ufeff"))))
    assert [row["finding_id"] for row in read] == [row["finding_id"] for row in facts]
    assert [row["summary"] for row in read] == [row["summary"] for row in facts]
    assert list(read[0]) == list(facts[0])
    text = found.ok("findings").out
    assert text.startswith(f"问题 {len(facts)} 项")
    assert all(row["finding_id"] in text and row["summary"] in text for row in facts)
    assert found.ok("findings", "--json").out == json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def test_the_first_are_the_gravest(found: Desk) -> None:
    facts = found.facts("findings")
    assert found.facts("findings", "--limit", "3") == facts[:3]
    text = found.ok("findings", "--limit", "3").out
    assert f"问题 {len(facts)} 项,列出前 3 项" in text
    assert len(text.splitlines()) == 7


def test_without_any_it_is_a_list_all_the_same(found: Desk) -> None:
    assert found.facts("findings", "--rule", "overdue") == []
    assert found.ok("findings", "--rule", "overdue", "--csv").out == ""


def test_one_format_at_a_time(found: Desk) -> None:
    assert found.run("findings", "--csv", "--json").status == 2
    assert found.run("findings", "--csv", "--unknown").status == 2


def test_pages_are_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    pages: list[list[dict[str, Any]]] = [
        [{"a": 1, "b": []}, {"a": [2, 3], "b": None}],
        [{"a": "＝x", "b": "=y"}],
    ]
    print_json_pages(pages)
    whole = [row for page in pages for row in page]
    assert capsys.readouterr().out == json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    print_csv_pages(pages)
    assert capsys.readouterr().out == "\ufeffa,b\n1,\n2;3,\n'＝x,'=y\n"
