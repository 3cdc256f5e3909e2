"""The shipped sample is what the simulation makes today."""

from pathlib import Path

from regaudit.simulate.samples import write_sample

SAMPLE = Path(__file__).parents[2] / "sample_logs"


def test_the_sample_is_made_by_the_simulation(tmp_path: Path) -> None:
    write_sample(tmp_path)
    for made in tmp_path.iterdir():
        assert (SAMPLE / made.name).read_bytes() == made.read_bytes(), (
            f"{made.name} differs: run `python -m regaudit.simulate.samples sample_logs`"
        )


def test_the_sample_stays_small() -> None:
    assert sum(file.stat().st_size for file in SAMPLE.iterdir()) < 400_000
