"""What whoever can write every file of the workspace can do, knowing the format and all hashes."""

import shutil
import sqlite3
from contextlib import closing

import duckdb
from attack_desk import NEXT, Centre, Told
from attack_table import ADMIN, attack
from attacks import edit, editable, opened, remove_mirror, renumber, resign, retree
from stores import opened_log

from regaudit.eventlog.tree.keys import make_key

WAREHOUSE = ".work/warehouse.duckdb"


def in_warehouse(centre: Centre, statement: str) -> None:
    with duckdb.connect(centre.home / WAREHOUSE) as db:
        db.execute(statement)


def late_stands(centre: Centre) -> Told:
    """The night, which must have the late case still."""
    centre.deliver()
    told = centre.night()
    assert "L1" in centre.found("overdue")
    return told


@attack(
    ADMIN,
    "findings deleted in `.work/warehouse.duckdb`",
    "integrity",
    light="red",
    says=WAREHOUSE,
    is_quick=True,
)
def findings_deleted(centre: Centre) -> Told:
    in_warehouse(centre, "DELETE FROM findings.overdue")
    return late_stands(centre)


@attack(ADMIN, "an action edited in `.work/warehouse.duckdb`", "integrity", light="red", says=WAREHOUSE)
def core_edited(centre: Centre) -> Told:
    in_warehouse(centre, "DELETE FROM core.cases WHERE case_no = 'L1'")
    return late_stands(centre)


@attack(
    ADMIN, "the copy of the log in `.work/warehouse.duckdb` edited", "integrity", light="red", says=WAREHOUSE
)
def mirror_edited(centre: Centre) -> Told:
    in_warehouse(centre, "DELETE FROM log.events WHERE position = 1")
    return late_stands(centre)


@attack(ADMIN, "days and rules edited in `.work/warehouse.duckdb`", "integrity", light="red", says=WAREHOUSE)
def reference_edited(centre: Centre) -> Told:
    in_warehouse(centre, "UPDATE reference.days SET is_workday = false; DELETE FROM reference.rules")
    return late_stands(centre)


@attack(
    ADMIN,
    "a write-ahead log laid beside the warehouse",
    "integrity",
    light="red",
    says="warehouse.duckdb.wal",
)
def foreign_wal(centre: Centre) -> Told:
    (centre.home / f"{WAREHOUSE}.wal").write_bytes(b"anything")
    return late_stands(centre)


@attack(ADMIN, "the warehouse of another workspace in its place", "integrity", light="red", says=WAREHOUSE)
def other_warehouse(centre: Centre) -> Told:
    path = centre.home / WAREHOUSE
    path.unlink()
    with duckdb.connect(path) as db:
        db.execute("CREATE TABLE own (x INTEGER)")
    return late_stands(centre)


@attack(ADMIN, "findings deleted in the published database", "integrity", light="red", says="regaudit.duckdb")
def published_edited(centre: Centre) -> Told:
    with duckdb.connect(centre.home / "regaudit.duckdb") as db:
        db.execute("DELETE FROM findings")
    return late_stands(centre)


@attack(ADMIN, "another file as the published database", "integrity", light="red", says="regaudit.duckdb")
def published_replaced(centre: Centre) -> Told:
    (centre.home / "regaudit.duckdb").write_bytes(b"no database" * 1000)
    return late_stands(centre)


@attack(ADMIN, "a trigger of the log dropped", "integrity", light="red", says="stored_events_no_update")
def trigger_dropped(centre: Centre) -> None:
    with closing(sqlite3.connect(centre.home / "events.sqlite")) as db:
        db.execute("DROP TRIGGER stored_events_no_update")


@attack(
    ADMIN,
    "a trigger of the log replaced by one that does nothing",
    "integrity",
    light="red",
    says="no_delete",
)
def trigger_emptied(centre: Centre) -> None:
    with closing(sqlite3.connect(centre.home / "events.sqlite")) as db:
        db.execute("DROP TRIGGER stored_events_no_delete")
        db.execute(
            "CREATE TRIGGER stored_events_no_delete BEFORE DELETE ON stored_events BEGIN SELECT 1; END"
        )


@attack(ADMIN, "a mail in `outbox/` edited", "integrity", light="red", says="被改动")
def mail_edited(centre: Centre) -> None:
    path = centre.desk.mails()[-1]
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Subject:", b"Subject: x", 1))


def cut(centre: Centre) -> None:
    """The end of the log off, with its checkpoints and the highest position."""
    size = centre.desk.checkpoints()[-6][0]
    with opened(centre.desk) as db:
        db.execute("DELETE FROM stored_events WHERE position > ?", (size,))
        db.execute("DELETE FROM checkpoints WHERE size > ?", (size,))
        retree(db)
        db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", (size,))


@attack(ADMIN, "the log's end cut off with its checkpoints", "integrity", light="red", says="regaudit.duckdb")
def log_cut(centre: Centre) -> None:
    cut(centre)


@attack(ADMIN, "the same, and `.work/` removed", "integrity", light="red", says="outbox/")
def log_cut_without_mirror(centre: Centre) -> None:
    cut(centre)
    shutil.rmtree(centre.home / ".work")


@attack(ADMIN, "the log's last records removed, its checkpoints left", "failed", light="red", says="日志")
def log_end_removed(centre: Centre) -> None:
    with opened(centre.desk) as db:
        db.execute("DELETE FROM stored_events WHERE position > ?", (len(centre.desk.events()) - 2,))


@attack(ADMIN, "a record put behind the log's last", "failed", light="red", says="不属于任何检查点")
def record_added(centre: Centre) -> None:
    with opened_log(centre.home) as db:
        db.execute(
            "INSERT INTO stored_events SELECT (SELECT max(position) + 1 FROM stored_events), "
            "'case:150602/NEW', 1, topic, state, leaf FROM stored_events WHERE position = 5"
        )


@attack(ADMIN, "an older log put back", "integrity", light="red", says="regaudit.duckdb")
def older_log(centre: Centre) -> Told:
    kept = shutil.copy(centre.home / "events.sqlite", centre.home.parent / "older")
    centre.guilty()
    centre.deliver()
    centre.night()
    shutil.copy(kept, centre.home / "events.sqlite")
    return centre.usual(NEXT)


@attack(ADMIN, "the whole log gone, and a new one made", "failed", light="red", says="日志")
def log_gone(centre: Centre) -> None:
    (centre.home / "events.sqlite").unlink()


@attack(ADMIN, "a record of the log edited, all hashes computed anew", "verify")
def record_edited(centre: Centre) -> Told:
    position = editable(centre.desk)
    with opened(centre.desk) as db:
        edit(db, position)
        retree(db)
    return verified(centre)


@attack(ADMIN, "a record of the log removed, the rest numbered and hashed anew", "verify")
def record_removed(centre: Centre) -> Told:
    with opened(centre.desk) as db:
        db.execute("DELETE FROM stored_events WHERE position = 12")
        renumber(db, 12)
        retree(db)
    return verified(centre)


@attack(ADMIN, "a checkpoint removed", "verify")
def checkpoint_removed(centre: Centre) -> Told:
    with opened(centre.desk) as db:
        db.execute("DELETE FROM checkpoints WHERE size = ?", (centre.desk.checkpoints()[2][0],))
    return verified(centre)


@attack(
    ADMIN,
    "the log rewritten and signed anew with its own key, the mirror removed",
    "integrity",
    light="red",
    says="outbox/",
)
def log_signed_anew(centre: Centre) -> None:
    position = editable(centre.desk)
    with opened(centre.desk) as db:
        edit(db, position)
        retree(db)
        resign(centre.desk, db)
    remove_mirror(centre.desk)


@attack(ADMIN, "the same, and every witness in the workspace removed: a checkpoint in any old mail", "verify")
def all_witnesses_gone(centre: Centre) -> Told:
    mail = shutil.copy(centre.desk.mails()[-1], centre.home.parent / "kept.eml")
    log_signed_anew(centre)
    (centre.home / "regaudit.duckdb").unlink()
    (centre.home / "log.checkpoint").unlink()
    shutil.rmtree(centre.home / "outbox")
    assert not centre.desk.facts("verify", "--log-only", "--checkpoint", mail, status=1)["is_whole"]
    return Told("", [])


@attack(ADMIN, "the signing key exchanged", "failed", light="red", says="私钥")
def key_exchanged(centre: Centre) -> None:
    make_key(centre.home, "log.key")


def verified(centre: Centre) -> Told:
    """`verify` must say so."""
    facts = centre.desk.facts("verify", status=1)
    assert not facts["is_whole"]
    assert facts["damages"]
    return Told("", [])
