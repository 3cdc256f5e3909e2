"""Simulated people work off the ledger for months of nights, and it ends as the simulation knew."""

from pathlib import Path

import pytest
from conftest import Desk
from ledger_player import against_truth, play, rows_of

from regaudit.simulate import simulate


def test_a_script_is_the_same_for_the_same_seed_and_leaves_the_export_as_it_is(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "other")]
    for folder, seed in zip(folders, (7, 7, 8), strict=True):
        simulate(60, seed, folder, people=True)
    names = ("users.csv", "deeds.csv", "ledger_truth.csv", "steps.csv")
    first, second, other = ([(folder / name).read_bytes() for name in names] for folder in folders)
    assert first == second
    assert first != other
    simulate(60, 7, tmp_path / "alone")
    assert (tmp_path / "alone" / "steps.csv").read_bytes() == first[-1]
    assert not (tmp_path / "alone" / "deeds.csv").exists()
    truth = rows_of(folders[0] / "ledger_truth.csv")
    assert len({row["state"] for row in truth}) > 8
    assert {row["light"] for row in truth} == {"none", "blue", "yellow", "orange", "red"}
    assert {row["expected"] for row in rows_of(folders[0] / "deeds.csv")} == {"taken", "refused"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, 8])
def test_months_of_people_end_as_the_simulation_knew(desk: Desk, tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "out"
    made = simulate(60, seed, folder, people=True)
    assert play(desk, folder, made.as_of.isoformat()) == []
    assert against_truth(desk, folder) == []
    assert desk.facts("verify")["damages"] == []
