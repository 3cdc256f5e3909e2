"""Overlapping exports in any order append every row once."""

import itertools
from pathlib import Path
from random import Random

import pytest
from conftest import Desk, as_csv, step
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regaudit.base.clock import local_time, system_clock
from regaudit.eventlog.log import EventLog
from regaudit.intake.importer import Importer
from regaudit.intake.results import ImportResult
from regaudit.sources.canonical.layouts import Layout
from regaudit.sources.canonical.shapes import recognise_export
from regaudit.sources.tables import Table

rows = st.builds(
    step,
    case_no=st.sampled_from(["1", "2", "00123", "NA"]),
    name=st.sampled_from(["accept", "review", "登簿"]),
    # None is another written less exactly: that would be the same action, of which the first writing stays.
    at=st.sampled_from(["2026-03-02 09:00:30", "2026-03-03", "2026-03-02 09:00:01"]),
    account=st.sampled_from(["li", "", "wang"]),
    reason=st.sampled_from(["", "一", "二"]),
)
FEW = settings(
    max_examples=examples(10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def take_in(home: Path, files: list[list[dict[str, str]]]) -> list[ImportResult]:
    results = []
    Desk(home).ok("init", home)
    with EventLog(home) as log:
        importer = Importer(home, log, "Asia/Shanghai", lambda: local_time(system_clock, "Asia/Shanghai"))
        for number, content in enumerate(files):
            path = home / f"{number}.csv"
            path.write_text(as_csv(content), encoding="utf-8", newline="")
            results += importer.run(path)
    return results


def contents(home: Path) -> dict[str, list[str]]:
    """Identity → the contents the log holds of it."""
    found: dict[str, list[str]] = {}
    for event in Desk(home).events():
        if "action" in event.state:
            found.setdefault(event.state["action_id"], []).append(str(event.state["action"]))
    return found


@FEW
@given(st.lists(st.lists(rows, min_size=1, max_size=6), min_size=1, max_size=4), st.randoms())
def test_overlapping_files_in_any_order_append_every_row_once(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[dict[str, str]]], chance: Random
) -> None:
    home, other = tmp_path_factory.mktemp("a"), tmp_path_factory.mktemp("b")
    results = take_in(home, [*files, *files])
    assert all(result.appended == result.altered == 0 for result in results[len(files) :])
    for result in results:
        assert result.rows_read == result.appended + result.known + result.altered + result.quarantined
    shuffled = list(files)
    chance.shuffle(shuffled)
    take_in(other, shuffled)
    first, second = contents(home), contents(other)
    assert {key: sorted(found) for key, found in first.items()} == {
        key: sorted(found) for key, found in second.items()
    }
    assert all(len(found) == len(set(found)) for found in first.values())
    Desk(home).assert_log_is_whole()
    wanted = {tuple(sorted(row.items())) for row in itertools.chain(*files)}
    assert sum(map(len, first.values())) == len(wanted)


def layout_of(columns: list[str]) -> Layout:
    """What becomes of the columns of an export of one table, which is a step log."""
    [export] = recognise_export("a.csv", [Table(columns, lambda: iter(()))])
    [part] = export.parts
    return part.layout


@FEW
@given(st.permutations(["case_no", "office", "step", "occurred_at", "account", "其他", "备注"]))
def test_columns_are_found_in_any_order(columns: list[str]) -> None:
    layout = layout_of(columns)
    assert layout.kind.name == "steps"
    assert set(layout.columns) == {"case_no", "office", "step", "occurred_at", "account"}


@pytest.mark.parametrize("name", ["CASE_NO", " 业务号 ", "业 务 号", "\ufeff业务号", "受理编号"])
def test_a_columns_name_is_known_however_it_is_written(name: str) -> None:
    layout = layout_of([name, "区县代码", "环节", "操作时间"])
    assert layout.columns["case_no"] == (name,)
