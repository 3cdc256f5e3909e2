"""What was handed to the store and is not in it is missed before the commit: nothing is stored then."""

import pytest
from conftest import Desk, ordinary_case
from stores import KINDS, opened_log

pytestmark = pytest.mark.long

SWALLOWED = {
    "an event": ("stored_events", "BEFORE", "NEW.topic = 'import-recorded'"),
    "an event of the middle": ("stored_events", "BEFORE", "NEW.originator_version = 2"),
    "an event that is taken back": ("stored_events", "AFTER", "NEW.topic = 'import-recorded'"),
    "a node": ("tree_nodes", "BEFORE", "NEW.level = 1"),
    "a checkpoint": ("checkpoints", "BEFORE", "NEW.size > 0"),
}
TAKEN_BACK = {
    "stored_events": "position = NEW.position",
    "tree_nodes": "level = NEW.level AND number = NEW.number",
    "checkpoints": "size = NEW.size",
}


def swallow(desk: Desk, table: str, when: str, what: str) -> None:
    """A trigger that lets rows vanish, as the owner of the tables can make one."""
    with opened_log(desk.home) as db:
        if db.is_server:
            done = (
                "RETURN NULL"
                if when == "BEFORE"
                else f"DELETE FROM {table} WHERE {TAKEN_BACK[table]}; RETURN NULL"
            )
            db.execute(
                f"CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT "
                f"AS $$BEGIN IF {what} THEN {done}; END IF; RETURN NEW; END$$"
            )
            db.execute(
                f"CREATE TRIGGER swallow {when} INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION swallow()"
            )
            if when == "AFTER":
                db.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            return
        done = (
            "SELECT raise(IGNORE)" if when == "BEFORE" else f"DELETE FROM {table} WHERE {TAKEN_BACK[table]}"
        )
        db.execute(f"CREATE TRIGGER swallow {when} INSERT ON {table} WHEN {what} BEGIN {done}; END")
        if when == "AFTER":
            db.execute(f"DROP TRIGGER {table}_no_delete")


@pytest.mark.parametrize("store_kind", KINDS)
@pytest.mark.parametrize("what", SWALLOWED)
def test_what_the_store_swallows_is_missed(victim: Desk, what: str) -> None:
    before = victim.events(), victim.checkpoints()
    swallow(victim, *SWALLOWED[what])
    rows = [row for number in range(80) for row in ordinary_case(f"C{number}")]
    run = victim.run("import", victim.export("third.csv", rows))
    assert run.status == 1
    assert "未写入任何事件" in run.err
    assert "触发器" in run.err
    assert (victim.events(), victim.checkpoints()) == before
    night = victim.run("nightly", "--as-of", "2026-03-22", "--json")
    assert any("swallow" in text for text in night.facts["integrity"])
