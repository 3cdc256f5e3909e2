"""What somebody does to a log who can write every file and knows its format."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import Desk
from stores import TABLES, opened_log

from regaudit.eventlog.tree.keys import read_key
from regaudit.eventlog.tree.merkle import hasher, leaf_data
from regaudit.eventlog.tree.notes import Checkpoint, Signer, sign_note
from regaudit.eventlog.tree.stored import Edge

SHA256 = hasher("sha256")
FAR = 1_000_000
"""Added to positions that are to be out of the way for a moment."""


@contextmanager
def opened(desk: Desk) -> Iterator[Any]:
    """The log as an attacker opens it: no trigger left."""
    with opened_log(desk.home) as db:
        if db.is_server:
            for table in TABLES:
                db.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            yield db
            for table in TABLES:
                db.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")
            return
        triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        yield db
        for _, sql in triggers:
            db.execute(sql)


def remove_mirror(desk: Desk) -> None:
    (desk.home / ".work" / "warehouse.duckdb").unlink()


def remove_mark(desk: Desk) -> None:
    (desk.home / "log.checkpoint").unlink()


def remove_witnesses(desk: Desk) -> None:
    """Remove the mirror, what the workspace noted of the log, and the mails as if a server had taken them."""
    remove_mirror(desk)
    remove_mark(desk)
    shutil.rmtree(desk.home / "outbox")


def retree(db: Any) -> None:
    """Recompute every leaf and node, as somebody does who knows the format."""
    rows = db.execute(
        "SELECT position, CAST(originator_id AS BLOB), originator_version, CAST(topic AS BLOB), state "
        "FROM stored_events ORDER BY position"
    ).fetchall()
    edge = Edge(SHA256, 0, [])
    leaves = [SHA256.leaf(leaf_data(*row)) for row in rows]
    db.executemany(
        "UPDATE stored_events SET leaf = ? WHERE position = ?",
        [(leaf, row[0]) for leaf, row in zip(leaves, rows, strict=True)],
    )
    db.execute("DELETE FROM tree_nodes")
    values = [(node.level, node.number, node.hash) for node in edge.add(leaves)]
    db.executemany("INSERT INTO tree_nodes VALUES (?,?,?)", values)


def resign(desk: Desk, db: Any, key: str = "log.key") -> None:
    """Compute and sign every checkpoint anew."""
    leaves = [leaf for (leaf,) in db.execute("SELECT leaf FROM stored_events ORDER BY position")]
    signer = Signer("centre.example", read_key(desk.home / "keys" / key))
    for (size,) in db.execute("SELECT size FROM checkpoints").fetchall():
        if size > len(leaves):
            db.execute("DELETE FROM checkpoints WHERE size = ?", (size,))
            continue
        text = Checkpoint("centre.example", size, SHA256.root(leaves[:size])).text()
        db.execute("UPDATE checkpoints SET note = ? WHERE size = ?", (sign_note(text, [signer]), size))


def allow_any_position(db: Any) -> None:
    """As in a log that an earlier version made."""
    if db.is_server:
        db.execute("ALTER TABLE stored_events DROP CONSTRAINT IF EXISTS stored_events_position_check")
    else:
        db.execute("PRAGMA ignore_check_constraints = ON")


def edit(db: Any, position: int = 77) -> None:
    """Move an action by an hour."""
    changed = db.execute(
        "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'T09:', 'T10:') AS BLOB) "
        "WHERE position = ? AND instr(CAST(state AS TEXT), 'T09:') > 0",
        (position,),
    )
    assert changed.rowcount == 1


def renumber(db: Any, removed: int, count: int = 1) -> None:
    """Close the gap that a deletion of `count` records left."""
    db.execute(f"UPDATE stored_events SET position = position + {FAR} WHERE position > ?", (removed,))
    db.execute(f"UPDATE stored_events SET position = position - {FAR + count} WHERE position > {FAR}")


LEVELS: dict[str, Callable[[Any], None]] = {
    "alone": lambda _: None,
    "with the leaves and nodes": retree,
}
"""How far somebody goes who changed a record."""


def editable(desk: Desk) -> int:
    """The position of an action at nine o'clock in the first import."""
    return next(
        event.position
        for event in desk.events("step-recorded")
        if "T09:" in event.state["action"]["occurred_at"] and event.position > 50
    )


def first_damage(desk: Desk, *words: str | Path) -> dict[str, Any]:
    """The first damage that `verify` tells."""
    facts = desk.facts("verify", *words, status=1)
    assert not facts["is_whole"]
    damage: dict[str, Any] = facts["damages"][0]
    assert damage["problem"]
    assert damage["advice"]
    return damage
