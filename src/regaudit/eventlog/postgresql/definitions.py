"""The definitions of a log's schema in PostgreSQL, held against what the server's catalogue says of them."""

import re
from collections.abc import Iterator
from typing import Any

from psycopg import Cursor

from regaudit.eventlog.postgresql.schema import LOCK, REFUSE, TABLES, TRIGGER, function_source
from regaudit.eventlog.sqlite.inspection import definition_fault
from regaudit.eventlog.sqlite.schema import EVENTS

Definitions = dict[str, str]
"""By the name that people are told, what the object is."""

_TABLE = """
SELECT c.oid, c.relowner,
    c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relrowsecurity AND NOT c.relforcerowsecurity
    AND NOT EXISTS (SELECT FROM pg_inherits AS i WHERE c.oid IN (i.inhrelid, i.inhparent))
FROM pg_class AS c WHERE c.relnamespace = to_regnamespace(%s) AND c.relname = %s
"""
_COLUMNS = """
SELECT
    a.attname::text,
    concat_ws(
        ' ', format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> 0 THEN 'COLLATE ' || l.collname END,
        CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
        nullif(a.attidentity::text, ''), nullif(a.attgenerated::text, ''))
FROM pg_attribute AS a
LEFT JOIN pg_collation AS l ON a.attcollation = l.oid
LEFT JOIN pg_attrdef AS d ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
# Those of kind n say NOT NULL once more; t are triggers.
_CONSTRAINTS = """
SELECT conname::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid = %s AND contype NOT IN ('n', 't')
"""
_INDEXES = """
SELECT c.relname::text, concat_ws(
    ' ', CASE WHEN i.indisunique THEN 'unique' END, CASE WHEN i.indisvalid AND i.indisready THEN 'valid' END,
    pg_get_expr(i.indpred, i.indrelid), pg_get_expr(i.indexprs, i.indrelid))
FROM pg_index AS i INNER JOIN pg_class AS c ON i.indexrelid = c.oid WHERE i.indrelid = %s
"""
# 58: before UPDATE, DELETE and TRUNCATE, for a statement.
_TRIGGERS = """
SELECT t.tgname::text, concat_ws(
    ' ', t.tgtype, t.tgenabled, 'WHEN ' || t.tgqual::text, nullif(t.tgattr::text, ''), p.proname,
    CASE WHEN p.pronamespace <> c.relnamespace THEN 'of another schema' END)
FROM pg_trigger AS t
INNER JOIN pg_class AS c ON t.tgrelid = c.oid
INNER JOIN pg_proc AS p ON t.tgfoid = p.oid
WHERE t.tgrelid = %s AND NOT t.tgisinternal
"""
_RULES = """
SELECT rulename::text, 'rule' FROM pg_rewrite WHERE ev_class = %s
UNION ALL SELECT polname::text, 'policy' FROM pg_policy WHERE polrelid = %s
"""
# Who may read and append, and nothing more, is the administrator's to say.
_RIGHTS = """
SELECT
    coalesce(r.rolname::text, 'PUBLIC') || ':'
    || string_agg(DISTINCT g.privilege_type, '、' ORDER BY g.privilege_type)
FROM (
    SELECT relacl AS acl, relowner FROM pg_class WHERE oid = %s
    UNION ALL SELECT attacl, 0 FROM pg_attribute WHERE attrelid = %s
) AS given
CROSS JOIN LATERAL aclexplode(acl) AS g
LEFT JOIN pg_roles AS r ON g.grantee = r.oid
WHERE g.grantee <> %s AND g.privilege_type NOT IN ('SELECT', 'INSERT')
GROUP BY r.rolname ORDER BY 1
"""
_FUNCTIONS = """
SELECT
    p.proname::text || coalesce('(' || nullif(pg_get_function_arguments(p.oid), '') || ')', ''),
    concat_ws(
        ' ', format_type(p.prorettype, NULL), l.lanname, CASE WHEN p.prosecdef THEN 'definer' END,
        array_to_string(p.proconfig, ';'), p.proowner = %s, p.prosrc)
FROM pg_proc AS p INNER JOIN pg_language AS l ON p.prolang = l.oid
WHERE p.pronamespace = to_regnamespace(%s)
"""
_OTHERS = """
SELECT relname::text FROM pg_class
WHERE relnamespace = to_regnamespace(%s) AND relkind IN ('r', 'v', 'm', 'S', 'f', 'p') ORDER BY relname
"""
# Logs that an earlier version made have none.
_OPTIONAL: dict[str, Definitions] = {table: {} for table in TABLES} | {
    EVENTS: {f"{EVENTS}_position_check": 'CHECK (("position" > 0))'}
}
_PATH = "search_path=pg_catalog, pg_temp"


class _Found:
    """What differs, by the names that people are told; each is told once."""

    def __init__(self) -> None:
        self.missing: dict[str, None] = {}
        self.changed: dict[str, None] = {}
        self.added: dict[str, None] = {}

    def compare(self, prefix: str, expected: Definitions, found: Definitions, optional: Definitions) -> None:
        """Note what differs of the objects that are there and of those that should, or may, be."""
        for name in expected.keys() - found.keys():
            self.missing[f"{prefix}{name}"] = None
        for name, what in found.items():
            if (known := (expected | optional).get(name)) is None:
                self.added[f"{prefix}{name}"] = None
            elif known != what:
                self.changed[f"{prefix}{name}"] = None

    def fault(self) -> str:
        """All of it (Chinese)."""
        return definition_fault(
            missing=sorted(self.missing), changed=sorted(self.changed), added=sorted(self.added)
        )


def altered_definitions(c: "Cursor[Any]", schema: str) -> str:
    """What is missing, changed or added in a log's schema (Chinese); empty where nothing is."""
    found, owner = _Found(), 0
    for table in TABLES:
        rows = c.execute(_TABLE, (schema, table)).fetchall()
        if not rows:
            found.missing[table] = None
            continue
        [(oid, owns, is_plain)] = rows
        owner = owner or owns
        if not is_plain or owns != owner:
            found.changed[table] = None
        columns = dict(c.execute(_COLUMNS, (oid,)).fetchall())
        expected = dict(_columns(table))
        if [name for name in columns if name in expected] != [name for name in expected if name in columns]:
            found.changed[table] = None  # they stand in another order
        found.compare(f"{table}.", expected, columns, {})
        keys = dict(_keys(table))
        found.compare(f"{table}.", keys, dict(c.execute(_CONSTRAINTS, (oid,)).fetchall()), _OPTIONAL[table])
        indexes = dict(c.execute(_INDEXES, (oid,)).fetchall())
        found.compare(f"{table}.", dict.fromkeys(keys, "unique valid"), indexes, {})
        triggers = dict(c.execute(_TRIGGERS, (oid,)).fetchall())
        found.compare(f"{table}.", {TRIGGER: f"58 A {REFUSE}"}, triggers, {})
        found.compare(f"{table}.", {}, dict(c.execute(_RULES, (oid, oid)).fetchall()), {})
        for (who,) in c.execute(_RIGHTS, (oid, oid, owns)).fetchall():
            found.changed[f"{table} 的权限({who})"] = None
    functions = dict(c.execute(_FUNCTIONS, (owner, schema)).fetchall())
    found.compare("", dict(_functions(schema)), functions, {})
    others = (name for (name,) in c.execute(_OTHERS, (schema,)).fetchall() if name not in TABLES)
    found.added |= dict.fromkeys(others)
    return found.fault()


def _columns(table: str) -> Iterator[tuple[str, str]]:
    """Names and definitions of a table's columns, as the catalogue has them."""
    for name, kind, collation in re.findall(
        r'(\w+) (bigint|integer|text|bytea)(?: COLLATE "(C)")?', TABLES[table]
    ):
        collated = f" COLLATE {collation or 'default'}" if kind == "text" else ""
        yield name, f"{kind}{collated} NOT NULL"


def _keys(table: str) -> Iterator[tuple[str, str]]:
    """Names and definitions of a table's keys, as the catalogue has them."""
    definition = TABLES[table]
    primary = re.findall(r"PRIMARY KEY \((.*?)\)", definition) or re.findall(
        r"(\w+) \w+ NOT NULL PRIMARY", definition
    )
    yield f"{table}_pkey", f"PRIMARY KEY ({_quoted(primary[0])})"
    for columns in re.findall(r"UNIQUE \((.*?)\)", definition):
        yield f"{table}_{columns.replace(', ', '_')}_key", f"UNIQUE ({columns})"


def _quoted(column: str) -> str:
    return f'"{column}"' if column == "position" else column  # it is a word of SQL


def _functions(schema: str) -> Iterator[tuple[str, str]]:
    for name, returns in ((REFUSE, "trigger"), (LOCK, "void")):
        yield name, f"{returns} plpgsql definer {_PATH} t {function_source(name, schema)}"
