"""The shipped samples: `sample_logs/`, made anew by `python -m regaudit.simulate.samples`."""

from datetime import date
from pathlib import Path

from regaudit.simulate.generate import Simulation, simulate
from regaudit.simulate.losses import NOTHING, losses_in_words
from regaudit.simulate.shapes import SHAPES

SAMPLE_CASES = 400
SAMPLE_SEED = 8
SHAPES_FOLDER = "shapes"
SHAPES_CASES = 16
SHAPES_SEED = 11
_SHAPES_START, _SHAPES_DAYS = date(2026, 3, 2), 25

_README = """\
# Sample logs: an invented platform, nobody in it exists
Made by `python -m regaudit.simulate.samples sample_logs`: {cases} cases, seed {seed}; never edited by hand.
`steps.csv` is the step log (rows shuffled, some repeated), `roster.csv` its accounts, as of {as_of}.
`truth.csv` lists every violation under the profile {profile}: rule, subject, office; `truth_off.csv` those of
rules that the profile leaves off. `reexport/` is a second export with rewritten and missing rows.
`simulation.json` holds the counts. A test compares this folder with a new run, byte for byte.
`shapes/` has a smaller log in every shape that `regaudit simulate --shape` writes.
"""
_SHAPES_README = """\
# One log in every shape
Made by `python -m regaudit.simulate.samples sample_logs`, never edited by hand: the same {cases} invented
cases (seed {seed}), as of {as_of}, each file as some platform would export them. `roster.csv` belongs to
all of them. `regaudit simulate --cases N --seed S --out DIR --shape NAME` makes larger ones. In so few
cases no violation is planted, so `truth.csv` is empty.

| `--shape` | file | what it is | carries |
| --- | --- | --- | --- |
"""


def write_sample(out: Path) -> Simulation:
    """Writes the sample and its README into `out`, the shapes into a folder of their own below."""
    simulation = simulate(SAMPLE_CASES, SAMPLE_SEED, out)
    text = _README.format(
        cases=simulation.cases, seed=simulation.seed, as_of=simulation.as_of, profile=simulation.profile
    )
    (out / "README.md").write_text(text, encoding="utf-8", newline="\n")
    write_shapes(out / SHAPES_FOLDER)
    return simulation


def write_shapes(out: Path) -> Simulation:
    """Writes one small log in every shape, and the README that lists them."""
    simulation = simulate(
        SHAPES_CASES, SHAPES_SEED, out, start=_SHAPES_START, days=_SHAPES_DAYS, shapes=list(SHAPES)
    )
    text = _SHAPES_README.format(cases=simulation.cases, seed=simulation.seed, as_of=simulation.as_of)
    (out / "README.md").write_text(text + _shapes_table() + _lost(), encoding="utf-8", newline="\n")
    return simulation


def _shapes_table() -> str:
    lines = []
    for name, shape in SHAPES.items():
        mapping = f", read with `--mapping {shape.mapping}`" if shape.mapping else ""
        share = "all" if shape.loses == NOTHING else "not all, see below"
        lines.append(f"| `{name}` | `{shape.file}` | {shape.title}{mapping} | {share} |\n")
    return "".join(lines)


def _lost() -> str:
    """For each sort of loss, the shapes that suffer it and what it is."""
    lossy = [shape.loses for shape in SHAPES.values() if shape.loses != NOTHING]
    parts = ["\n## What does not go through\n"]
    for losses in (each for n, each in enumerate(lossy) if each not in lossy[:n]):
        names = ", ".join(f"`{name}`" for name, shape in SHAPES.items() if shape.loses == losses)
        parts.append(f"\n{names}:\n" + "".join(f"- {words}\n" for words in losses_in_words(losses)))
    return "".join(parts)


if __name__ == "__main__":
    import sys

    write_sample(Path(sys.argv[1] if len(sys.argv) > 1 else "sample_logs"))
