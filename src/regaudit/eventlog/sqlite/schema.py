"""The tables of the SQLite log, and the triggers that keep a slip of the hand from changing them."""

from collections.abc import Mapping

EVENTS = "stored_events"

TABLES = {
    EVENTS: """(
        position INTEGER PRIMARY KEY AUTOINCREMENT CHECK (position > 0),
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        leaf BLOB NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    "tree_nodes": """(
        level INTEGER NOT NULL,
        number INTEGER NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (level, number)) WITHOUT ROWID""",
    "checkpoints": "(size INTEGER PRIMARY KEY, note TEXT NOT NULL)",
    "log_facts": "(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
}
# As logs made by earlier versions have it.
EARLIER = {EVENTS: TABLES[EVENTS].replace(" CHECK (position > 0)", "")}
# SQLite fires no DELETE trigger for what INSERT OR REPLACE removes.
_TAKEN = {
    EVENTS: f"""EXISTS (SELECT 1 FROM {EVENTS} WHERE position = NEW.position)
        OR EXISTS (SELECT 1 FROM {EVENTS}
            WHERE originator_id = NEW.originator_id AND originator_version = NEW.originator_version)""",
    "tree_nodes": "EXISTS (SELECT 1 FROM tree_nodes WHERE level = NEW.level AND number = NEW.number)",
    "checkpoints": "EXISTS (SELECT 1 FROM checkpoints WHERE size = NEW.size)",
    "log_facts": "EXISTS (SELECT 1 FROM log_facts WHERE name = NEW.name)",
}
_REFUSE = "BEGIN SELECT raise(ABORT, 'regaudit: the event log is append-only'); END"


REPLACE_GUARD = "{table}_no_replace"
"""The name of the trigger that refuses REPLACE."""


def statements(tables: Mapping[str, str] = TABLES) -> list[str]:
    """SQL that makes all of it where there is none of it; of `TABLES | EARLIER` as it once was."""
    return [
        *(f"CREATE TABLE IF NOT EXISTS {table} {columns}" for table, columns in tables.items()),
        *(
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{event.lower()} BEFORE {event} ON {table} {_REFUSE}"
            for table in TABLES
            for event in ("UPDATE", "DELETE")
        ),
        *(
            f"CREATE TRIGGER IF NOT EXISTS {REPLACE_GUARD.format(table=table)} "
            f"BEFORE INSERT ON {table} WHEN {taken} {_REFUSE}"
            for table, taken in _TAKEN.items()
        ),
    ]
