"""A log on a real PostgreSQL: moved there whole, appended to with few rights, failing in clear words."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from attacks import edit, remove_witnesses
from conftest import Desk, ordinary_case
from servers import port
from stores import APPENDER_PHRASE as PHRASE
from stores import ON_POSTGRESQL, TABLES, appender, appending, master, new_store, opened_log, server

from regaudit.base.errors import LogError, RegauditError, WorkspaceBusyError
from regaudit.base.folders import SETTINGS_FILE
from regaudit.base.settings import Store, load_settings
from regaudit.catalogue.event_types import FindingGone
from regaudit.eventlog.lock import Lock, hold
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.operation.make import store_section

NOW = datetime(2026, 3, 31, 22, 30)
ORDER = {
    "stored_events": "position",
    "tree_nodes": "level, number",
    "checkpoints": "size",
    "log_facts": "name",
}


def stored(home: Path) -> dict[str, list[Any]]:
    """All that a log holds."""
    with opened_log(home) as db:
        return {
            table: [tuple(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY {order}")]
            for table, order in ORDER.items()
        }


def use(desk: Desk, store: Store) -> None:
    desk.store = store
    desk.configure("")


def example(stream: str, version: int) -> FindingGone:
    return FindingGone(stream, version, as_of="2026-03-31", run_no=1)


@pytest.mark.slow
def test_a_log_moves_from_sqlite_with_its_tree_unchanged(desk: Desk) -> None:
    rows = [row for number in range(200) for row in ordinary_case(f"A{number:03}")]
    desk.ok("nightly", desk.export("steps.csv", rows), "--as-of", "2026-03-20")
    before = stored(desk.home)
    assert len(before["tree_nodes"]) >= 2
    with new_store("postgresql") as store:
        run = desk.ok("copy-log", desk.home / "events.sqlite", store.url, "--schema", store.schema)
        assert f'schema="{store.schema}"' in run.text
        use(desk, store)
        assert stored(desk.home) == before
        (desk.home / "events.sqlite").rename(desk.home / "kept.sqlite")
        assert desk.facts("verify")["damages"] == []
        [result] = desk.facts("import", desk.export("more.csv", [*rows, *ordinary_case("B1")]))
        assert (result["appended"], result["known"]) == (3, 600)
        desk.ok("nightly", "--as-of", "2026-03-21")
        assert desk.facts("verify")["damages"] == []
        (desk.home / "kept.sqlite").rename(desk.home / "events.sqlite")
        run = desk.run("copy-log", desk.home, store.url, "--schema", store.schema)
        assert (run.status, "已有事件日志" in run.text) == (1, True)
        assert desk.run("copy-log", desk.home / "none.sqlite", store.url).status == 2
        desk.assert_log_is_whole()
    use(desk, Store())
    remove_witnesses(desk)  # of what the server took


def test_a_damaged_log_is_not_copied(desk: Desk) -> None:
    desk.ok("import", desk.export("steps.csv", [row for n in range(40) for row in ordinary_case(str(n))]))
    with opened_log(desk.home) as db:
        [trigger] = db.execute("SELECT sql FROM sqlite_master WHERE name = 'stored_events_no_update'")
        db.execute("DROP TRIGGER stored_events_no_update")
        [position] = next(
            db.execute("SELECT position FROM stored_events WHERE instr(CAST(state AS TEXT), 'T09:')")
        )
        edit(db, position)
        db.execute(trigger[0])
    with new_store("postgresql") as store:
        run = desk.run("copy-log", desk.home, store.url, "--schema", store.schema)
        assert run.status == 1
        assert f"第{position}条记录与其散列不符" in run.text
        with master() as server:
            [(count,)] = server.execute(f"SELECT count(*) FROM {store.schema}.stored_events").fetchall()
            assert count == 0
    with opened_log(desk.home) as db:
        db.execute("DROP TRIGGER stored_events_no_update")
        db.execute(
            "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'T10:00:00\",\"o', "
            "'T09:00:00\",\"o') AS BLOB) WHERE position = ?",
            (position,),
        )
        db.execute(trigger[0])


@ON_POSTGRESQL
def test_a_role_that_may_only_append_is_enough(desk: Desk, store: Store) -> None:
    with appender(store) as few:
        use(desk, few)
        desk.ok("nightly", desk.export("a.csv", ordinary_case("1")), "--as-of", "2026-03-20")
        desk.ok("import", desk.export("b.csv", ordinary_case("2")))
        assert desk.facts("verify")["damages"] == []
        with psycopg.connect(few.url, autocommit=True) as db:
            for table in TABLES:
                where = f"{store.schema}.{table}"
                column = {"stored_events": "state", "tree_nodes": "hash", "checkpoints": "note"}.get(
                    table, "value"
                )
                for statement in (
                    f"UPDATE {where} SET {column} = {column}",
                    f"DELETE FROM {where}",
                    f"TRUNCATE {where}",
                    f"DROP TABLE {where}",
                    f"ALTER TABLE {where} DISABLE TRIGGER ALL",
                ):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        db.execute(statement)
            for statement in (
                f"CREATE TABLE {store.schema}.more (a int)",
                f"DROP FUNCTION {store.schema}.refuse_change() CASCADE",
                "SET session_replication_role = replica",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    db.execute(statement)
    use(desk, store)


@ON_POSTGRESQL
def test_nothing_stored_can_be_changed_by_the_owner_either(desk: Desk, store: Store) -> None:
    desk.ok("import", desk.export("steps.csv", [r for n in range(100) for r in ordinary_case(str(n))]))
    before = stored(desk.home)
    for table, column in zip(TABLES, ("state", "hash", "note", "value"), strict=True):
        where = f"{store.schema}.{table}"
        for statement in (
            f"UPDATE {where} SET {column} = {column}",
            f"DELETE FROM {where}",
            f"TRUNCATE {where}",
            (
                f"INSERT INTO {where} SELECT * FROM {where} LIMIT 1 "
                f"ON CONFLICT ({ORDER[table]}) DO UPDATE SET {column} = EXCLUDED.{column}"
            ),
        ):
            for setting in ("origin", "replica"):
                with master() as db:
                    db.execute(f"SET session_replication_role = {setting}")
                    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                        db.execute(statement)
    assert stored(desk.home) == before


@pytest.mark.parametrize(
    ("url", "schema", "words"),
    [
        ("postgresql://root@127.0.0.1:1/test", "regaudit", ("127.0.0.1:1/test", "连接失败", "host、port")),
        ("postgresql://root@127.0.0.1:PORT/none", "regaudit", ("127.0.0.1:PORT/none", "database的名称")),
        ("postgresql://nobody@127.0.0.1:PORT/test", "regaudit", ("用户nobody", "核对user和密码")),
        (
            "postgresql://root@127.0.0.1:PORT/test",
            "regaudit_of_nobody",
            ("模式regaudit_of_nobody", "init--store"),
        ),
        ("postgresql://root@127.0.0.1/test?no=1", "regaudit", ("store.url无法理解",)),
    ],
)
def test_a_server_that_does_not_answer_is_named_with_what_to_do(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, url: str, schema: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("STORE_PHRASE", PHRASE)
    if "PORT" in url:
        at = str(port("postgresql"))
        url, words = url.replace("PORT", at), tuple(word.replace("PORT", at) for word in words)
    desk.configure(f'[store]\nurl = "{url}"\nschema = "{schema}"\npassword_env = "STORE_PHRASE"')
    path = desk.export("steps.csv", ordinary_case("1"))
    for command in (["import", path], ["nightly", path], ["imports"], ["verify"], ["trace", "150602/1"]):
        run = desk.run(*command)
        assert run.status == 1, run
        assert PHRASE not in run.out + run.err
    assert PHRASE not in "".join(file.read_text("utf-8") for file in desk.home.glob("outbox/*"))
    run = desk.run("imports")
    for word in words:
        assert word in run.text
    desk.configure("")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://regaudit:{PHRASE}@127.0.0.1/test",
        f"postgresql://regaudit@127.0.0.1/test?password={PHRASE}",
        f"mysql://regaudit:{PHRASE}@127.0.0.1/test",
    ],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(desk: Desk, url: str) -> None:
    desk.configure(f'[store]\nurl = "{url}"')
    with pytest.raises(RegauditError, match=r"store\.url") as refused:
        load_settings(desk.home)
    assert PHRASE not in str(refused.value)
    run = desk.run("init", desk.home / "new", "--store", url)
    assert (run.status, PHRASE in run.out + run.err) == (1, False)
    assert not (desk.home / "new" / SETTINGS_FILE).exists()
    desk.configure("")


@ON_POSTGRESQL
def test_rights_that_are_missing_are_told(desk: Desk, store: Store) -> None:
    path = desk.export("steps.csv", ordinary_case("1"))
    with appender(store) as few:
        use(desk, few)
        for right in (
            f"INSERT ON {store.schema}.checkpoints",
            f"EXECUTE ON FUNCTION {store.schema}.lock_log()",
            f"SELECT ON {store.schema}.log_facts",
        ):
            with master() as db:
                db.execute(f"REVOKE {right} FROM {store.schema}_appender")
            run = desk.run("import", path)
            assert run.status == 1
            assert "授予权限,见docs/zh/operations.md" in run.text
    use(desk, store)
    assert desk.events() == []


def test_a_missing_driver_is_named(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(
        store_section(Store(url="postgresql://127.0.0.1/test")), encoding="utf-8"
    )
    words = (
        "import sys\nsys.modules['psycopg'] = None\nfrom regaudit.cli import main\n"
        f"sys.argv = ['regaudit', 'imports', '--home', {str(tmp_path)!r}]\nmain()\n"
    )
    run = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert 'pip install "regaudit[postgresql]"' in run.stderr


@ON_POSTGRESQL
def test_a_second_writer_on_another_machine_is_told_who_writes(desk: Desk, tmp_path: Path) -> None:
    elsewhere = Desk(tmp_path / "elsewhere", desk.store)
    (elsewhere.home / "keys").mkdir(parents=True)
    for file in ("keys/log.key", "keys/log.pub", SETTINGS_FILE):
        (elsewhere.home / file).write_bytes((desk.home / file).read_bytes())
    path = elsewhere.export("steps.csv", ordinary_case("1"))
    with hold(desk.home, "nightly", NOW, Lock.RUN, Lock.IMPORT):
        run = elsewhere.run("import", path)
        assert run.status == 1
        assert "regauditnightly:" in run.text
        assert "自20" in run.text
        with pytest.raises(WorkspaceBusyError), hold(elsewhere.home, "check", NOW, Lock.RUN):
            pass
    elsewhere.ok("import", path)
    assert len(desk.actions()) == 3


@ON_POSTGRESQL
def test_a_connection_lost_in_the_middle_of_an_append_stores_nothing(folder: Path, store: Store) -> None:
    make_log(folder)
    with EventLog(folder) as log:
        log.append_all([example("a", 1)])

        def batches() -> Iterator[Any]:
            yield log.stored(example("b", number) for number in range(1, 1000))
            [pid] = appending(store.schema)
            with master() as db:
                db.execute("SELECT pg_terminate_backend(%s)", (pid,))
            yield log.stored(example("b", number) for number in range(1000, 9000))

        with pytest.raises(LogError, match=r"未写入任何事件.*连接中断"):
            log.append_batches(batches())
        assert log.position() == 1
        log.append_all([example("b", 1)])
        assert [size for size, _ in log.checkpoints()] == [0, 1, 2]
        assert [row["position"] for table in log.read() for row in table.to_pylist()] == [1, 2]


@ON_POSTGRESQL
def test_a_schema_holds_one_workspaces_log(desk: Desk, tmp_path: Path) -> None:
    run = Desk(tmp_path / "other").run(
        "init", tmp_path / "other", "--store", desk.store.url, "--schema", desk.store.schema
    )
    assert (run.status, "不是本工作区的" in run.text) == (1, True)
    with closing(psycopg.connect(server(), autocommit=True)) as db:
        db.execute(f"DROP TABLE {desk.store.schema}.log_facts")
        run = desk.run("imports")
        assert (run.status, "regauditverify" in run.text) == (1, True)
        db.execute(f"CREATE TABLE {desk.store.schema}.log_facts (name text, value text)")


@ON_POSTGRESQL
def test_many_streams_are_read_as_few_are(folder: Path) -> None:
    make_log(folder)
    with EventLog(folder) as log:
        names = [f"s{number}" for number in range(1500)]
        log.append_batches([log.stored(example(name, 1) for name in names)])
        for wanted in (names[:10], [*names, *names, "none"]):
            rows = [row for table in log.read_streams(wanted) for row in table.to_pylist()]
            assert sorted(row["originator_id"] for row in rows) == sorted(set(wanted) - {"none"})
        assert log.events_after("s3", 3, FindingGone)[0].originator_version == 1
        assert log.events_after("s3", 4, FindingGone) == []
        found = log._application.recorder.select_notifications(start=3, limit=2, topics=["finding-gone"])
        assert [notification.id for notification in found] == [3, 4]
