"""Who takes away what guards the log is found out, on each store in its own words."""

import pytest
from attacks import first_damage, opened
from conftest import Desk, Whole
from stores import ON_POSTGRESQL, SLOWLY_ON_POSTGRESQL, opened_log

pytestmark = pytest.mark.long


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
    "view": ("CREATE VIEW more AS SELECT * FROM stored_events", ADDED + "more"),
    "index that computes": ("CREATE INDEX more ON stored_events (length(topic))", ADDED + "more"),
    "table added": ("CREATE TABLE more (x)", ADDED + "more"),
    "column added": ("ALTER TABLE log_facts ADD COLUMN more TEXT", CHANGED + "log_facts"),
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
        MISSING + "stored_events.stored_events_originator_id_originator_version_key",
    ),
    "rows hidden by policy": (
        "ALTER TABLE stored_events ENABLE ROW LEVEL SECURITY",
        CHANGED + "stored_events",
    ),
    "inserts swallowed": (
        "CREATE RULE swallow AS ON INSERT TO checkpoints DO INSTEAD NOTHING",
        ADDED + "checkpoints.swallow",
    ),
    "column nullable": (
        "ALTER TABLE stored_events ALTER COLUMN leaf DROP NOT NULL",
        CHANGED + "stored_events.leaf",
    ),
    "rows from elsewhere": (
        "CREATE TABLE more () INHERITS (stored_events)",
        f"{CHANGED}stored_events;{ADDED}more",
    ),
    "column of another type": (
        "ALTER TABLE checkpoints ALTER COLUMN note TYPE varchar(4000)",
        CHANGED + "checkpoints.note",
    ),
    "column ordered otherwise": (
        'ALTER TABLE stored_events ALTER COLUMN topic TYPE text COLLATE "default"',
        CHANGED + "stored_events.topic",
    ),
    "column with a default": (
        "ALTER TABLE log_facts ALTER COLUMN value SET DEFAULT 'x'",
        CHANGED + "log_facts.value",
    ),
    "column added": ("ALTER TABLE tree_nodes ADD COLUMN more text", ADDED + "tree_nodes.more"),
    "key exchanged": (
        "ALTER TABLE checkpoints DROP CONSTRAINT checkpoints_pkey",
        "ALTER TABLE checkpoints ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (size, note)",
        CHANGED + "checkpoints.checkpoints_pkey",
    ),
    "condition that refuses": (
        "ALTER TABLE stored_events ADD CHECK (position < 1000000)",
        ADDED + "stored_events.stored_events_position_check1",
    ),
    "condition emptied": (
        "ALTER TABLE stored_events DROP CONSTRAINT stored_events_position_check",
        "ALTER TABLE stored_events ADD CONSTRAINT stored_events_position_check CHECK (true)",
        CHANGED + "stored_events.stored_events_position_check",
    ),
    "index that computes": (
        "CREATE INDEX more ON stored_events (length(topic))",
        ADDED + "stored_events.more",
    ),
    "view": ("CREATE VIEW more AS SELECT * FROM stored_events", ADDED + "more"),
    "policy": ("CREATE POLICY more ON stored_events USING (false)", ADDED + "stored_events.more"),
    "lock that locks nothing": (
        (
            "CREATE OR REPLACE FUNCTION lock_log() RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
            "SET search_path = pg_catalog, pg_temp AS 'BEGIN END'"
        ),
        CHANGED + "lock_log",
    ),
    "lock with another's right": ("ALTER FUNCTION lock_log() SECURITY INVOKER", CHANGED + "lock_log"),
    "lock that finds another table": ("ALTER FUNCTION lock_log() RESET ALL", CHANGED + "lock_log"),
    "function added": ("CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'", ADDED + "more"),
    "right to change": (
        "GRANT UPDATE, TRUNCATE ON stored_events TO PUBLIC",
        CHANGED + "stored_events 的权限(PUBLIC:TRUNCATE、UPDATE)",
    ),
    "right to change a column": (
        "GRANT UPDATE (note) ON checkpoints TO PUBLIC",
        CHANGED + "checkpoints 的权限(PUBLIC:UPDATE)",
    ),
}


PUT_BACK = {"trigger dropped", "trigger that does nothing", "table dropped", "function dropped"}
"""What a command that makes a log would make again."""
OFTEN = 5
"""Every how many of them one is tried every day; the rest with the slow tests."""
GUARDS = [
    pytest.param(store, name, marks=[] if number % OFTEN == 0 else [pytest.mark.slow])
    for store, names in (("sqlite", ON_SQLITE), ("postgresql", ON_SERVER))
    for number, name in enumerate(names)
]


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


FOREIGN = {
    "fact": ("INSERT INTO log_facts VALUES ('more', 'x')", "log_facts 表多出 more", True),
    "node of a level": ("INSERT INTO tree_nodes VALUES (5, 0, zeroblob(32))", "tree_nodes", True),
    "node behind the last": ("INSERT INTO tree_nodes VALUES (1, 999, zeroblob(32))", "tree_nodes", True),
    "checkpoint before the first": ("INSERT INTO checkpoints VALUES (-1, 'x')", "第 -1 条处", True),
    "checkpoint that nobody signed": ("INSERT INTO checkpoints VALUES (3, 'x')", "第 3 条处", False),
}
"""What only needs the right to append; what is said; and whether every night says it."""


@SLOWLY_ON_POSTGRESQL
@pytest.mark.parametrize("row", FOREIGN)
def test_a_row_that_belongs_to_no_event_is_told(victim: Desk, row: str) -> None:
    statement, said, is_nightly = FOREIGN[row]
    with opened_log(victim.home) as db:
        db.execute(statement)
    night = victim.facts("nightly", "--as-of", "2026-03-22")
    assert any(said in text for text in night["integrity"]) == is_nightly
    assert not victim.facts("verify", "--log-only", status=1)["is_whole"]


@ON_POSTGRESQL
def test_everything_truncated(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("TRUNCATE stored_events, tree_nodes")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("截短", 1)
