"""The tamper matrix: who can write every file of a workspace is found out, and the first bad record named.

Every attack is made with plain SQL and file access, on a copy of one workspace; the attacker knows the format
and recomputes what they can without the private key, and in the last attacks has the key, too.
"""

import shutil
from email.message import EmailMessage
from itertools import pairwise

import pytest
from attacks import (
    FAR,
    LEVELS,
    allow_any_position,
    edit,
    editable,
    first_damage,
    opened,
    remove_mark,
    remove_mirror,
    remove_witnesses,
    renumber,
    resign,
    retree,
)
from conftest import Desk, Whole, ordinary_case
from stores import BOTH_STORES, SLOWLY_ON_POSTGRESQL

from regaudit.eventlog.tree.keys import make_key, read_key
from regaudit.eventlog.tree.notes import Checkpoint, Signer, parse_checkpoint, sign_note

pytestmark = pytest.mark.long


@BOTH_STORES
@pytest.mark.parametrize("level", LEVELS)
def test_payload_edited(victim: Desk, level: str) -> None:
    position = editable(victim)
    event = victim.events()[position - 1]
    with opened(victim) as db:
        edit(db, position)
        LEVELS[level](db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("改动", position)
    assert (damage["stream"], damage["version"], damage["topic"]) == (
        event.stream,
        event.version,
        event.topic,
    )
    assert (damage["import_no"], damage["file"]) == (1, "first.csv")
    assert damage["row_no"] == event.state["row_no"]


@SLOWLY_ON_POSTGRESQL
def test_payload_edited_with_its_leaf(victim: Desk) -> None:
    position = editable(victim)
    with opened(victim) as db:
        edit(db, position)
        nodes = db.execute("SELECT * FROM tree_nodes").fetchall()
        retree(db)
        db.execute("DELETE FROM tree_nodes")
        db.executemany("INSERT INTO tree_nodes VALUES (?,?,?)", nodes)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("改动", position)


@SLOWLY_ON_POSTGRESQL
def test_payload_edited_with_all_hashes_and_no_mirror_left(victim: Desk, whole: Whole) -> None:
    """Then nothing tells more than between which two checkpoints it was."""
    position = editable(victim)
    with opened(victim) as db:
        edit(db, position)
        retree(db)
    remove_mirror(victim)
    damage = first_damage(victim)
    sizes = [size for size, _ in whole.checkpoints]
    assert damage["kind"] == "改动"
    assert damage["position"] <= position <= damage["upto"]
    assert (damage["position"] - 1, damage["upto"]) in list(pairwise(sizes))


@BOTH_STORES
@pytest.mark.parametrize("level", LEVELS)
def test_row_deleted(victim: Desk, level: str) -> None:
    event = victim.events()[99]
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position = 100")
        LEVELS[level](db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("缺失", 100)
    assert (damage["stream"], damage["version"]) == (event.stream, event.version)
    assert damage["file"] == "first.csv"


@BOTH_STORES
@pytest.mark.parametrize("level", LEVELS)
def test_row_deleted_and_the_rest_renumbered(victim: Desk, level: str) -> None:
    event = victim.events()[99]
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position = 100")
        renumber(db, 100)
        LEVELS[level](db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"], damage["stream"]) == ("缺失", 100, event.stream)


@SLOWLY_ON_POSTGRESQL
def test_row_deleted_and_renumbered_and_no_mirror_left(victim: Desk) -> None:
    """The stream still shows it: a version is missing."""
    event = next(event for event in victim.events("step-recorded")[100:] if event.version == 2)
    after = next(e.position for e in victim.events() if (e.stream, e.version) == (event.stream, 3)) - 1
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position = ?", (event.position,))
        renumber(db, event.position)
        retree(db)
    remove_mirror(victim)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"], damage["stream"]) == ("改动", after, event.stream)


@SLOWLY_ON_POSTGRESQL
def test_tail_cut(victim: Desk) -> None:
    last = len(victim.events())
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position > ?", (last - 3,))
    assert (first_damage(victim)["kind"], first_damage(victim)["position"]) == ("截短", last - 2)
    run = victim.run("import", victim.export("third.csv", ordinary_case("C")))
    assert run.status == 1
    assert "末尾缺少记录" in run.text
    assert len(victim.events()) == last - 3


@BOTH_STORES
def test_tail_cut_with_its_checkpoints(victim: Desk, whole: Whole) -> None:
    """Back to an earlier state of the log: positions that were given, the mirror and mails still know."""
    size = max(size for size, _ in whole.checkpoints if size < 200)
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position > ?", (size,))
        db.execute("DELETE FROM checkpoints WHERE size > ?", (size,))
        retree(db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("截短", size + 1)
    with opened(victim) as db:
        if not db.is_server:
            db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'stored_events'", (size,))
    remove_witnesses(victim)
    assert victim.facts("verify", "--log-only")["is_whole"]
    note = victim.home / "mail.txt"
    note.write_text(whole.checkpoints[-1][1], encoding="utf-8")
    damage = first_damage(victim, "--checkpoint", note)
    assert (damage["kind"], damage["position"]) == ("截短", size + 1)


@SLOWLY_ON_POSTGRESQL
def test_tail_cut_and_its_positions_used_again(victim: Desk) -> None:
    last = len(victim.events())
    with opened(victim) as db:
        db.execute(
            "UPDATE stored_events SET originator_id = 'mails-2', originator_version = position - ? "
            "WHERE position > ?",
            (last - 3, last - 3),
        )
        retree(db)
    damage = first_damage(victim)
    assert damage["position"] <= last - 2 <= max(damage["upto"], damage["position"])
    assert victim.run("check").status == 1


@BOTH_STORES
@pytest.mark.parametrize("level", LEVELS)
def test_rows_swapped(victim: Desk, level: str) -> None:
    with opened(victim) as db:
        db.execute("UPDATE stored_events SET position = ? WHERE position = 90", (FAR,))
        db.execute("UPDATE stored_events SET position = 90 WHERE position = 120")
        db.execute("UPDATE stored_events SET position = 120 WHERE position = ?", (FAR,))
        LEVELS[level](db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("顺序", 90)


@SLOWLY_ON_POSTGRESQL
@pytest.mark.parametrize("level", LEVELS)
def test_row_inserted(victim: Desk, level: str) -> None:
    with opened(victim) as db:
        db.execute(f"UPDATE stored_events SET position = position + {FAR} WHERE position >= 90")
        db.execute(f"UPDATE stored_events SET position = position - {FAR - 1} WHERE position >= {FAR}")
        db.execute(
            "INSERT INTO stored_events SELECT 90, 'case:150602/NEW', 1, topic, state, leaf "
            "FROM stored_events WHERE position = 91"
        )
        LEVELS[level](db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"], damage["stream"]) == ("插入", 90, "case:150602/NEW")


@BOTH_STORES
@pytest.mark.parametrize("level", LEVELS)
def test_row_put_behind_the_last(victim: Desk, level: str) -> None:
    last = len(victim.events())
    with opened(victim) as db:
        db.execute(
            "INSERT INTO stored_events SELECT ?, 'case:150602/NEW', 1, topic, state, leaf "
            "FROM stored_events WHERE position = 1",
            (last + 1,),
        )
        LEVELS[level](db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("插入", last + 1)
    run = victim.run("import", victim.export("third.csv", ordinary_case("C")))
    assert run.status == 1
    assert "不属于任何检查点" in run.text


@BOTH_STORES
@pytest.mark.parametrize("position", [0, -7])
def test_row_put_before_the_first(victim: Desk, position: int) -> None:
    """Where no reading in the order of the log comes by, but the reading of its stream does."""
    with opened(victim) as db:
        allow_any_position(db)
        db.execute(
            "INSERT INTO stored_events SELECT ?, 'case:150602/NEW', 1, topic, state, leaf "
            "FROM stored_events WHERE position = 1",
            (position,),
        )
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("插入", position)


@SLOWLY_ON_POSTGRESQL
def test_import_removed_whole(victim: Desk) -> None:
    """With everything behind it renumbered and hashed anew."""
    mine = [event.position for event in victim.events() if event.state.get("import_no") == 2]
    second = next(event for event in victim.events("import-recorded") if event.version == 2)
    first, last = mine[0], second.position
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events WHERE position BETWEEN ? AND ?", (first, last))
        renumber(db, last, last - first + 1)
        db.execute("DELETE FROM checkpoints WHERE size BETWEEN ? AND ?", (first, last))
        db.execute(f"UPDATE checkpoints SET size = size - {last - first + 1} WHERE size > {last}")
        retree(db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("缺失", first)
    assert damage["import_no"] == 2


@BOTH_STORES
def test_checkpoint_edited_removed_or_signed_with_another_key(victim: Desk, whole: Whole) -> None:
    size, note = whole.checkpoints[1]
    make_key(victim.home, "attacker.key")
    attacker = Signer("centre.example", read_key(victim.home / "keys" / "attacker.key"))
    text = Checkpoint("centre.example", size, bytes(32)).text()
    forged = sign_note(parse_checkpoint(note).text(), [attacker])
    for value in (note.replace(str(size), str(size + 1), 1), text + note.partition("\n\n")[2], "", forged):
        with opened(victim) as db:
            db.execute("UPDATE checkpoints SET note = ? WHERE size = ?", (value, size))
        damage = first_damage(victim)
        assert (damage["kind"], damage["position"]) == ("检查点", size)
    for removed in (size, whole.checkpoints[-1][0], 0):
        with opened(victim) as db:
            db.execute("UPDATE checkpoints SET note = ? WHERE size = ?", (note, size))
            db.execute("DELETE FROM checkpoints WHERE size = ?", (removed,))
        damage = first_damage(victim)
        assert (damage["kind"], damage["position"]) == ("检查点", removed)
        with opened(victim) as db:
            db.execute("INSERT INTO checkpoints VALUES (?,?)", (removed, dict(whole.checkpoints)[removed]))
    assert victim.facts("verify")["is_whole"]


@SLOWLY_ON_POSTGRESQL
def test_all_checkpoints_signed_with_another_key(victim: Desk, whole: Whole) -> None:
    """With the public keys exchanged everywhere in the workspace: only who kept the key outside can tell."""
    kept = (victim.home / "keys" / "log.pub").read_text()
    make_key(victim.home, "log.key")
    key = Signer("centre.example", read_key(victim.home / "keys" / "log.key")).verifier.text()
    with opened(victim) as db:
        edit(db, editable(victim))
        retree(db)
        resign(victim, db)
    damages = victim.facts("verify", status=1)["damages"]
    assert {damage["kind"] for damage in damages} >= {"检查点"}
    with opened(victim) as db:
        db.execute("UPDATE log_facts SET value = ? WHERE name = 'key'", (key,))
    (victim.home / "keys" / "log.pub").write_text(f"{key}\n")
    remove_witnesses(victim)
    assert victim.facts("verify", "--log-only")["is_whole"]
    assert first_damage(victim, "--key", kept.strip())["kind"] == "密钥"
    note = victim.home / "mail.txt"
    note.write_text(whole.first_night, encoding="utf-8")
    run = victim.run("verify", "--checkpoint", note)
    assert run.status == 2
    assert "日志的密钥被换" in run.text


def mail(note: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = "日报"
    message.set_content("今晚无事。")
    message.add_attachment(note.encode(), maintype="text", subtype="plain", filename="checkpoint.txt")
    return message.as_bytes()


@BOTH_STORES
@pytest.mark.parametrize("name", ["mail.txt", "mail.eml"])
def test_whole_log_rewritten_with_the_real_key(victim: Desk, whole: Whole, name: str) -> None:
    """It verifies; a checkpoint that left the house before shows it."""
    position = editable(victim)
    with opened(victim) as db:
        edit(db, position)
        retree(db)
        resign(victim, db)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("改动", position)
    assert "outbox/" in damage["problem"]
    shutil.rmtree(victim.home / "outbox")
    assert "log.checkpoint" in first_damage(victim)["problem"]
    remove_mark(victim)
    assert first_damage(victim)["kind"] == "镜像"
    remove_mirror(victim)
    assert victim.facts("verify", "--log-only")["is_whole"]
    path = victim.home / name
    path.write_bytes(mail(whole.first_night) if name.endswith("eml") else whole.first_night.encode())
    damage = first_damage(victim, "--checkpoint", path)
    assert damage["kind"] == "历史被改写"
    assert damage["position"] == 1
    assert damage["upto"] == parse_checkpoint(whole.first_night).size
    assert name in damage["problem"]


@SLOWLY_ON_POSTGRESQL
def test_all_checkpoints_removed(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("DELETE FROM checkpoints")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"], damage["upto"]) == ("检查点", 1, len(victim.events()))
    assert "(检查点):第1条至第" in victim.run("verify").text
    position = editable(victim)
    with opened(victim) as db:
        edit(db, position)
    for level in LEVELS.values():
        with opened(victim) as db:
            level(db)
        damage = first_damage(victim)
        assert (damage["kind"], damage["position"]) == ("改动", position)


@SLOWLY_ON_POSTGRESQL
def test_missing_checkpoints_are_told_in_order(victim: Desk, whole: Whole) -> None:
    with opened(victim) as db:
        db.execute("UPDATE checkpoints SET note = '' WHERE size = ?", (whole.checkpoints[3][0],))
        for number in (2, 0, 4):
            db.execute("DELETE FROM checkpoints WHERE size = ?", (whole.checkpoints[number][0],))
    damages = victim.facts("verify", status=1)["damages"]
    positions = [damage["position"] for damage in damages if damage["kind"] == "检查点"]
    assert positions == [whole.checkpoints[number][0] for number in (0, 2, 3, 4)]
    assert "第 1 条记录之前" in damages[0]["problem"]


@SLOWLY_ON_POSTGRESQL
def test_emptied_log_still_names_the_file(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("DELETE FROM stored_events")
    damage = first_damage(victim)
    assert (damage["import_no"], damage["file"]) == (1, "first.csv")


@SLOWLY_ON_POSTGRESQL
def test_stored_hashes_edited(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("UPDATE stored_events SET leaf = zeroblob(32) WHERE position = 40")
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("叶散列", 40)


@SLOWLY_ON_POSTGRESQL
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tree_nodes SET hash = zeroblob(32) WHERE number = 0",
        "DELETE FROM tree_nodes WHERE number = 0",
    ],
)
def test_stored_nodes_edited(victim: Desk, statement: str) -> None:
    with opened(victim) as db:
        db.execute(statement)
    damage = first_damage(victim)
    assert (damage["kind"], damage["position"]) == ("树节点", 1)


@SLOWLY_ON_POSTGRESQL
def test_stored_node_added(victim: Desk) -> None:
    with opened(victim) as db:
        db.execute("INSERT INTO tree_nodes VALUES (5, 0, zeroblob(32))")
    assert first_damage(victim)["kind"] == "树节点"


@SLOWLY_ON_POSTGRESQL
def test_key_of_the_log_changed_by_a_stranger(victim: Desk) -> None:
    """A change of keys that the old key did not introduce."""
    victim.ok("keys", "rotate")
    assert victim.facts("verify")["is_whole"]
    event = victim.events("key-introduced")[-1]
    with opened(victim) as db:
        note = event.state["introduction"]
        db.execute(
            "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), ?, ?) AS BLOB) "
            "WHERE position = ?",
            (note[-12:-4], "AAAAAAAA", event.position),
        )
        retree(db)
        resign(victim, db)
    kinds = {damage["kind"] for damage in victim.facts("verify", status=1)["damages"]}
    assert "密钥" in kinds
