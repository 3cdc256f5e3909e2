"""The tables of the log in PostgreSQL, and what keeps everybody from changing what they hold.

The role that makes them owns them. Any other role that is to append needs USAGE of the schema, and SELECT and
INSERT on the tables; it takes the table lock through `lock_log`, which needs no right to change anything.
"""

import re

from psycopg.sql import SQL, Composed, Identifier

from regaudit.eventlog.sqlite.schema import EVENTS

TABLES = {
    EVENTS: """(
        position bigint NOT NULL PRIMARY KEY CHECK (position > 0),
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL,
        topic text COLLATE "C" NOT NULL,
        state bytea NOT NULL,
        leaf bytea NOT NULL,
        UNIQUE (originator_id, originator_version))""",
    "tree_nodes": """(
        level integer NOT NULL,
        number bigint NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (level, number))""",
    "checkpoints": "(size bigint NOT NULL PRIMARY KEY, note text NOT NULL)",
    "log_facts": "(name text NOT NULL PRIMARY KEY, value text NOT NULL)",
}
TRIGGER = "append_only"
REFUSE, LOCK = "refuse_change", "lock_log"
_SOURCES = {
    REFUSE: "BEGIN RAISE EXCEPTION 'regaudit: the event log is append-only'; END",
    LOCK: f"BEGIN LOCK TABLE {{schema}}.{EVENTS} IN EXCLUSIVE MODE; END",
}


def function_source(name: str, schema: str) -> str:
    """The body of a function of the schema."""
    return _SOURCES[name].format(schema=schema)


def columns(table: str) -> list[tuple[str, str]]:
    """Names and types of a table's columns."""
    return re.findall(r"(\w+) (bigint|integer|text|bytea)\b", TABLES[table])


def statements(schema: str) -> list[Composed]:
    """SQL that makes all of it in a database where there is none of it."""
    name = Identifier(schema)
    made = [SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name)]
    made += [
        SQL("CREATE TABLE {}.{} " + columns).format(name, Identifier(table))
        for table, columns in TABLES.items()
    ]
    made += [
        SQL(
            "CREATE FUNCTION {}.{}() RETURNS {} LANGUAGE plpgsql SECURITY DEFINER "
            "SET search_path = pg_catalog, pg_temp AS {}"
        ).format(name, Identifier(function), SQL(returns), function_source(function, schema))
        for function, returns in ((REFUSE, "trigger"), (LOCK, "void"))
    ]
    made.append(SQL("REVOKE ALL ON FUNCTION {}.{}() FROM PUBLIC").format(name, Identifier(LOCK)))
    for table in TABLES:
        where = SQL("{}.{}").format(name, Identifier(table))
        made.append(
            SQL(
                "CREATE TRIGGER {} BEFORE UPDATE OR DELETE OR TRUNCATE ON {} "
                "FOR EACH STATEMENT EXECUTE FUNCTION {}.{}()"
            ).format(Identifier(TRIGGER), where, name, Identifier(REFUSE))
        )
        # Without ALWAYS it would sleep in sessions that say they are a replica.
        made.append(SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}").format(where, Identifier(TRIGGER)))
    return made
