"""Who takes away what guards the log is found out, on each store in its own words."""

import pytest
from attacks import first_damage, opened
from conftest import Desk, Whole
from stores import ON_POSTGRESQL, opened_log


def test_record_is_named_before_the_trigger_that_is_gone(victim: Desk, whole: Whole) -> None:
    size, _ = whole.checkpoints[2]
    with opened(victim) as db:
        db.execute("UPDATE checkpoints SET note = '' WHERE size = ?", (size,))
    with opened_log(victim.home) as db:
        db.execute("DROP TRIGGER checkpoints_no_update")
    damages = victim.facts("verify", status=1)["damages"]
    assert [damage["kind"] for damage in damages] == ["检查点", "结构"]
    assert damages[0]["position"] == size


def test_value_of_another_type(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("UPDATE stored_events SET originator_version = 'two' WHERE position = 40")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("改动", 40)


CHANGED, MISSING, ADDED = "定义被改动:", "缺少:", "多出:"


ON_SQLITE = {
    "trigger that does nothing": (
        "DROP TRIGGER stored_events_no_update",
        "CREATE TRIGGER stored_events_no_update BEFORE UPDATE ON stored_events BEGIN SELECT 1; END",
        CHANGED + "stored_events_no_update",
    ),
    "trigger dropped": ("DROP TRIGGER checkpoints_no_delete", MISSING + "checkpoints_no_delete"),
    "trigger that swallows": (
        "CREATE TRIGGER swallow BEFORE INSERT ON checkpoints BEGIN SELECT raise(IGNORE); END",
        ADDED + "swallow",
    ),
    "table dropped": (
        "DROP TABLE checkpoints",
        f"{MISSING}checkpoints、checkpoints_no_update、checkpoints_no_delete、checkpoints_no_replace",
    ),
}


ON_SERVER = {
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


PUT_BACK = {"trigger dropped", "trigger that does nothing", "table dropped", "function dropped"}
"""What a command that makes a log would make again."""
GUARDS = [("sqlite", name) for name in ON_SQLITE] + [("postgresql", name) for name in ON_SERVER]


@pytest.mark.parametrize(("store_kind", "guard"), GUARDS)
def test_a_guard_taken_away_is_told_and_not_put_back(victim: Desk, store_kind: str, guard: str) -> None:
    *statements, said = (ON_SQLITE if store_kind == "sqlite" else ON_SERVER)[guard]
    with opened_log(victim.home) as db:
        for statement in statements:
            db.execute(statement)
    if guard in PUT_BACK:
        for words in (("init", victim.home), ("findings",), ("check",), ("keys", "show")):
            victim.run(*words)
    damages = victim.facts("verify", "--log-only", status=1)["damages"]
    assert any(damage["kind"] == "结构" and damage["problem"].endswith(said) for damage in damages), damages


@ON_POSTGRESQL
def test_everything_truncated(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("TRUNCATE stored_events, tree_nodes")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("截短", 1)
