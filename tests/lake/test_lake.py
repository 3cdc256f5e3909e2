"""What goes into a lake, what may not, and what of it is believed afterwards."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from conftest import Desk, ordinary_case

from regaudit.audit.inputs import compute, make_inputs
from regaudit.base.progress import no_progress
from regaudit.base.settings import Settings
from regaudit.catalogue.events import catalogue
from regaudit.catalogue.profiles import load_profile
from regaudit.catalogue.sqlfile import load_sql_files
from regaudit.eventlog.batches import LEAFED_SCHEMA
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.lake.joint_tables import taken_tables
from regaudit.lake.layout import Lake
from regaudit.lake.numbers import KEPT, is_of_log
from regaudit.lake.travel import STAY, TRAVEL, hidden_digest, travelling
from regaudit.lake.trust import judge_logs, seen_of
from regaudit.warehouse.build import Warehouse

ORIGIN, OTHER = "north.example", "south.example"
PERSON = "P-SECRET"


@pytest.fixture
def north(tmp_path: Path) -> Desk:
    """A log with steps, a user and a key that was changed."""
    desk = Desk(tmp_path / "north").make("--origin", ORIGIN)
    desk.ok("import", desk.export("1.csv", ordinary_case("A1") + ordinary_case("A2")))
    desk.ok("user", "add", "chen", "--person", PERSON, "--role", "secadmin")
    return desk


def folder_of(lake: Path, origin: str = ORIGIN) -> Path:
    return lake / "log" / origin


def head_of(lake: Path) -> dict[str, object]:
    head: dict[str, object] = json.loads((folder_of(lake) / "head.json").read_text(encoding="utf-8"))
    return head


def events_in(lake: Path) -> pa.Table:
    parts = sorted(folder_of(lake).glob("events-*.parquet"), key=lambda path: int(path.stem.split("-")[1]))
    return pa.concat_tables(pq.read_table(part) for part in parts)


def states(lake: Path, seen: Path | None = None) -> dict[str, str]:
    """The state of each log, by what an earlier check had seen of the lake `seen`."""
    before = (
        {one.log.log_id: seen_of(one.log.head) for one in judge_logs(Lake(str(seen)), {}, no_progress)[0]}
        if seen
        else {}
    )
    judged, rows = judge_logs(Lake(str(lake)), before, no_progress)
    return {one.log.log_id: "ok" for one in judged} | {log_id: row.state for log_id, row in rows.items()}


def test_every_kind_of_event_travels_or_stays() -> None:
    assert catalogue().keys() == TRAVEL | STAY
    assert not TRAVEL & STAY


def test_an_addition_now_and_then_is_the_same_as_one(north: Desk, tmp_path: Path) -> None:
    bit_by_bit, at_once = tmp_path / "bits", tmp_path / "once"
    added = [north.facts("lake", "add", bit_by_bit)]
    north.ok("keys", "rotate")
    added.append(north.facts("lake", "add", bit_by_bit))
    north.ok("import", north.export("2.csv", ordinary_case("A3")))
    added += [north.facts("lake", "add", bit_by_bit) for _ in range(2)]
    north.ok("lake", "add", at_once)
    events = events_in(at_once)
    assert events_in(bit_by_bit).equals(events)
    assert sum(one["added"] for one in added) == len(events) == len(north.events())
    assert [one["added"] > 0 for one in added] == [True, True, True, False]
    assert [one["before"] for one in added[1:]] == [one["events"] for one in added[:-1]]
    assert states(bit_by_bit) == states(at_once) == {ORIGIN: "ok"}

    north.ok("lake", "add", bit_by_bit, "--whole")
    assert len([*folder_of(bit_by_bit).glob("events-*")]) == 1
    assert events_in(bit_by_bit).equals(events)
    assert states(bit_by_bit, at_once) == {ORIGIN: "ok"}


def test_of_users_and_mails_the_lake_has_hashes_alone(north: Desk, tmp_path: Path) -> None:
    north.ok("lake", "add", tmp_path / "lake")
    events = events_in(tmp_path / "lake")
    stored = {event.position: event for event in north.events()}
    for row in events.to_pylist():
        event = stored[row["position"]]
        assert row["topic"] == (event.topic if event.topic in TRAVEL else None)
        assert (row["originator_id"] is None) == (row["state"] is None) == (event.topic in STAY)
        assert len(row["leaf"]) == 32
    assert {event.topic for event in stored.values()} & STAY
    texts = pc.fill_null(pc.binary_join_element_wise(events["originator_id"], events["state"], ""), "")
    assert PERSON not in "".join(texts.to_pylist())


def change_row(path: Path, change: Callable[[dict[str, object]], object]) -> None:
    """Change the first event that is there whole, and write the file as it was written."""
    rows = pq.read_table(path).to_pylist()
    change(next(row for row in rows if row["topic"] == "step-recorded"))
    pq.write_table(pa.Table.from_pylist(rows, LEAFED_SCHEMA), path)


def hide(row: dict[str, object]) -> None:
    row.update(originator_id=None, originator_version=None, topic=None, state=None)


def rewrite_head(lake: Path, **facts: object) -> None:
    (folder_of(lake) / "head.json").write_text(json.dumps(head_of(lake) | facts), encoding="utf-8")


def keep_sizes(lake: Path) -> None:
    """Let the list of files say what they are now, as who forges them would."""
    parts = []
    for part in head_of(lake)["parts"]:  # type: ignore[attr-defined]
        path = folder_of(lake) / part["name"]
        hidden = hidden_digest([pq.read_table(path)])
        parts.append(part | {"bytes": path.stat().st_size, "hidden": hidden})
    rewrite_head(lake, parts=parts)


def part_of(lake: Path) -> Path:
    return min(folder_of(lake).glob("events-*.parquet"))


def alter(lake: Path) -> None:
    change_row(part_of(lake), lambda row: row.update(state=str(row["state"]).replace("A1", "B1")))
    keep_sizes(lake)


def alter_with_leaf(lake: Path) -> None:
    change_row(part_of(lake), lambda row: row.update(leaf=bytes(32), **dict.fromkeys(("topic", "state"))))
    keep_sizes(lake)


def hide_event(lake: Path) -> None:
    change_row(part_of(lake), hide)
    keep_sizes(lake)


def cut(lake: Path) -> None:
    part_of(lake).write_bytes(part_of(lake).read_bytes()[:-100])


def spoil(lake: Path) -> None:
    content = bytearray(part_of(lake).read_bytes())
    content[len(content) // 2 :: 7] = bytes(len(content[len(content) // 2 :: 7]))
    part_of(lake).write_bytes(content)


def swap_settings(lake: Path) -> None:
    [path] = folder_of(lake).glob("settings-*.json")
    path.write_bytes(path.read_bytes().replace(b'"default"', b'"defaults"') + b" ")


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "an event altered": (alter, "broken"),
    "an event altered behind its leaf": (alter_with_leaf, "broken"),
    "an event put away behind its leaf": (hide_event, "forged"),
    "a file cut": (cut, "broken"),
    "a file spoilt": (spoil, "broken"),
    "a file removed": (lambda lake: part_of(lake).unlink(), "broken"),
    "settings exchanged": (swap_settings, "broken"),
    "settings removed": (lambda lake: next(folder_of(lake).glob("settings-*")).unlink(), "broken"),
    "a head that is none": (lambda lake: (folder_of(lake) / "head.json").write_text("{}"), "broken"),
    "a checkpoint forged": (
        lambda lake: rewrite_head(lake, checkpoint=str(head_of(lake)["checkpoint"])[:-8] + "AAAAAA==\n"),
        "forged",
    ),
    "another time": (lambda lake: rewrite_head(lake, added_at="2020-01-01T00:00:00"), "forged"),
    "no log": (lambda lake: shutil.rmtree(folder_of(lake)), "missing"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_log_that_is_not_what_it_was_is_told_and_the_others_go_on(
    north: Desk, tmp_path: Path, damage: str
) -> None:
    lake, whole = tmp_path / "lake", tmp_path / "whole"
    south = Desk(tmp_path / "south").make("--origin", OTHER)
    south.ok("import", south.export("1.csv", ordinary_case("A1")))
    for desk in (north, south):
        desk.ok("lake", "add", lake)
    shutil.copytree(lake, whole)
    spoilt, state = DAMAGES[damage]
    spoilt(lake)
    assert states(lake, whole) == {ORIGIN: state, OTHER: "ok"}
    if damage == "a head that is none":
        assert north.run("lake", "add", lake).status == 1
        (folder_of(lake) / "head.json").unlink()
    north.ok("lake", "add", lake, "--whole")
    assert states(lake, whole) == {ORIGIN: "ok", OTHER: "ok"}


@pytest.mark.parametrize("damage", ["a file cut", "a file removed"])
def test_what_is_lost_is_added_again_by_itself(north: Desk, tmp_path: Path, damage: str) -> None:
    lake, whole = tmp_path / "lake", tmp_path / "whole"
    north.ok("lake", "add", lake)
    shutil.copytree(lake, whole)
    DAMAGES[damage][0](lake)
    run = north.ok("lake", "add", lake)
    assert part_of(whole).name in run.text
    assert events_in(lake).equals(events_in(whole))
    assert states(lake, whole) == {ORIGIN: "ok"}


def test_an_addition_that_was_cut_off_adds_nothing(north: Desk, tmp_path: Path) -> None:
    """All is written before the head, and the head in one step: so it lies when it is cut off before."""
    before, lake = tmp_path / "before", tmp_path / "lake"
    north.ok("lake", "add", lake)
    shutil.copytree(lake, before)
    north.ok("import", north.export("2.csv", ordinary_case("A3")))
    north.ok("lake", "add", lake)
    after = events_in(lake)
    shutil.copy(folder_of(before) / "head.json", folder_of(lake))
    (folder_of(lake) / ".incoming-events-9-9.parquet").write_bytes(b"PAR1")
    assert states(lake, before) == {ORIGIN: "ok"}
    north.ok("lake", "add", lake)
    assert events_in(lake).equals(after)
    assert not [*folder_of(lake).glob(".incoming-*")]


def test_another_log_and_one_that_lost_events_are_refused(north: Desk, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    backup = north.copy_to(tmp_path / "backup")
    north.ok("import", north.export("2.csv", ordinary_case("A3")))
    north.ok("lake", "add", lake)
    kept = head_of(lake)
    same_name = Desk(tmp_path / "other").make("--origin", ORIGIN)
    fork = backup.copy_to(tmp_path / "fork")
    fork.ok("import", *(fork.export(f"{n}.csv", ordinary_case(f"B{n}")) for n in range(9)))
    for desk, said in ((same_name, "另一个日志"), (backup, "截短"), (fork, "不同")):
        refused = desk.run("lake", "add", lake)
        assert refused.status == 1
        assert said in refused.text
        assert "未作改动" in refused.text
    assert head_of(lake) == kept
    assert states(lake) == {ORIGIN: "ok"}


def test_a_lake_that_went_back_or_became_another_is_told(north: Desk, tmp_path: Path) -> None:
    old, lake, forged = tmp_path / "old", tmp_path / "lake", tmp_path / "forged"
    north.ok("lake", "add", old)
    fork = north.copy_to(tmp_path / "fork")
    north.ok("import", north.export("2.csv", ordinary_case("A3")))
    north.ok("lake", "add", lake)
    assert states(old, lake) == {ORIGIN: "shortened"}
    assert states(lake, old) == {ORIGIN: "ok"}
    fork.ok("import", *(fork.export(f"{n}.csv", ordinary_case(f"B{n}")) for n in range(2)))
    fork.ok("lake", "add", forged)
    assert states(forged, lake) == {ORIGIN: "replaced"}
    same_name = Desk(tmp_path / "other").make("--origin", ORIGIN)
    same_name.ok("lake", "add", tmp_path / "others")
    assert states(tmp_path / "others", old) == {ORIGIN: "replaced"}


def test_a_check_tells_by_name_and_by_its_status(north: Desk, tmp_path: Path) -> None:
    lake, out = tmp_path / "lake", tmp_path / "out"
    north.ok("lake", "add", lake)
    assert north.run("lake", "check", tmp_path / "none", "-o", out).status == 1
    first = north.facts("lake", "check", lake, "-o", out)
    shutil.rmtree(folder_of(lake))
    missed = north.facts("lake", "check", lake, "-o", out, status=3)
    assert [log["state"] for log in first["logs"] + missed["logs"]] == ["ok", "missing"]
    again = north.run("lake", "check", lake, "-o", out)
    assert again.status == 3
    assert f"未检查:{ORIGIN}:" in again.text
    north.ok("lake", "add", lake)
    mended = north.ok("lake", "check", lake, "-o", out)
    assert "未能检查0个" in mended.text
    assert (out / "tables" / "cases.parquet").exists()


def test_hidden_positions_are_told_apart() -> None:
    events = pa.table(
        {
            name: pa.array([None] * 3, kind)
            for name, kind in zip(LEAFED_SCHEMA.names, LEAFED_SCHEMA.types, strict=True)
        }
    ).set_column(0, "position", pa.array([1, 2, 3], pa.int64()))
    topics = (
        ["step-recorded", "user-added", "step-recorded"],
        ["user-added", "step-recorded", "step-recorded"],
    )
    digests = {
        hidden_digest([travelling(events.set_column(3, "topic", pa.array(topic)))]) for topic in topics
    }
    assert len(digests) == 2


TAKEN = {
    "core": ("imports", "office_data", "rejected_cases", "roster_entries", "roster_terms", "unread_tables"),
    "staging": (
        *("folds", "import_parts", "imports", "ledger_entries", "login_writings", "roster_entries", "steps"),
        "withdrawn_runs",
    ),
}


def test_a_joint_build_takes_these_tables_of_each_log(tmp_path: Path) -> None:
    """What else a table that is computed over all logs reads: is it one log's (`joint_tables.OWN_CORE`)?

    And whether a whole number there means something in its log alone has to be said (`numbers`).
    """
    taken = taken_tables(load_sql_files())
    assert taken == sorted(f"{layer}.{name}" for layer, names in TAKEN.items() for name in names)
    with Warehouse(tmp_path) as warehouse:
        make_log(tmp_path)
        with EventLog(tmp_path) as log:
            warehouse.catch_up(log, no_progress)
        inputs = make_inputs(tmp_path, Settings(), "default", load_profile("default"))
        compute(warehouse, inputs, as_of=datetime(2026, 3, 31), position=0, progress=no_progress)
        whole = warehouse.db.execute(
            "SELECT DISTINCT column_name FROM duckdb_columns() "
            "WHERE data_type IN ('INTEGER', 'BIGINT', 'BIGINT[]') "
            "AND list_contains(?, schema_name || '.' || table_name)",
            [taken],
        ).fetchall()
    assert {name for (name,) in whole if not is_of_log(name)} <= KEPT
    assert not {name for name in KEPT if is_of_log(name)}
