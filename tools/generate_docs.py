"""Makes reference pages, blocks of the READMEs and classes of events from their sources: `make docs`.

With `--check` nothing is written: what is out of date is named, and the exit status is 1.
"""

import importlib
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import demo
import duckdb
import event_classes
import ledger_pages
import question_pages
from docs_base import ROOT, WIDTH
from docs_profiles import profiles_page
from docs_reference import cli_page, database_page, events_page
from docs_rules import rules_page, rules_table
from docs_sessions import night, tutorial

READMES = ("README.md", "README.zh-CN.md")
_BLOCK = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def readme(text: str, blocks: dict[str, Callable[[], str]]) -> str:
    """A README with its marked blocks made anew."""
    return _BLOCK.sub(lambda match: f"{match[1]}{blocks[match[2]]()}\n{match[3]}", text)


def attacks_table() -> str:
    """The attacks on a green night in `docs/security.md`, from the tests that make them."""
    places = [str(ROOT / "tests"), str(ROOT / "tests" / "journeys" / "attacks")]
    sys.path[:0] = places
    try:
        return str(importlib.import_module("attack_table").rendered())
    finally:
        for place in places:
            sys.path.remove(place)


def documents() -> dict[Path, str]:
    """Every generated document with its content."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(demo.SAMPLE, folder / demo.SAMPLE.name)
        demo.regaudit(["init", demo.HOME, "--profile", demo.simulation()["profile"]], folder, width=WIDTH)
        printed = night(folder)
        with duckdb.connect(folder / demo.HOME / "regaudit.duckdb", read_only=True) as db:
            answers = {q.name: f"```sql\n{q.sql}\n```\n\n{demo.answer(db, q.sql)}" for q in demo.QUERIES}
            database = database_page(db)
    blocks: dict[str, Callable[[], str]] = {"night": lambda: printed, "rules": rules_table}
    blocks |= {f"query-{name}": lambda name=name: answers[name] for name in answers}  # type: ignore[misc]
    made = {
        ROOT / "docs" / "rules.md": rules_page(),
        ROOT / "docs" / "cli.md": cli_page(),
        ROOT / "docs" / "database.md": database,
        ROOT / "docs" / "events.md": events_page(),
        ROOT / "docs" / "profiles.md": profiles_page(),
        **{ROOT / path: text for path, text in event_classes.modules().items()},
        ROOT / "docs" / "security.md": readme(
            (ROOT / "docs" / "security.md").read_text("utf-8"), {"attacks": attacks_table}
        ),
        ROOT / "docs" / "tutorial.md": tutorial((ROOT / "docs" / "tutorial.md").read_text("utf-8")),
    }
    for path, is_chinese in (
        (ROOT / "docs" / "ledger.md", False),
        (ROOT / "docs" / "zh" / "ledger.md", True),
    ):
        made[path] = readme(path.read_text("utf-8"), ledger_pages.blocks(is_chinese=is_chinese))
    made[ROOT / "docs" / "ledger.svg"] = ledger_pages.picture()
    made |= question_pages.pages()
    return made | {ROOT / name: readme((ROOT / name).read_text("utf-8"), blocks) for name in READMES}


def main(arguments: Sequence[str]) -> int:
    """Write what differs, or with `--check` name it; returns the exit status."""
    only_check = "--check" in arguments
    stale = [(path, text) for path, text in documents().items() if not _is(path, text)]
    for path, text in stale:
        if not only_check:
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{'out of date' if only_check else 'written'}: {path.relative_to(ROOT).as_posix()}")
    return 1 if stale and only_check else 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
