"""The tamper matrix: who × what × when × with or without a mirror, on both stores; every cell is told.

A night tells of all that findings could come from; what it does not tell, `verify` does. Which of them tells
is expected of each cell, by the rule in `is_nightly`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from attacks import FAR, opened, remove_mirror, retree
from conftest import Desk, Whole, ordinary_case
from stores import KINDS, TABLES, opened_log

from regaudit.audit.check import open_warehouse
from regaudit.base.errors import LogError, MirrorMismatchError
from regaudit.operation.open import open_workspace
from regaudit.proof.integrity import integrity_of

EVENTS = "stored_events"
WHEN = ("before the mirror's end", "behind it")
UPDATES = {
    EVENTS: {
        "position": f"position + {FAR}",
        "originator_id": "'case:150602/NEW'",
        "originator_version": "originator_version + 700",
        "topic": "'step-altered'",
        "state": "CAST(replace('{}', '{}', '[]') AS BLOB)",
        "leaf": "zeroblob(32)",
    },
    "tree_nodes": {"level": "level + 1", "number": "number + 7", "hash": "zeroblob(32)"},
    "checkpoints": {"size": "size + 1", "note": "replace(note, 'centre', 'other')"},
    "log_facts": {"name": "'more'", "value": "'more'"},
}
PLACES: dict[str, tuple[str, ...]] = {
    "stored_events": ("position = 77", "position = (SELECT max(position) - 3 FROM stored_events)"),
    "tree_nodes": ("level = 1 AND number = 0", "level = 1 AND number = 1"),
    "checkpoints": (
        "size = (SELECT min(size) FROM checkpoints WHERE size > 0)",
        "size = (SELECT max(size) FROM checkpoints)",
    ),
    "log_facts": ("name = 'origin'",),
}
EVENT = "'case:150602/NEW', 1, 'step-recorded', CAST(replace('{}', '{}', '[]') AS BLOB), zeroblob(32)"
INSERTS = {
    "stored_events": (
        f"INSERT INTO stored_events SELECT max(position) + 1, {EVENT} FROM stored_events",
        f"INSERT INTO stored_events SELECT max(position) + 9, {EVENT} FROM stored_events",
    ),
    "tree_nodes": (
        "INSERT INTO tree_nodes VALUES (3, 0, zeroblob(32))",
        "INSERT INTO tree_nodes VALUES (1, 9, zeroblob(32))",
    ),
    "checkpoints": (
        "INSERT INTO checkpoints VALUES (3, 'x')",
        "INSERT INTO checkpoints SELECT max(size) + 1, 'x' FROM checkpoints",
    ),
    "log_facts": ("INSERT INTO log_facts VALUES ('more', 'x')",),
}
"""What needs the right to append alone."""
GUARD = "UPDATE pg_trigger SET {} WHERE tgrelid = '{}'::regclass AND tgname = 'append_only'"
BY_SUPERUSER = {
    "trigger asleep": GUARD.format("tgenabled = 'D'", "checkpoints"),
    "trigger of another event": GUARD.format("tgtype = 18", "tree_nodes"),
    "function": "UPDATE pg_proc SET prosrc = 'BEGIN RETURN NULL; END' WHERE oid = 'refuse_change'::regproc",
    "column": (
        "UPDATE pg_attribute SET attnotnull = false "
        "WHERE attrelid = 'stored_events'::regclass AND attname = 'state'"
    ),
    "rows hidden": "UPDATE pg_class SET relrowsecurity = true WHERE oid = 'stored_events'::regclass",
    "right": "UPDATE pg_class SET relacl = '{=arwd/root}' WHERE oid = 'log_facts'::regclass",
}
"""What the owner has no right to: the catalogue itself."""
OBJECT = "UPDATE sqlite_master SET sql = replace(sql, '{}', '{}') WHERE name = '{}'"
BY_FILE = {
    "trigger": OBJECT.format("ABORT", "IGNORE", "checkpoints_no_update"),
    "trigger gone": "DELETE FROM sqlite_master WHERE name = 'tree_nodes_no_delete'",
    "column": OBJECT.format("leaf BLOB NOT NULL", "leaf BLOB", "stored_events"),
    "highest position": "UPDATE sqlite_sequence SET seq = seq + 3",
    "highest position gone": "DELETE FROM sqlite_sequence",
}


class Cell(NamedTuple):
    """One attack: `statement` does it; `number` is its place in `WHEN`."""

    store_kind: str
    who: str
    what: str
    table: str
    number: int
    statement: str
    is_hashed: bool = False

    def title(self) -> str:
        return f"{self.store_kind}, {self.who}: {self.what}, {WHEN[self.number]}"


def cells() -> Iterator[Cell]:
    """All of the matrix."""
    for kind in KINDS:
        owner = "owner" if kind == "postgresql" else "file"
        for table, places in PLACES.items():
            for number, place in enumerate(places):
                for column, value in UPDATES[table].items():
                    statement = f"UPDATE {table} SET {column} = {value} WHERE {place}"
                    yield Cell(kind, owner, f"{table}.{column}", table, number, statement)
                yield Cell(
                    kind, owner, f"{table} removed", table, number, f"DELETE FROM {table} WHERE {place}"
                )
                yield Cell(kind, "append", f"{table} added", table, number, INSERTS[table][number])
        for number, place in enumerate(PLACES[EVENTS]):
            changed = f"UPDATE {EVENTS} SET state = {UPDATES[EVENTS]['state']} WHERE {place}"
            yield Cell(kind, owner, "state, hashed anew", EVENTS, number, changed, is_hashed=True)
        for what, statement in (BY_SUPERUSER if kind == "postgresql" else BY_FILE).items():
            yield Cell(kind, "superuser" if kind == "postgresql" else owner, what, "", 0, statement)


QUICK = {
    ("sqlite", "stored_events.state", 1),
    ("sqlite", "tree_nodes added", 0),
    ("sqlite", "highest position", 0),
    ("postgresql", "stored_events removed", 1),
    ("postgresql", "log_facts added", 0),
    ("postgresql", "function", 0),
}


def is_nightly(cell: Cell, *, has_mirror: bool) -> bool:
    """Whether a night tells of it: of all but a checkpoint that is not the last, and a leaf long remembered.

    What the mirror holds was hashed when it came; since then its content alone is held against the log.
    """
    if cell.table == "checkpoints":
        return cell.number == 1
    return not (has_mirror and cell.number == 0 and cell.what == f"{EVENTS}.leaf")


@pytest.fixture(scope="module")
def grown(
    tmp_path_factory: pytest.TempPathFactory, wholes: Callable[[str], Whole]
) -> Iterator[Callable[[str], Desk]]:
    """A workspace on each store with events behind its mirror."""
    made: dict[str, Desk] = {}
    with ExitStack() as stack:

        def of(kind: str) -> Desk:
            if kind not in made:
                desk = stack.enter_context(
                    wholes(kind).desk.copied(tmp_path_factory.mktemp("grown") / "home")
                )
                rows = [row for number in range(60) for row in ordinary_case(f"C{number:03}")]
                desk.ok("import", desk.export("third.csv", rows))
                assert len(desk.events()) > 512
                made[kind] = desk
            return made[kind]

        yield of


@contextmanager
def appending(desk: Desk) -> Iterator[Any]:
    """The log as somebody has it who may read and append, and no more."""
    with opened_log(desk.home) as db:
        if not db.is_server:
            yield db
            return
        role, schema = f"{desk.store.schema}_append", desk.store.schema
        db.execute(f"CREATE ROLE {role}")
        db.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        db.execute(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {schema} TO {role}")
        db.execute(f"SET LOCAL ROLE {role}")
        yield db
        db.execute("RESET ROLE")
        db.execute(f"DROP OWNED BY {role}")
        db.execute(f"DROP ROLE {role}")


def change(desk: Desk, cell: Cell) -> None:
    if cell.who == "append":
        with appending(desk) as db:
            db.execute(cell.statement)
    elif cell.table:
        with opened(desk) as db:
            assert db.execute(cell.statement).rowcount == 1
            if cell.is_hashed:
                retree(db)
    else:
        with opened_log(desk.home) as db:
            db.execute(
                "SET LOCAL allow_system_table_mods = on" if db.is_server else "PRAGMA writable_schema = ON"
            )
            assert db.execute(cell.statement).rowcount == 1


def told_by_night(home: Path) -> list[str]:
    """What a night says of the log before it judges anything."""
    try:
        with open_workspace(home, "nightly", checks_log=False) as workspace:
            workspace.log.check_writable()
            facts = integrity_of(workspace).facts
            with (
                open_warehouse(workspace) as warehouse,
                warehouse.comparing(workspace.log, workspace.progress),
            ):
                return facts
    except (LogError, MirrorMismatchError) as error:
        return [str(error)]


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(
            cell,
            id=cell.title(),
            marks=[] if (cell.store_kind, cell.what, cell.number) in QUICK else [pytest.mark.slow],
        )
        for cell in cells()
    ],
)
def test_every_cell_is_told(cell: Cell, grown: Callable[[str], Desk], tmp_path: Path) -> None:
    """By `verify`, and by a night where it is a night's, whether the mirror is there or not."""
    with grown(cell.store_kind).copied(tmp_path / "home") as desk:
        assert told_by_night(desk.home) == []
        change(desk, cell)
        for has_mirror in (True, False):
            if not has_mirror:
                remove_mirror(desk)
            assert desk.run("verify", "--log-only").status != 0
            assert bool(told_by_night(desk.home)) == is_nightly(cell, has_mirror=has_mirror)


def test_the_matrix_has_every_object_of_both_stores() -> None:
    found = list(cells())
    assert {cell.table for cell in found if cell.table} == set(TABLES)
    for kind in KINDS:
        assert {cell.table for cell in found if (cell.store_kind, cell.who) == (kind, "append")} == set(
            TABLES
        )
    assert len({cell.title() for cell in found}) == len(found) > 80
