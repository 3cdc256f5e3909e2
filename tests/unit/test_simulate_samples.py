"""The shipped samples are what the simulation makes today."""

from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest

from regaudit.simulate import SHAPES
from regaudit.simulate.samples import SHAPES_FOLDER, write_sample

SAMPLE = Path(__file__).parents[2] / "sample_logs"
PACKED = (".xlsx", ".zip")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def content(path: Path) -> object:
    """A file's bytes; of what a compression library packs in its own way, what is packed."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    if path.suffix in PACKED:
        with ZipFile(path) as archive:
            return [
                (member.filename, member.date_time, archive.read(member)) for member in archive.infolist()
            ]
    return path.read_bytes()


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    write_sample(folder)
    return folder


def test_the_samples_are_made_by_the_simulation(remade: Path) -> None:
    assert files(SAMPLE) == files(remade)
    for name in files(remade):
        assert content(SAMPLE / name) == content(remade / name), (
            f"{name} differs: run `python -m regaudit.simulate.samples sample_logs`"
        )


def test_made_twice_they_are_the_same_bytes(remade: Path, tmp_path: Path) -> None:
    write_sample(tmp_path)
    for name in files(remade):
        assert (tmp_path / name).read_bytes() == (remade / name).read_bytes(), name


def test_there_is_one_of_every_shape() -> None:
    for shape in SHAPES.values():
        assert (SAMPLE / SHAPES_FOLDER / shape.file).exists()
        assert not shape.mapping or (SAMPLE / SHAPES_FOLDER / shape.mapping).is_file()


def test_the_samples_stay_small() -> None:
    for name in files(SAMPLE):
        limit = 400_000 if name == "steps.csv" else 100_000
        assert (SAMPLE / name).stat().st_size < limit, name
