"""The shipped sample: `sample_logs/`, made anew by `python -m regaudit.simulate.samples`."""

from pathlib import Path

from regaudit.simulate.generate import Simulation, simulate

SAMPLE_CASES = 300
SAMPLE_SEED = 7

_README = """\
# Sample logs: an invented platform, nobody in it exists
Made by `python -m regaudit.simulate.samples sample_logs`: {cases} cases, seed {seed}; never edited by hand.
`steps.csv` is the step log (rows shuffled, some repeated), `roster.csv` its accounts, as of {as_of}.
`truth.csv` lists every violation under the profile {profile}: rule, subject, office.
`simulation.json` holds the counts. A test compares this folder with a new run, byte for byte.
"""


def write_sample(out: Path) -> Simulation:
    """Writes the sample and its README into `out`."""
    simulation = simulate(SAMPLE_CASES, SAMPLE_SEED, out)
    text = _README.format(
        cases=simulation.cases, seed=simulation.seed, as_of=simulation.as_of, profile=simulation.profile
    )
    (out / "README.md").write_text(text, encoding="utf-8", newline="\n")
    return simulation


if __name__ == "__main__":
    import sys

    write_sample(Path(sys.argv[1] if len(sys.argv) > 1 else "sample_logs"))
