"""The tamper matrix on PostgreSQL: who may do everything on the server is found out, as on SQLite."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from attacks import opened, remove_mirror, renumber, resign, retree
from conftest import Desk, ordinary_case
from stores import new_store, opened_log
from test_tamper import editable, first_damage

from regaudit.base.settings import Store
from regaudit.eventlog.log import EventLog

CASES = 60
MOVE = (
    "UPDATE stored_events "
    "SET state = convert_to(replace(convert_from(state, 'UTF8'), 'T09:', 'T10:'), 'UTF8') WHERE position = ?"
)


class Whole(NamedTuple):
    """A workspace that nobody touched, and its first night's checkpoint."""

    home: Path
    store: Store
    first_night: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with new_store("postgresql") as store:
        desk = Desk(tmp_path_factory.mktemp("whole") / "home", store).make("--origin", "centre.example")
        for name in "AB":
            rows = [row for number in range(CASES) for row in ordinary_case(f"{name}{number:03}")]
            desk.ok("nightly", desk.export(f"{name}.csv", rows), "--as-of", "2026-03-20")
            if name == "A":
                with EventLog(desk.home) as log:
                    first_night = log.last_checkpoint()[1]
        desk.ok("check", "--as-of", "2026-03-21")
        assert desk.facts("verify")["damages"] == []
        yield Whole(desk.home, store, first_night)


@pytest.fixture
def victim(whole: Whole, tmp_path: Path) -> Iterator[Desk]:
    """A copy of it, in a schema of its own."""
    with Desk(whole.home, whole.store).copied(tmp_path / "home") as desk:
        yield desk


def test_a_copy_that_nobody_touched_is_whole(victim: Desk) -> None:
    assert victim.facts("verify")["damages"] == []


@pytest.mark.parametrize("after", [lambda _: None, retree], ids=["alone", "with the leaves and nodes"])
def test_payload_edited(victim: Desk, after: Callable[[Any], None]) -> None:
    position = editable(victim)
    event = victim.events()[position - 1]
    with opened(victim) as db:
        db.execute(MOVE, (position,))
        after(db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("改动", position)
    assert (damage["stream"], damage["version"], damage["topic"]) == event[1:4]
    assert (damage["import_no"], damage["file"], damage["row_no"]) == (1, "A.csv", event.state["row_no"])


def test_row_deleted(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position = 77")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("缺失", 77)


def test_row_deleted_and_the_rest_renumbered(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position = 77")
        renumber(db, 77)
        retree(db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("缺失", 77)


def test_rows_reordered(victim: Desk) -> None:
    with opened(victim) as db:
        for old, new in ((77, -1), (80, 77), (-1, 80)):
            db.execute("UPDATE stored_events SET position = ? WHERE position = ?", (new, old))
        retree(db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("顺序", 77)


def test_row_inserted_at_the_end(victim: Desk) -> None:
    count = len(victim.events())
    with opened(victim) as db:
        db.execute(
            "INSERT INTO stored_events SELECT ?, 'case:150602/X', 1, topic, state, leaf "
            "FROM stored_events WHERE position = 77",
            (count + 1,),
        )
        retree(db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("插入", count + 1)
    run = victim.run("import", victim.export("c.csv", ordinary_case("C1")))
    assert (run.status, "不属于任何检查点" in run.text) == (1, True)


def test_tail_cut_with_its_checkpoints(victim: Desk) -> None:
    with opened(victim) as db:
        [(size,)] = db.execute("SELECT max(size) FROM checkpoints WHERE size < 200").fetchall()
        db.execute("DELETE FROM stored_events WHERE position > ?", (size,))
        db.execute("DELETE FROM checkpoints WHERE size > ?", (size,))
        retree(db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("截短", size + 1)


def test_everything_truncated(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("TRUNCATE stored_events, tree_nodes")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("截短", 1)


def test_checkpoint_edited(victim: Desk) -> None:
    with opened(victim) as db:
        [(size,)] = db.execute("SELECT max(size) FROM checkpoints WHERE size < 200").fetchall()
        db.execute("UPDATE checkpoints SET note = replace(note, 'centre', 'center') WHERE size = ?", (size,))
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("检查点", size)


def test_whole_log_rewritten_with_the_real_key(victim: Desk, whole: Whole) -> None:
    position = editable(victim)
    with opened(victim) as db:
        db.execute(MOVE, (position,))
        retree(db)
        resign(victim, db)
    remove_mirror(victim)
    mail = victim.home / "checkpoint.txt"
    mail.write_text(whole.first_night, encoding="utf-8")
    damage = first_damage(victim, "--checkpoint", mail, "--log-only")
    assert damage["kind"] == "历史被改写"


CHANGED, MISSING, ADDED = "定义被改动:", "缺少:", "多出:"
GUARDS = {
    "trigger dropped": ("DROP TRIGGER append_only ON checkpoints", MISSING + "checkpoints.append_only"),
    "trigger asleep": (
        "ALTER TABLE stored_events DISABLE TRIGGER append_only",
        CHANGED + "stored_events.append_only",
    ),
    "trigger not for replicas": (
        "ALTER TABLE stored_events ENABLE TRIGGER append_only",
        CHANGED + "stored_events.append_only",
    ),
    "trigger that does nothing": (
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'"
        ),
        CHANGED + "refuse_change",
    ),
    "trigger that swallows": (
        "CREATE TRIGGER swallow BEFORE INSERT ON checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        ADDED + "checkpoints.swallow",
    ),
    "function dropped": ("DROP FUNCTION lock_log()", MISSING + "lock_log"),
    "table dropped": ("DROP TABLE checkpoints", MISSING + "checkpoints"),
    "key dropped": (
        "ALTER TABLE stored_events DROP CONSTRAINT stored_events_originator_id_originator_version_key",
        CHANGED + "stored_events",
    ),
    "rows hidden by policy": (
        "ALTER TABLE stored_events ENABLE ROW LEVEL SECURITY",
        CHANGED + "stored_events",
    ),
    "inserts swallowed": (
        "CREATE RULE swallow AS ON INSERT TO checkpoints DO INSTEAD NOTHING",
        CHANGED + "checkpoints",
    ),
    "column nullable": (
        "ALTER TABLE stored_events ALTER COLUMN leaf DROP NOT NULL",
        CHANGED + "stored_events",
    ),
    "rows from elsewhere": ("CREATE TABLE more () INHERITS (stored_events)", CHANGED + "stored_events"),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_taken_away_is_told(victim: Desk, guard: str) -> None:
    statement, said = GUARDS[guard]
    with opened_log(victim.home) as db:
        db.execute(statement)
    damages = victim.facts("verify", "--log-only", status=1)["damages"]
    assert any(damage["kind"] == "结构" and damage["problem"].endswith(said) for damage in damages), damages


@pytest.mark.parametrize("position", [0, -7])
def test_row_put_before_the_first(victim: Desk, position: int) -> None:
    with opened(victim) as db:
        db.execute(
            "INSERT INTO stored_events SELECT ?, 'case:150602/NEW', 1, topic, state, leaf "
            "FROM stored_events WHERE position = 1",
            (position,),
        )
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("插入", position)
