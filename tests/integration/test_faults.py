"""Killed, on a failing or a full disk, under Python, SQLite and DuckDB: the log is whole and goes on."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import Desk
from faults import COMMANDS, Counts, FailingDisk, assert_whole_and_goes_on, stages, states, waiting
from stores import KINDS

pytestmark = pytest.mark.long

# What files are counted, and at how many steps each way of failing is tried.
FEW = {("sqlite", ""): 2, ("sqlite", "/events.sqlite"): 2, ("postgresql", ""): 2}
REASONS = {
    "kill": ("",),
    "fsync": ("磁盘读写出错", "Input/output error", "disk I/O error", "fsync failed"),
    "full": ("磁盘空间不足", "No space left on device", "disk is full"),
}
MANY = dict.fromkeys(FEW, 60)
# Each way takes long. The one that stands for the rest is tried always, and at few steps.
ALWAYS = {("kill", "import")}
WAYS = [
    pytest.param(how, name, marks=[] if (how, name) in ALWAYS else [pytest.mark.slow])
    for how in REASONS
    for name in COMMANDS
]


class Waiting(NamedTuple):
    """A workspace with an export that waits, on a disk.

    `unhurt` says what a command does to those files of the workspace whose names begin in a way, and what the
    log holds when it has ended.
    """

    desk: Desk
    disk: FailingDisk
    unhurt: Callable[[str, str], tuple[Counts, list[Any]]]


@pytest.fixture(scope="module", params=KINDS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    folder = tmp_path_factory.mktemp("whole")
    disk = FailingDisk(folder)
    with waiting(folder / "home", request.param) as desk:

        @cache
        def unhurt(name: str, under: str) -> tuple[Counts, list[Any]]:
            with desk.copied(folder / "ended") as copy:
                return disk.counts(copy, name, under), states(copy)

        yield Waiting(desk, disk, unhurt)


@pytest.mark.parametrize("few", [FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])
@pytest.mark.parametrize(("how", "name"), WAYS)
def test_failing_at_every_stage(
    whole: Waiting, tmp_path: Path, name: str, how: str, few: dict[tuple[str, str], int]
) -> None:
    statuses = []
    kind = "postgresql" if whole.desk.store.url else "sqlite"
    for under in [under for of, under in few if of == kind]:
        counts, after = whole.unhurt(name, under)
        steps = counts.of(how)
        assert steps >= 2
        for at in stages(steps, few[kind, under]):
            with whole.desk.copied(tmp_path / "home") as desk:
                before = states(desk)
                run = whole.disk.run(desk, name, how, at, under)
                # DuckDB does not take quite as many steps every time.
                assert how != "kill" or run.status == -9 or (name == "night" and at > steps * 0.9)
                assert_whole_and_goes_on(desk, name, run, before, after)
                assert run.status == 0 or any(said in run.out + run.err for said in REASONS[how]), run
                statuses.append(run.status)
    assert any(statuses)
