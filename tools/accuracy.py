"""How well the rules find what was planted: `make accuracy` simulates many registries and counts.

Writes the table of `docs/simulation.md`: the same numbers on every machine. Takes some minutes.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import demo
import duckdb

from regaudit.simulate import RULES, RULES_OFF, RULES_REEXPORT, simulate
from regaudit.simulate.ensembles import ENSEMBLES
from regaudit.simulate.plants import Plant
from regaudit.simulate.stories import STORIES
from regaudit.simulate.story import Story

PAGE = demo.ROOT / "docs" / "simulation.md"
SEEDS = 20
SIZES = {300: range(1, SEEDS + 1), 2_000: range(1, 4)}
"""Cases → seeds; from 300 cases on every story is told."""
KNOWN = {*RULES, *RULES_OFF, *RULES_REEXPORT}
"""The rules that are measured."""
_EXTRAS = (Plant.WAITING, Plant.PART)
_PROFILE = """\
extends = "ordos-2023"
title = "模拟登记机构"
about = "鄂尔多斯方案,另行启用缺省停用的规则,并列出节点。"
rules_on = ["review-book-same"]
nodes = ["初审", "复审", "核定", "审核"]
"""


class Measured(NamedTuple):
    """One registry and its tallies."""

    cases: int
    seed: int
    tallies: list[demo.Tally]


def measure(cases: int, seed: int) -> Measured:
    """Simulates a registry, takes its exports in, runs every rule, holds the findings against the truth."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = simulate(cases, seed, folder)
        home = folder / "home"
        demo.regaudit(["init", str(home), "--profile", made.profile], folder, width=demo.WIDTH)
        profile = home / "profiles" / "all-rules.toml"
        profile.parent.mkdir(exist_ok=True)
        profile.write_text(_PROFILE, encoding="utf-8")
        settings = home / "regaudit.toml"
        text = settings.read_text(encoding="utf-8").replace(f'"{made.profile}"', f'"{profile.stem}"')
        settings.write_text(text, encoding="utf-8")
        for words in (
            ["import", "roster.csv", "steps.csv"],
            ["import", "reexport/steps.csv", "--covers", f"{made.reexport_from}..{made.as_of}"],
            ["check", "--as-of", made.as_of.isoformat()],
        ):
            demo.regaudit([*words, "--home", str(home)], folder, width=demo.WIDTH)
        with duckdb.connect(home / "regaudit.duckdb", read_only=True) as db:
            truths = (folder / name for name in ("truth.csv", "truth_off.csv", "reexport/truth.csv"))
            return Measured(cases, seed, demo.compare_with_truth(db, *truths, known=KNOWN))


def measure_all(told: Callable[[Measured], None]) -> list[Measured]:
    """All registries of `SIZES`; `told` hears of each."""
    measured = []
    for cases, seeds in SIZES.items():
        for seed in seeds:
            measured.append(measure(cases, seed))
            told(measured[-1])
    return measured


def table(measured: Iterable[Measured]) -> str:
    """Per rule, over all registries: planted, found, missed, extra, precision and recall."""
    sums: dict[str, list[int]] = {}
    for registry in measured:
        for tally in registry.tallies:
            before = sums.setdefault(tally.rule, [0] * 4)
            sums[tally.rule] = [a + b for a, b in zip(before, tally.counts, strict=True)]
    rows = [[f"`{rule}`", *map(str, counts), *_quality(counts)] for rule, counts in sorted(sums.items())]
    return demo.table(["rule", "planted", "found", "missed", "extra", "precision", "recall"], rows)


def _quality(counts: list[int]) -> list[str]:
    planted, found, _, extra = counts
    return [f"{found / whole:.3f}" if whole else "" for whole in (found + extra, planted)]


def stories() -> str:
    """What is planted, and which rules each story breaks by itself."""
    told = [(str(plant), story) for plant, story in STORIES.items() if plant and plant not in _EXTRAS]
    rows = [[title, _rules(story)] for title, story in told]
    rows += [[each.title, f"`{each.breaks}`" if each.breaks else ""] for each in ENSEMBLES]
    return demo.table(["story", "breaks by itself"], rows)


def _rules(story: Story) -> str:
    return ", ".join(
        [f"`{rule}`" for rule in story.breaks] + [f"`{rule}` (off)" for rule in story.breaks_off]
    )


def page(text: str, **blocks: str) -> str:
    """The page with the named blocks made anew."""
    for name, content in blocks.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}{content}\n{end}{rest.partition(end)[2]}"
    return text


def _tell(registry: Measured) -> None:
    wrong = [key for tally in registry.tallies for key in (*tally.missed, *tally.extra)]
    print(f"{registry.cases} cases, seed {registry.seed}: {len(wrong)} missed or extra", flush=True)
    for tally in registry.tallies:
        for label, keys in (("missed", tally.missed), ("extra", tally.extra)):
            for key in keys:
                print(f"  {label} {' '.join(key)}", flush=True)


def main() -> int:
    """Measure and write the page."""
    measured = measure_all(_tell)
    text = page(PAGE.read_text(encoding="utf-8"), stories=stories(), accuracy=table(measured))
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(table(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
