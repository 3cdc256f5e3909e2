"""Makes reference pages, blocks of other pages and classes of events from their sources: `make docs`.

With `--check` nothing is written: what is out of date is named, and the exit status is 1.
"""

import importlib
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import compare_profiles
import demo
import duckdb
import event_classes
import ledger_pages
import question_pages
from docs_base import CHINESE, ENGLISH, ROOT, WIDTH, Tongue, wide
from docs_profiles import profiles_page
from docs_reference import cli_page, database_page, events_page
from docs_rules import rules_page, rules_table
from docs_sessions import night, tutorials

TONGUES = (ENGLISH, CHINESE)
_BLOCK = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_blocks(path: Path, blocks: Mapping[str, str]) -> str:
    """A page that people wrote, with its marked blocks made anew."""
    return _BLOCK.sub(lambda match: f"{match[1]}{blocks[match[2]]}\n{match[3]}", path.read_text("utf-8"))


def attacks_table(tongue: Tongue) -> str:
    """The attacks on a green night in `security.md`, from the tests that make them."""
    places = [str(ROOT / "tests"), str(ROOT / "tests" / "journeys" / "attacks")]
    sys.path[:0] = places
    try:
        table = importlib.import_module("attack_table").rendered(is_chinese=tongue.is_chinese)
        return tongue.wide(str(table))
    finally:
        for place in places:
            sys.path.remove(place)


def night_pages() -> dict[Path, str]:
    """What a night on the sample logs is needed for: the database's pages, and those of a first night."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(demo.SAMPLE, folder / demo.SAMPLE.name)
        demo.regaudit(["init", demo.HOME, "--profile", demo.simulation()["profile"]], folder, width=WIDTH)
        blocks = {"night": night(folder)}
        with duckdb.connect(folder / demo.HOME / "regaudit.duckdb", read_only=True) as db:
            for query in demo.QUERIES:
                blocks[f"query-{query.name}"] = f"```sql\n{query.sql}\n```\n\n{demo.answer(db, query.sql)}"
            made = {tongue.folder / "database.md": database_page(db, tongue) for tongue in TONGUES}
    first_nights = [tongue.folder / "first-night.md" for tongue in TONGUES]
    return made | {page: with_blocks(page, blocks) for page in first_nights}


def profile_pages() -> dict[Path, str]:
    """The profiles' pages, whose comparison takes a while."""
    comparison = compare_profiles.compared()
    return {tongue.folder / "profiles.md": profiles_page(tongue, comparison) for tongue in TONGUES}


def tutorial_pages() -> dict[Path, str]:
    """The tutorials, whose commands are run."""
    paths = [tongue.folder / "tutorial.md" for tongue in TONGUES]
    return tutorials({path: path.read_text("utf-8") for path in paths})


def quick_pages() -> dict[Path, str]:
    """All that needs no night."""
    made = {ROOT / path: text for path, text in event_classes.modules().items()}
    made[ROOT / "docs" / "events.md"] = events_page()
    made[ROOT / "docs" / "ledger.svg"] = ledger_pages.picture()
    for tongue in TONGUES:
        readme = ROOT / tongue.readme
        made[readme] = with_blocks(readme, {"rules": rules_table(tongue)})
        made[tongue.folder / "rules.md"] = rules_page(tongue)
        made[tongue.folder / "cli.md"] = cli_page(tongue)
        for name, blocks in (
            ("security.md", {"attacks": attacks_table(tongue)}),
            ("ledger.md", ledger_pages.blocks(tongue)),
        ):
            made[tongue.folder / name] = with_blocks(tongue.folder / name, blocks)
    return made


def documents() -> dict[Path, str]:
    """Every generated document with its content; the slow ones are made side by side."""
    made = {path: path.read_text("utf-8") for path in sorted(CHINESE.folder.glob("*.md"))}
    slow = (tutorial_pages, profile_pages, question_pages.pages, night_pages)
    with ProcessPoolExecutor() as pool:
        for part in [pool.submit(pages) for pages in slow]:
            made |= part.result()
    made |= quick_pages()
    return {path: wide(text) if _is_chinese_prose(path) else text for path, text in made.items()}


def _is_chinese_prose(path: Path) -> bool:
    """Whether its punctuation is that of Chinese: answers to questions stand as the database gave them."""
    is_chinese = path.parent == CHINESE.folder or path == ROOT / CHINESE.readme
    return is_chinese and path.name != "questions.md"


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
